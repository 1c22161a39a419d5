using System.Buffers;

namespace EdgeVision;

/// <summary>Compares a query with every row. Scores are nearness: higher is nearer, distances negated.</summary>
internal static class EmbeddingScan
{
    /// <summary>The least nearness that a threshold lets through.</summary>
    /// <exception cref="EdgeVisionException">NaN.</exception>
    public static float Nearness(EmbeddingMetric metric, float? threshold) => threshold switch
    {
        null => float.NegativeInfinity,
        float.NaN => throw new EdgeVisionException("a threshold of NaN means nothing"),
        { } given => metric == EmbeddingMetric.L2 ? -given : given,
    };

    /// <summary>The nearest rows, nearest first; returns how many.</summary>
    public static int Run(EmbeddingStore store, ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float least) =>
        Run(store, query, matches, least, 0, store.Count);

    /// <summary>The same by several threads: each takes a share of the rows, and the best of their best are the best.</summary>
    public static int Parallel(EmbeddingStore store, ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float least)
    {
        int parts = Math.Min(Environment.ProcessorCount, store.Count), room = matches.Length;
        if (parts < 2 || room == 0 || (long)room * parts > 1 << 20)
        {
            return Run(store, query, matches, least);
        }

        float[] shared = ArrayPool<float>.Shared.Rent(query.Length);
        var found = ArrayPool<EmbeddingMatch>.Shared.Rent(room * parts);
        int[] counts = ArrayPool<int>.Shared.Rent(parts);
        try
        {
            query.CopyTo(shared);
            int dimension = query.Length;
            System.Threading.Tasks.Parallel.For(0, parts, part => counts[part] = Run(store, shared.AsSpan(0, dimension), found.AsSpan(part * room, room), least,
                (int)((long)store.Count * part / parts), (int)((long)store.Count * (part + 1) / parts)));
            var best = new TopMatches(matches, least);
            for (int part = 0; part < parts; part++)
            {
                foreach (ref readonly var match in found.AsSpan(part * room, counts[part]))
                {
                    if (best.Takes(match.Score, match.Order))
                    {
                        best.Add(match);
                    }
                }
            }

            best.Sort();
            return best.Count;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(shared);
            ArrayPool<EmbeddingMatch>.Shared.Return(found, clearArray: true);
            ArrayPool<int>.Shared.Return(counts);
        }
    }

    private static int Run(EmbeddingStore store, ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float least, int from, int to) =>
        store.Metric == EmbeddingMetric.L2
            ? Run<DistanceMeasure>(store, query, matches, least, from, to)
            : Run<DotMeasure>(store, query, matches, least, from, to);

    private static int Run<TMeasure>(EmbeddingStore store, ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float least, int from, int to)
        where TMeasure : struct, IVectorMeasure
    {
        var best = new TopMatches(matches, least);
        var vectors = store.Vectors;
        for (int row = from; row < to; row++)
        {
            float nearness = TMeasure.Nearness(query, vectors.Slice(row * query.Length, query.Length));
            if (best.Takes(nearness, store.Order(row)))
            {
                best.Add(new EmbeddingMatch(store.Id(row), store.Label(row), nearness, store.Order(row)));
            }
        }

        best.Sort();
        return best.Count;
    }
}
