using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace EdgeVision.Bench;

/// <summary>
/// A whole frame, 1280 x 720 BGR: preprocessing, network, decoding and results, against the bare run of the same network in a session of
/// ONNX Runtime with one thread too. Both alternate run by run, which comes first changing, and what the runtime costs is the median of
/// the differences of many such pairs: on a machine that does other work beside, the medians of either alone say little about it.
/// </summary>
internal sealed class FrameBench : IDisposable
{
    private const int MostPairs = 301;
    private readonly VisionModel _model;
    private readonly InferenceSession _session;
    private readonly OrtValue _input;
    private readonly RunOptions _options = new();
    private readonly Frame _frame = Frame.Rent(PixelFormat.Bgr24, 1280, 720);
    private readonly byte[] _pixels;
    private readonly VisionResult _result = new();
    private readonly string[] _inputs, _outputs;

    private FrameBench(string path)
    {
        _model = VisionModel.Load(path, new RuntimeOptions { Threads = ThreadBudget.Of(1), Providers = ProviderPolicy.Require(Provider.Cpu) });
        using var picture = Cv2.ImRead(Path.Combine(Report.BenchFolder(), "..", "samples", "scene.png"));
        using var resized = new Mat();
        Cv2.Resize(picture, resized, new Size(1280, 720));
        _pixels = new byte[1280 * 720 * 3];
        System.Runtime.InteropServices.Marshal.Copy(resized.Data, _pixels, 0, _pixels.Length);
        _pixels.CopyTo(_frame.MutableData);
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(path, options);
        _inputs = [_session.InputNames[0]];
        _outputs = [.. _session.OutputNames];
        long[] shape = [1, 3, _model.Spec.Input.Height, _model.Spec.Input.Width];
        _input = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, shape);
        new Preprocessor(_model.Spec.Input).Process(_frame, _input.GetTensorMutableDataAsSpan<byte>());
    }

    /// <summary>Every model there is: yolov8n of the shared data where it lies beside the repository, and the project's own.</summary>
    /// <param name="milliseconds">How long each is measured, in each of its cases.</param>
    public static IEnumerable<ReportRow> Rows(double milliseconds)
    {
        string models = Path.Combine(Report.BenchFolder(), "..", "models"), shared = Path.Combine(Report.BenchFolder(), "..", "..", "shared", "golden", "ultralytics", "models");
        string[] paths = [Path.Combine(models, "families-triplet.onnx"), Path.Combine(models, "scenes-resnet18.onnx"), Path.Combine(models, "shelves-yolo.onnx"), Path.Combine(shared, "yolov8n.onnx"), Path.Combine(shared, "yolov8n-pose.onnx")];
        foreach (string path in paths.Where(File.Exists))
        {
            using var bench = new FrameBench(path);
            string name = Path.GetFileNameWithoutExtension(path);
            yield return bench.Row($"Frame {name}", milliseconds, fresh: false);
            yield return bench.Row($"Frame {name}, pixels just written", milliseconds, fresh: true);
        }
    }

    // Fresh: the frame's bytes are written before each run, uncounted, as a decoder does; otherwise the network has driven them out of the caches.
    private ReportRow Row(string name, double milliseconds, bool fresh)
    {
        List<double> ours = [], bare = [], differences = [];
        Ours();
        Bare();
        long allocated = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); ours.Count < 11 || ours.Count < MostPairs && Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds;)
        {
            bool first = ours.Count % 2 == 0;
            double before = first ? 0 : Bare();
            if (fresh)
            {
                _pixels.CopyTo(_frame.MutableData);
            }

            long bytes = GC.GetAllocatedBytesForCurrentThread();
            ours.Add(Ours());
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - bytes);
            bare.Add(first ? Bare() : before);
            differences.Add(ours[^1] - bare[^1]);
        }

        return new ReportRow(name, Median(ours), "BareOnnxRuntime", Median(bare), null, allocated) { OverheadMs = Median(differences) };
    }

    private double Ours()
    {
        long start = Stopwatch.GetTimestamp();
        _model.Run(_frame, _result);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private double Bare()
    {
        long start = Stopwatch.GetTimestamp();
        using var results = _session.Run(_options, _inputs, [_input], _outputs);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _session.Dispose();
        _input.Dispose();
        _options.Dispose();
        _frame.Dispose();
    }
}
