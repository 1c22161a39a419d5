using EdgeVision.Decoding;
using EdgeVision.Decoding.Faces;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>SCRFD, YuNet, BlazeFace and FastestDet: one cell worked out by hand, and what each does its own way.</summary>
public sealed class FaceDecoderTests
{
    private static readonly FrameTransform Whole = FrameTransform.Identity(64, 64);

    [Fact]
    public void Scrfd_measures_in_strides_from_the_corner_of_a_cell()
    {
        // Second anchor of the cell at column 2, row 1 of stride 16; the outputs lie in no order.
        var c = DecoderCase.Of("scrfd");
        var t = Zeros(c);
        int i = (1 * 4 + 2) * 2 + 1;
        t["score_16"][i] = 0.9f;
        ((float[])[1, 0.5f, 0.5f, 2]).CopyTo(t["bbox_16"], i * 4);
        t["kps_16"][i * 10] = -0.25f;
        t["kps_16"][i * 10 + 9] = 1.5f;
        var order = c.Outputs.Reverse().ToArray();
        var result = new VisionResult();
        DecoderCase.Create("scrfd", c.Spec, c.Options, [.. order.Select(o => (o.Name, o.Shape))])
            .Decode(new ArrayTensorSet([.. order.Select(o => (o.Name, o.Shape, t[o.Name]))]), 0, Whole, result);
        Assert.Equal(1, result.Detections.Count);
        Assert.Equal(new Box(32 - 16, 16 - 8, 32 + 8, 16 + 32), result.Detections.Boxes[0]);
        Assert.Equal(new Keypoint(28, 16, 1), result.Detections.GetKeypoints(0)[0]);
        Assert.Equal(new Keypoint(32, 40, 1), result.Detections.GetKeypoints(0)[4]);
    }

    [Fact]
    public void YuNet_decodes_as_OpenCV()
    {
        var c = DecoderCase.Of("yunet");
        var t = Zeros(c);
        int i = 3 * 8 + 5; // column 5, row 3 of stride 8
        t["cls_8"][i] = 1.5f; // clamped to 1
        t["obj_8"][i] = 0.64f;
        ((float[])[0.5f, 0.25f, MathF.Log(2), 0]).CopyTo(t["bbox_8"], i * 4);
        t["kps_8"][i * 10] = 0.5f;
        var d = Run(c, t, c.Options);
        Assert.Equal(1, d.Count);
        Assert.Equal(0.8f, d.Scores[0], 1e-6f);
        Assert.Equal(0, Reference.Distance(new Box(44 - 8, 26 - 4, 44 + 8, 26 + 4), d.Boxes[0]), 1e-4f);
        Assert.Equal(new Keypoint(44, 24, 1), d.GetKeypoints(0)[0]);
    }

    [Fact]
    public void YuNet_suppresses_by_whole_pixels_and_drops_the_threshold_itself_where_it_suppresses()
    {
        var c = DecoderCase.Of("yunet");
        var t = Zeros(c);
        (t["cls_8"][0], t["obj_8"][0]) = (0.25f, 1); // sqrt is exactly one half
        var options = c.Options with { Confidence = 0.5f };
        Assert.Equal(1, Run(c, t, options).Count); // alone: FaceDetectorYN leaves NMSBoxes out
        (t["cls_32"][3], t["obj_32"][3]) = (1, 1);
        Assert.Equal([1f], Run(c, t, options).Scores.ToArray());
    }

    [Fact]
    public void BlazeFace_averages_what_overlaps_by_score()
    {
        // Two anchors of one cell overlap, a third stands apart: MediaPipe's weighted suppression.
        var c = DecoderCase.Of("blazeface");
        var t = c.Outputs.ToDictionary(o => o.Name, o => new float[o.Shape[1] * o.Shape[2]]);
        t["logits_a"].AsSpan().Fill(-1000); // clipped to -100
        t["logits_b"].AsSpan().Fill(-1000);
        int cell = (3 * 16 + 4) * 2; // column 4, row 3 of stride 8
        (t["logits_a"][cell], t["logits_a"][cell + 1]) = (2, 1);
        ((float[])[0, 0, 20, 20, 1, 2]).CopyTo(t["boxes_a"], cell * 16);
        ((float[])[2, 1, 20, 20, 3, 4]).CopyTo(t["boxes_a"], (cell + 1) * 16);
        t["logits_b"][^1] = 1.5f; // last anchor: column 7, row 7 of stride 16
        ((float[])[0, 0, 10, 10]).CopyTo(t["boxes_b"], 383 * 16);
        var result = new VisionResult();
        c.Create(c.Options with { Confidence = 0.5f, Iou = 0.3f })
            .Decode(new ArrayTensorSet([.. c.Outputs.Select(o => (o.Name, o.Shape, t[o.Name]))]), 0, FrameTransform.Identity(128, 128), result);
        var d = result.Detections;
        float p = 1 / (1 + MathF.Exp(-2)), q = 1 / (1 + MathF.Exp(-1)), share = q / (p + q);
        Assert.Equal(2, d.Count);
        Assert.Equal(p, d.Scores[0], 1e-6f); // the best score stays
        float x = 36 + 2 * share, y = 28 + share;
        Assert.Equal(0, Reference.Distance(new Box(x - 10, y - 10, x + 10, y + 10), d.Boxes[0]), 1e-4f);
        Assert.Equal(36 + 1 + 2 * share, d.GetKeypoints(0)[0].X, 1e-4f);
        Assert.Equal(0, Reference.Distance(new Box(115, 115, 125, 125), d.Boxes[1]), 1e-4f);
    }

    [Fact]
    public void BlazeFace_has_MediaPipe_s_896_anchors()
    {
        var anchors = MediaPipeDecoder.CreateAnchors(128, 128, [8, 16, 16, 16]);
        Assert.Equal(896, anchors.Length); // 16x16x2 + 8x8x6
        Assert.Equal((0.5f / 16, 0.5f / 16), anchors[1]);
        Assert.Equal((1.5f / 16, 0.5f / 16), anchors[2]);
        Assert.Equal((0.5f / 8, 0.5f / 8), anchors[512 + 5]);
        Assert.Equal((7.5f / 8, 7.5f / 8), anchors[^1]);
        Assert.Equal(2254, MediaPipeDecoder.CreateAnchors(224, 224, [8, 16, 32, 32, 32]).Length); // the pose detector's
    }

    [Fact]
    public void FastestDet_weighs_objectness_and_class()
    {
        var c = DecoderCase.Of("fastestdet");
        const int plane = 49, i = 2 * 7 + 3; // column 3, row 2
        float[] cells = new float[8 * plane];
        (cells[i], cells[plane + i], cells[2 * plane + i], cells[3 * plane + i], cells[4 * plane + i]) = (0.8f, 0.5f, -0.25f, 0, 1);
        (cells[5 * plane + i], cells[6 * plane + i], cells[7 * plane + i]) = (0.2f, 0.7f, 0.1f);
        var d = Run(c, new() { ["cells"] = cells }, c.Options);
        Assert.Equal(1, d.Count);
        Assert.Equal(1, d.ClassIds[0]);
        Assert.Equal(MathF.Pow(0.8f, 0.6f) * MathF.Pow(0.7f, 0.4f), d.Scores[0], 1e-6f);
        float cx = (MathF.Tanh(0.5f) + 3) / 7 * 64, cy = (MathF.Tanh(-0.25f) + 2) / 7 * 64, w = 32, h = 64 / (1 + MathF.Exp(-1));
        Assert.Equal(0, Reference.Distance(new Box(cx - w / 2, Math.Max(cy - h / 2, 0), cx + w / 2, cy + h / 2), d.Boxes[0]), 1e-4f);
    }

    private static Dictionary<string, float[]> Zeros(DecoderCase c) => c.Outputs.ToDictionary(o => o.Name, o => new float[o.Shape[1] * o.Shape[2]]);

    private static Detections Run(DecoderCase c, Dictionary<string, float[]> values, DecoderOptions options)
    {
        var result = new VisionResult();
        c.Create(options).Decode(new ArrayTensorSet([.. c.Outputs.Select(o => (o.Name, o.Shape, values[o.Name]))]), 0, Whole, result);
        return result.Detections;
    }
}
