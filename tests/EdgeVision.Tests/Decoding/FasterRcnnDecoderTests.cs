using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>The box head's post-processing against torchvision, and what the graph's list of rows means.</summary>
public sealed class FasterRcnnDecoderTests
{
    private static readonly (string Name, long[] Shape)[] Small = [("logits", [-1, 3]), ("deltas", [-1, 12]), ("proposals", [-1, 4]), ("items", [-1])];

    [Fact]
    public void Detections_are_torchvision_s()
    {
        var golden = Golden.Torchvision("faster_rcnn_box_head");
        var decoder = DecoderCase.Create("faster-rcnn", DecoderCase.SpecOf(313, 243, []), new DecoderOptions(0.05f, 0.5f, 100, false),
            ("class_logits", [200, 7]), ("box_regression", [200, 28]), ("proposals", [200, 4]), ("items", [200]));
        var result = new VisionResult();
        decoder.Decode(new ArrayTensorSet(
            ("class_logits", [200, 7], golden.Floats("class_logits")), ("box_regression", [200, 28], golden.Floats("box_regression")),
            ("proposals", [200, 4], golden.Floats("proposals")), ("items", [200], new float[200])), 0, FrameTransform.Identity(313, 243), result);
        Reference.Match(golden, result.Detections, 1); // 0 is the background
    }

    [Fact]
    public void Weights_divide_the_deltas_and_rows_belong_to_their_items()
    {
        var decoder = DecoderCase.Create("faster-rcnn", DecoderCase.SpecOf(64, 64, ["a", "b"], """{"weights": [2, 4, 1, 0.5]}"""), new DecoderOptions(0.5f, 0.5f, 10, false), Small);
        float[] deltas = new float[24];
        ((float[])[0.2f, 0.4f, MathF.Log(0.5f), 0.5f * MathF.Log(2)]).CopyTo(deltas, 12 + 8); // second row, second class
        var set = new ArrayTensorSet(("logits", [2, 3], [0, 9, 0, 0, 0, 9]), ("deltas", [2, 12], deltas), ("proposals", [2, 4], [1, 2, 11, 12, 20, 30, 40, 40]), ("items", [2], [0, 1]));
        Assert.Equal((0, new Box(1, 2, 11, 12)), Single(0));
        var (classId, box) = Single(1);
        Assert.Equal(1, classId);
        Assert.Equal(27, box.X1, 1e-4f); // middle 30 + 0.1 * 20, width 10
        Assert.Equal(37, box.X2, 1e-4f);
        Assert.Equal(26, box.Y1, 1e-4f); // middle 35 + 0.1 * 10, height 20
        Assert.Equal(46, box.Y2, 1e-4f);

        (int, Box) Single(int item)
        {
            var result = new VisionResult();
            decoder.Decode(set, item, FrameTransform.Identity(64, 64), result);
            Assert.Equal(1, result.Detections.Count);
            return (result.Detections.ClassIds[0], result.Detections.Boxes[0]);
        }
    }

    [Fact]
    public void No_proposal_is_a_result_too()
    {
        var decoder = DecoderCase.Create("faster-rcnn", DecoderCase.SpecOf(64, 64, ["a", "b"]), new DecoderOptions(0.5f, 0.5f, 10, false), Small);
        var result = new VisionResult();
        decoder.Decode(new ArrayTensorSet(("logits", [0, 3], []), ("deltas", [0, 12], []), ("proposals", [0, 4], []), ("items", [0], [])), 0, FrameTransform.Identity(64, 64), result);
        Assert.Equal(0, result.Detections.Count);
    }
}
