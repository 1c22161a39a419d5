using System.Runtime.InteropServices;
using CsCheck;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Retrieval measures against a reference, a case worked out by hand and a plain sort.</summary>
public sealed class RetrievalEvaluatorTests
{
    [Fact]
    public void Equals_the_reference()
    {
        var golden = Golden.Torchvision("retrieval");
        int[] labels = [.. MemoryMarshal.Cast<byte, long>(golden.Bytes("labels")).ToArray().Select(l => (int)l)];
        var result = RetrievalEvaluator.LeaveOneOut(golden.Floats("embeddings"), labels, golden.Shape("embeddings")[1]);
        foreach (var expected in golden.Root.GetProperty("recall_at").EnumerateObject())
        {
            Assert.Equal(expected.Value.GetDouble(), result.RecallAt[int.Parse(expected.Name, System.Globalization.CultureInfo.InvariantCulture)], 1e-9);
        }

        Assert.Equal(golden.Root.GetProperty("map_at_r").GetDouble(), result.MapAtR, 1e-9);
    }

    [Fact]
    public void A_ranking_worked_out_by_hand()
    {
        // From the query at 0 degrees the gallery lies at 10 (hit), 20 (miss), 30 (hit), 40 (hit) and 50 (miss) degrees: R = 3.
        float[] gallery = [.. new[] { 40, 20, 10, 50, 30 }.SelectMany(Direction)];
        var result = RetrievalEvaluator.QueryGallery([.. Direction(0), .. Direction(5)], [1, 9], gallery, [1, 0, 1, 0, 1], 2, 1, 3);
        Assert.Equal(1, result.Queries);
        Assert.Equal(1, result.QueriesWithoutMatch); // nothing in the gallery has label 9
        Assert.Equal((1 + 2.0 / 3) / 3, result.MapAtR, 1e-12);
        Assert.Equal(1, result.PrecisionAt1);
        Assert.Equal([1, 3], result.RecallAt.Keys);
    }

    [Fact]
    public void Equals_a_plain_sort() => Gen.Select(Gen.Int[-3, 3].Array[3].Where(v => v.Any(x => x != 0)), Gen.Int[0, 2]).List[1, 12].Sample(items =>
    {
        float[] embeddings = [.. items.SelectMany(i => i.Item1.Select(v => (float)v))];
        int[] labels = [.. items.Select(i => i.Item2)];
        var result = RetrievalEvaluator.LeaveOneOut(embeddings, labels, 3, 1, 2);
        double map = 0, first = 0, second = 0;
        int queries = 0;
        for (int q = 0; q < labels.Length; q++)
        {
            int[] others = [.. Enumerable.Range(0, labels.Length).Where(g => g != q)
                .OrderByDescending(g => Math.Round(Cosine(items[q].Item1, items[g].Item1), 5)).ThenBy(g => g)];
            int relevant = others.Count(g => labels[g] == labels[q]);
            if (relevant == 0)
            {
                continue;
            }

            queries++;
            map += Enumerable.Range(0, relevant).Where(i => labels[others[i]] == labels[q])
                .Sum(i => others.Take(i + 1).Count(g => labels[g] == labels[q]) / (double)(i + 1)) / relevant;
            first += others.Take(1).Any(g => labels[g] == labels[q]) ? 1 : 0;
            second += others.Take(2).Any(g => labels[g] == labels[q]) ? 1 : 0;
        }

        Assert.Equal(queries, result.Queries);
        if (queries == 0)
        {
            Assert.True(double.IsNaN(result.MapAtR));
        }
        else if (Distinct(items))
        {
            Assert.Equal(map / queries, result.MapAtR, 1e-9);
            Assert.Equal(first / queries, result.PrecisionAt1, 1e-9);
            Assert.Equal(second / queries, result.RecallAt[2], 1e-9);
        }
    }, iter: 500);

    [Fact]
    public void Of_identical_entries_the_first_comes_first()
    {
        float[] same = [1, 2, 1, 2, 1, 2];
        var result = RetrievalEvaluator.LeaveOneOut(same, [0, 1, 0], 2, 1);
        Assert.Equal(2, result.Queries);
        Assert.Equal(.5, result.PrecisionAt1); // 0 finds 1 first, 2 finds 0 first
    }

    [Fact]
    public void Refuses_what_has_no_direction()
    {
        Assert.Throws<EdgeVisionException>(() => RetrievalEvaluator.LeaveOneOut([0, 0, 1, 1], [0, 0], 2));
        Assert.Throws<EdgeVisionException>(() => RetrievalEvaluator.LeaveOneOut([float.NaN, 0, 1, 1], [0, 0], 2));
        Assert.Throws<EdgeVisionException>(() => RetrievalEvaluator.LeaveOneOut([1, 0, 1], [0, 0], 2));
        Assert.Throws<EdgeVisionException>(() => RetrievalEvaluator.LeaveOneOut([1, 0], [0], 2, 0));
    }

    // Different directions with the same cosine may come out of float32 in either order.
    private static bool Distinct(List<(int[], int)> items) => !items.SelectMany((a, q) => items.Where((_, g) => g != q)
        .GroupBy(b => Math.Round(Cosine(a.Item1, b.Item1), 5)).Where(g => g.Select(b => string.Join(',', b.Item1)).Distinct().Count() > 1)).Any();

    private static double Cosine(int[] a, int[] b) => a.Zip(b, (x, y) => (double)x * y).Sum() / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(x => (double)x * x));

    private static float[] Direction(int degrees) => [MathF.Cos(degrees * MathF.PI / 180), MathF.Sin(degrees * MathF.PI / 180)];
}
