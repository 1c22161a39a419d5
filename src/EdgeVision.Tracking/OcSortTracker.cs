namespace EdgeVision.Tracking;

/// <summary>Options of an <see cref="OcSortTracker"/>; the defaults are the reference's.</summary>
public sealed record OcSortOptions
{
    /// <summary>Score above which detections are used, 0 to 1.</summary>
    public double DetectionThreshold { get; init; } = 0.6;

    /// <summary>Minimum IoU of a detection and a track, 0 to 1.</summary>
    public double IouThreshold { get; init; } = 0.3;

    /// <summary>Number of frames over which a track's direction is computed, 1 to 30.</summary>
    public int DeltaT { get; init; } = 3;

    /// <summary>Weight of the direction relative to the IoU, at least 0.</summary>
    public double Inertia { get; init; } = 0.2;

    /// <summary>Consecutive matches before a track is reported; fewer are needed in the first frames.</summary>
    public int MinHits { get; init; } = 3;

    /// <summary>Maximum number of frames for which an unmatched track is kept.</summary>
    public int MaxAge { get; init; } = 30;

    /// <summary>
    /// Gets whether detections scored 0.1 up to the threshold are matched with the remaining tracks, as in ByteTrack; off in the reference.
    /// </summary>
    public bool UseLowScores { get; init; }

    /// <summary>Gets whether a track is only matched with detections of the class it began with.</summary>
    public bool MatchWithinClass { get; init; }
}

/// <summary>OC-SORT (Cao et al. 2023), an observation-centric tracker.</summary>
/// <remarks>
/// When a track is matched again after a gap, the Kalman filter is re-run along the straight line between the last and the new
/// observation, which replaces its own predictions (ORU). Directions count beside the overlap (OCM), and the remaining detections are
/// compared with the last observations of the tracks (OCR). Follows <c>trackers/ocsort_tracker/ocsort.py</c>, including its double
/// update after a gap.
/// </remarks>
public sealed class OcSortTracker : ITracker
{
    private const double Epsilon = 1e-6;
    private readonly OcSortOptions _options;
    private readonly LinearAssignment _assignment = new();
    private readonly List<ObservedTrack> _tracks = [], _pool = [];
    private readonly List<Observation> _high = [], _low = [];
    private readonly List<int> _leftTracks = [], _leftObservations = [];
    private double[] _overlaps = [];
    private bool[] _tracksDone = [], _observationsDone = [];
    private Observation[] _observations = new Observation[64];
    private Track[] _output = new Track[16];
    private int _outputCount, _frame, _lastId;

    /// <summary>Initializes a tracker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A threshold is not between 0 and 1, or another option is out of range.</exception>
    public OcSortTracker(OcSortOptions? options = null)
    {
        _options = options ?? new OcSortOptions();
        TrackerHelpers.ThrowIfNotFraction(_options.DetectionThreshold, nameof(_options.DetectionThreshold));
        TrackerHelpers.ThrowIfNotFraction(_options.IouThreshold, nameof(_options.IouThreshold));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.DeltaT, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.DeltaT, 30, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MinHits, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MaxAge, nameof(options));
        if (!(_options.Inertia >= 0) || !double.IsFinite(_options.Inertia))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), $"the inertia must be finite and at least 0; got {_options.Inertia}");
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _output.AsSpan(0, _outputCount);

    /// <inheritdoc/>
    public void Update(Detections detections, Frame? frame = null)
    {
        ArgumentNullException.ThrowIfNull(detections);
        Update(TrackerHelpers.ToObservations(detections, ref _observations));
        TrackerHelpers.AssignTrackIds(detections, Tracks);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _pool.AddRange(_tracks);
        _tracks.Clear();
        (_frame, _lastId, _outputCount) = (0, 0, 0);
    }

    internal void Update(ReadOnlySpan<Observation> observations)
    {
        _frame++;
        Sort(observations);
        Predict();
        MatchByDirection();
        if (_options.UseLowScores)
        {
            MatchLowScores();
        }

        MatchLastObservations();
        for (int t = 0; t < _tracks.Count; t++)
        {
            if (!_tracksDone[t])
            {
                _tracks[t].MarkMissed();
            }
        }

        for (int d = 0; d < _high.Count; d++)
        {
            if (!_observationsDone[d])
            {
                Start(_high[d]);
            }
        }

        WriteOutput();
    }

    private void Sort(ReadOnlySpan<Observation> observations)
    {
        _high.Clear();
        _low.Clear();
        foreach (var o in observations)
        {
            float score = (float)o.Score;
            if (o.IsValid && o.X2 > o.X1)
            {
                if (score > (float)_options.DetectionThreshold)
                {
                    _high.Add(o);
                }
                else if (score > 0.1f && score < (float)_options.DetectionThreshold)
                {
                    _low.Add(o);
                }
            }
        }

        Grow(ref _observationsDone, _high.Count);
    }

    // A track whose filter state has become NaN is removed.
    private void Predict()
    {
        for (int i = _tracks.Count - 1; i >= 0; i--)
        {
            if (!_tracks[i].Predict())
            {
                _pool.Add(_tracks[i]);
                _tracks.RemoveAt(i);
            }
        }

        Grow(ref _tracksDone, _tracks.Count);
    }

    private void MatchByDirection()
    {
        int rows = _high.Count, columns = _tracks.Count;
        Grow(ref _overlaps, rows * columns);
        var costs = _assignment.GetCostBuffer(rows, columns);
        // If every detection overlaps at most one track and the other way round, those are the pairs, whatever the directions.
        bool plain = columns > 0 && ComputeOverlaps(rows, columns);
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                int at = r * columns + c;
                costs[at] = plain
                    ? _overlaps[at] > _options.IouThreshold ? -1 : 0
                    : -(_overlaps[at] + GetDirectionScore(_tracks[c], _high[r]) * _options.Inertia * _high[r].Score);
            }
        }

        _assignment.Solve();
        for (int r = 0; r < rows; r++)
        {
            int c = _assignment.RowToColumn[r];
            if (c >= 0 && (plain
                ? _overlaps[r * columns + c] > _options.IouThreshold
                : _overlaps[r * columns + c] >= _options.IouThreshold))
            {
                AssignObservation(c, _high[r]);
                _observationsDone[r] = true;
            }
        }
    }

    private bool ComputeOverlaps(int rows, int columns)
    {
        bool plain = true, any = false;
        for (int r = 0; r < rows; r++)
        {
            int inRow = 0;
            for (int c = 0; c < columns; c++)
            {
                double overlap = ComputeIou(_high[r], _tracks[c].PredictedBox);
                _overlaps[r * columns + c] = IsClassCompatible(_tracks[c], _high[r]) ? overlap : 0;
                inRow += _overlaps[r * columns + c] > _options.IouThreshold ? 1 : 0;
            }

            plain &= inRow <= 1;
            any |= inRow > 0;
        }

        for (int c = 0; c < columns && plain; c++)
        {
            int inColumn = 0;
            for (int r = 0; r < rows; r++)
            {
                inColumn += _overlaps[r * columns + c] > _options.IouThreshold ? 1 : 0;
            }

            plain &= inColumn <= 1;
        }

        return plain && any;
    }

    // Agreement of the movement from the track's earlier observation to the detection with the track's direction: -1/2 to 1/2.
    private static double GetDirectionScore(ObservedTrack track, in Observation o)
    {
        if (!track.TryGetEarlierObservation(out var earlier))
        {
            return 0;
        }

        var (y, x) = GetHeading(earlier, o);
        double cosine = Math.Clamp(track.HeadingX * x + track.HeadingY * y, -1, 1);
        return (Math.PI / 2 - Math.Abs(Math.Acos(cosine))) / Math.PI;
    }

    private void MatchLowScores()
    {
        CollectUnmatched(_low.Count, all: true);
        Rematch(_low, fromPrediction: true);
    }

    private void MatchLastObservations()
    {
        CollectUnmatched(_high.Count, all: false);
        Rematch(_high, fromPrediction: false);
    }

    private void CollectUnmatched(int observations, bool all)
    {
        _leftTracks.Clear();
        _leftObservations.Clear();
        for (int t = 0; t < _tracks.Count; t++)
        {
            if (!_tracksDone[t])
            {
                _leftTracks.Add(t);
            }
        }

        for (int d = 0; d < observations; d++)
        {
            if (all || !_observationsDone[d])
            {
                _leftObservations.Add(d);
            }
        }
    }

    private void Rematch(List<Observation> observations, bool fromPrediction)
    {
        int rows = _leftObservations.Count, columns = _leftTracks.Count;
        if (rows == 0 || columns == 0)
        {
            return;
        }

        var costs = _assignment.GetCostBuffer(rows, columns);
        double most = 0;
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                var track = _tracks[_leftTracks[c]];
                var o = observations[_leftObservations[r]];
                double overlap = !IsClassCompatible(track, o) ? 0
                    : fromPrediction ? ComputeIou(o, track.PredictedBox)
                    : track.HasObservation ? ComputeIou(o, track.LastObservation)
                    : 0;
                costs[r * columns + c] = -overlap;
                most = Math.Max(most, overlap);
            }
        }

        if (most <= _options.IouThreshold)
        {
            return;
        }

        _assignment.Solve();
        for (int r = 0; r < rows; r++)
        {
            int c = _assignment.RowToColumn[r];
            if (c >= 0 && -costs[r * columns + c] >= _options.IouThreshold)
            {
                AssignObservation(_leftTracks[c], observations[_leftObservations[r]]);
                if (!fromPrediction)
                {
                    _observationsDone[_leftObservations[r]] = true;
                }
            }
        }
    }

    private void AssignObservation(int track, in Observation o)
    {
        _tracks[track].AddObservation(o);
        _tracksDone[track] = true;
    }

    private bool IsClassCompatible(ObservedTrack track, in Observation o) => !_options.MatchWithinClass || track.ClassId == o.ClassId;

    private void Start(in Observation o)
    {
        ObservedTrack t;
        if (_pool.Count > 0)
        {
            t = _pool[^1];
            _pool.RemoveAt(_pool.Count - 1);
        }
        else
        {
            t = new ObservedTrack(_options.DeltaT);
        }

        t.Start(o, ++_lastId, _frame);
        _tracks.Add(t);
    }

    // From the youngest track to the oldest, the order in which the reference visits them to remove old ones.
    private void WriteOutput()
    {
        if (_output.Length < _tracks.Count)
        {
            _output = new Track[Math.Max(_tracks.Count, _output.Length * 2)];
        }

        _outputCount = 0;
        for (int i = _tracks.Count - 1; i >= 0; i--)
        {
            var t = _tracks[i];
            if (t.FramesSinceUpdate < 1 && (t.HitStreak >= _options.MinHits || _frame <= _options.MinHits))
            {
                var (x1, y1, x2, y2) = t.HasObservation ? (t.LastObservation.X1, t.LastObservation.Y1, t.LastObservation.X2, t.LastObservation.Y2) : t.PredictedBox;
                _output[_outputCount++] = new Track(
                    t.Id, new Box((float)x1, (float)y1, (float)x2, (float)y2), (float)t.Score, t.ClassId, t.Detection,
                    _frame - t.StartFrame + 1);
            }

            if (t.FramesSinceUpdate > _options.MaxAge)
            {
                _tracks.RemoveAt(i);
                _pool.Add(t);
            }
        }
    }

    private static double ComputeIou(in Observation a, in Observation b) => ComputeIou(a, (b.X1, b.Y1, b.X2, b.Y2));

    private static double ComputeIou(in Observation a, (double X1, double Y1, double X2, double Y2) b)
    {
        double w = Math.Max(0, Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1));
        double h = Math.Max(0, Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1));
        return w * h / ((a.X2 - a.X1) * (a.Y2 - a.Y1) + (b.X2 - b.X1) * (b.Y2 - b.Y1) - w * h);
    }

    private static (double Y, double X) GetHeading(in Observation from, in Observation to)
    {
        double dy = (to.Y1 + to.Y2) / 2 - (from.Y1 + from.Y2) / 2, dx = (to.X1 + to.X2) / 2 - (from.X1 + from.X2) / 2;
        double length = Math.Sqrt(dx * dx + dy * dy) + Epsilon;
        return (dy / length, dx / length);
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[Math.Max(length, array.Length * 2)];
        }

        Array.Clear(array, 0, length);
    }

    /// <summary>One track: Kalman filters of centre and of area and aspect ratio, and its last observations.</summary>
    private sealed class ObservedTrack(int deltaT)
    {
        private readonly Observation[] _recentObservations = new Observation[deltaT + 1];
        private readonly int[] _ages = new int[deltaT + 1];
        private KalmanFilter2D _center, _shape, _savedCenter, _savedShape;
        private (double X, double Y, double S, double R) _measured;
        private int _age, _gap;
        private bool _wasObserved, _hasSavedState;

        public int Id, StartFrame, FramesSinceUpdate, HitStreak, ClassId, Detection;
        public double Score, HeadingX, HeadingY;

        /// <summary>True once the track was matched after its start; <see cref="LastObservation"/> is then the last observation.</summary>
        public bool HasObservation;
        public Observation LastObservation;

        /// <summary>Predicted box.</summary>
        public (double X1, double Y1, double X2, double Y2) PredictedBox
        {
            get
            {
                double w = Math.Sqrt(_shape.X * _shape.Y), h = _shape.X / w;
                return (_center.X - w / 2, _center.Y - h / 2, _center.X + w / 2, _center.Y + h / 2);
            }
        }

        public void Start(in Observation o, int id, int frame)
        {
            var (x, y, s, r) = ToMeasurement(o);
            _center = KalmanFilter2D.Create(x, y, 10, 10, 1e4, 1e4);
            // The aspect ratio has no velocity: its variances stay 0.
            _shape = KalmanFilter2D.Create(s, r, 10, 10, 1e4, 0);
            Array.Fill(_ages, -1);
            (_age, _gap, _wasObserved, _hasSavedState, HasObservation) = (0, 0, false, false, false);
            (Id, StartFrame, FramesSinceUpdate, HitStreak, ClassId, Detection) = (id, frame, 0, 0, o.ClassId, o.Index);
            (Score, HeadingX, HeadingY) = (o.Score, 0, 0);
        }

        /// <summary>Advances by one frame; returns false if the filter state has become NaN.</summary>
        public bool Predict()
        {
            if (_shape.VelocityX + _shape.X <= 0)
            {
                _shape.VelocityX = 0;
            }

            PredictFilters();
            _age++;
            HitStreak = FramesSinceUpdate > 0 ? 0 : HitStreak;
            FramesSinceUpdate++;
            var (x1, y1, x2, y2) = PredictedBox;
            return !double.IsNaN(x1 + y1 + x2 + y2);
        }

        public void MarkMissed()
        {
            if (_wasObserved)
            {
                (_savedCenter, _savedShape, _hasSavedState, _gap) = (_center, _shape, true, 0);
            }

            _wasObserved = false;
            _gap++;
        }

        public void AddObservation(in Observation o)
        {
            if (HasObservation)
            {
                var from = TryFindEarlier(out var earlier) ? earlier : LastObservation;
                (HeadingY, HeadingX) = GetHeading(from, o);
            }

            (HasObservation, LastObservation) = (true, o);
            _recentObservations[_age % _recentObservations.Length] = o;
            _ages[_age % _recentObservations.Length] = _age;
            FramesSinceUpdate = 0;
            HitStreak++;
            (ClassId, Detection, Score) = (o.ClassId, o.Index, o.Score);

            var z = ToMeasurement(o);
            if (!_wasObserved && _hasSavedState)
            {
                ReUpdate(z);
            }

            _wasObserved = true;
            Correct(z.X, z.Y, z.S, z.R);
            _measured = z;
        }

        /// <summary>Returns the observation <c>deltaT</c> frames ago, or the earliest one after it.</summary>
        public bool TryGetEarlierObservation(out Observation sight)
        {
            sight = LastObservation;
            if (HasObservation && TryFindEarlier(out var earlier))
            {
                sight = earlier;
            }

            return HasObservation;
        }

        private bool TryFindEarlier(out Observation sight)
        {
            for (int dt = _recentObservations.Length - 1; dt >= 1; dt--)
            {
                int age = _age - dt;
                if (age >= 0 && _ages[age % _recentObservations.Length] == age)
                {
                    sight = _recentObservations[age % _recentObservations.Length];
                    return true;
                }
            }

            sight = default;
            return false;
        }

        // Re-runs from the state of the first missed frame along the line to the new measurement; centre and sides change linearly.
        private void ReUpdate((double X, double Y, double S, double R) z)
        {
            (_center, _shape, _hasSavedState) = (_savedCenter, _savedShape, false);
            int steps = _gap + 1;
            double w1 = Math.Sqrt(_measured.S * _measured.R), h1 = Math.Sqrt(_measured.S / _measured.R);
            double w2 = Math.Sqrt(z.S * z.R), h2 = Math.Sqrt(z.S / z.R);
            double dx = (z.X - _measured.X) / steps, dy = (z.Y - _measured.Y) / steps, dw = (w2 - w1) / steps, dh = (h2 - h1) / steps;
            for (int i = 1; i <= steps; i++)
            {
                double w = w1 + i * dw, h = h1 + i * dh;
                Correct(_measured.X + i * dx, _measured.Y + i * dy, w * h, w / h);
                if (i < steps)
                {
                    PredictFilters();
                }
            }
        }

        private void PredictFilters()
        {
            _center.Predict(1, 1, 0.01, 0.01);
            _shape.Predict(1, 1, 1e-4, 0);
        }

        private void Correct(double x, double y, double s, double r)
        {
            _center.Update(x, y, 1, 1);
            _shape.Update(s, r, 10, 10);
        }

        private static (double X, double Y, double S, double R) ToMeasurement(in Observation o)
        {
            double w = o.X2 - o.X1, h = o.Y2 - o.Y1;
            return (o.X1 + w / 2, o.Y1 + h / 2, w * h, w / (h + Epsilon));
        }
    }
}
