using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using EdgeVision.Decoding;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using OpenCvSharp;
using TorchSharp;

namespace EdgeVision.Bench;

/// <summary>
/// Heads with maps: 32 instance masks from 32 prototypes of 160 x 160, the classes of 21 maps of 65 x 65 at 513 x 513, and 17 heatmaps of
/// 64 x 48 refined by DARK. The peers use OpenCV for what it has.
/// </summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
public class HeadBench
{
    private const int Masks = 32;
    private readonly VisionResult _result = new();
    private readonly float[] _prototypes = Values(32 * 160 * 160, 1), _logits = Smooth(21, 65, 65), _heatmaps = Heatmaps();
    private readonly Mat _resized = new(), _blurred = new();
    private torch.Tensor _torchLogits = null!;
    private readonly byte[] _classes = new byte[513 * 513];
    private readonly float[] _best = new float[513 * 513];
    private float[] _rows = [];
    private float[] _coefficients = [];
    private Mat[] _planes = [];
    private Mat _prototypeRows = null!;
    private (OutputDecoder Decoder, ArrayTensorSet Outputs, FrameTransform Transform) _segment, _semantic, _pose;

    /// <summary>Makes the heads.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Cv2.SetNumThreads(1);
        var random = new Random(6);
        const int Row = 4 + 1 + 32;
        _rows = new float[Row * Masks];
        _coefficients = Values(32 * Masks, 2);
        for (int i = 0; i < Masks; i++)
        {
            (_rows[i], _rows[Masks + i]) = (50 + i % 8 * 75, 60 + i / 8 * 150);
            (_rows[2 * Masks + i], _rows[3 * Masks + i]) = (60 + random.Next(60), 90 + random.Next(90));
            _rows[4 * Masks + i] = 0.5f + 0.4f * random.NextSingle();
            for (int c = 0; c < 32; c++)
            {
                _rows[(5 + c) * Masks + i] = _coefficients[i * 32 + c];
            }
        }

        _segment = Head("yolo-dfl-seg", 640, 640, ["thing"], 0.25f, ("rows", [1, Row, Masks], _rows), ("prototypes", [1, 32, 160, 160], _prototypes));
        _semantic = Head("segmentation", 513, 513, [.. Enumerable.Range(0, 21).Select(i => $"class {i}")], 0.25f, ("logits", [1, 21, 65, 65], _logits));
        _pose = Head("heatmap", 192, 256, [], 0, ("maps", [1, 17, 64, 48], _heatmaps), """{"refinement": "dark", "kernel": 11}""");
        _planes = [.. Enumerable.Range(0, 21).Select(c => Mat.FromPixelData(65, 65, MatType.CV_32FC1, _logits[(c * 65 * 65)..((c + 1) * 65 * 65)]))];
        torch.set_num_threads(1);
        _torchLogits = torch.tensor(_logits, [1, 21, 65, 65]);
        _prototypeRows = Mat.FromPixelData(32, 160 * 160, MatType.CV_32FC1, _prototypes);
        Masks32();
        if (_result.Detections.Count != Masks)
        {
            throw new InvalidOperationException($"{_result.Detections.Count} masks");
        }
    }

    /// <summary>Decoding with masks at the input's size.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("masks")]
    public void Masks32() => Run(_segment);

    /// <summary>Gemm, and a resize and a threshold a box.</summary>
    [Benchmark, BenchmarkCategory("masks")]
    public void OpenCvMasks()
    {
        using var coefficients = Mat.FromPixelData(Masks, 32, MatType.CV_32FC1, _coefficients);
        using var sums = new Mat();
        Cv2.Gemm(coefficients, _prototypeRows, 1, new Mat(), 0, sums);
        for (int i = 0; i < Masks; i++)
        {
            using var plane = Mat.FromPixelData(160, 160, MatType.CV_32FC1, sums.Ptr(i));
            int x = (int)((_rows[i] - _rows[2 * Masks + i] / 2) / 4), y = (int)((_rows[Masks + i] - _rows[3 * Masks + i] / 2) / 4);
            int w = (int)(_rows[2 * Masks + i] / 4), h = (int)(_rows[3 * Masks + i] / 4);
            using var part = plane[new Rect(Math.Clamp(x, 0, 159), Math.Clamp(y, 0, 159), Math.Min(w, 160 - Math.Clamp(x, 0, 159)), Math.Min(h, 160 - Math.Clamp(y, 0, 159)))];
            Cv2.Resize(part, _resized, new Size(part.Width * 4, part.Height * 4));
            Cv2.Threshold(_resized, _blurred, 0, 1, ThresholdTypes.Binary);
        }
    }

    /// <summary>The class of each of the input's pixels, logits never enlarged as a whole.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("semantic")]
    public void Semantic513() => Run(_semantic);

    /// <summary>Interpolate and argmax.</summary>
    [Benchmark, BenchmarkCategory("semantic")]
    public void TorchSemantic()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        torch.nn.functional.interpolate(_torchLogits, size: [513, 513], mode: torch.InterpolationMode.Bilinear, align_corners: false).argmax(1);
    }

    /// <summary>A resize a class, and a loop.</summary>
    [Benchmark, BenchmarkCategory("semantic")]
    public void OpenCvSemantic()
    {
        _best.AsSpan().Fill(float.NegativeInfinity);
        for (int c = 0; c < 21; c++)
        {
            Cv2.Resize(_planes[c], _resized, new Size(513, 513));
            _resized.GetArray(out float[] values);
            for (int i = 0; i < values.Length; i++)
            {
                if (values[i] > _best[i])
                {
                    (_best[i], _classes[i]) = (values[i], (byte)c);
                }
            }
        }
    }

    /// <summary>Keypoints of one figure.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("heatmaps DARK")]
    public void Dark17() => Run(_pose);

    /// <summary>GaussianBlur, minMaxLoc and taps.</summary>
    [Benchmark, BenchmarkCategory("heatmaps DARK")]
    public double OpenCvDark()
    {
        double sum = 0;
        for (int k = 0; k < 17; k++)
        {
            using var map = Mat.FromPixelData(64, 48, MatType.CV_32FC1, _heatmaps[(k * 64 * 48)..((k + 1) * 64 * 48)]);
            Cv2.MinMaxLoc(map, out double _, out double most, out _, out Point at);
            Cv2.GaussianBlur(map, _blurred, new Size(11, 11), 0);
            Cv2.MinMaxLoc(_blurred, out double _, out double blurred);
            if (at.X > 1 && at.X < 46 && at.Y > 1 && at.Y < 62)
            {
                double Log(int dx, int dy) => Math.Log(Math.Max(1e-10, _blurred.At<float>(at.Y + dy, at.X + dx) * most / blurred));
                double dx = 0.5 * (Log(1, 0) - Log(-1, 0)), dy = 0.5 * (Log(0, 1) - Log(0, -1));
                double dxx = 0.25 * (Log(2, 0) - 2 * Log(0, 0) + Log(-2, 0)), dyy = 0.25 * (Log(0, 2) - 2 * Log(0, 0) + Log(0, -2));
                double dxy = 0.25 * (Log(1, 1) - Log(1, -1) - Log(-1, 1) + Log(-1, -1)), determinant = dxx * dyy - dxy * dxy;
                sum += at.X - (dyy * dx - dxy * dy) / determinant + at.Y - (dxx * dy - dxy * dx) / determinant;
            }
        }

        return sum;
    }

    private void Run((OutputDecoder Decoder, ArrayTensorSet Outputs, FrameTransform Transform) head)
    {
        _result.Clear();
        head.Decoder.Decode(head.Outputs, 0, head.Transform, _result);
    }

    private static (OutputDecoder, ArrayTensorSet, FrameTransform) Head(string decoder, int width, int height, string[] labels, float confidence, params (string, long[], float[])[] outputs) =>
        Head(decoder, width, height, labels, confidence, outputs, "{}");

    private static (OutputDecoder, ArrayTensorSet, FrameTransform) Head(string decoder, int width, int height, string[] labels, float confidence, (string, long[], float[]) output, string parameters) =>
        Head(decoder, width, height, labels, confidence, [output], parameters);

    private static (OutputDecoder, ArrayTensorSet, FrameTransform) Head(string decoder, int width, int height, string[] labels, float confidence, (string Name, long[] Shape, float[] Data)[] outputs, string parameters)
    {
        var output = new OutputSpec { Decoder = decoder, Parameters = System.Text.Json.JsonDocument.Parse(parameters).RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone()) };
        var spec = new ModelSpec { Input = new InputSpec { Width = width, Height = height }, Labels = labels, Outputs = [output] };
        return (DecoderRegistry.Create(spec, output, [.. outputs.Select(o => new TensorInfo(o.Name, o.Shape, TensorElement.Float32))], new DecoderOptions(confidence, 0.99f, 300, false)),
            new ArrayTensorSet(outputs), FrameTransform.Identity(width, height));
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    // A network's logits vary slowly from cell to cell.
    private static float[] Smooth(int classes, int width, int height)
    {
        float[] values = Values(classes * width * height, 3);
        for (int i = width + 1; i < values.Length; i++)
        {
            values[i] = 0.1f * values[i] + 0.45f * values[i - 1] + 0.45f * values[i - width];
        }

        return values;
    }

    private static float[] Heatmaps()
    {
        var random = new Random(5);
        float[] maps = new float[17 * 64 * 48];
        for (int k = 0; k < 17; k++)
        {
            float cx = 5 + random.NextSingle() * 38, cy = 5 + random.NextSingle() * 54;
            for (int i = 0; i < 64 * 48; i++)
            {
                float dx = i % 48 - cx, dy = i / 48 - cy;
                maps[k * 64 * 48 + i] = MathF.Exp(-(dx * dx + dy * dy) / 8) + 0.02f * random.NextSingle();
            }
        }

        return maps;
    }
}
