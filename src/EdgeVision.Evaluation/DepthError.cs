namespace EdgeVision.Evaluation;

/// <summary>Computes the errors of depth maps, pixel by pixel over all images.</summary>
/// <remarks>
/// After Eigen et al., "Depth map prediction from a single image using a multi-scale deep network", section 4. Pixels whose
/// true depth is NaN or infinite do not count; relative errors need a true depth above 0. Not thread-safe: use one instance
/// per thread. Adding allocates nothing.
/// </remarks>
public sealed class DepthError
{
    private double _squared;
    private double _absolute;
    private double _relative;
    private long _within;

    /// <summary>Gets the number of pixels that count.</summary>
    public long Count { get; private set; }

    /// <summary>Gets the number of pixels with a true depth above 0, which relative errors are computed over.</summary>
    public long PositiveCount { get; private set; }

    /// <summary>Gets the root mean squared error, in the unit of the maps; NaN without pixels.</summary>
    public double RootMeanSquare => Math.Sqrt(_squared / Count);

    /// <summary>Gets the mean absolute error, in the unit of the maps; NaN without pixels.</summary>
    public double MeanAbsolute => _absolute / Count;

    /// <summary>Gets the mean of |predicted - true| / true ("AbsRel"); NaN without pixels.</summary>
    public double AbsoluteRelative => _relative / PositiveCount;

    /// <summary>
    /// Gets the share of pixels with max(predicted / true, true / predicted) below 1.25, 0 to 1; NaN without pixels.
    /// </summary>
    public double Delta => PositiveCount == 0 ? double.NaN : (double)_within / PositiveCount;

    /// <summary>Adds the pixels of a depth map.</summary>
    /// <param name="predicted">Predicted depths.</param>
    /// <param name="groundTruth">True depths in the same order and unit; NaN or infinite where unknown.</param>
    /// <exception cref="EdgeVisionException">
    /// The lengths differ, or a prediction is not finite where the true depth is.
    /// </exception>
    public void Add(ReadOnlySpan<float> predicted, ReadOnlySpan<float> groundTruth)
    {
        if (predicted.Length != groundTruth.Length)
        {
            throw new EdgeVisionException(
                $"predicted and true depth maps must have the same length; got {predicted.Length} and {groundTruth.Length}");
        }

        double squared = 0, absolute = 0, relative = 0;
        long count = 0, positive = 0, within = 0;
        for (int i = 0; i < groundTruth.Length; i++)
        {
            if (!float.IsFinite(groundTruth[i]))
            {
                continue;
            }

            if (!float.IsFinite(predicted[i]))
            {
                throw new EdgeVisionException($"the predicted depth of pixel {i} must be finite; got {predicted[i]}");
            }

            double error = Math.Abs((double)predicted[i] - groundTruth[i]);
            squared += error * error;
            absolute += error;
            count++;
            if (groundTruth[i] > 0)
            {
                relative += error / groundTruth[i];
                positive++;
                double ratio = (double)predicted[i] / groundTruth[i];
                within += ratio < 1.25 && ratio > 0 && 1 / ratio < 1.25 ? 1 : 0;
            }
        }

        _squared += squared;
        _absolute += absolute;
        _relative += relative;
        _within += within;
        Count += count;
        PositiveCount += positive;
    }
}
