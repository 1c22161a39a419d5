namespace EdgeVision;

/// <summary>What a <see cref="LineRule"/> watches.</summary>
public sealed record LineRuleOptions
{
    /// <summary>Where the line begins.</summary>
    public required (float X, float Y) Start { get; init; }

    /// <summary>Where it ends. Looking from the start to the end, right is right.</summary>
    public required (float X, float Y) End { get; init; }

    /// <summary>In what the ends are given.</summary>
    public PointUnit Unit { get; init; }

    /// <summary>The point of a box that must cross.</summary>
    public BoxAnchor Anchor { get; init; } = BoxAnchor.BottomCenter;

    /// <summary>Labels that count, without regard to case; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>What a crossing from left to right is called, in events and counts.</summary>
    public string ToRight { get; init; } = "in";

    /// <summary>What a crossing from right to left is called.</summary>
    public string ToLeft { get; init; } = "out";

    /// <summary>Distance from the line within which no side is decided, in pixels.</summary>
    public float Margin { get; init; } = 2;
}

/// <summary>Watches a line: events "crossed" with the direction's name, and a count for each direction. Needs a tracker.</summary>
public sealed class LineRule : IPipelineRule
{
    private readonly LineRuleOptions _options;
    private readonly RuleOutline _outline;
    private readonly LabelFilter _filter;
    private LineCrossing? _line;
    private int _toRight, _toLeft;

    /// <summary>Prepares a line.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">Ends and names.</param>
    /// <exception cref="ArgumentException">The line has no length, an end is no point, the directions have one name, or the margin is negative.</exception>
    public LineRule(string name, LineRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        RuleOutline.Check([options.Start, options.End], options.Unit);
        if (options.Start == options.End)
        {
            throw new ArgumentException("a line has two ends that differ", nameof(options));
        }

        if (string.IsNullOrEmpty(options.ToRight) || string.IsNullOrEmpty(options.ToLeft) || options.ToRight == options.ToLeft)
        {
            throw new ArgumentException("the two directions of a line have two names", nameof(options));
        }

        if (!(options.Margin >= 0) || !float.IsFinite(options.Margin))
        {
            throw new ArgumentException("the margin of a line is at least 0 pixels", nameof(options));
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
    public bool IsArea => false;

    /// <inheritdoc/>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_outline.Resolve(frame.Frame))
        {
            Reset();
            _line = new LineCrossing(_outline.Points[0], _outline.Points[1], _options.Anchor, _options.Margin);
        }

        var line = _line!;
        var detections = _filter.Of(frame.Result.Detections);
        line.Update(detections);
        Note(frame, detections, line.ToRight, _options.ToRight);
        Note(frame, detections, line.ToLeft, _options.ToLeft);
        frame.AddCount(new RuleCount(Name, _options.ToRight, _toRight + line.TotalToRight));
        frame.AddCount(new RuleCount(Name, _options.ToLeft, _toLeft + line.TotalToLeft));
    }

    /// <summary>Forgets tracks, whose ids begin anew with their source; the counts go on.</summary>
    public void Reset()
    {
        if (_line is { } line)
        {
            _toRight += line.TotalToRight;
            _toLeft += line.TotalToLeft;
            line.Reset();
        }
    }

    private void Note(PipelineFrame frame, Detections detections, IReadOnlyList<int> tracks, string direction)
    {
        for (int i = 0; i < tracks.Count; i++)
        {
            frame.AddEvent(new PipelineEvent(Name, "crossed", tracks[i]) { Label = LabelFilter.OfTrack(detections, tracks[i]), Direction = direction });
        }
    }
}
