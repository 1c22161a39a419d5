using System.Diagnostics;

namespace EdgeVision.Bench;

/// <summary>
/// A whole frame, 1280 x 720 BGR: preprocessing, network, decoding and results, against the bare run of the same network in a session of
/// ONNX Runtime with one thread too. Both alternate run by run, which comes first changing, and what the runtime costs is the median of
/// the differences of many such pairs: on a machine that does other work beside, the medians of either alone say little about it. Both sessions' weights share the caches then; a third case runs the model alone, and
/// counts what lies outside of ONNX Runtime's Run.
/// </summary>
internal sealed class FrameBench : IDisposable
{
    private const int MostPairs = 301;
    private readonly VisionModel _model;
    private readonly BareSession _bare;
    private readonly Frame _frame = new FramePool().Rent(PixelFormat.Bgr24, BareSession.Width, BareSession.Height); // as sources do
    private readonly byte[] _pixels = BareSession.Pixels();
    private readonly VisionResult _result = new();

    private FrameBench(string path)
    {
        _model = VisionModel.Load(path, new RuntimeOptions { Threads = ThreadBudget.FromCores(1), Providers = ProviderPolicy.Require(Provider.Cpu) });
        _pixels.CopyTo(_frame.MutableData);
        _bare = new BareSession(path, _model.Spec.Input, _pixels);
    }

    /// <summary>Every model there is: three of the shared data where they lie beside the repository, and the project's own.</summary>
    /// <param name="milliseconds">How long each is measured, in each of its cases.</param>
    public static IEnumerable<ReportRow> Rows(double milliseconds)
    {
        string models = Path.Combine(Report.BenchFolder(), "..", "models"), shared = Path.Combine(Report.BenchFolder(), "..", "..", "shared", "golden", "ultralytics", "models");
        string[] paths = [Path.Combine(models, "families-triplet.onnx"), Path.Combine(models, "scenes-resnet18.onnx"), Path.Combine(models, "shelves-yolo.onnx"), Path.Combine(shared, "yolov8n.onnx"), Path.Combine(shared, "yolov8n-pose.onnx"), Path.Combine(shared, "yolo11n.onnx")];
        foreach (string path in paths.Where(File.Exists))
        {
            using var bench = new FrameBench(path);
            string name = Path.GetFileNameWithoutExtension(path);
            yield return bench.Row($"Frame {name}", milliseconds, fresh: false);
            yield return bench.Row($"Frame {name}, pixels just written", milliseconds, fresh: true);
            yield return bench.Alone($"Frame {name} alone", milliseconds / 2);
        }
    }

    // Fresh: the frame's bytes are written before each run, uncounted, as a decoder does; otherwise the network has driven them out of the caches.
    private ReportRow Row(string name, double milliseconds, bool fresh)
    {
        List<double> ours = [], bare = [], differences = [];
        Ours();
        _bare.Run();
        long allocated = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); ours.Count < 11 || ours.Count < MostPairs && Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds;)
        {
            bool first = ours.Count % 2 == 0;
            double before = first ? 0 : _bare.Run();
            if (fresh)
            {
                _pixels.CopyTo(_frame.MutableData);
            }

            long bytes = GC.GetAllocatedBytesForCurrentThread();
            ours.Add(Ours());
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - bytes);
            bare.Add(first ? _bare.Run() : before);
            differences.Add(ours[^1] - bare[^1]);
        }

        return new ReportRow(name, BareSession.Median(ours), "BareOnnxRuntime", BareSession.Median(bare), null, allocated) { OverheadMs = BareSession.Median(differences) };
    }

    // Frame after frame, as in a process with one model: what of each lies outside of ONNX Runtime's Run. The bare session's weights do not drive out ours here.
    private ReportRow Alone(string name, double milliseconds)
    {
        List<double> ours = [], runs = [], differences = [];
        long allocated = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); ours.Count < 11 || ours.Count < MostPairs && Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds;)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            ours.Add(Ours());
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - bytes);
            runs.Add(_model.LastStages.Run / 1e6);
            differences.Add(ours[^1] - runs[^1]);
        }

        return new ReportRow(name, BareSession.Median(ours), "RunWithin", BareSession.Median(runs), null, allocated) { OverheadMs = BareSession.Median(differences) };
    }

    private double Ours()
    {
        long start = Stopwatch.GetTimestamp();
        _model.Run(_frame, _result);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _bare.Dispose();
        _frame.Dispose();
    }
}
