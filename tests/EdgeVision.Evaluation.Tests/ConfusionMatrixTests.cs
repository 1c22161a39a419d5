using CsCheck;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Confusion counts and top-k accuracy against plain loops and one matrix worked out by hand.</summary>
public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Three_classes_worked_out_by_hand()
    {
        var matrix = new ConfusionMatrix(4);
        matrix.Add(0, 0, 3);
        matrix.Add(0, 1);
        matrix.Add(1, 1, 2);
        matrix.Add(2, 1, 2);
        Assert.Equal(8, matrix.Total);
        Assert.Equal(5.0 / 8, matrix.Accuracy);
        Assert.Equal([1, 2.0 / 5, double.NaN, double.NaN], Enumerable.Range(0, 4).Select(matrix.Precision));
        Assert.Equal([3.0 / 4, 1, 0, double.NaN], Enumerable.Range(0, 4).Select(matrix.Recall));
        Assert.Equal([6.0 / 7, 4.0 / 7, 0, double.NaN], Enumerable.Range(0, 4).Select(matrix.F1));
        Assert.Equal([3.0 / 4, 2.0 / 5, 0, double.NaN], Enumerable.Range(0, 4).Select(matrix.Iou));
        Assert.Equal((0.75 + 1 + 0) / 3, matrix.BalancedAccuracy, 1e-12);
        string[] lines = matrix.ToTable(["cat", "dog", "tree"]).TrimEnd().Split('\n');
        Assert.Equal(6, lines.Length);
        Assert.Contains("dog (1)", lines[1], StringComparison.Ordinal);
        Assert.Contains("0.400", lines[2], StringComparison.Ordinal);
        Assert.Contains("accuracy 0.625 of 8", lines[5], StringComparison.Ordinal);
        matrix.Clear();
        Assert.True(double.IsNaN(matrix.Accuracy));
    }

    [Fact]
    public void Refuses_classes_that_are_not_there()
    {
        var matrix = new ConfusionMatrix(2);
        Assert.Throws<EdgeVisionException>(() => matrix.Add(2, 0));
        Assert.Throws<EdgeVisionException>(() => matrix.Add(0, -1));
        Assert.Throws<EdgeVisionException>(() => matrix.Add(0, 0, -1));
        Assert.Throws<EdgeVisionException>(() => new ConfusionMatrix(0));
        Assert.Throws<EdgeVisionException>(() => new ConfusionMatrix(50000));
        Assert.Equal(0, matrix.Total);
    }

    [Fact]
    public void Top_k_is_where_a_stable_sort_puts_the_truth() => Gen.Select(Gen.Int[0, 3].Array[5], Gen.Int[0, 4]).List[1, 20].Sample(pictures =>
    {
        var accuracy = new TopKAccuracy(5);
        int[] hits = new int[6];
        foreach (var (scores, truth) in pictures)
        {
            accuracy.Add([.. scores.Select(s => (float)s)], truth);
            int rank = Enumerable.Range(0, 5).OrderByDescending(c => scores[c]).ToList().IndexOf(truth);
            for (int k = rank + 1; k <= 5; k++)
            {
                hits[k]++;
            }
        }

        for (int k = 1; k <= 5; k++)
        {
            Assert.Equal((double)hits[k] / pictures.Count, accuracy.At(k), 1e-12);
        }

        Assert.Equal(1, accuracy.At(100));
    }, iter: 200);

    [Fact]
    public void Top_k_refuses_what_does_not_fit()
    {
        var accuracy = new TopKAccuracy(2);
        Assert.True(double.IsNaN(accuracy.At(1)));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([1, 2, 3], 0));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([1, 2], 2));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([1, float.NaN], 0));
        Assert.Throws<EdgeVisionException>(() => accuracy.At(0));
        Assert.Equal(0, accuracy.Count);
    }
}
