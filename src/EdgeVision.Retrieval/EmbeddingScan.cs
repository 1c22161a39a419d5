using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Retrieval;

/// <summary>Exhaustive scan that compares a query with every row. Scores are nearness: higher is nearer, distances negated.</summary>
internal static class EmbeddingScan
{
    // Rows per block; the share of compared rows in a block decides how the next one is read.
    private const int Block = 1024, MaxSequentialBlocks = 16;
    private const int PrefetchBytes = 8192, CacheLine = 64;

    /// <summary>Returns the minimum nearness that a threshold accepts.</summary>
    /// <exception cref="EdgeVisionException">The threshold is NaN.</exception>
    public static float GetMinNearness(EmbeddingMetric metric, float? threshold) => threshold switch
    {
        null => float.NegativeInfinity,
        float.NaN => throw new EdgeVisionException("the threshold must be a number; got NaN"),
        { } given => metric == EmbeddingMetric.L2 ? -given : given,
    };

    /// <summary>Finds the nearest rows, nearest first, and returns their number.</summary>
    /// <remarks>With a coded query only rows that may be among the nearest are compared, with the same result.</remarks>
    public static int Run(
        EmbeddingStore store, ReadOnlySpan<float> query, in QuantizedQuery? coded, Span<EmbeddingMatch> matches, float least) =>
        Run(store, query, coded, matches, least, 0, store.Count);

    /// <summary>Finds the nearest rows on several threads, each scanning a part of the rows, and merges their matches.</summary>
    public static int RunParallel(
        EmbeddingStore store, ReadOnlySpan<float> query, QuantizedQuery? coded, Span<EmbeddingMatch> matches, float least)
    {
        int parts = Math.Min(Environment.ProcessorCount, store.Count), room = matches.Length;
        if (parts < 2 || room == 0 || (long)room * parts > 1 << 20)
        {
            return Run(store, query, coded, matches, least);
        }

        float[] shared = ArrayPool<float>.Shared.Rent(query.Length);
        var found = ArrayPool<EmbeddingMatch>.Shared.Rent(room * parts);
        int[] counts = ArrayPool<int>.Shared.Rent(parts);
        try
        {
            query.CopyTo(shared);
            int dimension = query.Length;
            System.Threading.Tasks.Parallel.For(0, parts, part => counts[part] = Run(
                store,
                shared.AsSpan(0, dimension),
                coded,
                found.AsSpan(part * room, room),
                least,
                (int)((long)store.Count * part / parts),
                (int)((long)store.Count * (part + 1) / parts)));
            var best = new TopMatches(matches, least);
            for (int part = 0; part < parts; part++)
            {
                foreach (ref readonly var match in found.AsSpan(part * room, counts[part]))
                {
                    if (best.Accepts(match.Score, match.Order))
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

    private static int Run(
        EmbeddingStore store,
        ReadOnlySpan<float> query,
        in QuantizedQuery? coded,
        Span<EmbeddingMatch> matches,
        float least,
        int from,
        int to)
    {
        var best = new TopMatches(matches, least);
        if (matches.IsEmpty)
        {
            return 0;
        }

        if (store.Metric == EmbeddingMetric.L2)
        {
            Run<DistanceMetric>(store, query, coded, ref best, from, to);
        }
        else
        {
            Run<DotProductMetric>(store, query, coded, ref best, from, to);
        }

        best.Sort();
        return best.Count;
    }

    private static void Run<TMeasure>(
        EmbeddingStore store, ReadOnlySpan<float> query, in QuantizedQuery? coded, ref TopMatches best, int from, int to)
        where TMeasure : struct, IVectorMetric
    {
        if (coded is not { } codes)
        {
            Compare<TMeasure>(store, query, ref best, from, to);
            return;
        }

        // If many rows pass the bound, reading rows in order is faster than picking them: twice as many blocks each time, up to a maximum.
        for (int row = from, plain = 1; row < to;)
        {
            int end = Math.Min(to, row + Block);
            int compared = ScanCandidates<TMeasure>(store, query, codes, ref best, row, end);
            row = end;
            if (compared <= Block / 4)
            {
                plain = 1;
                continue;
            }

            end = (int)Math.Min(to, row + (long)plain * Block);
            Compare<TMeasure>(store, query, ref best, row, end);
            (row, plain) = (end, Math.Min(2 * plain, MaxSequentialBlocks));
        }
    }

    private static int ScanCandidates<TMeasure>(
        EmbeddingStore store, ReadOnlySpan<float> query, in QuantizedQuery codes, ref TopMatches best, int from, int to)
        where TMeasure : struct, IVectorMetric
    {
        int compared = 0;
        float bound = codes.GetBound(best.MinNearness);
        for (int group = from; group < to; group += QuantizedRows.GroupSize)
        {
            // The rows after the last one may belong to another thread, or not exist.
            uint rows = codes.GetCandidateMask(group, bound) & (1u << Math.Min(QuantizedRows.GroupSize, to - group)) - 1;
            for (; rows != 0; rows &= rows - 1, compared++)
            {
                if (Compare<TMeasure>(store, query, ref best, group + BitOperations.TrailingZeroCount(rows)))
                {
                    bound = codes.GetBound(best.MinNearness);
                }
            }
        }

        return compared;
    }

    private static unsafe void Compare<TMeasure>(
        EmbeddingStore store, ReadOnlySpan<float> query, ref TopMatches best, int from, int to)
        where TMeasure : struct, IVectorMetric
    {
        fixed (float* vectors = store.Vectors)
        {
            for (int row = from; row < to; row++)
            {
                if (Sse.IsSupported)
                {
                    // Each row ends in a horizontal sum, which stalls the processor before it can prefetch far enough ahead.
                    byte* ahead = (byte*)(vectors + (nint)row * query.Length) + PrefetchBytes;
                    for (int at = 0; at < query.Length * sizeof(float); at += CacheLine)
                    {
                        Sse.Prefetch0(ahead + at);
                    }
                }

                Compare<TMeasure>(store, query, ref best, row);
            }
        }
    }

    private static bool Compare<TMeasure>(EmbeddingStore store, ReadOnlySpan<float> query, ref TopMatches best, int row)
        where TMeasure : struct, IVectorMetric
    {
        float nearness = TMeasure.Nearness(query, store.GetVector(row));
        bool takes = best.Accepts(nearness, store.GetOrder(row));
        if (takes)
        {
            best.Add(new EmbeddingMatch(store.GetId(row), store.GetLabel(row), nearness, store.GetOrder(row)));
        }

        return takes;
    }
}
