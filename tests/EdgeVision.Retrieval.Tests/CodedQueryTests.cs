using System.Numerics.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Retrieval.Tests;

/// <summary>Bounds from bytes: never below what the float kernel computes, close enough to be of use, and products that read only their rows.</summary>
public sealed unsafe class CodedQueryTests
{
    // Widths of all vectors, one component more and less, and the ends of what is coded.
    public static TheoryData<int, EmbeddingMetric> Shapes()
    {
        var shapes = new TheoryData<int, EmbeddingMetric>();
        foreach (int dimension in new[] { 16, 17, 31, 32, 33, 63, 64, 100, 128, 512, 513, 4096 })
        {
            foreach (var metric in Enum.GetValues<EmbeddingMetric>())
            {
                shapes.Add(dimension, metric);
            }
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_row_may_always_reach_its_own_score(int dimension, EmbeddingMetric metric)
    {
        var random = new Random(dimension);
        foreach (string kind in EmbeddingCases.Kinds)
        {
            float[][] rows = [.. Enumerable.Range(0, 24).Select(i => EmbeddingCases.Row(random, kind, dimension, i))];
            float[][] queries = [.. Enumerable.Range(0, 8).Select(i => EmbeddingCases.Row(random, kind, dimension, i)), .. rows[..3]];
            using var store = new EmbeddingStore(dimension, metric);
            foreach (var (i, row) in rows.Index().Where(r => metric != EmbeddingMetric.Cosine || r.Item.Any(v => v != 0)))
            {
                store.Add($"{i}", row, null);
            }

            Assert.Null(store.GetQuantizedRows()); // the first search does without
            var codes = store.GetQuantizedRows()!;
            float[] prepared = new float[dimension];
            foreach (float[] query in queries.Where(q => metric != EmbeddingMetric.Cosine || q.Any(v => v != 0)))
            {
                store.Prepare(query, prepared, "");
                if (!QuantizedQuery.TryCreate(codes, prepared, metric, out var coded))
                {
                    continue;
                }

                for (int row = 0; row < store.Count; row++)
                {
                    float nearness = Nearness(metric, prepared, store.GetVector(row));
                    uint rowsThatMay = coded.GetCandidateMask(row & ~3, coded.GetBound(nearness));
                    Assert.True((rowsThatMay >> (row & 3) & 1) == 1, $"{kind}: row {row} is left out at its own nearness {nearness}");
                }

                coded.ReturnBuffer();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Rows_far_below_the_limit_are_left_out(int dimension, EmbeddingMetric metric)
    {
        // Rows around zero that have nothing in common with the query, which is itself a row.
        var random = new Random(1);
        using var store = new EmbeddingStore(dimension, metric);
        for (int i = 0; i < 400; i++)
        {
            store.Add($"{i}", EmbeddingCases.Row(random, "plain", dimension, i), null);
        }

        store.GetQuantizedRows();
        var codes = store.GetQuantizedRows()!;
        Assert.True(QuantizedQuery.TryCreate(codes, store.GetVector(7), metric, out var coded));
        float bound = coded.GetBound(Nearness(metric, store.GetVector(7), store.GetVector(7)));
        int let = 0;
        for (int row = 0; row < 400; row += 4)
        {
            let += System.Numerics.BitOperations.PopCount(coded.GetCandidateMask(row, bound));
        }

        coded.ReturnBuffer();
        Assert.InRange(let, 1, 40);
    }

    [Theory]
    [InlineData(16)] // one step
    [InlineData(48)]
    [InlineData(128)]
    [InlineData(4096)]
    public void Products_are_those_of_a_loop_and_read_nothing_behind(int stride)
    {
        using var rows = GuardedBuffer.Random(4 * stride, stride);
        using var query = GuardedBuffer.Random(2 * stride, stride + 1);
        int most = QuantizedRows.GetMaxQueryCode(stride);
        sbyte* codes = (sbyte*)rows.Pointer;
        short* numbers = (short*)query.Pointer;
        for (int i = 0; i < stride; i++)
        {
            numbers[i] = i % 3 == 0 ? (short)most : Math.Clamp(numbers[i], (short)-most, (short)most);
        }

        for (int row = 0; row < 4; row++)
        {
            long sum = 0;
            for (int i = 0; i < stride; i++)
            {
                codes[row * stride + i] = Math.Max(codes[row * stride + i], (sbyte)-127);
                sum += codes[row * stride + i] * numbers[i];
            }

            Assert.Equal(sum, QuantizedQuery.DotProducts(codes, stride, numbers)[row]);
        }

        new Span<sbyte>(codes, 4 * stride).Fill(127); // the greatest sum there is
        new Span<short>(numbers, stride).Fill((short)most);
        var products = QuantizedQuery.DotProducts(codes, stride, numbers);
        Assert.Equal(127L * most * stride, products[3]);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-30f)] // its squares leave float's range
    public void Queries_that_have_no_codes_are_said_to_have_none(float value)
    {
        var codes = new QuantizedRows(16, EmbeddingMetric.Dot);
        Assert.False(QuantizedQuery.TryCreate(codes, [.. Enumerable.Repeat(value, 16)], EmbeddingMetric.Dot, out _));
    }

    private static float Nearness(EmbeddingMetric metric, ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        metric == EmbeddingMetric.L2 ? -TensorPrimitives.Distance(a, b) : TensorPrimitives.Dot(a, b);
}
