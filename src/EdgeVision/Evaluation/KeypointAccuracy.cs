namespace EdgeVision;

/// <summary>
/// Share of keypoints placed near enough (PCK): the distance is at most a fraction of a length, such as the longer side of
/// the object's box. Only labelled keypoints (visibility above 0) count. One instance serves one thread at a time and
/// allocates nothing while adding.
/// </summary>
public sealed class KeypointAccuracy
{
    private readonly double[] _thresholds;
    private readonly long[] _hits; // threshold, keypoint
    private readonly long[] _labelled;
    private readonly double[] _distances;

    /// <summary>An evaluation without objects yet.</summary>
    /// <param name="keypoints">Keypoints an object.</param>
    /// <param name="thresholds">Fractions of the length: .05, .1, .2 when none is given.</param>
    /// <exception cref="EdgeVisionException">No keypoints, or a fraction that is not above 0.</exception>
    public KeypointAccuracy(int keypoints, params ReadOnlySpan<double> thresholds)
    {
        if (keypoints < 1)
        {
            throw new EdgeVisionException($"an object has at least one keypoint, not {keypoints}");
        }

        _thresholds = thresholds.IsEmpty ? [.05, .1, .2] : thresholds.ToArray();
        if (!_thresholds.All(t => t > 0 && double.IsFinite(t)))
        {
            throw new EdgeVisionException($"thresholds are fractions above 0: {string.Join(", ", _thresholds)}");
        }

        KeypointCount = keypoints;
        _hits = new long[_thresholds.Length * keypoints];
        _labelled = new long[keypoints];
        _distances = new double[keypoints];
    }

    /// <summary>Keypoints an object.</summary>
    public int KeypointCount { get; }

    /// <summary>Fractions of the length that are counted.</summary>
    public IReadOnlyList<double> Thresholds => _thresholds;

    /// <summary>Labelled keypoints added, over all objects.</summary>
    public long LabelledCount => _labelled.Sum();

    /// <summary>Mean distance of labelled keypoints in lengths; NaN without any.</summary>
    public double MeanDistance => _distances.Sum() / LabelledCount;

    /// <summary>Adds an object; the length is the longer side of its box.</summary>
    /// <inheritdoc cref="Add(ReadOnlySpan{Keypoint}, ReadOnlySpan{CocoKeypoint}, double)"/>
    /// <param name="predicted">Where the model places them, pixels, [KeypointCount].</param>
    /// <param name="truth">Where they are, pixels, [KeypointCount].</param>
    /// <param name="box">The annotated box, pixels.</param>
    public void Add(ReadOnlySpan<Keypoint> predicted, ReadOnlySpan<CocoKeypoint> truth, in CocoBox box) =>
        Add(predicted, truth, Math.Max(box.Width, box.Height));

    /// <summary>Adds an object.</summary>
    /// <param name="predicted">Where the model places them, pixels, [KeypointCount].</param>
    /// <param name="truth">Where they are, pixels, [KeypointCount].</param>
    /// <param name="length">Length in pixels that the thresholds are fractions of, above 0: a side, a head, a torso.</param>
    /// <exception cref="EdgeVisionException">Another number of keypoints, a length that is not above 0, or a coordinate that is no number.</exception>
    public void Add(ReadOnlySpan<Keypoint> predicted, ReadOnlySpan<CocoKeypoint> truth, double length)
    {
        if (predicted.Length != KeypointCount || truth.Length != KeypointCount)
        {
            throw new EdgeVisionException($"{predicted.Length} predicted and {truth.Length} true keypoints do not fit an evaluation of {KeypointCount}");
        }

        if (!(length > 0 && double.IsFinite(length)))
        {
            throw new EdgeVisionException($"keypoints cannot be measured in lengths of {length} pixels");
        }

        for (int k = 0; k < KeypointCount; k++)
        {
            if (truth[k].Visibility > 0 && !double.IsFinite(Distance(predicted[k], truth[k])))
            {
                throw new EdgeVisionException($"keypoint {k} is not a number: ({predicted[k].X}, {predicted[k].Y}) for ({truth[k].X}, {truth[k].Y})");
            }
        }

        for (int k = 0; k < KeypointCount; k++)
        {
            if (truth[k].Visibility <= 0)
            {
                continue;
            }

            double distance = Distance(predicted[k], truth[k]);
            _labelled[k]++;
            _distances[k] += distance / length;
            for (int t = 0; t < _thresholds.Length; t++)
            {
                _hits[t * KeypointCount + k] += distance <= _thresholds[t] * length ? 1 : 0;
            }
        }
    }

    /// <summary>Share of all labelled keypoints within <paramref name="threshold"/>, 0 to 1; NaN without any.</summary>
    /// <exception cref="EdgeVisionException">A threshold that was not asked for at the start.</exception>
    public double At(double threshold)
    {
        long hits = 0;
        int row = Row(threshold);
        for (int k = 0; k < KeypointCount; k++)
        {
            hits += _hits[row + k];
        }

        return LabelledCount == 0 ? double.NaN : (double)hits / LabelledCount;
    }

    /// <summary>The same keypoint by keypoint, [KeypointCount]; NaN where one was never labelled.</summary>
    /// <exception cref="EdgeVisionException">A threshold that was not asked for at the start.</exception>
    public double[] PerKeypointAt(double threshold)
    {
        int row = Row(threshold);
        double[] shares = new double[KeypointCount];
        for (int k = 0; k < shares.Length; k++)
        {
            shares[k] = _labelled[k] == 0 ? double.NaN : (double)_hits[row + k] / _labelled[k];
        }

        return shares;
    }

    private int Row(double threshold)
    {
        int t = Array.IndexOf(_thresholds, threshold);
        return t >= 0 ? t * KeypointCount : throw new EdgeVisionException($"PCK@{threshold} was not counted, only at {string.Join(", ", _thresholds)}");
    }

    private static double Distance(in Keypoint a, in CocoKeypoint b)
    {
        double dx = a.X - b.X, dy = a.Y - b.Y;
        return Math.Sqrt(dx * dx + dy * dy);
    }
}
