namespace EdgeVision.Pipeline.Runners;

/// <summary>Extrapolates the detections of a source to the frames on which the model does not run.</summary>
/// <remarks>
/// Each tracked object moves on at its speed between the last two frames with inference; detections without a track keep their position.
/// </remarks>
internal sealed class TrackExtrapolator
{
    // Maximum extrapolation, in intervals between frames with inference; positions beyond it are unreliable.
    private const double MaxSteps = 2;
    private readonly Detections _last = new();
    private readonly Dictionary<int, (Box Box, TimeSpan Time)> _before = [], _now = [];
    private TimeSpan _lastTime, _stepTime;

    /// <summary>Stores the detections of a frame on which the model ran.</summary>
    public void Update(Detections detections, TimeSpan time)
    {
        _before.Clear();
        foreach (var (id, seen) in _now)
        {
            _before[id] = seen;
        }

        _now.Clear();
        _last.CopyFrom(detections);
        for (int i = 0; i < detections.Count && detections.HasTracks; i++)
        {
            if (detections.TrackIds[i] > 0)
            {
                _now[detections.TrackIds[i]] = (detections.Boxes[i], time);
            }
        }

        (_stepTime, _lastTime) = (time - _lastTime, time);
    }

    /// <summary>Fills a result with the extrapolated positions. Masks are left out: their shape would not match.</summary>
    public void Extrapolate(VisionResult to, Frame frame)
    {
        (to.FrameWidth, to.FrameHeight, to.HasDetections) = (frame.Width, frame.Height, true);
        to.Detections.CopyFrom(_last);
        for (int i = 0; i < _last.Count; i++)
        {
            var box = _last.Boxes[i];
            int id = _last.HasTracks ? _last.TrackIds[i] : 0;
            double steps = _stepTime > TimeSpan.Zero ? Math.Min((frame.Timestamp - _lastTime) / _stepTime, MaxSteps) : 0;
            if (id == 0 || steps <= 0 || !_before.TryGetValue(id, out var before) || _lastTime - before.Time <= TimeSpan.Zero)
            {
                continue;
            }

            float share = (float)(steps * (_stepTime / (_lastTime - before.Time)));
            float dx1 = (box.X1 - before.Box.X1) * share, dy1 = (box.Y1 - before.Box.Y1) * share;
            float dx2 = (box.X2 - before.Box.X2) * share, dy2 = (box.Y2 - before.Box.Y2) * share;
            var moved = new Box(box.X1 + dx1, box.Y1 + dy1, box.X2 + dx2, box.Y2 + dy2);
            if (moved.Width > 0 && moved.Height > 0)
            {
                to.Detections.SetBox(i, moved);
                foreach (ref var point in to.Detections.GetMutableKeypoints(i))
                {
                    point = point with { X = point.X + (dx1 + dx2) / 2, Y = point.Y + (dy1 + dy2) / 2 };
                }
            }
        }
    }

    /// <summary>Clears all state.</summary>
    public void Reset()
    {
        _before.Clear();
        _now.Clear();
        _last.Clear();
        (_lastTime, _stepTime) = (default, default);
    }
}
