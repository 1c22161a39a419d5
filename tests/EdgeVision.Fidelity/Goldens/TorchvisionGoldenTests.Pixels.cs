using System.Globalization;
using System.Runtime.InteropServices;
using EdgeVision.Decoding;
using EdgeVision.Decoding.Common;
using EdgeVision.Evaluation;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Suppression;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Fidelity.Goldens;

/// <summary>Cases on suppression, pictures, label maps and embeddings.</summary>
public sealed partial class TorchvisionGoldenTests
{
    private static void Nms(Golden golden, Comparison compare)
    {
        Box[] boxes = Boxes(golden, "boxes_xyxy");
        float[] scores = golden.Floats("scores");
        float threshold = golden.Root.GetProperty("iou_threshold").GetSingle();
        var nms = new ReferenceNms(new NmsOptions { Iou = threshold });
        compare.Integers("kept", Longs(golden, "keep"), [.. nms.Run(boxes, scores).ToArray().Select(k => (long)k)]);
        if (!golden.Root.TryGetProperty("keep_batched", out _))
        {
            return;
        }

        // Up to 1000 boxes torchvision moves classes apart in float32; beyond, it goes class by class and sorts once more, not stably:
        // equal scores then come in any order.
        int[] labels = [.. Longs(golden, "labels").Select(v => (int)v)];
        var candidates = new CandidateList();
        for (int i = 0; i < boxes.Length; i++)
        {
            candidates.Add(boxes[i], scores[i], labels[i], i);
        }

        long[] expected = Longs(golden, "keep_batched");
        long[] found = [.. new NonMaxSuppression().Run(boxes, scores, labels, candidates.GetTorchvisionOffset(), threshold).ToArray().Select(k => (long)k)];
        compare.Integers("kept by class", boxes.Length > 1000 ? expected.OrderByDescending(k => scores[k]).ThenBy(k => k) : expected, found);
    }

    private static void OpenCvNms(Golden golden, Comparison compare)
    {
        var root = golden.Root;
        var nms = new ReferenceNms(new NmsOptions
        {
            Convention = NmsConvention.OpenCv, Iou = root.GetProperty("iou_threshold").GetSingle(), Score = root.GetProperty("score_threshold").GetSingle(),
            TopK = root.TryGetProperty("top_k", out var topK) ? topK.GetInt32() : 0, Eta = root.TryGetProperty("eta", out var eta) ? eta.GetSingle() : 1,
        });
        compare.Integers("kept", Longs(golden, "keep"), [.. nms.Run(Boxes(golden, "boxes_xyxy"), golden.Floats("scores")).ToArray().Select(k => (long)k)]);
    }

    private static void Letterbox(Golden golden, Comparison compare)
    {
        int[] shape = golden.Shape("bgr");
        int size = golden.Int("size"), pad = golden.Int("pad");
        using var frame = Frame.Borrow(golden.Bytes("bgr"), PixelFormat.Bgr24, shape[1], shape[0]);
        byte[] letterboxed = new byte[size * size * 3];
        new Preprocessor(new InputSpec { Width = size, Height = size, Resize = new ResizeSpec { PadValue = pad }, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, ColorOrder = ColorOrder.Bgr, Scale = 1 }).Process(frame, letterboxed);
        byte[] expected = golden.Bytes("letterboxed_bgr");
        int tolerance = golden.Int("tolerance_u8");
        compare.Within($"picture, grey levels [{expected.Length}]", Worst(expected, letterboxed), tolerance);

        // A picture that is equal gives a tensor that is; one that differs by a level differs by that level there.
        float[] mean = [0.485f, 0.456f, 0.406f], std = [0.229f, 0.224f, 0.225f];
        double level = Worst(expected, letterboxed) / 255;
        compare.Numbers("tensor", Comparison.Widen(golden.Floats("tensor")), Comparison.Widen(Tensor(new InputSpec { Width = size, Height = size, Resize = new ResizeSpec { PadValue = pad } }, frame)), Comparison.Absolute + level, Comparison.Relative);
        compare.Numbers("normalised", Comparison.Widen(golden.Floats("normalised")),
            Comparison.Widen(Tensor(new InputSpec { Width = size, Height = size, Resize = new ResizeSpec { PadValue = pad }, Mean = mean, Std = std }, frame)), Comparison.Absolute + level / 0.224, Comparison.Relative);

        var plan = new ResizePlan();
        plan.Update(new InputSpec { Width = size, Height = size }, shape[1], shape[0], (0, 0, shape[1], shape[0]));
        int[] resized = [.. golden.Root.GetProperty("resized").EnumerateArray().Select(e => e.GetInt32())];
        compare.Integers("width, height, top, left", [resized[0], resized[1], golden.Int("top"), golden.Int("left")], [plan.Width, plan.Height, plan.Top, plan.Left]);
    }

    private static void Yuv(Golden golden, Comparison compare, string format)
    {
        Assert.True(Enum.TryParse(format, ignoreCase: true, out PixelFormat pixels), $"the runtime reads no '{format}'");
        int width = golden.Int("width"), height = golden.Int("height");
        using var frame = Frame.Borrow(golden.Bytes("yuv"), pixels, width, height);
        byte[] bgr = new byte[width * height * 3];
        new Preprocessor(new InputSpec { Width = width, Height = height, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, ColorOrder = ColorOrder.Bgr, Scale = 1 }).Process(frame, bgr);
        compare.Within($"picture, grey levels [{bgr.Length}]", Worst(golden.Bytes("bgr"), bgr), golden.Int("tolerance_u8"));
    }

    private static void Retrieval(Golden golden, Comparison compare)
    {
        var recall = golden.Root.GetProperty("recall_at").EnumerateObject().ToDictionary(p => int.Parse(p.Name, CultureInfo.InvariantCulture), p => p.Value.GetDouble());
        int[] labels = [.. Longs(golden, "labels").Select(v => (int)v)], cuts = [.. recall.Keys.Order()];
        var result = RetrievalEvaluator.LeaveOneOut(golden.Floats("embeddings"), labels, golden.Shape("embeddings")[1], cuts);
        compare.Numbers($"recall at {string.Join(", ", cuts)}", [.. cuts.Select(k => recall[k])], [.. cuts.Select(k => result.RecallAt[k])], 1e-9);
        compare.Numbers("MAP@R", [golden.Root.GetProperty("map_at_r").GetDouble()], [result.MapAtR], 1e-9);
    }

    private static void Segmentation(Golden golden, Comparison compare)
    {
        int[] logits = golden.Shape("logits"), map = golden.Shape("argmax");
        long[] shape = [.. logits.Select(v => (long)v)];
        var decoder = DecoderCase.Create("segmentation", DecoderCase.SpecOf(map[2], map[1], []), new DecoderOptions(0.3f, 0.5f, 300, false), ("logits", shape));
        var set = new ArrayTensorSet(("logits", shape, golden.Floats("logits")));
        var found = new List<byte>();
        var result = new VisionResult();
        for (int item = 0; item < logits[0]; item++)
        {
            decoder.Decode(set, item, FrameTransform.Identity(map[2], map[1]), result);
            found.AddRange(result.Segmentation.ClassIds);
        }

        compare.Integers("argmax", golden.Bytes("argmax"), found);
        var iou = new MeanIou(logits[1]);
        iou.Add(golden.Bytes("target"), [.. found]);
        compare.Numbers("IoU per class", Comparison.Widen(golden.Floats("iou_per_class")), iou.PerClass, Comparison.Absolute, Comparison.Relative);
        compare.Numbers("mIoU, pixel accuracy", [golden.Root.GetProperty("miou").GetDouble(), golden.Root.GetProperty("pixel_accuracy").GetDouble()],
            [iou.Value, iou.PixelAccuracy], 1e-6);
    }

    private static double Worst(byte[] expected, byte[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        return expected.Zip(found, (a, b) => Math.Abs(a - b)).Max();
    }

    private static float[] Tensor(InputSpec spec, Frame frame)
    {
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        new Preprocessor(spec).Process(frame, tensor);
        return MemoryMarshal.Cast<byte, float>(tensor).ToArray();
    }
}
