using System.Text.Json;
using EdgeVision.Decoding;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.TestSupport;

/// <summary>A decoder with small outputs that fit it: what the tests of all decoders turn and break.</summary>
internal sealed class DecoderCase
{
    public required string Decoder { get; init; }

    public required ModelSpec Spec { get; init; }

    public required (string Name, long[] Shape, Func<Random, int, float> Fill)[] Outputs { get; init; }

    /// <summary>Outputs that hold scores: a single broken number there is always seen.</summary>
    public int[] Scores { get; init; } = [0];

    /// <summary>Numbers of those outputs that are scores; all of them where nothing is said.</summary>
    public (int From, int To)? ScoreRange { get; init; }

    public DecoderOptions Options { get; init; } = new(0.3f, 0.5f, 300, false);

    /// <summary>Letterbox of a frame of 200 x 100.</summary>
    public FrameTransform Transform
    {
        get
        {
            int side = Spec.Input.Width;
            float gain = side / 200f;
            return new FrameTransform(gain, gain, 0, MathF.Round((side - 100 * gain) / 2), 0, 0, side, side, 200, 100);
        }
    }

    public static string[] Names => [.. DecoderRegistry.Names];

    /// <summary>Whether results are boxes of which there may be none, some or many, in the order of their scores.</summary>
    public bool FindsBoxes => Create() is { Produces: OutputKind.Detections, IsTopDown: false } && Decoder != "movenet"; // one pose a frame

    /// <summary>Whether items of a batch share one list of rows, so that a row says whose it is.</summary>
    public bool SharesRows => Decoder == "faster-rcnn";

    /// <summary>Whether a run takes one picture only.</summary>
    public bool OneItem => !Create().SupportsBatches;

    public OutputDecoder Create(DecoderOptions? options = null) => Create(Decoder, Spec, options ?? Options, [.. Outputs.Select(o => (o.Name, o.Shape))]);

    public ArrayTensorSet Tensors(int seed)
    {
        var random = new Random(seed);
        return new ArrayTensorSet([.. Outputs.Select(o => (o.Name, o.Shape, Values(random, o.Shape, o.Fill)))]);
    }

    /// <summary>Two items in one batch.</summary>
    public ArrayTensorSet Batch(TensorSet first, TensorSet second) => new([.. Outputs.Select((o, i) =>
        (o.Name, (long[])[o.Shape[0] * 2, .. o.Shape[1..]], (float[])[.. first.GetData(i), .. SharesRows && o.Name == "items" ? [.. second.GetData(i).ToArray().Select(v => v + 1)] : second.GetData(i)]))]);

    public static float[] Values(Random random, long[] shape, Func<Random, int, float> fill) =>
        [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => fill(random, i))];

    public static OutputDecoder Create(string decoder, ModelSpec spec, DecoderOptions options, params (string Name, long[] Shape)[] outputs) =>
        DecoderRegistry.Create(spec, spec.Outputs[0] with { Decoder = decoder }, [.. outputs.Select(o => new TensorInfo(o.Name, o.Shape, TensorElement.Float32))], options);

    public static ModelSpec SpecOf(int width, int height, string[] labels, string parameters = "{}") => new()
    {
        Input = new InputSpec { Width = width, Height = height },
        Labels = labels,
        Outputs = [new OutputSpec { Parameters = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(parameters)! }],
    };

    /// <summary>Everything a result holds, for comparisons.</summary>
    public static string Show(VisionResult result)
    {
        var d = result.Detections;
        var lines = new List<string>();
        for (int i = 0; i < d.Count; i++)
        {
            string rotated = d.HasRotation ? d.RotatedBoxes[i].ToString() : "";
            string mask = d.HasMasks ? $"{d.GetMaskRegion(i) with { Offset = 0 }} {Convert.ToHexString(d.GetMask(i))}" : "";
            lines.Add($"{d.ClassIds[i]} {d.Scores[i]:R} {d.Boxes[i].X1:R} {d.Boxes[i].Y1:R} {d.Boxes[i].X2:R} {d.Boxes[i].Y2:R} {rotated} {string.Join(' ', d.GetKeypoints(i).ToArray())} {mask}");
        }

        lines.Add(string.Join(' ', result.Classification.ClassIds.ToArray()) + " " + string.Join(' ', result.Classification.Scores.ToArray()));
        lines.Add(string.Join(' ', result.Embedding.Values.ToArray()));
        lines.Add($"{result.Segmentation.Width} {result.Segmentation.Height} {Convert.ToHexString(result.Segmentation.ClassIds)}");
        lines.Add($"{result.Depth.Width} {result.Depth.Height} {string.Join(' ', result.Depth.Values.ToArray())}");
        return string.Join('\n', lines);
    }

    public static DecoderCase Of(string decoder)
    {
        const int anchors = 53; // no multiple of a vector's lanes
        string[] three = ["a", "b", "c"], one = ["face"];
        static float Unit(Random r, int i) => r.NextSingle();
        static float Logit(Random r, int i) => r.NextSingle() * 6 - 4;
        static float Delta(Random r, int i) => r.NextSingle() - 0.5f;
        static float Positive(Random r, int i) => 0.5f + r.NextSingle() * 2;
        // Rows cx, cy, w, h in pixels, then scores, then the rest.
        static Func<Random, int, float> Rows(int classes, Func<Random, int, float> rest) => (r, i) => (i / anchors) switch
        {
            0 or 1 => r.NextSingle() * 64,
            2 or 3 => 4 + r.NextSingle() * 20,
            var row when row < 4 + classes => r.NextSingle(),
            _ => rest(r, i),
        };

        return decoder switch
        {
            "yolo-dfl" => new() { Decoder = decoder, Spec = SpecOf(64, 64, three), Outputs = [("rows", [1, 7, anchors], Rows(3, Unit))] },
            "yolo-dfl-seg" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three),
                Outputs = [("rows", [1, 4 + 3 + 8, anchors], Rows(3, Delta)), ("prototypes", [1, 8, 16, 16], Delta)],
            },
            "yolo-dfl-pose" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, ["person"], """{"keypoints": [2, 3]}"""),
                Outputs = [("rows", [1, 4 + 1 + 6, anchors], Rows(1, (r, _) => r.NextSingle() * 64))],
            },
            "yolo-obb" => new() { Decoder = decoder, Spec = SpecOf(64, 64, three), Outputs = [("rows", [1, 8, anchors], Rows(3, Positive))] },
            "yolo-end2end" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three),
                Outputs = [("rows", [1, 20, 6], (r, i) => (i % 6) switch { 0 or 1 => r.NextSingle() * 30, 2 or 3 => 30 + r.NextSingle() * 30, 4 => 1 - i / 120f, _ => r.Next(3) })],
            },
            "retinanet-anchors" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three, """{"strides": [8, 16], "sizes": [[8], [16]], "ratios": [1]}"""),
                Outputs = [("cls_logits", [1, 80, 3], Logit), ("bbox_regression", [1, 80, 4], Delta)],
            },
            "ssd" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three[..2], """{"strides": [8, 16], "minBoxes": [[8, 12], [24]]}"""),
                Outputs = [("scores", [1, 144, 3], Unit), ("boxes", [1, 144, 4], Delta)],
            },
            "ultraface" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, one),
                Outputs = [("scores", [1, 30, 2], Unit), ("boxes", [1, 30, 4], (r, i) => i % 4 < 2 ? r.NextSingle() / 2 : 0.5f + r.NextSingle() / 2)],
            },
            "scrfd" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, one), Scores = [0, 1, 2],
                Outputs =
                [
                    ("score_8", [1, 128, 1], Unit), ("score_16", [1, 32, 1], Unit), ("score_32", [1, 8, 1], Unit),
                    ("bbox_8", [1, 128, 4], Positive), ("bbox_16", [1, 32, 4], Positive), ("bbox_32", [1, 8, 4], Positive),
                    ("kps_8", [1, 128, 10], Delta), ("kps_16", [1, 32, 10], Delta), ("kps_32", [1, 8, 10], Delta),
                ],
            },
            "yunet" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, one), Scores = [0, 1, 2, 3, 4, 5],
                Outputs =
                [
                    ("cls_8", [1, 64, 1], Unit), ("cls_16", [1, 16, 1], Unit), ("cls_32", [1, 4, 1], Unit),
                    ("obj_8", [1, 64, 1], Unit), ("obj_16", [1, 16, 1], Unit), ("obj_32", [1, 4, 1], Unit),
                    ("bbox_8", [1, 64, 4], Delta), ("bbox_16", [1, 16, 4], Delta), ("bbox_32", [1, 4, 4], Delta),
                    ("kps_8", [1, 64, 10], Delta), ("kps_16", [1, 16, 10], Delta), ("kps_32", [1, 4, 10], Delta),
                ],
            },
            "blazeface" => new()
            {
                Decoder = decoder, Spec = SpecOf(128, 128, one), Scores = [0, 2],
                Outputs =
                [
                    ("logits_a", [1, 512, 1], Logit), ("boxes_a", [1, 512, 16], (r, i) => i % 16 is 2 or 3 ? 10 + r.NextSingle() * 20 : r.NextSingle() * 8 - 4),
                    ("logits_b", [1, 384, 1], Logit), ("boxes_b", [1, 384, 16], (r, i) => i % 16 is 2 or 3 ? 10 + r.NextSingle() * 20 : r.NextSingle() * 8 - 4),
                ],
            },
            "fastestdet" => new() { Decoder = decoder, Spec = SpecOf(64, 64, three), Outputs = [("cells", [1, 8, 7, 7], Unit)] },
            "db-text" => new()
            {
                // Sixteen squares of 10 x 10.
                Decoder = decoder, Spec = SpecOf(64, 64, ["text"]),
                Outputs = [("map", [1, 1, 64, 64], (r, i) => i % 16 < 10 && i / 64 % 16 < 10 ? 0.5f + r.NextSingle() / 2 : r.NextSingle() * 0.2f)],
            },
            "softmax" => new() { Decoder = decoder, Spec = SpecOf(64, 64, []), Outputs = [("scores", [1, 11], Logit)] },
            "embedding" => new() { Decoder = decoder, Spec = SpecOf(64, 64, []), Outputs = [("features", [1, 19], Logit)] },
            "faster-rcnn" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three), Scores = [0, 3],
                Outputs =
                [
                    ("logits", [anchors, 4], Logit), ("deltas", [anchors, 16], Delta),
                    ("proposals", [anchors, 4], (r, i) => i % 4 < 2 ? r.NextSingle() * 30 : 34 + r.NextSingle() * 30), ("items", [anchors], (_, _) => 0),
                ],
            },
            "mask-rcnn" or "keypoint-rcnn" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three), Scores = [2],
                Outputs =
                [
                    ("boxes", [20, 4], (r, i) => i % 4 < 2 ? r.NextSingle() * 30 : 34 + r.NextSingle() * 30), ("labels", [20], (r, _) => 1 + r.Next(3)),
                    ("scores", [20], Unit), ("maps", [20, decoder == "mask-rcnn" ? 1 : 5, 14, 14], Unit),
                ],
            },
            "yolo-dfl-raw" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three, """{"strides": [8, 16], "bins": 4}"""), Scores = [1, 3],
                Outputs = [("box8", [1, 16, 8, 8], Logit), ("cls8", [1, 3, 8, 8], Logit), ("box16", [1, 16, 4, 4], Logit), ("cls16", [1, 3, 4, 4], Logit)],
            },
            "yolo-anchors" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three, """{"strides": [8], "anchors": [[10, 13]]}"""), ScoreRange = (4 * 64, 5 * 64), Options = new(0.1f, 0.5f, 300, false),
                Outputs = [("head", [1, 8, 8, 8], (r, i) => i / 64 is 4 or > 4 ? r.NextSingle() * 6 - 2 : r.NextSingle() * 2 - 1)],
            },
            "tiny-yolov2" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three, """{"strides": [8], "anchors": [[10, 13]]}"""), ScoreRange = (4 * 64, 5 * 64), Options = new(0.1f, 0.5f, 300, false),
                Outputs = [("grid", [1, 8, 8, 8], (r, i) => i / 64 >= 4 ? r.NextSingle() * 6 - 2 : r.NextSingle() * 2 - 1)],
            },
            "yolo-rows" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three),
                Outputs = [("rows", [1, anchors, 8], (r, i) => (i % 8) switch { 0 or 1 => r.NextSingle() * 64, 2 or 3 => 4 + r.NextSingle() * 20, _ => r.NextSingle() })],
            },
            "yolo-rows-seg" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three),
                Outputs =
                [
                    ("rows", [1, anchors, 16], (r, i) => (i % 16) switch { 0 or 1 => r.NextSingle() * 64, 2 or 3 => 4 + r.NextSingle() * 20, < 8 => r.NextSingle(), _ => r.NextSingle() - 0.5f }),
                    ("prototypes", [1, 8, 16, 16], Delta),
                ],
            },
            "yolox" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three),
                Outputs = [("rows", [1, 64 + 16 + 4, 8], (r, i) => (i % 8) < 4 ? r.NextSingle() - 0.5f : r.NextSingle())],
            },
            "fcos" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three, """{"strides": [8, 16]}"""), Scores = [0, 2],
                Outputs = [("cls_logits", [1, 80, 3], Logit), ("bbox_regression", [1, 80, 4], Positive), ("centreness", [1, 80, 1], Logit)],
            },
            "rpn" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, ["object"], """{"strides": [8, 16], "sizes": [[8], [16]]}"""), Scores = [0, 1],
                Outputs = [("objectness8", [1, 3, 8, 8], Logit), ("objectness16", [1, 3, 4, 4], Logit), ("deltas8", [1, 12, 8, 8], Delta), ("deltas16", [1, 12, 4, 4], Delta)],
            },
            "nanodet" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three, """{"strides": [8, 16], "bins": 4}"""),
                Outputs = [("rows", [1, 80, 3 + 16], (r, i) => i % 19 < 3 ? r.NextSingle() : r.NextSingle() * 6 - 3)],
            },
            "detr" => new() { Decoder = decoder, Spec = SpecOf(64, 64, three), Outputs = [("logits", [1, 20, 4], Logit), ("boxes", [1, 20, 4], Unit)] },
            "rt-detr" => new() { Decoder = decoder, Spec = SpecOf(64, 64, three), Outputs = [("logits", [1, 20, 3], Logit), ("boxes", [1, 20, 4], Unit)] },
            "centernet" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three),
                Outputs = [("heat", [1, 3, 9, 7], Logit), ("sizes", [1, 2, 9, 7], Positive)],
            },
            "detections" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three), Scores = [2],
                ScoreRange = (0, 17),
                Outputs =
                [
                    ("count", [1, 1], (_, _) => 17), ("boxes", [1, 20, 4], (r, i) => i % 4 < 2 ? r.NextSingle() * 30 : 30 + r.NextSingle() * 30),
                    ("scores", [1, 20], Unit), ("classes", [1, 20], (r, _) => r.Next(3)),
                ],
            },
            "boxes-scores" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, three), Scores = [1],
                Outputs = [("boxes", [1, anchors, 4], (r, i) => i % 4 < 2 ? r.NextSingle() * 30 : 30 + r.NextSingle() * 30), ("scores", [1, anchors, 3], Unit)],
            },
            "retinaface" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, one, """{"strides": [8], "minSizes": [[8, 16]]}"""), Scores = [1],
                Outputs = [("loc", [1, 128, 4], Delta), ("conf", [1, 128, 2], Unit), ("landms", [1, 128, 10], Delta)],
            },
            "mediapipe" => new()
            {
                Decoder = decoder, Spec = SpecOf(64, 64, one, """{"preset": "pose"}"""),
                Outputs =
                [
                    ("logits", [1, 64 * 2 + 16 * 2 + 4 * 6, 1], Logit), ("boxes", [1, 64 * 2 + 16 * 2 + 4 * 6, 12], (r, i) => i % 12 is 2 or 3 ? 10 + r.NextSingle() * 20 : r.NextSingle() * 8 - 4),
                ],
            },
            "segmentation" => new() { Decoder = decoder, Spec = SpecOf(64, 64, three), Outputs = [("logits", [1, 3, 9, 7], Logit)] },
            "depth" => new() { Decoder = decoder, Spec = SpecOf(64, 64, []), Outputs = [("metres", [1, 1, 9, 7], Positive)] },
            "heatmap" => new() { Decoder = decoder, Spec = SpecOf(64, 64, ["person"], """{"refinement": "dark"}"""), Outputs = [("heatmaps", [1, 3, 9, 7], Unit)] },
            "simcc" => new() { Decoder = decoder, Spec = SpecOf(64, 64, ["person"]), Scores = [0, 1], Outputs = [("columns", [1, 3, 27], Unit), ("rows", [1, 3, 29], Unit)] },
            "movenet" => new() { Decoder = decoder, Spec = SpecOf(64, 64, ["person"]), Outputs = [("poses", [1, 1, 5, 3], Unit)] },
            "movenet-multipose" => new() { Decoder = decoder, Spec = SpecOf(64, 64, ["person"]), Outputs = [("poses", [1, 6, 20], Unit)] },
            "posenet" => new()
            {
                Decoder = decoder, Spec = SpecOf(112, 112, ["person"], """{"poses": "multi", "nmsRadius": 8}"""), Scores = [0, 1, 2, 3],
                Outputs =
                [
                    ("heatmaps", [1, 17, 8, 8], Logit), ("offsets", [1, 34, 8, 8], (r, _) => r.NextSingle() * 16 - 8),
                    ("forward", [1, 32, 8, 8], (r, _) => r.NextSingle() * 60 - 30), ("backward", [1, 32, 8, 8], (r, _) => r.NextSingle() * 60 - 30),
                ],
            },
            _ => throw new NotSupportedException($"add a case for decoder '{decoder}'"),
        };
    }
}
