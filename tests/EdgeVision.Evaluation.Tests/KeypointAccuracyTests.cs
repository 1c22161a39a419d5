using EdgeVision.Evaluation.Coco;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>PCK and depth errors worked out by hand.</summary>
public sealed class KeypointAccuracyTests
{
    [Fact]
    public void Counts_labelled_keypoints_within_a_fraction_of_the_longer_side()
    {
        var accuracy = new KeypointAccuracy(3, .1, .2);
        accuracy.Add(
            [new Keypoint(10, 0, 1), new Keypoint(0, 10.1f, 1), new Keypoint(500, 500, 1)],
            [new CocoKeypoint(0, 0), new CocoKeypoint(0, 0, 1), new CocoKeypoint(0, 0, 0)],
            new CocoBox(0, 0, 50, 100));
        Assert.Equal(2, accuracy.LabelledCount);
        Assert.Equal(.5, accuracy.At(.1)); // a distance of just the threshold is near enough
        Assert.Equal(1, accuracy.At(.2));
        Assert.Equal([1, 0, double.NaN], accuracy.PerKeypointAt(.1));
        Assert.Equal((.1 + .101) / 2, accuracy.MeanDistance, 1e-6);
    }

    [Fact]
    public void Pck_refuses_what_means_nothing()
    {
        var accuracy = new KeypointAccuracy(1);
        Assert.Equal([.05, .1, .2], accuracy.Thresholds);
        Assert.True(double.IsNaN(accuracy.At(.1)));
        Assert.Throws<EdgeVisionException>(() => accuracy.At(.15));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([default], [default], 0));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([default], [default], double.NaN));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([default, default], [default], 1));
        Assert.Throws<EdgeVisionException>(() => accuracy.Add([new Keypoint(float.NaN, 0, 1)], [new CocoKeypoint(0, 0)], 1));
        accuracy.Add([new Keypoint(float.NaN, 0, 1)], [new CocoKeypoint(0, 0, 0)], 1); // not labelled, not looked at
        Assert.Equal(0, accuracy.LabelledCount);
        Assert.Throws<EdgeVisionException>(() => new KeypointAccuracy(0));
        Assert.Throws<EdgeVisionException>(() => new KeypointAccuracy(1, -.1));
    }

    [Fact]
    public void Depth_errors_leave_out_unknown_pixels()
    {
        var error = new DepthError();
        Assert.True(double.IsNaN(error.RootMeanSquare) && double.IsNaN(error.Delta) && double.IsNaN(error.AbsoluteRelative));
        error.Add([2, 3, 7, 1], [1, 4, float.NaN, 0]);
        error.Add([10], [10]);
        Assert.Equal(4, error.Count);
        Assert.Equal(3, error.PositiveCount);
        Assert.Equal(Math.Sqrt(3.0 / 4), error.RootMeanSquare, 1e-12);
        Assert.Equal(3.0 / 4, error.MeanAbsolute, 1e-12);
        Assert.Equal((1 + .25 + 0) / 3, error.AbsoluteRelative, 1e-12);
        Assert.Equal(1.0 / 3, error.Delta, 1e-12); // 4 / 3 and 2 are beyond 1.25
        Assert.Throws<EdgeVisionException>(() => error.Add([float.NaN], [1]));
        Assert.Throws<EdgeVisionException>(() => error.Add([1, 2], [1]));
        Assert.Equal(4, error.Count);
    }
}
