namespace EdgeVision.Tracking;

/// <summary>Polygonal zone of the image that reports which tracks are inside, entered or left, and their dwell time.</summary>
/// <remarks>Counts by track id, so the detections must have passed through a tracker.</remarks>
public sealed class Zone
{
    private readonly (float X, float Y)[] _corners;
    private readonly BoxAnchor _anchor;
    private readonly TimeSpan _gracePeriod;
    private readonly Dictionary<int, Visit> _stays = [];
    private readonly List<int> _entered = [], _exited = [], _expired = [];

    /// <summary>Initializes a zone.</summary>
    /// <param name="corners">
    /// Polygon in pixels of the frame with at least three corners, in either direction; it need not be convex. The even-odd rule decides
    /// which points are inside.
    /// </param>
    /// <param name="anchor">The point of a box that must be inside.</param>
    /// <param name="gracePeriod">
    /// Time for which a track may be undetected, or outside, before it counts as having left; half a second by default.
    /// </param>
    /// <exception cref="ArgumentException">There are fewer than three corners, or one is not finite.</exception>
    public Zone(IReadOnlyList<(float X, float Y)> corners, BoxAnchor anchor = BoxAnchor.BottomCenter, TimeSpan? gracePeriod = null)
    {
        ArgumentNullException.ThrowIfNull(corners);
        if (corners.Count < 3 || corners.Any(c => !float.IsFinite(c.X) || !float.IsFinite(c.Y)))
        {
            throw new ArgumentException(
                $"a zone must have at least three corners, all finite; got {string.Join(", ", corners)}", nameof(corners));
        }

        (_corners, _anchor, _gracePeriod) = ([.. corners], anchor, gracePeriod ?? TimeSpan.FromSeconds(0.5));
    }

    /// <summary>Number of detections of the last frame inside the zone, with or without a track.</summary>
    public int DetectionsInside { get; private set; }

    /// <summary>Number of tracks in the zone.</summary>
    public int TracksInside => _stays.Count;

    /// <summary>Total number of tracks that have entered.</summary>
    public int TotalEntered { get; private set; }

    /// <summary>Total number of tracks that have left; the sum with <see cref="TracksInside"/> is <see cref="TotalEntered"/>.</summary>
    public int TotalExited { get; private set; }

    /// <summary>Ids of the tracks that entered in the last frame.</summary>
    public IReadOnlyList<int> Entered => _entered;

    /// <summary>Ids of the tracks found to have left in the last frame.</summary>
    public IReadOnlyList<int> Exited => _exited;

    /// <summary>Returns whether a point is inside. A point on the border of two adjoining zones is in exactly one of them.</summary>
    public bool Contains(float x, float y)
    {
        bool inside = false;
        for (int i = 0, j = _corners.Length - 1; i < _corners.Length; j = i++)
        {
            var (a, b) = (_corners[i], _corners[j]);
            if (a.Y > y != b.Y > y && x < (b.X - (double)a.X) * (y - (double)a.Y) / (b.Y - (double)a.Y) + a.X)
            {
                inside = !inside;
            }
        }

        return inside;
    }

    /// <summary>Returns the time a track has been in the zone; zero for a track that is not.</summary>
    public TimeSpan GetDwellTime(int trackId) => _stays.TryGetValue(trackId, out var stay) ? stay.Last - stay.First : TimeSpan.Zero;

    /// <summary>Advances by one frame.</summary>
    /// <param name="detections">Detections after a tracker has assigned ids.</param>
    /// <param name="time">Capture time of the frame.</param>
    public void Update(Detections detections, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(detections);
        DetectionsInside = 0;
        _entered.Clear();
        _exited.Clear();
        _expired.Clear();
        for (int i = 0; i < detections.Count; i++)
        {
            var (x, y) = _anchor.GetPoint(detections.Boxes[i]);
            if (!Contains(x, y))
            {
                continue;
            }

            DetectionsInside++;
            int id = detections.HasTracks ? detections.TrackIds[i] : 0;
            if (id == 0)
            {
                continue;
            }

            if (_stays.TryGetValue(id, out var stay))
            {
                _stays[id] = stay with { Last = time };
            }
            else
            {
                _stays.Add(id, new Visit(time, time));
                _entered.Add(id);
                TotalEntered++;
            }
        }

        foreach (var (id, stay) in _stays)
        {
            if (time - stay.Last > _gracePeriod)
            {
                _expired.Add(id);
            }
        }

        foreach (int id in _expired)
        {
            _stays.Remove(id);
            _exited.Add(id);
            TotalExited++;
        }
    }

    /// <summary>Removes all tracks and sets the counts to 0.</summary>
    public void Reset()
    {
        _stays.Clear();
        _entered.Clear();
        _exited.Clear();
        (DetectionsInside, TotalEntered, TotalExited) = (0, 0, 0);
    }

    private readonly record struct Visit(TimeSpan First, TimeSpan Last);
}
