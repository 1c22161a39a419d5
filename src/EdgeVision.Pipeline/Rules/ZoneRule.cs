using System.Runtime.InteropServices;
using EdgeVision.Tracking;

namespace EdgeVision.Pipeline.Rules;

/// <summary>Options of a <see cref="ZoneRule"/>.</summary>
public sealed record ZoneRuleOptions
{
    /// <summary>Corners of the polygon, three or more; see <see cref="Zone"/>.</summary>
    public required IReadOnlyList<(float X, float Y)> Corners { get; init; }

    /// <summary>Unit of the corners.</summary>
    public PointUnit Unit { get; init; }

    /// <summary>Point of a box that must lie in the zone.</summary>
    public BoxAnchor Anchor { get; init; } = BoxAnchor.BottomCenter;

    /// <summary>Labels to count, case-insensitive; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Length of a stay after which one "dwell" event is raised; null for none.</summary>
    public TimeSpan? Dwell { get; init; }

    /// <summary>Time for which an object may be undetected or outside before it counts as having left.</summary>
    public TimeSpan ExitDelay { get; init; } = TimeSpan.FromSeconds(0.5);
}

/// <summary>Raises "entered", "left" and "dwell" events for a zone and counts the objects in it.</summary>
/// <remarks>
/// The value of a "left" event is the length of the stay in seconds. Counts are "inside" (detections in the zone now), "entered" and
/// "left" (tracks in total). Entering and leaving follow tracks and need a tracker; "inside" does not.
/// </remarks>
public sealed class ZoneRule : IPipelineRule
{
    private readonly ZoneRuleOptions _options;
    private readonly RuleOutline _outline;
    private readonly LabelFilter _filter;
    private readonly Dictionary<int, Stay> _stays = [];
    private Zone? _zone;
    private int _entered, _left;

    /// <summary>Creates a zone rule.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">Corners and thresholds.</param>
    /// <exception cref="ArgumentException">There are fewer than three corners, a corner is invalid, or a time is negative.</exception>
    public ZoneRule(string name, ZoneRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Corners.Count < 3)
        {
            throw new ArgumentException($"a zone needs at least 3 corners; got {options.Corners.Count}", nameof(options));
        }

        RuleOutline.Validate(options.Corners, options.Unit);
        if (options.Dwell < TimeSpan.Zero || options.ExitDelay < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"the times of a zone must be at least 0; got {options.Dwell ?? TimeSpan.Zero} and {options.ExitDelay}", nameof(options));
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
    public bool IsPolygon => true;

    /// <inheritdoc/>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_outline.Update(frame.Frame))
        {
            Reset();
            _zone = new Zone(_outline.Points, _options.Anchor, _options.ExitDelay);
        }

        var zone = _zone!;
        var detections = _filter.Filter(frame.Result.Detections);
        zone.Update(detections, frame.Timestamp);
        foreach (int id in zone.Entered)
        {
            string? label = LabelFilter.GetTrackLabel(detections, id);
            _stays[id] = new Stay { Label = label };
            frame.AddEvent(new PipelineEvent(Name, "entered", id) { Label = label });
        }

        foreach (int id in zone.Exited)
        {
            _stays.Remove(id, out var stay);
            frame.AddEvent(new PipelineEvent(Name, "left", id) { Label = stay.Label, Value = stay.Time.TotalSeconds });
        }

        UpdateStays(frame, detections, zone);
        frame.AddCount(new RuleCount(Name, "inside", zone.DetectionsInside));
        frame.AddCount(new RuleCount(Name, "entered", _entered + zone.TotalEntered));
        frame.AddCount(new RuleCount(Name, "left", _left + zone.TotalExited));
    }

    /// <summary>Clears the tracks, whose ids restart with their source; the counts "entered" and "left" continue.</summary>
    public void Reset()
    {
        if (_zone is { } zone)
        {
            _entered += zone.TotalEntered;
            _left += zone.TotalExited;
            zone.Reset();
        }

        _stays.Clear();
    }

    private void UpdateStays(PipelineFrame frame, Detections detections, Zone zone)
    {
        foreach (int id in detections.TrackIds)
        {
            ref var stay = ref CollectionsMarshal.GetValueRefOrNullRef(_stays, id);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref stay))
            {
                continue;
            }

            stay.Time = zone.GetDwellTime(id);
            if (_options.Dwell is { } least && !stay.IsReported && stay.Time >= least)
            {
                stay.IsReported = true;
                frame.AddEvent(new PipelineEvent(Name, "dwell", id) { Label = stay.Label, Value = stay.Time.TotalSeconds });
            }
        }
    }

    private struct Stay
    {
        public string? Label;
        public TimeSpan Time;
        public bool IsReported;
    }
}
