namespace EdgeVision;

/// <summary>What a <see cref="CountRule"/> counts.</summary>
public sealed record CountRuleOptions
{
    /// <summary>Labels that count, without regard to case; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Corners of the place in which is counted, three or more; null for the whole frame.</summary>
    public IReadOnlyList<(float X, float Y)>? Corners { get; init; }

    /// <summary>In what the corners are given.</summary>
    public PointUnit Unit { get; init; }

    /// <summary>The point of a box that must lie in the place.</summary>
    public BoxAnchor Anchor { get; init; } = BoxAnchor.BottomCenter;

    /// <summary>From so many on, at least 1, there are too many, which is an event; null for no events.</summary>
    public int? Limit { get; init; }

    /// <summary>There are few again at so many or fewer: below <see cref="Limit"/>, one less where null. What lies between changes nothing.</summary>
    public int? Release { get; init; }

    /// <summary>Time for which either must last before it is an event, so that a detection that flickers is none.</summary>
    public TimeSpan Hold { get; init; }
}

/// <summary>
/// Counts objects in the frame or in a place: the count "inside", and an event "count" with the direction "above" or "below" and the number when
/// a limit was reached, or left again, for long enough. Needs no tracker.
/// </summary>
public sealed class CountRule : IPipelineRule
{
    private readonly CountRuleOptions _options;
    private readonly RuleOutline _outline;
    private readonly LabelFilter _filter;
    private readonly int _release;
    private Zone? _zone;
    private bool _above;
    private TimeSpan? _since;

    /// <summary>Prepares a count.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">What is counted, where, and the limit.</param>
    /// <exception cref="ArgumentException">A corner is no point, or a limit or time is impossible.</exception>
    public CountRule(string name, CountRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Corners is { } corners)
        {
            if (corners.Count < 3)
            {
                throw new ArgumentException($"a zone has three corners or more, not {corners.Count}", nameof(options));
            }

            RuleOutline.Check(corners, options.Unit);
        }

        if (options.Limit is < 1 || options.Hold < TimeSpan.Zero)
        {
            throw new ArgumentException("the limit of a count is at least 1, its time at least 0", nameof(options));
        }

        if (options.Release is { } release && (options.Limit is not { } limit || release < 0 || release >= limit))
        {
            throw new ArgumentException("the release of a count is at least 0 and below its limit", nameof(options));
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
    public bool IsArea => true;

    /// <inheritdoc/>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_options.Corners is not null && _outline.Resolve(frame.Frame))
        {
            _zone = new Zone(_outline.Points);
        }

        var detections = frame.Result.Detections;
        int inside = 0;
        for (int i = 0; i < detections.Count; i++)
        {
            if (_filter.Passes(detections, i))
            {
                var (x, y) = _options.Anchor.Of(detections.Boxes[i]);
                inside += _zone is null || _zone.Contains(x, y) ? 1 : 0;
            }
        }

        frame.AddCount(new RuleCount(Name, "inside", inside));
        if (_options.Limit is { } limit)
        {
            Judge(frame, inside, limit);
        }
    }

    /// <summary>Whether there are too many is asked anew.</summary>
    public void Reset() => (_above, _since) = (false, null);

    private void Judge(PipelineFrame frame, int inside, int limit)
    {
        bool other = _above ? inside <= _release : inside >= limit;
        if (!other)
        {
            _since = null;
            return;
        }

        _since ??= frame.Timestamp;
        if (frame.Timestamp - _since.Value >= _options.Hold)
        {
            (_above, _since) = (!_above, null);
            frame.AddEvent(new PipelineEvent(Name, "count", 0) { Direction = _above ? "above" : "below", Value = inside });
        }
    }
}
