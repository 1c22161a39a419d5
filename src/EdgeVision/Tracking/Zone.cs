namespace EdgeVision;

/// <summary>A place in the picture: who is in it, who came, who left and how long they stayed. Counts by track, so it comes after a tracker.</summary>
public sealed class Zone
{
    private readonly (float X, float Y)[] _corners;
    private readonly BoxAnchor _anchor;
    private readonly TimeSpan _patience;
    private readonly Dictionary<int, Stay> _stays = [];
    private readonly List<int> _entered = [], _left = [], _gone = [];

    /// <summary>Prepares a zone.</summary>
    /// <param name="corners">A polygon in pixels of the frame, three corners or more, in either direction; it need not be convex. What lies inside is decided by the even-odd rule.</param>
    /// <param name="anchor">The point of a box that must lie in it.</param>
    /// <param name="patience">Time for which an object may be unseen, or outside, before it counts as gone; half a second by default.</param>
    /// <exception cref="ArgumentException">There are fewer than three corners, or one is no number.</exception>
    public Zone(IReadOnlyList<(float X, float Y)> corners, BoxAnchor anchor = BoxAnchor.BottomCenter, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(corners);
        if (corners.Count < 3 || corners.Any(c => !float.IsFinite(c.X) || !float.IsFinite(c.Y)))
        {
            throw new ArgumentException("a zone has three corners or more, all of them numbers", nameof(corners));
        }

        (_corners, _anchor, _patience) = ([.. corners], anchor, patience ?? TimeSpan.FromSeconds(0.5));
    }

    /// <summary>Detections of the last frame that lie in it, with or without a track.</summary>
    public int Inside { get; private set; }

    /// <summary>Tracks that are in it.</summary>
    public int Present => _stays.Count;

    /// <summary>Tracks that have come, all in all.</summary>
    public int TotalEntered { get; private set; }

    /// <summary>Tracks that have left, all in all; with <see cref="Present"/> they make up those that came.</summary>
    public int TotalLeft { get; private set; }

    /// <summary>Tracks that came on the last frame.</summary>
    public IReadOnlyList<int> Entered => _entered;

    /// <summary>Tracks that were found to have left on the last frame.</summary>
    public IReadOnlyList<int> Left => _left;

    /// <summary>Whether a point lies inside. Of a border that two zones share, each point is in one of them.</summary>
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

    /// <summary>How long a track has been in it; zero for one that is not.</summary>
    public TimeSpan Dwell(int trackId) => _stays.TryGetValue(trackId, out var stay) ? stay.Last - stay.First : TimeSpan.Zero;

    /// <summary>Goes on by one frame.</summary>
    /// <param name="detections">Detections after a tracker.</param>
    /// <param name="time">When the frame was taken.</param>
    public void Update(Detections detections, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(detections);
        Inside = 0;
        _entered.Clear();
        _left.Clear();
        _gone.Clear();
        for (int i = 0; i < detections.Count; i++)
        {
            var (x, y) = _anchor.Of(detections.Boxes[i]);
            if (!Contains(x, y))
            {
                continue;
            }

            Inside++;
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
                _stays.Add(id, new Stay(time, time));
                _entered.Add(id);
                TotalEntered++;
            }
        }

        foreach (var (id, stay) in _stays)
        {
            if (time - stay.Last > _patience)
            {
                _gone.Add(id);
            }
        }

        foreach (int id in _gone)
        {
            _stays.Remove(id);
            _left.Add(id);
            TotalLeft++;
        }
    }

    /// <summary>Forgets everything and counts from 0.</summary>
    public void Reset()
    {
        _stays.Clear();
        _entered.Clear();
        _left.Clear();
        (Inside, TotalEntered, TotalLeft) = (0, 0, 0);
    }

    private readonly record struct Stay(TimeSpan First, TimeSpan Last);
}
