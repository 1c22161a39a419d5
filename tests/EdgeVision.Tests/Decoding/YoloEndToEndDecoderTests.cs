using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Rows that need no suppression.</summary>
public sealed class YoloEndToEndDecoderTests
{
    [Fact]
    public void Rows_above_the_threshold_are_taken_as_they_are()
    {
        // The second overlaps the first wholly and stays; the third only equals the threshold.
        var result = Run([10, 10, 20, 20, 0.9f, 2, 10, 10, 20, 20, 0.8f, 2, 0, 0, 5, 5, 0.3f, 0]);
        Assert.Equal([0.9f, 0.8f], result.Detections.Scores.ToArray());
        Assert.Equal([2, 2], result.Detections.ClassIds.ToArray());
        Assert.Equal(new Box(10, 10, 20, 20), result.Detections.Boxes[1]);
    }

    [Fact]
    public void Rows_that_come_in_no_order_are_sorted_and_the_best_of_all_stay()
    {
        var result = Run([0, 0, 5, 5, 0.4f, 0, 10, 10, 20, 20, 0.8f, 2, 1, 1, 9, 9, 0.9f, 1], 2);
        Assert.Equal([0.9f, 0.8f], result.Detections.Scores.ToArray());
        Assert.Equal([1, 2], result.Detections.ClassIds.ToArray());
    }

    [Theory]
    [InlineData(3)] // three labels
    [InlineData(-1)]
    public void A_class_that_the_model_does_not_have_is_refused(float classId) =>
        Assert.Contains("class", Assert.Throws<InvalidOutputException>(() => Run([10, 10, 20, 20, 0.9f, classId])).Message);

    private static VisionResult Run(float[] rows, int most = 300)
    {
        var c = DecoderCase.Of("yolo-end2end");
        long[] shape = [1, rows.Length / 6, 6];
        var result = new VisionResult();
        DecoderCase.Create(c.Decoder, c.Spec, c.Options with { MaxDetections = most }, ("rows", shape)).Decode(new ArrayTensorSet(("rows", shape, rows)), 0, FrameTransform.Identity(64, 64), result);
        return result;
    }
}
