using CsCheck;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Retrieval.Tests;

/// <summary>The index against plain loops, under changes, at ties, with broken vectors and with many threads.</summary>
public sealed class EmbeddingIndexTests
{
    private static readonly Gen<EmbeddingMetric> _metrics = Gen.Int[0, 2].Select(m => (EmbeddingMetric)m);

    [Fact]
    public void Finds_what_a_sort_finds_after_any_changes()
    {
        // Small whole numbers: many ties, and products that are exact.
        var vector = Gen.Int[-2, 2].Array[3].Where(v => v.Any(x => x != 0)).Select(v => Array.ConvertAll(v, x => (float)x));
        var change = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9], vector);
        Gen.Select(_metrics, change.List[0, 40], vector, Gen.Int[0, 12], Gen.Bool).Sample((metric, changes, query, count, threads) =>
        {
            using var index = new EmbeddingIndex(3, metric) { ParallelThreshold = threads ? 0 : long.MaxValue };
            var plain = new List<(string Id, float[] Vector)>();
            foreach (var (kind, number, values) in changes)
            {
                string id = $"e{number}";
                int at = plain.FindIndex(e => e.Id == id);
                switch (kind)
                {
                    case 0 or 1 when at < 0:
                        index.Add(id, values, $"l{number}");
                        plain.Add((id, values));
                        break;
                    case 2 when at >= 0:
                        index.Update(id, values);
                        plain[at] = (id, values);
                        break;
                    case 3:
                        Assert.Equal(at >= 0, index.Remove(id));
                        plain.RemoveAll(e => e.Id == id);
                        break;
                }
            }

            Assert.Equal(plain.Count, index.Count);
            Assert.Equal(plain.Select(e => e.Id), index.GetIds());
            var expected = plain.Select(e => (e.Id, Score: Score(metric, query, e.Vector)))
                .OrderBy(e => metric == EmbeddingMetric.L2 ? e.Score : -e.Score).Take(count).ToList();
            var found = index.Search(query, count);
            Assert.Equal(expected.Count, found.Length);
            for (int i = 0; i < found.Length; i++)
            {
                Assert.Equal(expected[i].Score, found[i].Score, 1e-5);
                Assert.Equal("l" + found[i].Id[1..], found[i].Label);
                Assert.Equal(Score(metric, query, plain.Single(e => e.Id == found[i].Id).Vector), found[i].Score, 1e-5);
            }

            if (metric != EmbeddingMetric.Cosine)
            {
                Assert.Equal(expected.Select(e => e.Id), found.Select(m => m.Id)); // exact, ties by insertion
            }
        }, iter: 1000);
    }

    [Theory]
    [InlineData(EmbeddingMetric.Cosine)]
    [InlineData(EmbeddingMetric.Dot)]
    [InlineData(EmbeddingMetric.L2)]
    public void Threads_change_nothing(EmbeddingMetric metric)
    {
        var random = new Random(7);
        using var index = new EmbeddingIndex(17, metric);
        for (int i = 0; i < 2000; i++)
        {
            index.Add(i, Random(random, 17));
        }

        for (int i = 0; i < 2000; i += 3)
        {
            index.Remove(i);
        }

        float[] query = Random(random, 17);
        foreach (float? threshold in new float?[] { null, metric == EmbeddingMetric.L2 ? 4f : .2f })
        {
            index.ParallelThreshold = long.MaxValue;
            var one = index.Search(query, 50, threshold);
            index.ParallelThreshold = 0;
            Assert.Equal(one, index.Search(query, 50, threshold));
            Assert.NotEmpty(one);
        }
    }

    public static TheoryData<int, int> SearchShapes() => new()
    {
        { 1, 500 }, // not coded: fewer components than a vector
        { 7, 500 },
        { 8, 500 },
        { 16, 1 }, // a group of rows that is not full
        { 16, 6 },
        { 31, 2500 }, // several blocks
        { 32, 2052 },
        { 33, 1027 },
        { 128, 1503 },
        { 512, 600 },
        { 4097, 20 }, // not coded: too many components
    };

    [Theory]
    [MemberData(nameof(SearchShapes))]
    public void Codes_change_no_match_no_score_and_no_order(int dimension, int count)
    {
        foreach (var metric in Enum.GetValues<EmbeddingMetric>())
        {
            foreach (string kind in EmbeddingCases.Kinds)
            {
                var random = new Random(dimension + count);
                using var index = new EmbeddingIndex(dimension, metric);
                for (int i = 0; i < count; i++)
                {
                    float[] row = EmbeddingCases.Row(random, kind, dimension, i);
                    if (metric != EmbeddingMetric.Cosine || row.Any(v => v != 0))
                    {
                        index.Add(i, row);
                    }
                }

                for (int changes = 0; changes < 2; changes++)
                {
                    foreach (float[] query in new[] { EmbeddingCases.Row(random, kind, dimension, 1), EmbeddingCases.Row(random, "plain", dimension, 1), index.Count > 0 ? index.GetVector(index.GetIds()[^1]) : [] })
                    {
                        if (query.Length > 0 && query.Any(v => v != 0))
                        {
                            SameWithCodes(index, query, $"{metric}, {kind}");
                        }
                    }

                    // Rows move, change and are added after they were coded.
                    for (int i = 0; i < count; i += 7)
                    {
                        index.Remove(i);
                    }

                    foreach (string id in index.GetIds().Where((_, i) => i % 5 == 0))
                    {
                        index.Update(id, EmbeddingCases.Row(random, "plain", dimension, 1));
                    }

                    for (int i = 0; i < count; i += 14)
                    {
                        index.Add(i, EmbeddingCases.Row(random, "plain", dimension, 1));
                    }
                }
            }
        }
    }

    // Compares as they are, then by codes, on one thread and several, for few and many wanted, with and without a threshold.
    private static void SameWithCodes(EmbeddingIndex index, float[] query, string what)
    {
        foreach (int wanted in new[] { 1, 10, 300 })
        {
            float? threshold = null;
            for (int round = 0; round < 3; round++)
            {
                (index.QuantizationThreshold, index.ParallelThreshold) = (long.MaxValue, long.MaxValue);
                var expected = index.Search(query, wanted, threshold);
                index.QuantizationThreshold = 0;
                index.Search(query, 1);
                Check(expected, index.Search(query, wanted, threshold));
                index.ParallelThreshold = 0;
                Check(expected, index.Search(query, wanted, threshold));
                threshold = expected.Length == 0 ? 0 : expected[expected.Length / 2].Score; // at a score: it is taken along
            }
        }

        void Check(EmbeddingMatch[] expected, EmbeddingMatch[] found) =>
            Assert.True(expected.AsSpan().SequenceEqual(found), $"{what}: {string.Join(' ', expected.Take(3))} and not {string.Join(' ', found.Take(3))}");
    }

    [Fact]
    public void A_search_by_codes_allocates_nothing()
    {
        using var index = new EmbeddingIndex(64) { QuantizationThreshold = 0 };
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            index.Add(i, Random(random, 64));
        }

        float[] query = Random(random, 64);
        var matches = new EmbeddingMatch[10];
        int found = 0;
        Assert.Equal(0, Allocations.Of(() => found += index.Search(query, matches)));
        Assert.True(found > 0);
    }

    [Fact]
    public void A_search_by_codes_refuses_what_any_search_refuses()
    {
        using var index = new EmbeddingIndex(16) { QuantizationThreshold = 0 };
        float[] one = [.. Enumerable.Repeat(1f, 16)], broken = [.. one[..15], float.NaN];
        index.Add("a", one);
        for (int round = 0; round < 3; round++)
        {
            Assert.Throws<EdgeVisionException>(() => index.Search(broken, 1));
            Assert.Throws<EdgeVisionException>(() => index.Search(new float[16], 1));
            Assert.Throws<EdgeVisionException>(() => index.Search(one, 1, float.NaN));
            Assert.Single(index.Search(one, 1));
        }

        Assert.Empty(index.Search(one, 0));
        index.Clear();
        Assert.Empty(index.Search(one, 1));
    }

    [Fact]
    public void Of_equal_scores_the_first_inserted_comes_first_even_after_rows_have_moved()
    {
        using var index = new EmbeddingIndex(2);
        foreach (string id in new[] { "gone", "b", "a", "d", "c" })
        {
            index.Add(id, [3, 4]);
        }

        index.Remove("gone"); // the last row now lies first
        index.Update("a", [6, 8]); // an update keeps its place
        Assert.Equal(["b", "a", "d", "c"], index.Search([3, 4], 10).Select(m => m.Id));
        Assert.Equal(["b", "a"], index.Search([3, 4], 2).Select(m => m.Id));
        index.Add("gone", [3, 4]);
        Assert.Equal("gone", index.Search([3, 4], 10)[^1].Id);
    }

    [Fact]
    public void The_threshold_is_taken_along()
    {
        using var distance = new EmbeddingIndex(1, EmbeddingMetric.L2);
        using var dot = new EmbeddingIndex(1, EmbeddingMetric.Dot);
        for (int i = 0; i < 5; i++)
        {
            distance.Add(i, [i]);
            dot.Add(i, [i]);
        }

        Assert.Equal(["0", "1", "2"], distance.Search([0], 10, 2).Select(m => m.Id));
        Assert.Equal([0, 1, 2], distance.Search([0], 10, 2).Select(m => m.Score));
        Assert.Equal(["4", "3"], dot.Search([1], 10, 3).Select(m => m.Id));
        Assert.Empty(dot.Search([1], 10, 5));
        Assert.Empty(dot.Search([1], 0));
        Assert.Throws<EdgeVisionException>(() => dot.Search([1], 10, float.NaN));
    }

    [Fact]
    public void Searches_into_the_caller_s_memory_without_allocating()
    {
        using var index = new EmbeddingIndex(64);
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            index.Add(i, Random(random, 64));
        }

        float[] query = Random(random, 64);
        var matches = new EmbeddingMatch[10];
        int found = 0;
        Assert.Equal(0, Allocations.Of(() => found += index.Search(query, matches, .1f)));
        Assert.True(found > 0);
    }

    [Fact]
    public void Cosine_takes_vectors_of_any_length()
    {
        using var index = new EmbeddingIndex(2);
        index.Add("huge", [3e38f, 3e38f]);
        index.Add("tiny", [-1e-44f, 0]);
        index.Add("plain", [-2, 0]);
        Assert.Equal(MathF.Sqrt(.5f), index.GetVector("huge")[0], 1e-6f);
        Assert.Equal([-1f, 0f], index.GetVector("tiny"));
        Assert.Equal([-1f, 0f], index.GetVector("plain"));
        Assert.Equal(1, index.Search([1e30f, 1e30f], 1)[0].Score, 1e-6f);
    }

    [Fact]
    public void Refuses_what_cannot_be_compared_and_stays_as_it_was()
    {
        using var index = new EmbeddingIndex(2);
        index.Add("a", [1, 0], "label");
        Assert.Throws<EdgeVisionException>(() => index.Add("a", [1, 0]));
        Assert.Throws<EdgeVisionException>(() => index.Add("", [1, 0]));
        Assert.Throws<EdgeVisionException>(() => index.Add("b", [1]));
        Assert.Throws<EdgeVisionException>(() => index.Add("b", [1, float.NaN]));
        Assert.Throws<EdgeVisionException>(() => index.Add("b", [1, float.NegativeInfinity]));
        Assert.Throws<EdgeVisionException>(() => index.Add("b", [0, 0]));
        Assert.Throws<EdgeVisionException>(() => index.Update("b", [1, 0]));
        Assert.Throws<EdgeVisionException>(() => index.Update("a", [float.NaN, 0]));
        Assert.Throws<EdgeVisionException>(() => index.Update("a", [0, 0]));
        Assert.Throws<EdgeVisionException>(() => index.SetLabel("b", "x"));
        Assert.Throws<EdgeVisionException>(() => index.GetLabel("b"));
        Assert.Throws<EdgeVisionException>(() => index.GetVector("b"));
        Assert.Throws<EdgeVisionException>(() => index.Search([1, 2, 3], 1));
        Assert.Throws<EdgeVisionException>(() => index.Search([float.NaN, 2], 1));
        Assert.Throws<EdgeVisionException>(() => index.Search([1, 2], -1));
        Assert.Throws<EdgeVisionException>(() => index.FindDuplicates(float.NaN));
        Assert.False(index.Remove("b"));
        Assert.Equal(1, index.Count);
        Assert.Equal([1f, 0f], index.GetVector("a"));
        Assert.Equal("label", index.GetLabel("a"));
        using var dot = new EmbeddingIndex(1, EmbeddingMetric.Dot);
        Assert.Throws<EdgeVisionException>(() => dot.Add("huge", [-1e16f]));
        dot.Add("zero", [0]);
        Assert.Throws<EdgeVisionException>(() => new EmbeddingIndex(0));
        Assert.Throws<EdgeVisionException>(() => new EmbeddingIndex(2, (EmbeddingMetric)9));
    }

    [Fact]
    public void Labels_change_and_everything_can_be_cleared()
    {
        using var index = new EmbeddingIndex(1);
        index.Add(5, [1]);
        Assert.Null(index.GetLabel("5"));
        index.SetLabel("5", "five");
        Assert.Equal("five", Assert.Single(index.Search([1], 3)).Label);
        index.Clear();
        Assert.Equal(0, index.Count);
        Assert.False(index.Contains("5"));
        index.Add(5, [1]);
        Assert.True(index.Contains("5"));
        Assert.True(index.Remove(5));
    }

    [Fact]
    public void Pairs_and_families_are_those_of_a_double_loop()
    {
        var vector = Gen.Int[-3, 3].Array[2].Select(v => Array.ConvertAll(v, x => (float)x));
        Gen.Select(vector.List[0, 150], Gen.Int[0, 2]).Sample((vectors, threshold) =>
        {
            using var index = new EmbeddingIndex(2, EmbeddingMetric.L2);
            index.Add("first", [9, 9]);
            for (int i = 0; i < vectors.Count; i++)
            {
                index.Add(i, vectors[i]);
            }

            index.Remove("first");
            var expected = new List<DuplicatePair>();
            int[] family = [.. Enumerable.Range(0, vectors.Count)];
            for (int i = 0; i < vectors.Count; i++)
            {
                for (int j = i + 1; j < vectors.Count; j++)
                {
                    float distance = Score(EmbeddingMetric.L2, vectors[i], vectors[j]);
                    if (distance <= threshold)
                    {
                        expected.Add(new DuplicatePair($"{i}", $"{j}", distance));
                        int from = Math.Max(family[i], family[j]), to = Math.Min(family[i], family[j]);
                        family = Array.ConvertAll(family, f => f == from ? to : f);
                    }
                }
            }

            Assert.Equal(expected, index.FindDuplicates(threshold));
            var families = family.Select((f, i) => (f, i)).GroupBy(p => p.f).Where(g => g.Count() > 1).Select(g => g.Select(p => $"{p.i}"));
            Assert.Equal(families, index.FindDuplicateClusters(threshold));
        }, iter: 50);
    }

    [Fact]
    public void Near_duplicates_by_cosine()
    {
        using var index = new EmbeddingIndex(2);
        index.Add("a", [1, 0]);
        index.Add("b", [0, 1]);
        index.Add("a2", [5, .1f]);
        var pair = Assert.Single(index.FindDuplicates(.99f));
        Assert.Equal(("a", "a2"), (pair.First, pair.Second));
        Assert.InRange(pair.Score, .999f, 1f);
        Assert.Equal(["a", "a2"], Assert.Single(index.FindDuplicateClusters(.99f)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(64)] // coded
    public async Task Many_read_while_one_writes(int dimension)
    {
        // Every entry's vector is its number twice: a torn read would show two different numbers.
        using var index = new EmbeddingIndex(dimension, EmbeddingMetric.Dot) { QuantizationThreshold = 0 };
        float[] ones = new float[dimension];
        (ones[0], ones[^1]) = (1, 1);
        var stop = TestContext.Current.CancellationToken;
        var writer = Task.Run(() =>
        {
            for (int round = 0; round < 2000; round++)
            {
                int id = round % 50;
                if (!index.Remove(id))
                {
                    index.Add(id, Array.ConvertAll(ones, one => one * id));
                }
            }
        }, stop);
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var matches = new EmbeddingMatch[8];
            do
            {
                int count = index.Search(ones, matches);
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(2 * int.Parse(matches[i].Id, System.Globalization.CultureInfo.InvariantCulture), matches[i].Score);
                }
            }
            while (!writer.IsCompleted);
        }, stop));
        await Task.WhenAll([writer, .. readers]);
        Assert.Equal(0, index.Count); // 2000 changes of 50 entries: each 40 times
    }

    private static float[] Random(Random random, int dimension) => [.. Enumerable.Range(0, dimension).Select(_ => (float)(random.NextDouble() * 2 - 1))];

    private static float Score(EmbeddingMetric metric, float[] a, float[] b)
    {
        double dot = a.Zip(b, (x, y) => (double)x * y).Sum();
        return (float)(metric switch
        {
            EmbeddingMetric.Dot => dot,
            EmbeddingMetric.L2 => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * (x - y)).Sum()),
            _ => dot / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(x => (double)x * x)),
        });
    }
}
