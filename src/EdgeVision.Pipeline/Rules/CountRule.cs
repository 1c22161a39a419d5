using EdgeVision.Tracking;

namespace EdgeVision.Pipeline.Rules;

/// <summary>Options of a <see cref="CountRule"/>.</summary>
public sealed record CountRuleOptions
{
    /// <summary>Labels to count, case-insensitive; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Corners of the region to count in, three or more; null for the whole frame.</summary>
    public IReadOnlyList<(float X, float Y)>? Corners { get; init; }

    /// <summary>Unit of the corners.</summary>
    public PointUnit Unit { get; init; }

    /// <summary>Point of a box that must lie in the region.</summary>
    public BoxAnchor Anchor { get; init; } = BoxAnchor.BottomCenter;

    /// <summary>Number of objects, at least 1, from which an "above" event is raised; null for no events.</summary>
    public int? Limit { get; init; }

    /// <summary>
    /// Number of objects at or below which a "below" event is raised, less than <see cref="Limit"/>; null for one less than it.
    /// </summary>
    /// <remarks>Numbers between the two change nothing.</remarks>
    public int? Release { get; init; }

    /// <summary>
    /// Time for which the number must stay beyond the threshold before an event, so that a flickering detection raises none.
    /// </summary>
    public TimeSpan HoldTime { get; init; }
}

/// <summary>Counts objects in the frame or in a region and raises events at a limit. Needs no tracker.</summary>
/// <remarks>
/// Adds the count "inside", and an event "count" with the direction "above" or "below" and the number once the limit has been reached, or
/// left again, for long enough.
/// </remarks>
public sealed class CountRule : IPipelineRule
{
    private readonly CountRuleOptions _options;
    private readonly RuleOutline _outline;
    private readonly LabelFilter _filter;
    private readonly int _release;
    private Zone? _zone;
    private bool _above;
    private TimeSpan? _since;

    /// <summary>Creates a count rule.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">Labels, region and limit.</param>
    /// <exception cref="ArgumentException">A corner, limit or time is invalid.</exception>
    public CountRule(string name, CountRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Corners is { } corners)
        {
            if (corners.Count < 3)
            {
                throw new ArgumentException($"a zone needs at least 3 corners; got {corners.Count}", nameof(options));
            }

            RuleOutline.Validate(corners, options.Unit);
        }

        if (options.Limit is < 1 || options.HoldTime < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"the limit of a count must be at least 1 and its hold time at least 0; got {options.Limit ?? 1} and {options.HoldTime}",
                nameof(options));
        }

        if (options.Release is { } release && (options.Limit is not { } limit || release < 0 || release >= limit))
        {
            throw new ArgumentException(
                $"the release of a count must be at least 0 and below its limit; got {release} "
                    + (options.Limit is { } upper ? $"with limit {upper}" : "without a limit"),
                nameof(options));
        }

        (Name, _options, _release) = (name, options, options.Release ?? (options.Limit ?? 1) - 1);
        _outline = new RuleOutline(options.Corners ?? [], options.Unit);
        _filter = new LabelFilter(options.Labels);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(float X, float Y)> Outline => _outline.Points;

    /// <inheritdoc/>
    public bool IsPolygon => true;

    /// <inheritdoc/>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_options.Corners is not null && _outline.Update(frame.Frame))
        {
            _zone = new Zone(_outline.Points);
        }

        var detections = frame.Result.Detections;
        int inside = 0;
        for (int i = 0; i < detections.Count; i++)
        {
            if (_filter.Matches(detections, i))
            {
                var (x, y) = _options.Anchor.GetPoint(detections.Boxes[i]);
                inside += _zone is null || _zone.Contains(x, y) ? 1 : 0;
            }
        }

        frame.AddCount(new RuleCount(Name, "inside", inside));
        if (_options.Limit is { } limit)
        {
            UpdateLimit(frame, inside, limit);
        }
    }

    /// <summary>Resets the state of the limit.</summary>
    public void Reset() => (_above, _since) = (false, null);

    private void UpdateLimit(PipelineFrame frame, int inside, int limit)
    {
        bool other = _above ? inside <= _release : inside >= limit;
        if (!other)
        {
            _since = null;
            return;
        }

        _since ??= frame.Timestamp;
        if (frame.Timestamp - _since.Value >= _options.HoldTime)
        {
            (_above, _since) = (!_above, null);
            frame.AddEvent(new PipelineEvent(Name, "count", 0) { Direction = _above ? "above" : "below", Value = inside });
        }
    }
}
