using System.Numerics.Tensors;

namespace EdgeVision.Tracking;

/// <summary>Two-stage association by detection score, shared by ByteTrack and BoT-SORT.</summary>
/// <remarks>
/// High-scored detections are matched with the predicted tracks first, low-scored ones with the tracks still unmatched, and the
/// rest with unconfirmed tracks. Follows <c>BYTETracker.update</c> list by list, in double precision; its quirks decide ids, so they
/// are kept.
/// </remarks>
internal sealed class TwoStageTracker(TwoStageOptions options)
{
    private readonly LinearAssignment _assignment = new();
    private readonly List<TrackedObject> _all = [], _pool = [], _candidates = [], _unmatched = [], _unconfirmed = [];
    private readonly List<TrackedObject> _started = [], _found = [], _newlyLost = [], _newlyRemoved = [];
    private readonly List<Observation> _high = [], _low = [], _rest = [];
    private List<TrackedObject> _tracked = [], _lost = [], _spare = [];
    private Track[] _output = new Track[16];
    private int _outputCount, _frame, _lastId;
    private float[] _features = [];
    private int _featureLength;

    public ReadOnlySpan<Track> Tracks => _output.AsSpan(0, _outputCount);

    public void Reset()
    {
        _tracked.Clear();
        _lost.Clear();
        _pool.AddRange(_all);
        _all.Clear();
        (_frame, _lastId, _outputCount) = (0, 0, 0);
    }

    /// <summary>Advances by one frame.</summary>
    /// <param name="observations">Detections in the reference's order.</param>
    /// <param name="motion">Camera motion.</param>
    /// <param name="features">Appearance embeddings by <see cref="Observation.Index"/>, row-major; empty if there are none.</param>
    /// <param name="featureLength">Components of an embedding.</param>
    public void Step(ReadOnlySpan<Observation> observations, in AffineMotion motion, ReadOnlySpan<float> features, int featureLength)
    {
        _frame++;
        Sort(observations);
        TakeFeatures(features, featureLength);
        _started.Clear();
        _found.Clear();
        _newlyLost.Clear();
        _newlyRemoved.Clear();
        _unconfirmed.Clear();
        _candidates.Clear();
        foreach (var track in _tracked)
        {
            (track.IsConfirmed ? _candidates : _unconfirmed).Add(track);
        }

        _candidates.AddRange(_lost);
        Predict(motion);

        FirstStage();
        SecondStage();
        MatchUnconfirmed();
        StartTracks();
        RemoveExpiredLost();
        MergeLists();
        RemoveDuplicates();
        ReturnToPool();
        WriteOutput();
    }

    private void Sort(ReadOnlySpan<Observation> observations)
    {
        _high.Clear();
        _low.Clear();
        foreach (var o in observations)
        {
            // Thresholds are compared in single precision, as in the reference: a score at the threshold is neither high nor low.
            float score = (float)o.Score;
            if (!o.IsValid || !options.UseAspectRatio && o.X1 == o.X2)
            {
                continue;
            }

            if (score > (float)options.HighThreshold)
            {
                _high.Add(o);
            }
            else if (score > (float)options.LowThreshold && score < (float)options.HighThreshold)
            {
                _low.Add(o);
            }
        }
    }

    private void TakeFeatures(ReadOnlySpan<float> features, int length)
    {
        _featureLength = features.IsEmpty ? 0 : length;
        if (_features.Length < features.Length)
        {
            _features = new float[features.Length];
        }

        features.CopyTo(_features);
        for (int i = 0; i + length <= features.Length && length > 0; i += length)
        {
            Normalize(_features.AsSpan(i, length));
        }
    }

    private void Predict(in AffineMotion motion)
    {
        foreach (var t in _candidates)
        {
            if (t.State != TrackState.Tracked)
            {
                t.Shape.VelocityY = 0;
                if (!options.UseAspectRatio)
                {
                    t.Shape.VelocityX = 0;
                }
            }

            var (x, y, sx, sy) = options.GetProcessNoise(t);
            t.Center.Predict(x.Position, y.Position, x.Speed, y.Speed);
            t.Shape.Predict(sx.Position, sy.Position, sx.Speed, sy.Speed);
            Move(t, motion);
        }

        foreach (var t in _unconfirmed)
        {
            Move(t, motion);
        }
    }

    private static void Move(TrackedObject t, in AffineMotion motion)
    {
        if (motion == AffineMotion.Identity)
        {
            return;
        }

        t.Center.ApplyLinearPart(motion);
        t.Center.X += motion.ShiftX;
        t.Center.Y += motion.ShiftY;
        t.Shape.ApplyLinearPart(motion);
    }

    private void FirstStage()
    {
        FillCosts(_candidates, _high, fused: true);
        _assignment.Solve(options.MatchThreshold);
        _unmatched.Clear();
        for (int i = 0; i < _candidates.Count; i++)
        {
            var track = _candidates[i];
            int d = _assignment.RowToColumn[i];
            if (d >= 0)
            {
                (track.State == TrackState.Tracked ? _started : _found).Add(track);
                Update(track, _high[d], withFeature: true);
            }
            else if (track.State == TrackState.Tracked)
            {
                _unmatched.Add(track);
            }
        }

        _rest.Clear();
        for (int d = 0; d < _high.Count; d++)
        {
            if (_assignment.ColumnToRow[d] < 0)
            {
                _rest.Add(_high[d]);
            }
        }
    }

    private void SecondStage()
    {
        FillCosts(_unmatched, _low, fused: false);
        _assignment.Solve(0.5);
        for (int i = 0; i < _unmatched.Count; i++)
        {
            int d = _assignment.RowToColumn[i];
            if (d >= 0)
            {
                _started.Add(_unmatched[i]);
                Update(_unmatched[i], _low[d], withFeature: false);
            }
            else
            {
                _unmatched[i].State = TrackState.Lost;
                _newlyLost.Add(_unmatched[i]);
            }
        }
    }

    private void MatchUnconfirmed()
    {
        FillCosts(_unconfirmed, _rest, fused: true);
        _assignment.Solve(0.7);
        for (int i = 0; i < _unconfirmed.Count; i++)
        {
            int d = _assignment.RowToColumn[i];
            if (d >= 0)
            {
                Update(_unconfirmed[i], _rest[d], withFeature: true);
                _started.Add(_unconfirmed[i]);
            }
            else
            {
                _unconfirmed[i].State = TrackState.Removed;
                _newlyRemoved.Add(_unconfirmed[i]);
            }
        }
    }

    private void StartTracks()
    {
        for (int d = 0; d < _rest.Count; d++)
        {
            if (_assignment.ColumnToRow[d] < 0 && (float)_rest[d].Score >= (float)options.NewThreshold)
            {
                _started.Add(Start(_rest[d]));
            }
        }
    }

    private void RemoveExpiredLost()
    {
        foreach (var track in _lost)
        {
            if (_frame - track.LastFrame > options.MaxLostFrames)
            {
                track.State = TrackState.Removed;
                _newlyRemoved.Add(track);
            }
        }
    }

    // A track removed on this frame leaves the lost list only on the next frame: the reference subtracts before it adds.
    private void MergeLists()
    {
        MarkAll(false);
        _spare.Clear();
        foreach (var t in _tracked)
        {
            Add(_spare, t, t.State == TrackState.Tracked);
        }

        foreach (var t in _started)
        {
            Add(_spare, t, true);
        }

        foreach (var t in _found)
        {
            Add(_spare, t, true);
        }

        (_tracked, _spare) = (_spare, _tracked);
        _spare.Clear();
        foreach (var t in _lost)
        {
            Add(_spare, t, !t.WasRemoved);
        }

        foreach (var t in _newlyLost)
        {
            Add(_spare, t, !t.WasRemoved);
        }

        (_lost, _spare) = (_spare, _lost);
        foreach (var t in _newlyRemoved)
        {
            t.WasRemoved = true;
        }

        static void Add(List<TrackedObject> list, TrackedObject track, bool wanted)
        {
            if (wanted && !track.IsListed)
            {
                track.IsListed = true;
                list.Add(track);
            }
        }
    }

    private void RemoveDuplicates()
    {
        MarkAll(true);
        foreach (var a in _tracked)
        {
            foreach (var b in _lost)
            {
                if (1 - ComputeIou(GetBox(a), GetBox(b)) < 0.15 && (!options.MatchWithinClass || a.ClassId == b.ClassId))
                {
                    (a.LastFrame - a.StartFrame > b.LastFrame - b.StartFrame ? b : a).IsListed = false;
                }
            }
        }

        _tracked.RemoveAll(static t => !t.IsListed);
        _lost.RemoveAll(static t => !t.IsListed);
    }

    private void ReturnToPool()
    {
        MarkAll(false);
        foreach (var t in _tracked)
        {
            t.IsListed = true;
        }

        foreach (var t in _lost)
        {
            t.IsListed = true;
        }

        foreach (var t in _all)
        {
            if (!t.IsListed)
            {
                _pool.Add(t);
            }
        }

        _all.RemoveAll(static t => !t.IsListed);
    }

    private void MarkAll(bool listed)
    {
        foreach (var t in _all)
        {
            t.IsListed = listed;
        }
    }

    private void WriteOutput()
    {
        if (_output.Length < _tracked.Count)
        {
            _output = new Track[Math.Max(_tracked.Count, _output.Length * 2)];
        }

        _outputCount = 0;
        foreach (var t in _tracked)
        {
            if (t.IsConfirmed)
            {
                var (x1, y1, x2, y2) = GetBox(t);
                _output[_outputCount++] = new Track(
                    t.Id, new Box((float)x1, (float)y1, (float)x2, (float)y2), (float)t.Score, t.ClassId, t.Detection,
                    _frame - t.StartFrame + 1);
            }
        }
    }

    /// <summary>Returns left, top, width and height of the track at an index of <see cref="Tracks"/>, in double precision.</summary>
    internal (double Left, double Top, double Width, double Height) GetExactBox(int index)
    {
        foreach (var t in _tracked)
        {
            if (t.IsConfirmed && index-- == 0)
            {
                var (x1, y1, x2, y2) = GetBox(t);
                return (x1, y1, x2 - x1, y2 - y1);
            }
        }

        throw new ArgumentOutOfRangeException(nameof(index));
    }

    private TrackedObject Start(in Observation o)
    {
        var t = _pool.Count > 0 ? _pool[^1] : new TrackedObject();
        if (_pool.Count > 0)
        {
            _pool.RemoveAt(_pool.Count - 1);
        }

        _all.Add(t);
        var (cx, cy, shapeX, shapeY) = options.ToMeasurement(o);
        (t.Center, t.Shape) = options.CreateFilters(cx, cy, shapeX, shapeY);
        (t.Id, t.State, t.IsConfirmed, t.WasRemoved) = (++_lastId, TrackState.Tracked, _frame == 1, false);
        (t.StartFrame, t.LastFrame, t.Score, t.ClassId, t.Detection) = (_frame, _frame, o.Score, o.ClassId, o.Index);
        t.AppearanceLength = 0;
        UpdateAppearance(t, o.Index);
        return t;
    }

    private void Update(TrackedObject t, in Observation o, bool withFeature)
    {
        var (cx, cy, shapeX, shapeY) = options.ToMeasurement(o);
        var (x, y, sx, sy) = options.GetMeasurementNoise(t);
        t.Center.Update(cx, cy, x, y);
        t.Shape.Update(shapeX, shapeY, sx, sy);
        (t.State, t.IsConfirmed, t.LastFrame) = (TrackState.Tracked, true, _frame);
        (t.Score, t.ClassId, t.Detection) = (o.Score, o.ClassId, o.Index);
        if (withFeature)
        {
            UpdateAppearance(t, o.Index);
        }
    }

    // Exponential moving average of unit vectors with a weight of 0.9 on the old value, normalized again.
    private void UpdateAppearance(TrackedObject t, int index)
    {
        if (_featureLength == 0)
        {
            return;
        }

        var now = GetFeature(index);
        if (t.Appearance.Length < now.Length)
        {
            t.Appearance = new float[now.Length];
        }

        var known = t.Appearance.AsSpan(0, now.Length);
        if (t.AppearanceLength != now.Length)
        {
            now.CopyTo(known);
        }
        else
        {
            for (int i = 0; i < known.Length; i++)
            {
                known[i] = 0.9f * known[i] + 0.1f * now[i];
            }

            Normalize(known);
        }

        t.AppearanceLength = now.Length;
    }

    private void FillCosts(List<TrackedObject> tracks, List<Observation> observations, bool fused)
    {
        var costs = _assignment.GetCostBuffer(tracks.Count, observations.Count);
        for (int r = 0; r < tracks.Count; r++)
        {
            var box = GetBox(tracks[r]);
            for (int c = 0; c < observations.Count; c++)
            {
                var o = observations[c];
                double distance = 1 - ComputeIou(box, (o.X1, o.Y1, o.X2, o.Y2));
                double cost = fused ? 1 - (1 - distance) * o.Score : distance;
                if (fused && _featureLength > 0 && tracks[r].AppearanceLength == _featureLength)
                {
                    float cosine = TensorPrimitives.Dot(tracks[r].Appearance.AsSpan(0, _featureLength), GetFeature(o.Index));
                    double look = Math.Max(0, 1 - cosine) / 2;
                    cost = Math.Min(cost, look > options.AppearanceThreshold || distance > options.ProximityThreshold ? 1 : look);
                }

                costs[r * observations.Count + c] = options.MatchWithinClass && o.ClassId != tracks[r].ClassId ? double.PositiveInfinity : cost;
            }
        }
    }

    private ReadOnlySpan<float> GetFeature(int index) => _features.AsSpan(index * _featureLength, _featureLength);

    private (double X1, double Y1, double X2, double Y2) GetBox(TrackedObject t)
    {
        double height = t.Shape.Y, width = options.UseAspectRatio ? t.Shape.X * height : t.Shape.X;
        double left = t.Center.X - width / 2, top = t.Center.Y - height / 2;
        return (left, top, left + width, top + height);
    }

    // Inclusive pixel coordinates (+1), as in cython_bbox.
    private static double ComputeIou((double X1, double Y1, double X2, double Y2) a, (double X1, double Y1, double X2, double Y2) b)
    {
        double w = Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1) + 1, h = Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1) + 1;
        return w > 0 && h > 0
            ? w * h / ((a.X2 - a.X1 + 1) * (a.Y2 - a.Y1 + 1) + (b.X2 - b.X1 + 1) * (b.Y2 - b.Y1 + 1) - w * h)
            : 0;
    }

    private static void Normalize(Span<float> values)
    {
        float norm = TensorPrimitives.Norm(values);
        if (norm > 0 && float.IsFinite(norm))
        {
            TensorPrimitives.Divide(values, norm, values);
        }
        else
        {
            values.Clear();
        }
    }
}
