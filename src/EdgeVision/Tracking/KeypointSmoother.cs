namespace EdgeVision;

/// <summary>
/// Steadies the keypoints of tracked objects with a One-Euro filter a coordinate, on real time stamps. Speeds are measured in sizes of the
/// object a second, as MediaPipe does, so that one setting serves near and far. Defaults are MediaPipe's for poses.
/// </summary>
public sealed class KeypointSmoother
{
    private readonly double _minCutoff, _beta, _speedCutoff;
    private readonly float _leastScore;
    private readonly TimeSpan _keep;
    private readonly Dictionary<int, Figure> _figures = [];
    private readonly Stack<Figure> _pool = new();
    private readonly List<int> _gone = [];

    /// <summary>Prepares a smoother.</summary>
    /// <param name="minCutoff">Cutoff at rest in Hz, above 0: lower is smoother.</param>
    /// <param name="beta">Rise of the cutoff with speed in sizes of the object a second, at least 0: higher is less late.</param>
    /// <param name="speedCutoff">Cutoff of the speed in Hz, above 0.</param>
    /// <param name="leastScore">A keypoint scored below stays as it is, and its filter begins anew with the next sight.</param>
    /// <param name="keep">Time for which an object that is not seen is remembered; a second by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public KeypointSmoother(double minCutoff = 0.05, double beta = 80, double speedCutoff = 1, float leastScore = 0, TimeSpan? keep = null)
    {
        _ = new OneEuroFilter(minCutoff, beta, speedCutoff);
        (_minCutoff, _beta, _speedCutoff, _leastScore, _keep) = (minCutoff, beta, speedCutoff, leastScore, keep ?? TimeSpan.FromSeconds(1));
    }

    /// <summary>Smooths the keypoints of every detection that is on a track, in place. Scores stay.</summary>
    /// <param name="detections">Detections of one frame, after a tracker.</param>
    /// <param name="time">When the frame was taken. A time that is not after the last one changes nothing of what is known.</param>
    public void Smooth(Detections detections, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(detections);
        for (int i = 0; i < detections.Count && detections.HasTracks && detections.KeypointCount > 0; i++)
        {
            int id = detections.TrackIds[i];
            if (id == 0)
            {
                continue;
            }

            if (!_figures.TryGetValue(id, out var figure))
            {
                figure = _pool.TryPop(out var old) ? old : new Figure();
                figure.Prepare(detections.KeypointCount, this);
                _figures.Add(id, figure);
            }

            figure.Seen = time;
            var box = detections.Boxes[i];
            figure.Smooth(detections.MutableKeypoints(i), (box.Width + box.Height) / 2, time.TotalSeconds, _leastScore);
        }

        Forget(time);
    }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        foreach (var figure in _figures.Values)
        {
            _pool.Push(figure);
        }

        _figures.Clear();
    }

    private void Forget(TimeSpan now)
    {
        _gone.Clear();
        foreach (var (id, figure) in _figures)
        {
            if (now - figure.Seen > _keep)
            {
                _gone.Add(id);
                _pool.Push(figure);
            }
        }

        foreach (int id in _gone)
        {
            _figures.Remove(id);
        }
    }

    private sealed class Figure
    {
        private OneEuroFilter[] _filters = [];

        public TimeSpan Seen { get; set; }

        public void Prepare(int keypoints, KeypointSmoother of)
        {
            if (_filters.Length != 2 * keypoints)
            {
                _filters = new OneEuroFilter[2 * keypoints];
                for (int i = 0; i < _filters.Length; i++)
                {
                    _filters[i] = new OneEuroFilter(of._minCutoff, of._beta, of._speedCutoff);
                }
            }

            foreach (var filter in _filters)
            {
                filter.Reset();
            }
        }

        public void Smooth(Span<Keypoint> keypoints, float size, double seconds, float leastScore)
        {
            // A box without size says nothing of speed; pixels do then.
            double scale = size > 0 && float.IsFinite(size) ? 1.0 / size : 1;
            for (int k = 0; k < keypoints.Length; k++)
            {
                ref var p = ref keypoints[k];
                if (!(p.Score >= leastScore))
                {
                    _filters[2 * k].Reset();
                    _filters[2 * k + 1].Reset();
                    continue;
                }

                p = p with { X = (float)_filters[2 * k].Filter(seconds, p.X, scale), Y = (float)_filters[2 * k + 1].Filter(seconds, p.Y, scale) };
            }
        }
    }
}
