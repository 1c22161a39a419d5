using CsCheck;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Label maps against torchvision's reference and a plain count.</summary>
public sealed class MeanIouTests
{
    [Fact]
    public void Equals_torchvision()
    {
        var golden = Golden.Torchvision("segmentation_argmax_miou");
        var iou = new MeanIou(21);
        iou.Add(golden.Bytes("target"), golden.Bytes("argmax"));
        Assert.Equal(golden.Root.GetProperty("miou").GetDouble(), iou.Value, 1e-6);
        Assert.Equal(golden.Root.GetProperty("pixel_accuracy").GetDouble(), iou.PixelAccuracy, 1e-6);
        Assert.Equal(golden.Floats("iou_per_class").Select(v => (double)v), iou.PerClass, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Ignored_labels_and_absent_classes_count_for_nothing()
    {
        var iou = new MeanIou(4);
        iou.Add([0, 0, 1, 1, 255, 7], [0, 1, 1, 1, 0, 200]);
        Assert.Equal([1.0 / 2, 2.0 / 3, double.NaN, double.NaN], iou.PerClass);
        Assert.Equal((1.0 / 2 + 2.0 / 3) / 2, iou.Value, 1e-12);
        Assert.Equal([2.0 / 3, 4.0 / 5, double.NaN, double.NaN], iou.DicePerClass);
        Assert.Equal((2.0 / 3 + 4.0 / 5) / 2, iou.Dice, 1e-12);
        Assert.Equal(3.0 / 4, iou.PixelAccuracy);
        iou.Add<int, long>([-1, 3], [0, 3]);
        Assert.Equal(1, iou.PerClass[3]);
        Assert.Equal(5, iou.Confusion.Total);
    }

    [Fact]
    public void Counting_runs_is_counting_pixels() => Gen.Select(Gen.Byte[0, 4], Gen.Byte[0, 3]).List[0, 50].Sample(pixels =>
    {
        var runs = new MeanIou(4);
        runs.Add([.. pixels.Select(p => p.Item1)], [.. pixels.Select(p => p.Item2)]);
        for (int t = 0; t < 4; t++)
        {
            for (int p = 0; p < 4; p++)
            {
                Assert.Equal(pixels.Count(x => x.Item1 == t && x.Item2 == p), runs.Confusion[t, p]);
            }
        }
    }, iter: 200);

    [Fact]
    public void Refuses_maps_that_do_not_fit()
    {
        var iou = new MeanIou(2);
        Assert.Throws<EdgeVisionException>(() => iou.Add([0, 1], [0]));
        Assert.Throws<EdgeVisionException>(() => iou.Add([0], [2]));
        Assert.Throws<EdgeVisionException>(() => iou.Add<int, long>([0], [1L << 40]));
        Assert.True(double.IsNaN(iou.Value));
    }
}
