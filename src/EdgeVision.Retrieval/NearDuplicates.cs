namespace EdgeVision.Retrieval;

/// <summary>Finds pairs and families of near entries. Compares every entry with every other, on several threads.</summary>
internal static class NearDuplicates
{
    // Few enough that their vectors stay in the cache while a row is compared with all of them.
    private const int Block = 64;

    public static List<DuplicatePair> FindPairs(EmbeddingStore store, float threshold)
    {
        int[] rows = store.GetRowsInOrder();
        float sign = store.Metric == EmbeddingMetric.L2 ? -1 : 1;
        var pairs = new List<DuplicatePair>();
        foreach (var near in FindNear(store, rows, sign * threshold))
        {
            foreach (var (first, second, nearness) in near)
            {
                pairs.Add(new DuplicatePair(store.GetId(rows[first]), store.GetId(rows[second]), sign * nearness));
            }
        }

        return pairs;
    }

    public static List<IReadOnlyList<string>> FindClusters(EmbeddingStore store, float threshold)
    {
        int[] rows = store.GetRowsInOrder(), parent = new int[rows.Length];
        for (int i = 0; i < parent.Length; i++)
        {
            parent[i] = i;
        }

        int Root(int i)
        {
            while (parent[i] != i)
            {
                i = parent[i] = parent[parent[i]];
            }

            return i;
        }

        // The lower position becomes the root, so a family is at the position of its first member.
        foreach (var near in FindNear(store, rows, store.Metric == EmbeddingMetric.L2 ? -threshold : threshold))
        {
            foreach (var (first, second, _) in near)
            {
                int a = Root(first), b = Root(second);
                parent[Math.Max(a, b)] = Math.Min(a, b);
            }
        }

        var members = new Dictionary<int, List<string>>();
        for (int i = 0; i < rows.Length; i++)
        {
            int root = Root(i);
            if (!members.TryGetValue(root, out var family))
            {
                members[root] = family = [];
            }

            family.Add(store.GetId(rows[i]));
        }

        return
        [
            .. Enumerable.Range(0, rows.Length)
                .Where(i => members.TryGetValue(i, out var f) && f.Count > 1)
                .Select(i => members[i]),
        ];
    }

    // Near pairs of positions in rows, one block of first positions after the other; lazily, so that only one block's pairs are in memory.
    private static IEnumerable<List<(int First, int Second, float Nearness)>> FindNear(EmbeddingStore store, int[] rows, float least)
    {
        for (int from = 0; from < rows.Length; from += Block)
        {
            int to = Math.Min(rows.Length, from + Block), start = from;
            int chunks = (rows.Length - from + Block - 1) / Block;
            var found = new List<(int First, int Second, float Nearness)>[chunks];
            Parallel.For(0, chunks, chunk =>
            {
                int begin = start + chunk * Block, end = Math.Min(rows.Length, begin + Block);
                found[chunk] = store.Metric == EmbeddingMetric.L2
                    ? Compare<DistanceMetric>(store, rows, start, to, begin, end, least)
                    : Compare<DotProductMetric>(store, rows, start, to, begin, end, least);
            });
            var pairs = new List<(int First, int Second, float Nearness)>();
            foreach (var chunk in found)
            {
                pairs.AddRange(chunk);
            }

            pairs.Sort();
            yield return pairs;
        }
    }

    private static List<(int First, int Second, float Nearness)> Compare<TMeasure>(
        EmbeddingStore store, int[] rows, int from, int to, int begin, int end, float least)
        where TMeasure : struct, IVectorMetric
    {
        var near = new List<(int First, int Second, float Nearness)>();
        for (int i = from; i < to; i++)
        {
            var vector = store.GetVector(rows[i]);
            for (int j = Math.Max(i + 1, begin); j < end; j++)
            {
                float nearness = TMeasure.Nearness(vector, store.GetVector(rows[j]));
                if (nearness >= least)
                {
                    near.Add((i, j, nearness));
                }
            }
        }

        return near;
    }
}
