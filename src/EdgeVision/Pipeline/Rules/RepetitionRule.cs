namespace EdgeVision;

/// <summary>What a <see cref="RepetitionRule"/> counts.</summary>
public sealed record RepetitionRuleOptions
{
    /// <summary>
    /// Keypoints by name or number. Three: the angle at the second, 0..180 degrees. Two: their distance, as a share of the box's height. A name
    /// without a side stands for both sides, and the signal is the mean of those that are seen.
    /// </summary>
    public required IReadOnlyList<string> Joints { get; init; }

    /// <summary>At or below is down, in degrees or as a share.</summary>
    public required double Low { get; init; }

    /// <summary>At or above is up; above <see cref="Low"/>.</summary>
    public required double High { get; init; }

    /// <summary>The phase where a repetition begins and ends: High for a squat's knee angle.</summary>
    public RepetitionPhase From { get; init; } = RepetitionPhase.High;

    /// <summary>Shortest repetition that counts.</summary>
    public TimeSpan Least { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A keypoint scored below is not seen, 0..1.</summary>
    public float MinScore { get; init; } = 0.3f;

    /// <summary>Labels that count, without regard to case; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }
}

/// <summary>
/// Counts repetitions of a movement for each track, or for the best detection where nothing is tracked: events "repetition" with the seconds it
/// took, and the count "repetitions" of all together. Keypoints are the detector's own, or those that a pose model on detections found.
/// </summary>
public sealed class RepetitionRule : IPipelineRule
{
    // A person who is out of sight for longer begins anew.
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(5);

    private readonly RepetitionRuleOptions _options;
    private readonly JointSet _joints;
    private readonly LabelFilter _filter;
    private readonly Dictionary<int, Mover> _movers = [];
    private readonly List<int> _gone = [];
    private int _total;

    /// <summary>Prepares a count.</summary>
    /// <param name="name">Name in events and counts.</param>
    /// <param name="options">Joints and thresholds.</param>
    /// <exception cref="ArgumentException">There are not two or three joints, or a threshold or time is impossible.</exception>
    public RepetitionRule(string name, RepetitionRuleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Joints.Count is not (2 or 3) || options.Joints.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("repetitions need three joints (an angle) or two (a distance)", nameof(options));
        }

        if (!(options.MinScore is >= 0 and <= 1))
        {
            throw new ArgumentException("the lowest score of a keypoint is 0 to 1", nameof(options));
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
    public bool IsArea => false;

    /// <inheritdoc/>
    /// <exception cref="EdgeVisionException">The model's keypoints are others than those asked for.</exception>
    public void Update(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var detections = frame.Result.Detections;
        for (int i = 0; i < detections.Count; i++)
        {
            int id = detections.HasTracks ? detections.TrackIds[i] : 0;
            if (_filter.Passes(detections, i) && (id > 0 || !detections.HasTracks))
            {
                Move(frame, detections, i, id);
                if (id == 0)
                {
                    break;
                }
            }
        }

        Forget(frame.Timestamp);
        frame.AddCount(new RuleCount(Name, "repetitions", _total));
    }

    /// <summary>Forgets who moved, whose ids begin anew with their source; the count goes on.</summary>
    public void Reset() => _movers.Clear();

    private void Move(PipelineFrame frame, Detections detections, int index, int id)
    {
        if (!_movers.TryGetValue(id, out var mover))
        {
            mover = new Mover(NewCounter());
            _movers.Add(id, mover);
        }

        mover.Seen = frame.Timestamp;
        if (mover.Counter.Update(frame.Timestamp, Signal(frame, index)))
        {
            _total++;
            frame.AddEvent(new PipelineEvent(Name, "repetition", id) { Label = detections.Label(index), Value = mover.Counter.LastDuration.TotalSeconds });
        }
    }

    private double Signal(PipelineFrame frame, int index)
    {
        float height = frame.Result.Detections.Boxes[index].Height;
        if (Figure(frame, ref index) is not { } detections)
        {
            return double.NaN;
        }

        var points = detections.Keypoints(index);
        double sum = 0;
        int seen = 0;
        foreach (int[] side in _joints.In(detections))
        {
            double value = side.Length == 3
                ? RepetitionCounter.JointAngle(points[side[0]], points[side[1]], points[side[2]], _options.MinScore)
                : Distance(points[side[0]], points[side[1]], height);
            if (!double.IsNaN(value))
            {
                sum += value;
                seen++;
            }
        }

        return seen > 0 ? sum / seen : double.NaN;
    }

    // Where the keypoints of a detection stand; null where nobody looked for them on this frame.
    private static Detections? Figure(PipelineFrame frame, ref int index)
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
        return a.Score >= _options.MinScore && b.Score >= _options.MinScore && height > 0 ? Math.Sqrt(dx * dx + dy * dy) / height : double.NaN;
    }

    private void Forget(TimeSpan now)
    {
        _gone.Clear();
        foreach (var (id, mover) in _movers)
        {
            if (now - mover.Seen > Keep)
            {
                _gone.Add(id);
            }
        }

        foreach (int id in _gone)
        {
            _movers.Remove(id);
        }
    }

    private RepetitionCounter NewCounter() => new(_options.Low, _options.High, _options.From, _options.Least);

    private sealed class Mover(RepetitionCounter counter)
    {
        public RepetitionCounter Counter { get; } = counter;

        public TimeSpan Seen { get; set; }
    }
}
