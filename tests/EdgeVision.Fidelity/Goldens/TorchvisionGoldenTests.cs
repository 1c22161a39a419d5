using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeVision.Decoding;
using EdgeVision.Decoding.Anchors;
using EdgeVision.Geometry;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Fidelity.Goldens;

/// <summary>
/// Every case under <c>torchvision</c> of the golden folder: arrays that torchvision, OpenCV and their reference scripts returned. A case is
/// known by its name up to its parameters, so that other seeds, sizes and counts run as well; one of no known kind fails.
/// </summary>
public sealed partial class TorchvisionGoldenTests
{
    public static TheoryData<string> Cases() => GoldenFolder.Cases("torchvision", Directory.GetDirectories);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_the_reference(string name)
    {
        var golden = Golden.Open(GoldenFolder.At("torchvision", name));
        var compare = new Comparison(name);
        string kind = golden.Root.TryGetProperty("case", out var named) ? named.GetString()! : name;
        switch (kind)
        {
            case var k when k.StartsWith("anchors_retinanet", StringComparison.Ordinal): RetinaNetAnchors(golden, compare); break;
            case var k when k.StartsWith("anchors_ssd", StringComparison.Ordinal): SsdAnchors(golden, compare); break;
            case var k when k.StartsWith("box_coder", StringComparison.Ordinal): Coder(golden, compare); break;
            case var k when k.StartsWith("box_iou", StringComparison.Ordinal): Overlaps(golden, compare); break;
            case var k when k.StartsWith("faster_rcnn", StringComparison.Ordinal): FasterRcnn(golden, compare); break;
            case var k when k.StartsWith("retinanet", StringComparison.Ordinal): RetinaNet(golden, compare); break;
            case var k when k.StartsWith("ssd", StringComparison.Ordinal): Ssd(golden, compare); break;
            case var k when k.StartsWith("rpn", StringComparison.Ordinal): Proposals(golden, compare); break;
            case var k when k.StartsWith("nms_opencv", StringComparison.Ordinal): OpenCvNms(golden, compare); break;
            case var k when k.StartsWith("nms", StringComparison.Ordinal): Nms(golden, compare); break;
            case var k when k.StartsWith("letterbox", StringComparison.Ordinal): Letterbox(golden, compare); break;
            case var k when k.EndsWith("_to_bgr", StringComparison.Ordinal): Yuv(golden, compare, k[..^7]); break;
            case var k when k.StartsWith("retrieval", StringComparison.Ordinal): Retrieval(golden, compare); break;
            case var k when k.StartsWith("segmentation", StringComparison.Ordinal): Segmentation(golden, compare); break;
            case var k when k.StartsWith("mask_rcnn", StringComparison.Ordinal): Masks(golden, compare); break;
            case var k when k.StartsWith("keypoint_rcnn", StringComparison.Ordinal): Keypoints(golden, compare); break;
            case var k when k.StartsWith("roi_align", StringComparison.Ordinal): Regions(golden, compare); break;
            default: Assert.Fail($"no comparison is written for case '{kind}', which holds {string.Join(", ", golden.Root.EnumerateObject().Select(p => p.Name))}"); break;
        }
    }

    private static void RetinaNetAnchors(Golden golden, Comparison compare)
    {
        var (height, width) = Size(golden, "image");
        var (anchors, _) = AnchorGrid.Create(width, height, Strides(golden, height, width), Lists(golden, "sizes"), Lists(golden, "ratios")[0]);
        compare.Coordinates("anchors, px", golden.Floats("anchors"), MemoryMarshal.Cast<Box, float>(anchors));
    }

    private static void SsdAnchors(Golden golden, Comparison compare)
    {
        var priors = SsdDecoder.CreatePriors(300, 300, SsdSteps, level => SsdDecoder.GetDefaultSizes(SsdScales[level], SsdScales[level + 1], SsdRatios[level]), clipCenters: false);
        compare.Coordinates("default boxes, px", golden.Floats("anchors"), MemoryMarshal.Cast<Box, float>(priors
            .Select(p => new Box((p.X - p.W / 2) * 300, (p.Y - p.H / 2) * 300, (p.X + p.W / 2) * 300, (p.Y + p.H / 2) * 300)).ToArray()));
    }

    private static void Coder(Golden golden, Comparison compare)
    {
        float[] w = Floats(golden.Root.GetProperty("weights"));
        var coder = new BoxCoder(w[0], w[1], w[2], w[3]);
        Assert.Equal(BoxCoder.MaxLogSize, golden.Root.GetProperty("dwh_clamp").GetSingle());
        Box[] anchors = Boxes(golden, "anchors"), targets = Boxes(golden, "targets");
        float[] deltas = golden.Floats("deltas"), encoded = new float[4 * anchors.Length];
        var decoded = new Box[anchors.Length];
        for (int i = 0; i < anchors.Length; i++)
        {
            decoded[i] = coder.Decode(anchors[i], deltas.AsSpan(4 * i, 4));
            coder.Encode(anchors[i], targets[i], encoded.AsSpan(4 * i, 4));
        }

        compare.Coordinates("decoded, px", golden.Floats("decoded"), MemoryMarshal.Cast<Box, float>(decoded));
        compare.Floats("encoded", golden.Floats("encoded"), encoded);
    }

    private static void Overlaps(Golden golden, Comparison compare)
    {
        Box[] a = Boxes(golden, "a"), b = Boxes(golden, "b");
        compare.Floats("IoU", golden.Floats("iou"), [.. a.SelectMany(x => b.Select(y => BoxOverlap.Iou(x, y)))]);
        compare.Floats("generalised IoU", golden.Floats("giou"), [.. a.SelectMany(x => b.Select(y => BoxOverlap.GeneralizedIou(x, y)))]);
    }

    private static void FasterRcnn(Golden golden, Comparison compare)
    {
        var (height, width) = Size(golden, "image");
        int[] logits = golden.Shape("class_logits");
        string weights = golden.Root.GetProperty("box_coder_weights").GetRawText(), minSize = golden.Root.GetProperty("min_size").GetRawText();
        (string Name, long[] Shape, float[] Data)[] outputs =
        [
            ("class_logits", [logits[0], logits[1]], golden.Floats("class_logits")), ("box_regression", [logits[0], 4 * logits[1]], golden.Floats("box_regression")),
            ("proposals", [logits[0], 4], golden.Floats("proposals")), ("items", [logits[0]], new float[logits[0]]),
        ];
        Run(golden, compare, "faster-rcnn", DecoderCase.SpecOf(width, height, [], $$"""{"weights": {{weights}}, "minSize": {{minSize}}}"""), width, height, outputs, 1);
    }

    private static void RetinaNet(Golden golden, Comparison compare)
    {
        var (height, width) = Size(golden, "padded");
        int[] perLevel = [.. golden.Root.GetProperty("anchors_per_level").EnumerateArray().Select(e => e.GetInt32())];
        int[] strides = [.. Enumerable.Range(0, perLevel.Length).Select(i => 8 << i)];
        string parameters = $$"""{"strides": [{{string.Join(", ", strides)}}], "sizes": [[32, 40, 50], [64, 80, 101], [128, 161, 203], [256, 322, 406], [512, 645, 812]], "ratios": [0.5, 1, 2], "topk": {{golden.Int("topk_candidates")}}}""";
        int[] logits = golden.Shape("cls_logits");
        var (boundHeight, boundWidth) = Size(golden, "image"); // boxes are clipped to the picture without its padding
        Run(golden, compare, "retinanet-anchors", DecoderCase.SpecOf(width, height, [], parameters), boundWidth, boundHeight,
            [("cls_logits", [1, logits[0], logits[1]], golden.Floats("cls_logits")), ("bbox_regression", [1, logits[0], 4], golden.Floats("bbox_regression"))], 0);
    }

    private static void Ssd(Golden golden, Comparison compare)
    {
        var (height, width) = Size(golden, "image");
        int[] logits = golden.Shape("cls_logits");
        float[] weights = Floats(golden.Root.GetProperty("box_coder_weights"));
        string parameters = FormattableString.Invariant($$"""
            {"strides": [8, 16, 32, 64, 100, 300], "scales": [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05], "ratios": [[2], [2, 3], [2, 3], [2, 3], [2], [2]],
             "variances": [{{1 / weights[0]}}, {{1 / weights[2]}}], "softmax": true, "topk": {{golden.Int("topk_candidates")}}, "clip": true}
            """);
        Run(golden, compare, "ssd", DecoderCase.SpecOf(width, height, [], parameters), width, height,
            [("scores", [1, logits[0], logits[1]], golden.Floats("cls_logits")), ("boxes", [1, logits[0], 4], golden.Floats("bbox_regression"))], 1);
    }

    private static void Proposals(Golden golden, Comparison compare)
    {
        var (height, width) = Size(golden, "padded");
        int[] strides = Strides(golden, height, width);
        string parameters = $$"""
            {"strides": [{{string.Join(", ", strides)}}], "sizes": {{golden.Root.GetProperty("sizes").GetRawText()}}, "ratios": {{golden.Root.GetProperty("ratios").GetRawText()}},
             "preNms": {{golden.Int("pre_nms_top_n")}}, "postNms": {{golden.Int("post_nms_top_n")}}, "minSize": {{golden.Root.GetProperty("min_size").GetRawText()}}}
            """;
        var outputs = new List<(string, long[], float[])>();
        foreach (string part in (string[])["objectness", "deltas"])
        {
            for (int level = 0; level < strides.Length; level++)
            {
                string name = $"{part}_{level}";
                outputs.Add((name, [.. golden.Shape(name).Select(v => (long)v)], golden.Floats(name)));
            }
        }

        var (boundHeight, boundWidth) = Size(golden, "image");
        var options = new DecoderOptions(golden.Root.GetProperty("score_thresh").GetSingle(), golden.Root.GetProperty("nms_thresh").GetSingle(), int.MaxValue, false);
        var result = Decode("rpn", DecoderCase.SpecOf(width, height, [], parameters), options, boundWidth, boundHeight, [.. outputs]);
        compare.Detections(Boxes(golden, "proposals"), [], [], result.Detections);
    }

    private static void Run(Golden golden, Comparison compare, string decoder, ModelSpec spec, int width, int height, (string Name, long[] Shape, float[] Data)[] outputs, int firstLabel)
    {
        var root = golden.Root;
        var options = new DecoderOptions(root.GetProperty("score_thresh").GetSingle(), root.GetProperty("nms_thresh").GetSingle(), root.GetProperty("detections_per_img").GetInt32(), false);
        var result = Decode(decoder, spec, options, width, height, outputs);
        compare.Detections(Boxes(golden, "boxes"), golden.Floats("scores"), [.. Longs(golden, "labels").Select(v => (int)v - firstLabel)], result.Detections);
    }

    private static VisionResult Decode(string decoder, ModelSpec spec, DecoderOptions options, int width, int height, (string Name, long[] Shape, float[] Data)[] outputs)
    {
        var result = new VisionResult();
        DecoderCase.Create(decoder, spec, options, [.. outputs.Select(o => (o.Name, o.Shape))]).Decode(new ArrayTensorSet(outputs), 0, FrameTransform.Identity(width, height), result);
        return result;
    }

    private static readonly int[] SsdSteps = [8, 16, 32, 64, 100, 300];
    private static readonly double[] SsdScales = [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05];
    private static readonly float[][] SsdRatios = [[2], [2, 3], [2, 3], [2, 3], [2], [2]];

    // Powers of two that give the case's grids.
    private static int[] Strides(Golden golden, int height, int width)
    {
        var strides = new List<int>();
        foreach (var grid in golden.Root.GetProperty("grids").EnumerateArray())
        {
            int rows = grid[0].GetInt32(), columns = grid[1].GetInt32(), stride = 1;
            while (stride <= 4096 && ((height + stride - 1) / stride != rows || (width + stride - 1) / stride != columns))
            {
                stride *= 2;
            }

            Assert.True(stride <= 4096, $"no stride gives {rows} x {columns} cells of {height} x {width} pixels");
            strides.Add(stride);
        }

        return [.. strides];
    }

    private static (int Height, int Width) Size(Golden golden, string name) => (golden.Root.GetProperty(name)[0].GetInt32(), golden.Root.GetProperty(name)[1].GetInt32());

    private static Box[] Boxes(Golden golden, string name) => MemoryMarshal.Cast<float, Box>(golden.Floats(name)).ToArray();

    private static long[] Longs(Golden golden, string name) => MemoryMarshal.Cast<byte, long>(golden.Bytes(name)).ToArray();

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetSingle())];

    private static float[][] Lists(Golden golden, string name) => [.. golden.Root.GetProperty(name).EnumerateArray().Select(Floats)];
}
