namespace EdgeVision.Tracking;

/// <summary>Counts tracks that cross a line, by direction.</summary>
/// <remarks>
/// A track counts once it is further than a margin beyond the line and its path passed between the line's ends; jitter on the line
/// counts nothing.
/// </remarks>
public sealed class LineCrossing
{
    private readonly (float X, float Y) _start, _end;
    private readonly BoxAnchor _anchor;
    private readonly double _length;
    private readonly float _margin;
    private readonly int _keepFrames;
    private readonly Dictionary<int, Side> _sides = [];
    private readonly List<int> _toRight = [], _toLeft = [], _expired = [];
    private int _frame;

    /// <summary>Initializes a counting line.</summary>
    /// <param name="start">Start of the line, in pixels of the frame.</param>
    /// <param name="end">End of the line. Left and right are as seen looking from the start to the end.</param>
    /// <param name="anchor">The point of a box that must cross.</param>
    /// <param name="margin">Distance from the line in pixels within which a track keeps its side.</param>
    /// <param name="keepFrames">Number of frames for which the side of an undetected track is kept.</param>
    /// <exception cref="ArgumentException">The line has no length, or a value is out of range or not finite.</exception>
    public LineCrossing(
        (float X, float Y) start,
        (float X, float Y) end,
        BoxAnchor anchor = BoxAnchor.BottomCenter,
        float margin = 2,
        int keepFrames = 90)
    {
        double dx = (double)end.X - start.X, dy = (double)end.Y - start.Y;
        _length = Math.Sqrt(dx * dx + dy * dy);
        if (!(_length > 0) || !double.IsFinite(_length))
        {
            throw new ArgumentException($"the line's ends must be finite and differ; got {start} and {end}", nameof(end));
        }

        if (!(margin >= 0) || !float.IsFinite(margin) || keepFrames < 0)
        {
            throw new ArgumentException(
                $"the margin must be finite and at least 0, and the number of frames at least 0; got {margin} and {keepFrames}",
                nameof(margin));
        }

        (_start, _end, _anchor, _margin, _keepFrames) = (start, end, anchor, margin, keepFrames);
    }

    /// <summary>Total number of crossings from left to right.</summary>
    public int TotalToRight { get; private set; }

    /// <summary>Total number of crossings from right to left.</summary>
    public int TotalToLeft { get; private set; }

    /// <summary>Ids of the tracks that crossed from left to right in the last frame.</summary>
    public IReadOnlyList<int> ToRight => _toRight;

    /// <summary>Ids of the tracks that crossed from right to left in the last frame.</summary>
    public IReadOnlyList<int> ToLeft => _toLeft;

    /// <summary>Advances by one frame.</summary>
    /// <param name="detections">Detections after a tracker has assigned ids.</param>
    public void Update(Detections detections)
    {
        ArgumentNullException.ThrowIfNull(detections);
        _frame++;
        _toRight.Clear();
        _toLeft.Clear();
        for (int i = 0; i < detections.Count && detections.HasTracks; i++)
        {
            if (detections.TrackIds[i] > 0)
            {
                var (x, y) = _anchor.GetPoint(detections.Boxes[i]);
                Move(detections.TrackIds[i], x, y);
            }
        }

        RemoveExpired();
    }

    /// <summary>Removes all tracks and sets the counts to 0.</summary>
    public void Reset()
    {
        _sides.Clear();
        _toRight.Clear();
        _toLeft.Clear();
        (TotalToRight, TotalToLeft, _frame) = (0, 0, 0);
    }

    private void Move(int id, float x, float y)
    {
        double distance = Distance(x, y);
        bool known = _sides.TryGetValue(id, out var side);
        if (!(Math.Abs(distance) > _margin))
        {
            if (known)
            {
                _sides[id] = side with { Frame = _frame };
            }

            return;
        }

        if (known && distance > 0 != side.Right && CrossesBetweenEnds(side.X, side.Y, x, y))
        {
            if (distance > 0)
            {
                _toRight.Add(id);
                TotalToRight++;
            }
            else
            {
                _toLeft.Add(id);
                TotalToLeft++;
            }
        }

        _sides[id] = new Side(distance > 0, x, y, _frame);
    }

    // Signed distance from the line: above 0 is to the right, with y pointing down.
    private double Distance(float x, float y) =>
        (((double)_end.X - _start.X) * ((double)y - _start.Y) - ((double)_end.Y - _start.Y) * ((double)x - _start.X)) / _length;

    // Whether the path from one side to the other meets the line between its ends.
    private bool CrossesBetweenEnds(float fromX, float fromY, float toX, float toY)
    {
        double from = Distance(fromX, fromY), to = Distance(toX, toY), share = from / (from - to);
        double x = fromX + share * ((double)toX - fromX), y = fromY + share * ((double)toY - fromY);
        double dot = (x - _start.X) * ((double)_end.X - _start.X) + (y - _start.Y) * ((double)_end.Y - _start.Y);
        double along = dot / (_length * _length);
        return along is >= 0 and <= 1;
    }

    private void RemoveExpired()
    {
        _expired.Clear();
        foreach (var (id, side) in _sides)
        {
            if (_frame - side.Frame > _keepFrames)
            {
                _expired.Add(id);
            }
        }

        foreach (int id in _expired)
        {
            _sides.Remove(id);
        }
    }

    private readonly record struct Side(bool Right, float X, float Y, int Frame);
}
