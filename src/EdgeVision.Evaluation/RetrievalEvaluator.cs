using System.Numerics.Tensors;
using EdgeVision.Retrieval;

namespace EdgeVision.Evaluation;

/// <summary>Retrieval metrics of embeddings.</summary>
/// <param name="RecallAt">Share of queries with an entry of the same label among the k nearest, 0 to 1, by k.</param>
/// <param name="MapAtR">Mean average precision at R, 0 to 1; R is the number of gallery entries with the query's label.</param>
/// <param name="PrecisionAt1">Share of queries whose nearest entry has the same label, 0 to 1.</param>
/// <param name="Queries">Queries that count.</param>
/// <param name="QueriesWithoutMatch">Queries whose label is not in the gallery; they do not count.</param>
public sealed record RetrievalResult(
    IReadOnlyDictionary<int, double> RecallAt, double MapAtR, double PrecisionAt1, int Queries, int QueriesWithoutMatch);

/// <summary>Evaluates retrieval by cosine similarity: Recall@K, precision at 1, MAP@R.</summary>
/// <remarks>
/// After Musgrave et al., "A metric learning reality check", section 3. At equal similarity the entry with the lower index
/// comes first. Metrics are NaN when no query counts.
/// </remarks>
public static class RetrievalEvaluator
{
    /// <summary>Uses each embedding as a query against all the others; its own entry is left out.</summary>
    /// <param name="embeddings">[labels.Length * dimension], one after the other; of any norm above 0.</param>
    /// <param name="labels">Label of each.</param>
    /// <param name="dimension">Components of one.</param>
    /// <param name="ks">K of Recall@K; 1, 2, 4, 8 when none is given.</param>
    /// <exception cref="EdgeVisionException">Sizes that do not match, NaN, a zero vector, or a k below 1.</exception>
    public static RetrievalResult LeaveOneOut(
        ReadOnlySpan<float> embeddings, ReadOnlySpan<int> labels, int dimension, params ReadOnlySpan<int> ks)
    {
        float[] units = Units(embeddings, labels.Length, dimension, "embedding");
        int[] own = labels.ToArray();
        return Evaluate(units, own, units, own, dimension, ks, leaveOneOut: true);
    }

    /// <summary>Searches each query in a gallery that does not contain it.</summary>
    /// <param name="queries">[queryLabels.Length * dimension].</param>
    /// <param name="queryLabels">Label of each query.</param>
    /// <param name="gallery">[galleryLabels.Length * dimension].</param>
    /// <param name="galleryLabels">Label of each entry.</param>
    /// <param name="dimension">Components of one.</param>
    /// <param name="ks">K of Recall@K; 1, 2, 4, 8 when none is given.</param>
    /// <exception cref="EdgeVisionException">Sizes that do not match, NaN, a zero vector, or a k below 1.</exception>
    public static RetrievalResult QueryGallery(ReadOnlySpan<float> queries, ReadOnlySpan<int> queryLabels,
        ReadOnlySpan<float> gallery, ReadOnlySpan<int> galleryLabels, int dimension, params ReadOnlySpan<int> ks) =>
        Evaluate(Units(queries, queryLabels.Length, dimension, "query"), queryLabels.ToArray(),
            Units(gallery, galleryLabels.Length, dimension, "gallery entry"), galleryLabels.ToArray(), dimension, ks, leaveOneOut: false);

    private static RetrievalResult Evaluate(float[] queries, int[] queryLabels, float[] gallery, int[] galleryLabels, int dimension,
        ReadOnlySpan<int> asked, bool leaveOneOut)
    {
        int[] ks = asked.IsEmpty ? [1, 2, 4, 8] : asked.ToArray();
        if (ks.Any(k => k < 1))
        {
            throw new EdgeVisionException($"K of Recall@K must be 1 or more; got {string.Join(", ", ks)}");
        }

        var occurrences = new Dictionary<int, int>();
        foreach (int label in galleryLabels)
        {
            occurrences[label] = occurrences.GetValueOrDefault(label) + 1;
        }

        // Each query writes its own slot, so the sums do not depend on how the work is split between threads.
        int[] firstHit = new int[queryLabels.Length];
        double[] precision = new double[queryLabels.Length];
        Parallel.For(0, queryLabels.Length, () => new ulong[galleryLabels.Length], (q, _, keys) =>
        {
            int relevant = occurrences.GetValueOrDefault(queryLabels[q]) - (leaveOneOut ? 1 : 0);
            firstHit[q] = relevant <= 0 ? -1 : Search(q, relevant, keys, out precision[q]);
            return keys;
        }, _ => { });

        int Search(int q, int relevant, ulong[] keys, out double averagePrecision)
        {
            var query = queries.AsSpan(q * dimension, dimension);
            int count = 0;
            for (int g = 0; g < galleryLabels.Length; g++)
            {
                if (!leaveOneOut || g != q)
                {
                    keys[count++] = RankKey.CreateDescending(TensorPrimitives.Dot(query, gallery.AsSpan(g * dimension, dimension)), g);
                }
            }

            Array.Sort(keys, 0, count);
            int first = -1, hits = 0;
            averagePrecision = 0;
            for (int rank = 0; rank < count && (rank < relevant || first < 0); rank++)
            {
                if (galleryLabels[RankKey.GetIndex(keys[rank])] != queryLabels[q])
                {
                    continue;
                }

                first = first < 0 ? rank : first;
                if (rank < relevant)
                {
                    averagePrecision += (double)++hits / (rank + 1);
                }
            }

            averagePrecision /= relevant;
            return first;
        }

        int counted = firstHit.Count(f => f >= 0);
        double Share(int k) => counted == 0 ? double.NaN : (double)firstHit.Count(f => f >= 0 && f < k) / counted;
        return new RetrievalResult(ks.Distinct().Order().ToDictionary(k => k, Share), counted == 0 ? double.NaN : precision.Sum() / counted,
            Share(1), counted, queryLabels.Length - counted);
    }

    private static float[] Units(ReadOnlySpan<float> vectors, int count, int dimension, string what)
    {
        if (dimension < 1 || vectors.Length != (long)count * dimension)
        {
            throw new EdgeVisionException($"{count} labels need {count} x {dimension} numbers; got {vectors.Length}");
        }

        float[] units = new float[vectors.Length];
        for (int i = 0; i < count; i++)
        {
            VectorNormalizer.Normalize(vectors.Slice(i * dimension, dimension), units.AsSpan(i * dimension, dimension), $"{what} {i}");
        }

        return units;
    }
}
