using EdgeVision.Tracking;

namespace EdgeVision.Pipeline.Rules;

/// <summary>Options of a <see cref="LineRule"/>.</summary>
public sealed record LineRuleOptions
{
    /// <summary>Start point of the line.</summary>
    public required (float X, float Y) Start { get; init; }

    /// <summary>End point of the line. Left and right are seen looking from the start to the end.</summary>
    public required (float X, float Y) End { get; init; }

    /// <summary>Unit of the points.</summary>
    public PointUnit Unit { get; init; }

    /// <summary>Point of a box that must cross the line.</summary>
    public BoxAnchor Anchor { get; init; } = BoxAnchor.BottomCenter;

    /// <summary>Labels to count, case-insensitive; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Name of crossings from left to right in events and counts.</summary>
    public string ToRightName { get; init; } = "in";

    /// <summary>Name of crossings from right to left in events and counts.</summary>
    public string ToLeftName { get; init; } = "out";

    /// <summary>Distance from the line, in pixels, within which a point counts as on neither side.</summary>
    public float Margin { get; init; } = 2;
}

/// <summary>Raises "crossed" events with the name of the direction, and counts crossings per direction. Needs a tracker.</summary>
public sealed class LineRule : IPipelineRule
{
    private readonly LineRuleOptions _options;
    private readonly RuleOutline _outline;
    private readonly LabelFilter _filter;
    private LineCrossing? _line;
    private int _toRight, _toLeft;

    /// <summary>Creates a line rule.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">End points and names.</param>
    /// <exception cref="ArgumentException">
    /// The line has no length, a point is invalid, the names of the directions are equal or empty, or the margin is negative.
    /// </exception>
    public LineRule(string name, LineRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        RuleOutline.Validate([options.Start, options.End], options.Unit);
        if (options.Start == options.End)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"the end points of a line must differ; both are [{options.Start.X}, {options.Start.Y}]"),
                nameof(options));
        }

        if (string.IsNullOrEmpty(options.ToRightName) || string.IsNullOrEmpty(options.ToLeftName) || options.ToRightName == options.ToLeftName)
        {
            throw new ArgumentException(
                $"the two directions of a line need different names that are not empty; got '{options.ToRightName}' and '{options.ToLeftName}'",
                nameof(options));
        }

        if (!(options.Margin >= 0) || !float.IsFinite(options.Margin))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"the margin of a line must be at least 0 pixels; got {options.Margin}"), nameof(options));
        }

        (Name, _options) = (name, options);
        _outline = new RuleOutline([options.Start, options.End], options.Unit);
        _filter = new LabelFilter(options.Labels);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(float X, float Y)> Outline => _outline.Points;

    /// <inheritdoc/>
    public bool IsPolygon => false;

    /// <inheritdoc/>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_outline.Update(frame.Frame))
        {
            Reset();
            _line = new LineCrossing(_outline.Points[0], _outline.Points[1], _options.Anchor, _options.Margin);
        }

        var line = _line!;
        var detections = _filter.Filter(frame.Result.Detections);
        line.Update(detections);
        AddEvents(frame, detections, line.ToRight, _options.ToRightName);
        AddEvents(frame, detections, line.ToLeft, _options.ToLeftName);
        frame.AddCount(new RuleCount(Name, _options.ToRightName, _toRight + line.TotalToRight));
        frame.AddCount(new RuleCount(Name, _options.ToLeftName, _toLeft + line.TotalToLeft));
    }

    /// <summary>Clears the tracks, whose ids restart with their source; the counts continue.</summary>
    public void Reset()
    {
        if (_line is { } line)
        {
            _toRight += line.TotalToRight;
            _toLeft += line.TotalToLeft;
            line.Reset();
        }
    }

    private void AddEvents(PipelineFrame frame, Detections detections, IReadOnlyList<int> tracks, string direction)
    {
        for (int i = 0; i < tracks.Count; i++)
        {
            frame.AddEvent(new PipelineEvent(Name, "crossed", tracks[i])
            {
                Label = LabelFilter.GetTrackLabel(detections, tracks[i]),
                Direction = direction,
            });
        }
    }
}
