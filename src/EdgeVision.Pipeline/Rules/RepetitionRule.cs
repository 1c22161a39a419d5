using EdgeVision.Tracking;

namespace EdgeVision.Pipeline.Rules;

/// <summary>Options of a <see cref="RepetitionRule"/>.</summary>
public sealed record RepetitionRuleOptions
{
    /// <summary>Keypoints by name or number: three for the angle at the second, two for a distance.</summary>
    /// <remarks>
    /// The angle is 0..180 degrees; the distance is a fraction of the height of the box. A name without a side stands for both sides, and
    /// the signal is the mean of the visible ones.
    /// </remarks>
    public required IReadOnlyList<string> Joints { get; init; }

    /// <summary>Signal at or below which the low phase begins, in degrees or as a fraction.</summary>
    public required double Low { get; init; }

    /// <summary>Signal at or above which the high phase begins; above <see cref="Low"/>.</summary>
    public required double High { get; init; }

    /// <summary>Phase in which a repetition starts and ends: High for the knee angle of a squat.</summary>
    public RepetitionPhase StartPhase { get; init; } = RepetitionPhase.High;

    /// <summary>Minimum duration of a repetition.</summary>
    public TimeSpan MinDuration { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Minimum score of a visible keypoint, 0..1.</summary>
    public float MinScore { get; init; } = 0.3f;

    /// <summary>Labels to count, case-insensitive; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }
}

/// <summary>Counts repetitions of a movement per track, or for the best detection where nothing is tracked.</summary>
/// <remarks>
/// Adds events "repetition" with the duration in seconds, and the total count "repetitions". Keypoints come from the detector or from a
/// pose model on detections.
/// </remarks>
public sealed class RepetitionRule : IPipelineRule
{
    // An object that is not detected for longer starts again.
    private static readonly TimeSpan MaxGap = TimeSpan.FromSeconds(5);

    private readonly RepetitionRuleOptions _options;
    private readonly JointSet _joints;
    private readonly LabelFilter _filter;
    private readonly Dictionary<int, RepetitionState> _movers = [];
    private readonly List<int> _gone = [];
    private int _total;

    /// <summary>Creates a repetition rule.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">Joints and thresholds.</param>
    /// <exception cref="ArgumentException">The number of joints is not 2 or 3, or a threshold or time is invalid.</exception>
    public RepetitionRule(string name, RepetitionRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Joints.Count is not (2 or 3) || options.Joints.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException(
                $"repetitions need 3 joints (an angle) or 2 (a distance), none of them empty; got {options.Joints.Count}", nameof(options));
        }

        if (!(options.MinScore is >= 0 and <= 1))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"the minimum score of a keypoint must be between 0 and 1; got {options.MinScore}"),
                nameof(options));
        }

        (Name, _options) = (name, options);
        _ = NewCounter();
        _joints = new JointSet(options.Joints);
        _filter = new LabelFilter(options.Labels);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(float X, float Y)> Outline => [];

    /// <inheritdoc/>
    public bool IsPolygon => false;

    /// <inheritdoc/>
    /// <exception cref="EdgeVisionException">The model does not have the requested keypoints.</exception>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var detections = frame.Result.Detections;
        for (int i = 0; i < detections.Count; i++)
        {
            int id = detections.HasTracks ? detections.TrackIds[i] : 0;
            if (_filter.Matches(detections, i) && (id > 0 || !detections.HasTracks))
            {
                UpdateTrack(frame, detections, i, id);
                if (id == 0)
                {
                    break;
                }
            }
        }

        Forget(frame.Timestamp);
        frame.AddCount(new RuleCount(Name, "repetitions", _total));
    }

    /// <summary>Clears the tracks, whose ids restart with their source; the count continues.</summary>
    public void Reset() => _movers.Clear();

    private void UpdateTrack(PipelineFrame frame, Detections detections, int index, int id)
    {
        if (!_movers.TryGetValue(id, out var mover))
        {
            mover = new RepetitionState(NewCounter());
            _movers.Add(id, mover);
        }

        mover.LastSeen = frame.Timestamp;
        if (mover.Counter.Update(frame.Timestamp, ComputeSignal(frame, index)))
        {
            _total++;
            frame.AddEvent(new PipelineEvent(Name, "repetition", id)
            {
                Label = detections.GetLabel(index),
                Value = mover.Counter.LastDuration.TotalSeconds,
            });
        }
    }

    private double ComputeSignal(PipelineFrame frame, int index)
    {
        float height = frame.Result.Detections.Boxes[index].Height;
        if (FindKeypoints(frame, ref index) is not { } detections)
        {
            return double.NaN;
        }

        var points = detections.GetKeypoints(index);
        double sum = 0;
        int seen = 0;
        foreach (int[] side in _joints.GetIndices(detections))
        {
            double value = side.Length == 3
                ? RepetitionCounter.GetJointAngle(points[side[0]], points[side[1]], points[side[2]], _options.MinScore)
                : Distance(points[side[0]], points[side[1]], height);
            if (!double.IsNaN(value))
            {
                sum += value;
                seen++;
            }
        }

        return seen > 0 ? sum / seen : double.NaN;
    }

    // The detections that hold the keypoints of a detection; null if none were computed on this frame.
    private static Detections? FindKeypoints(PipelineFrame frame, ref int index)
    {
        if (frame.Result.Detections.KeypointCount > 0)
        {
            return frame.Result.Detections;
        }

        for (int i = 0; i < frame.Crops.Count; i++)
        {
            if (frame.Crops[i] is { Result.Detections: { Count: > 0, KeypointCount: > 0 } figures } crop && crop.Detection == index)
            {
                index = 0;
                return figures;
            }
        }

        return null;
    }

    private double Distance(in Keypoint a, in Keypoint b, float height)
    {
        double dx = a.X - (double)b.X, dy = a.Y - (double)b.Y;
        return a.Score >= _options.MinScore && b.Score >= _options.MinScore && height > 0
            ? Math.Sqrt(dx * dx + dy * dy) / height
            : double.NaN;
    }

    private void Forget(TimeSpan now)
    {
        _gone.Clear();
        foreach (var (id, mover) in _movers)
        {
            if (now - mover.LastSeen > MaxGap)
            {
                _gone.Add(id);
            }
        }

        foreach (int id in _gone)
        {
            _movers.Remove(id);
        }
    }

    private RepetitionCounter NewCounter() => new(_options.Low, _options.High, _options.StartPhase, _options.MinDuration);

    private sealed class RepetitionState(RepetitionCounter counter)
    {
        public RepetitionCounter Counter { get; } = counter;

        public TimeSpan LastSeen { get; set; }
    }
}
