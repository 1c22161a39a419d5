using EdgeVision.Evaluation.Coco;

namespace EdgeVision.Evaluation;

/// <summary>Computes the percentage of correct keypoints (PCK): those within a fraction of a reference length.</summary>
/// <remarks>
/// The length is, for instance, the longer side of the object's box. Only labelled keypoints (visibility above 0) count. Not
/// thread-safe: use one instance per thread. Adding allocates nothing.
/// </remarks>
public sealed class KeypointAccuracy
{
    private readonly double[] _thresholds;
    private readonly long[] _hits; // threshold, keypoint
    private readonly long[] _labelled;
    private readonly double[] _distances;

    /// <summary>Initializes an evaluation without objects.</summary>
    /// <param name="keypoints">Number of keypoints per object.</param>
    /// <param name="thresholds">Fractions of the length; .05, .1, .2 when none is given.</param>
    /// <exception cref="EdgeVisionException">No keypoints, or a fraction that is not above 0.</exception>
    public KeypointAccuracy(int keypoints, params ReadOnlySpan<double> thresholds)
    {
        if (keypoints < 1)
        {
            throw new EdgeVisionException($"the number of keypoints must be at least 1; got {keypoints}");
        }

        _thresholds = thresholds.IsEmpty ? [.05, .1, .2] : thresholds.ToArray();
        if (!_thresholds.All(t => t > 0 && double.IsFinite(t)))
        {
            throw new EdgeVisionException($"thresholds must be fractions above 0; got {string.Join(", ", _thresholds)}");
        }

        KeypointCount = keypoints;
        _hits = new long[_thresholds.Length * keypoints];
        _labelled = new long[keypoints];
        _distances = new double[keypoints];
    }

    /// <summary>Gets the number of keypoints per object.</summary>
    public int KeypointCount { get; }

    /// <summary>Gets the thresholds as fractions of the length.</summary>
    public IReadOnlyList<double> Thresholds => _thresholds;

    /// <summary>Gets the number of labelled keypoints added, over all objects.</summary>
    public long LabelledCount => _labelled.Sum();

    /// <summary>Gets the mean distance of labelled keypoints as a fraction of the length; NaN without any.</summary>
    public double MeanDistance => _distances.Sum() / LabelledCount;

    /// <summary>Adds an object; the length is the longer side of its box.</summary>
    /// <inheritdoc cref="Add(ReadOnlySpan{Keypoint}, ReadOnlySpan{CocoKeypoint}, double)"/>
    /// <param name="predicted">Predicted positions in pixels, [KeypointCount].</param>
    /// <param name="groundTruth">True positions in pixels, [KeypointCount].</param>
    /// <param name="box">The annotated box, pixels.</param>
    public void Add(ReadOnlySpan<Keypoint> predicted, ReadOnlySpan<CocoKeypoint> groundTruth, in CocoBox box) =>
        Add(predicted, groundTruth, Math.Max(box.Width, box.Height));

    /// <summary>Adds an object.</summary>
    /// <param name="predicted">Predicted positions in pixels, [KeypointCount].</param>
    /// <param name="groundTruth">True positions in pixels, [KeypointCount].</param>
    /// <param name="length">Reference length in pixels, above 0: a side of the box, a head, a torso.</param>
    /// <exception cref="EdgeVisionException">
    /// The number of keypoints differs, the length is not above 0, or a coordinate is not finite.
    /// </exception>
    public void Add(ReadOnlySpan<Keypoint> predicted, ReadOnlySpan<CocoKeypoint> groundTruth, double length)
    {
        if (predicted.Length != KeypointCount || groundTruth.Length != KeypointCount)
        {
            throw new EdgeVisionException(
                $"predicted and true keypoints must be {KeypointCount} each; got {predicted.Length} and {groundTruth.Length}");
        }

        if (!(length > 0 && double.IsFinite(length)))
        {
            throw new EdgeVisionException($"the reference length of keypoints must be above 0 pixels; got {length}");
        }

        for (int k = 0; k < KeypointCount; k++)
        {
            if (groundTruth[k].Visibility > 0 && !double.IsFinite(Distance(predicted[k], groundTruth[k])))
            {
                throw new EdgeVisionException(
                    $"keypoint {k} must be finite; got ({predicted[k].X}, {predicted[k].Y}) for ({groundTruth[k].X}, {groundTruth[k].Y})");
            }
        }

        for (int k = 0; k < KeypointCount; k++)
        {
            if (groundTruth[k].Visibility <= 0)
            {
                continue;
            }

            double distance = Distance(predicted[k], groundTruth[k]);
            _labelled[k]++;
            _distances[k] += distance / length;
            for (int t = 0; t < _thresholds.Length; t++)
            {
                _hits[t * KeypointCount + k] += distance <= _thresholds[t] * length ? 1 : 0;
            }
        }
    }

    /// <summary>
    /// Computes the share of labelled keypoints within <paramref name="threshold"/>, 0 to 1; NaN without any.
    /// </summary>
    /// <exception cref="EdgeVisionException">The threshold is not one of <see cref="Thresholds"/>.</exception>
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

    /// <summary>
    /// Computes the share within <paramref name="threshold"/> per keypoint, [KeypointCount]; NaN for one that was never
    /// labelled.
    /// </summary>
    /// <exception cref="EdgeVisionException">The threshold is not one of <see cref="Thresholds"/>.</exception>
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
        return t >= 0
            ? t * KeypointCount
            : throw new EdgeVisionException($"the threshold must be one of {string.Join(", ", _thresholds)}; got {threshold}");
    }

    private static double Distance(in Keypoint a, in CocoKeypoint b)
    {
        double dx = a.X - b.X, dy = a.Y - b.Y;
        return Math.Sqrt(dx * dx + dy * dy);
    }
}
