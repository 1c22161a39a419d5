namespace EdgeVision.Evaluation;

/// <summary>Computes the share of images whose true class is among the k best scores.</summary>
/// <remarks>
/// At equal scores the lower class id ranks first, as in argmax. Not thread-safe: use one instance per thread. Adding
/// allocates nothing.
/// </remarks>
public sealed class TopKAccuracy
{
    private readonly long[] _atRank;

    /// <summary>Initializes an evaluation without images.</summary>
    /// <param name="classes">Number of classes, 1 or more.</param>
    /// <exception cref="EdgeVisionException">No classes.</exception>
    public TopKAccuracy(int classes) =>
        _atRank = classes > 0 ? new long[classes] : throw new EdgeVisionException(
            $"the number of classes must be at least 1; got {classes}");

    /// <summary>Gets the number of images added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an image and returns the rank of its true class, 0 for the best.</summary>
    /// <param name="scores">Score of each class, [classes]: logits or probabilities, only the order counts.</param>
    /// <param name="trueClass">True class.</param>
    /// <exception cref="EdgeVisionException">
    /// The number of scores differs, a score is NaN, or the class is out of range.
    /// </exception>
    public int Add(ReadOnlySpan<float> scores, int trueClass)
    {
        if (scores.Length != _atRank.Length || (uint)trueClass >= (uint)scores.Length)
        {
            throw new EdgeVisionException(
                $"there must be {_atRank.Length} scores and a class from 0 to {_atRank.Length - 1}; got {scores.Length} scores " +
                $"and class {trueClass}");
        }

        int rank = 0;
        float own = scores[trueClass];
        for (int c = 0; c < scores.Length; c++)
        {
            if (float.IsNaN(scores[c]))
            {
                throw new EdgeVisionException($"the score of class {c} must be a number; got NaN");
            }

            rank += scores[c] > own || scores[c] == own && c < trueClass ? 1 : 0;
        }

        _atRank[rank]++;
        Count++;
        return rank;
    }

    /// <summary>
    /// Computes the share of images whose true class is among the <paramref name="k"/> best, 0 to 1; NaN without images.
    /// </summary>
    /// <exception cref="EdgeVisionException">k below 1.</exception>
    public double At(int k)
    {
        if (k < 1)
        {
            throw new EdgeVisionException($"k of top-k accuracy must be 1 or more; got {k}");
        }

        long hits = 0;
        foreach (long count in _atRank.AsSpan(0, Math.Min(k, _atRank.Length)))
        {
            hits += count;
        }

        return Count == 0 ? double.NaN : (double)hits / Count;
    }
}
