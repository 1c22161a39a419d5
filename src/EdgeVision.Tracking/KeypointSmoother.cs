namespace EdgeVision.Tracking;

/// <summary>Smooths the keypoints of tracked objects with one One-Euro filter per coordinate, on real timestamps.</summary>
/// <remarks>
/// Speed is measured in object sizes per second, as in MediaPipe, so that one setting fits near and far objects. The defaults are
/// MediaPipe's for poses.
/// </remarks>
public sealed class KeypointSmoother
{
    private readonly double _minCutoff, _beta, _speedCutoff;
    private readonly float _leastScore;
    private readonly TimeSpan _keep;
    private readonly Dictionary<int, KeypointFilters> _filtersByTrack = [];
    private readonly Stack<KeypointFilters> _pool = new();
    private readonly List<int> _expired = [];

    /// <summary>Initializes a smoother.</summary>
    /// <param name="minCutoff">Cutoff frequency at rest in Hz, above 0; lower is smoother.</param>
    /// <param name="beta">Increase of the cutoff with speed in object sizes per second, at least 0; higher reduces lag.</param>
    /// <param name="speedCutoff">Cutoff frequency of the speed in Hz, above 0.</param>
    /// <param name="minScore">
    /// Minimum score of a keypoint to be smoothed. Below it the keypoint is left unchanged and its filter restarts at the next detection.
    /// </param>
    /// <param name="retention">Time for which the filters of an undetected object are kept; one second by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public KeypointSmoother(double minCutoff = 0.05, double beta = 80, double speedCutoff = 1, float minScore = 0, TimeSpan? retention = null)
    {
        _ = new OneEuroFilter(minCutoff, beta, speedCutoff);
        (_minCutoff, _beta, _speedCutoff, _leastScore, _keep) = (minCutoff, beta, speedCutoff, minScore, retention ?? TimeSpan.FromSeconds(1));
    }

    /// <summary>Smooths the keypoints of every tracked detection in place; scores are left unchanged.</summary>
    /// <param name="detections">Detections of one frame, after a tracker has assigned ids.</param>
    /// <param name="time">Capture time of the frame. A time that is not later than the last one does not change the filters.</param>
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

            if (!_filtersByTrack.TryGetValue(id, out var figure))
            {
                figure = _pool.TryPop(out var old) ? old : new KeypointFilters();
                figure.Prepare(detections.KeypointCount, this);
                _filtersByTrack.Add(id, figure);
            }

            figure.LastSeen = time;
            var box = detections.Boxes[i];
            figure.Smooth(detections.GetMutableKeypoints(i), (box.Width + box.Height) / 2, time.TotalSeconds, _leastScore);
        }

        RemoveExpired(time);
    }

    /// <summary>Removes the state of all objects.</summary>
    public void Reset()
    {
        foreach (var figure in _filtersByTrack.Values)
        {
            _pool.Push(figure);
        }

        _filtersByTrack.Clear();
    }

    private void RemoveExpired(TimeSpan now)
    {
        _expired.Clear();
        foreach (var (id, figure) in _filtersByTrack)
        {
            if (now - figure.LastSeen > _keep)
            {
                _expired.Add(id);
                _pool.Push(figure);
            }
        }

        foreach (int id in _expired)
        {
            _filtersByTrack.Remove(id);
        }
    }

    private sealed class KeypointFilters
    {
        private OneEuroFilter[] _filters = [];

        public TimeSpan LastSeen { get; set; }

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
            // A box without size gives no scale for the speed; it is then measured in pixels.
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

                p = p with
                {
                    X = (float)_filters[2 * k].Filter(seconds, p.X, scale),
                    Y = (float)_filters[2 * k + 1].Filter(seconds, p.Y, scale),
                };
            }
        }
    }
}
