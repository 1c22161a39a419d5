using System.Runtime.InteropServices;

namespace EdgeVision;

/// <summary>What a <see cref="ZoneRule"/> watches.</summary>
public sealed record ZoneRuleOptions
{
    /// <summary>Corners of the polygon, three or more; see <see cref="Zone"/>.</summary>
    public required IReadOnlyList<(float X, float Y)> Corners { get; init; }

    /// <summary>In what the corners are given.</summary>
    public PointUnit Unit { get; init; }

    /// <summary>The point of a box that must lie in the zone.</summary>
    public BoxAnchor Anchor { get; init; } = BoxAnchor.BottomCenter;

    /// <summary>Labels that count, without regard to case; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Stay after which a "dwell" event is noted, once a stay; null for none.</summary>
    public TimeSpan? Dwell { get; init; }

    /// <summary>Time for which an object may be unseen, or outside, before it has left.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(0.5);
}

/// <summary>
/// Watches a place: events "entered", "left" (with the seconds of the stay) and "dwell", counts "inside" (detections in it now), "entered" and
/// "left" (tracks, all in all). Who comes and leaves is known by track, so it needs a tracker; "inside" does not.
/// </summary>
public sealed class ZoneRule : IPipelineRule
{
    private readonly ZoneRuleOptions _options;
    private readonly RuleOutline _outline;
    private readonly LabelFilter _filter;
    private readonly Dictionary<int, Stay> _stays = [];
    private Zone? _zone;
    private int _entered, _left;

    /// <summary>Prepares a zone.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">Place and thresholds.</param>
    /// <exception cref="ArgumentException">There are fewer than three corners, one is no point, or a time is negative.</exception>
    public ZoneRule(string name, ZoneRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Corners.Count < 3)
        {
            throw new ArgumentException($"a zone has three corners or more, not {options.Corners.Count}", nameof(options));
        }

        RuleOutline.Check(options.Corners, options.Unit);
        if (options.Dwell < TimeSpan.Zero || options.Patience < TimeSpan.Zero)
        {
            throw new ArgumentException("the times of a zone are at least 0", nameof(options));
        }

        (Name, _options) = (name, options);
        _outline = new RuleOutline(options.Corners, options.Unit);
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
        if (_outline.Resolve(frame.Frame))
        {
            Reset();
            _zone = new Zone(_outline.Points, _options.Anchor, _options.Patience);
        }

        var zone = _zone!;
        var detections = _filter.Of(frame.Result.Detections);
        zone.Update(detections, frame.Timestamp);
        foreach (int id in zone.Entered)
        {
            string? label = LabelFilter.OfTrack(detections, id);
            _stays[id] = new Stay { Label = label };
            frame.AddEvent(new PipelineEvent(Name, "entered", id) { Label = label });
        }

        foreach (int id in zone.Left)
        {
            _stays.Remove(id, out var stay);
            frame.AddEvent(new PipelineEvent(Name, "left", id) { Label = stay.Label, Value = stay.Time.TotalSeconds });
        }

        Stays(frame, detections, zone);
        frame.AddCount(new RuleCount(Name, "inside", zone.Inside));
        frame.AddCount(new RuleCount(Name, "entered", _entered + zone.TotalEntered));
        frame.AddCount(new RuleCount(Name, "left", _left + zone.TotalLeft));
    }

    /// <summary>Forgets tracks, whose ids begin anew with their source; the counts "entered" and "left" go on.</summary>
    public void Reset()
    {
        if (_zone is { } zone)
        {
            _entered += zone.TotalEntered;
            _left += zone.TotalLeft;
            zone.Reset();
        }

        _stays.Clear();
    }

    private void Stays(PipelineFrame frame, Detections detections, Zone zone)
    {
        foreach (int id in detections.TrackIds)
        {
            ref var stay = ref CollectionsMarshal.GetValueRefOrNullRef(_stays, id);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref stay))
            {
                continue;
            }

            stay.Time = zone.Dwell(id);
            if (_options.Dwell is { } least && !stay.Said && stay.Time >= least)
            {
                stay.Said = true;
                frame.AddEvent(new PipelineEvent(Name, "dwell", id) { Label = stay.Label, Value = stay.Time.TotalSeconds });
            }
        }
    }

    private struct Stay
    {
        public string? Label;
        public TimeSpan Time;
        public bool Said;
    }
}
