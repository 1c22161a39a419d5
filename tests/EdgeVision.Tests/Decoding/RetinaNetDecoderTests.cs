using System.Runtime.InteropServices;
using EdgeVision.Decoding;
using EdgeVision.Decoding.Anchors;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Anchors, box coder and post-processing against torchvision.</summary>
public sealed class RetinaNetDecoderTests
{
    private const string Parameters = """{"strides": [8, 16, 32, 64, 128], "sizes": [[32, 40, 50], [64, 80, 101], [128, 161, 203], [256, 322, 406], [512, 645, 812]], "ratios": [0.5, 1, 2]}""";

    [Fact]
    public void Anchors_are_torchvision_s_to_the_bit()
    {
        // 320 has three cells of stride 128, 106 pixels apart: torchvision's step is size // cells.
        var golden = Golden.Torchvision("anchors_retinanet");
        int[] image = [.. golden.Root.GetProperty("image").EnumerateArray().Select(e => e.GetInt32())];
        float[][] sizes = [.. golden.Root.GetProperty("sizes").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetSingle()).ToArray())];
        var (anchors, ends) = AnchorGrid.Create(image[1], image[0], [8, 16, 32, 64, 128], sizes, [0.5f, 1, 2]);
        Assert.Equal(golden.Floats("anchors"), MemoryMarshal.Cast<Box, float>(anchors).ToArray());
        Assert.Equal([11520, 14400, 15120, 15300, 15354], ends);
    }

    [Fact]
    public void Boxes_are_the_box_coder_s()
    {
        var golden = Golden.Torchvision("box_coder_1111");
        var anchors = MemoryMarshal.Cast<float, Box>(golden.Floats("anchors"));
        float[] deltas = golden.Floats("deltas"), decoded = golden.Floats("decoded");
        for (int i = 0; i < anchors.Length; i++)
        {
            var box = BoxCoder.Unit.Decode(anchors[i], deltas.AsSpan(4 * i, 4));
            float tolerance = 1e-6f * (box.Width + box.Height) + 1e-4f; // exp and the order of sums differ in the last bits
            Assert.Equal(decoded[4 * i], box.X1, tolerance);
            Assert.Equal(decoded[4 * i + 1], box.Y1, tolerance);
            Assert.Equal(decoded[4 * i + 2], box.X2, tolerance);
            Assert.Equal(decoded[4 * i + 3], box.Y2, tolerance);
        }
    }

    [Fact]
    public void Detections_are_torchvision_s()
    {
        var golden = Golden.Torchvision("retinanet_postprocess");
        var spec = DecoderCase.SpecOf(320, 256, [], Parameters);
        var options = new DecoderOptions(0.05f, 0.5f, 300, false);
        var decoder = DecoderCase.Create("retinanet-anchors", spec, options, ("cls_logits", [1, 15354, 7]), ("bbox_regression", [1, 15354, 4]));
        var outputs = new ArrayTensorSet(("cls_logits", [1, 15354, 7], golden.Floats("cls_logits")), ("bbox_regression", [1, 15354, 4], golden.Floats("bbox_regression")));

        // Boxes are clipped to the picture without its padding.
        var result = new VisionResult();
        decoder.Decode(outputs, 0, FrameTransform.Identity(313, 243), result);
        Reference.Match(golden, result.Detections, 0);
    }
}

/// <summary>Detections against a golden's boxes, scores and labels.</summary>
internal static class Reference
{
    /// <summary>Same detections in the same order, save that scores equal to a few bits may come in either.</summary>
    public static void Match(Golden golden, Detections found, int firstLabel)
    {
        var boxes = MemoryMarshal.Cast<float, Box>(golden.Floats("boxes")).ToArray();
        float[] scores = golden.Floats("scores");
        int[] labels = [.. MemoryMarshal.Cast<byte, long>(golden.Bytes("labels")).ToArray().Select(v => (int)v - firstLabel)];
        Assert.Equal(scores.Length, found.Count);
        var taken = new bool[scores.Length];
        float worst = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            Assert.Equal(scores[i], found.Scores[i], 1e-6f);
            int match = -1;
            for (int k = 0; k < scores.Length && match < 0; k++)
            {
                float distance = Distance(boxes[i], found.Boxes[k]);
                if (!taken[k] && found.ClassIds[k] == labels[i] && MathF.Abs(found.Scores[k] - scores[i]) < 1e-6f && distance < 1e-3f)
                {
                    match = k;
                    worst = MathF.Max(worst, distance);
                }
            }

            Assert.True(match >= 0, $"{labels[i]} {scores[i]} {boxes[i]} is missing");
            taken[match] = true;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest difference {worst} px");
    }

    public static float Distance(in Box a, in Box b) => MathF.Max(
        MathF.Max(MathF.Abs(a.X1 - b.X1), MathF.Abs(a.Y1 - b.Y1)), MathF.Max(MathF.Abs(a.X2 - b.X2), MathF.Abs(a.Y2 - b.Y2)));
}
