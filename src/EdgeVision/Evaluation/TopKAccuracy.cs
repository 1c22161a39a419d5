namespace EdgeVision;

/// <summary>
/// Share of pictures whose true class is among the k best scores. At equal scores the lower class id stands before the
/// higher, as argmax has it. One instance serves one thread at a time and allocates nothing while adding.
/// </summary>
public sealed class TopKAccuracy
{
    private readonly long[] _atRank;

    /// <summary>An evaluation without pictures yet.</summary>
    /// <param name="classes">Number of classes, 1 or more.</param>
    /// <exception cref="EdgeVisionException">No classes.</exception>
    public TopKAccuracy(int classes) =>
        _atRank = classes > 0 ? new long[classes] : throw new EdgeVisionException($"an evaluation needs at least one class, not {classes}");

    /// <summary>Pictures added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a picture and returns the place of its true class, 0 the best.</summary>
    /// <param name="scores">Score of each class, [classes]: logits or probabilities, only the order counts.</param>
    /// <param name="truth">True class.</param>
    /// <exception cref="EdgeVisionException">Another number of scores, a score that is NaN, or a class that is not there.</exception>
    public int Add(ReadOnlySpan<float> scores, int truth)
    {
        if (scores.Length != _atRank.Length || (uint)truth >= (uint)scores.Length)
        {
            throw new EdgeVisionException($"{scores.Length} scores and class {truth} do not fit an evaluation of {_atRank.Length} classes");
        }

        int rank = 0;
        float own = scores[truth];
        for (int c = 0; c < scores.Length; c++)
        {
            if (float.IsNaN(scores[c]))
            {
                throw new EdgeVisionException($"the score of class {c} is NaN");
            }

            rank += scores[c] > own || scores[c] == own && c < truth ? 1 : 0;
        }

        _atRank[rank]++;
        Count++;
        return rank;
    }

    /// <summary>Share of pictures whose true class is among the <paramref name="k"/> best, 0 to 1; NaN without pictures.</summary>
    /// <exception cref="EdgeVisionException">k below 1.</exception>
    public double At(int k)
    {
        if (k < 1)
        {
            throw new EdgeVisionException($"top-{k} accuracy does not exist");
        }

        long hits = 0;
        foreach (long count in _atRank.AsSpan(0, Math.Min(k, _atRank.Length)))
        {
            hits += count;
        }

        return Count == 0 ? double.NaN : (double)hits / Count;
    }
}
