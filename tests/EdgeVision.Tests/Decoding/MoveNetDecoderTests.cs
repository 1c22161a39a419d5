using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>MoveNet's numbers by hand: y before x, parts of the input, scores as TensorFlow.js makes them.</summary>
public sealed class MoveNetDecoderTests
{
    private static readonly DecoderOptions Options = new(0.3f, 0.5f, 300, false);

    // 192 x 192 input of a 400 x 200 frame: gain 0.48, 48 rows above.
    private static readonly FrameTransform Letterbox = new(0.48f, 0.48f, 0, 48, 0, 0, 192, 192, 400, 200);

    [Fact]
    public void Keypoints_are_parts_of_the_input_and_the_box_is_the_hull_of_the_sure_ones()
    {
        var d = Single([0.5f, 0.25f, 0.9f, 0.75f, 0.5f, 0.5f, 0.9f, 0.9f, 0.1f]);
        Assert.Equal(1, d.Count);
        Assert.Equal(0.7f, d.Scores[0], 1e-6f); // the third is below 0.2
        Near(new Keypoint(100, 100, 0.9f), d.GetKeypoints(0)[0]);
        Near(new Keypoint(200, 200, 0.5f), d.GetKeypoints(0)[1]);
        Near(new Keypoint(360, 260, 0.1f), d.GetKeypoints(0)[2]); // beyond the frame, and said so
        Assert.Equal(0, Reference.Distance(new Box(100, 100, 200, 200), d.Boxes[0]), 1e-3f);
    }

    [Theory]
    [InlineData(0.19f, 0.19f, 0.19f, 0)] // none counts
    [InlineData(0.25f, 0.25f, 0.1f, 0)] // the mean is below the threshold of poses
    [InlineData(0.25f, 0.1f, 0.41f, 1)] // 0.33
    public void Who_is_not_there_is_not_reported(float a, float b, float c, int count) =>
        Assert.Equal(count, Single([0.5f, 0.5f, a, 0.5f, 0.5f, b, 0.5f, 0.5f, c]).Count);

    [Fact]
    public void A_hull_ends_at_the_frame()
    {
        var d = Single([0.1f, -0.5f, 0.9f, 0.9f, 0.5f, 0.9f, 0.5f, 1.2f, 0.9f]);
        Assert.Equal(new Box(0, 0, 400, 200), d.Boxes[0]);
    }

    [Fact]
    public void Several_come_best_first_with_their_own_boxes()
    {
        float[] rows =
        [
            0.5f, 0.25f, 0.9f, 0.75f, 0.5f, 0.8f, 0.4f, 0.2f, 0.6f, 0.7f, 0.5f, // ymin, xmin, ymax, xmax, score
            0.3f, 0.1f, 0.7f, 0.35f, 0.2f, 0.6f, 0.25f, 0, 0.5f, 0.5f, 0.95f,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.29f, // empty
        ];
        var result = new VisionResult();
        DecoderCase.Create("movenet-multipose", DecoderCase.SpecOf(192, 192, ["person"]), Options, ("poses", [1, -1, 11]))
            .Decode(new ArrayTensorSet(("poses", [1, 3, 11], rows)), 0, Letterbox, result);
        var d = result.Detections;
        Assert.Equal([0.95f, 0.5f], d.Scores.ToArray());
        Assert.Equal(0, Reference.Distance(new Box(0, 0, 200, 100), d.Boxes[0]), 1e-3f);
        Assert.Equal(0, Reference.Distance(new Box(80, 60, 280, 140), d.Boxes[1]), 1e-3f);
        Near(new Keypoint(100, 100, 0.9f), d.GetKeypoints(1)[0]);
        Near(new Keypoint(80, 40, 0.6f), d.GetKeypoints(0)[1]);
    }

    [Theory]
    [InlineData("movenet", new long[] { 1, 2, 17, 3 })] // two persons of one
    [InlineData("movenet", new long[] { 1, 1, 17, 2 })]
    [InlineData("movenet", new long[] { 1, 1, 0, 3 })]
    [InlineData("movenet-multipose", new long[] { 1, 6, 51 })] // no box
    [InlineData("movenet-multipose", new long[] { 1, 6, 5 })] // no keypoint
    [InlineData("movenet-multipose", new long[] { 1, 6, 57 })]
    public void Other_shapes_are_refused(string decoder, long[] shape) =>
        Assert.Throws<ModelFormatException>(() => DecoderCase.Create(decoder, DecoderCase.SpecOf(192, 192, ["person"]), Options, ("poses", shape)));

    private static Detections Single(float[] values)
    {
        var result = new VisionResult();
        DecoderCase.Create("movenet", DecoderCase.SpecOf(192, 192, ["person"]), Options, ("poses", [1, 1, 3, 3]))
            .Decode(new ArrayTensorSet(("poses", [1, 1, 3, 3], values)), 0, Letterbox, result);
        return result.Detections;
    }

    private static void Near(Keypoint expected, Keypoint found) =>
        Assert.True(MathF.Abs(expected.X - found.X) < 1e-3f && MathF.Abs(expected.Y - found.Y) < 1e-3f && expected.Score == found.Score, $"{expected} and {found}");
}
