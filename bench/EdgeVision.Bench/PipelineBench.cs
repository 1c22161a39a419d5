using System.Diagnostics;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.Specs;
using EdgeVision.Tracking;

namespace EdgeVision.Bench;

/// <summary>
/// A pipeline with one source at full speed (1280 x 720 BGR, each frame's pixels written anew), a tracker and a sink, against the bare run of the
/// same network in a session of ONNX Runtime with one thread too. Blocks of frames alternate with blocks of runs; figures are a frame's.
/// </summary>
internal sealed class PipelineBench : IAsyncDisposable
{
    private const int MostBlocks = 41;
    private readonly Gate _gate = new();
    private readonly Counter _sink = new();
    private readonly VisionPipeline _pipeline;
    private readonly CancellationTokenSource _cancel = new();
    private readonly Task<PipelineStatistics> _run;
    private readonly BareSession _bare;

    private PipelineBench(string path)
    {
        InputSpec? input = null;
        byte[] pixels = BareSession.Pixels();
        _pipeline = new VisionPipelineBuilder()
            .AddSource("camera", () => new GateSource(_gate, pixels))
            .AddModel(() =>
            {
                var model = VisionModel.Load(path, new RuntimeOptions { Threads = ThreadBudget.FromCores(1), Providers = ProviderPolicy.Require(Provider.Cpu) });
                input = model.Spec.Input;
                return model;
            })
            .AddTracker(() => new ByteTracker())
            .AddSink(_sink).Build();
        _bare = new BareSession(path, input!, pixels);
        _run = _pipeline.RunAsync(_cancel.Token);
    }

    /// <summary>A detector of the project's own, and yolov8n of the shared data where it lies beside the repository.</summary>
    /// <param name="milliseconds">How long each is measured.</param>
    public static IEnumerable<ReportRow> Rows(double milliseconds)
    {
        string models = Path.Combine(Report.BenchFolder(), "..", "models"), shared = Path.Combine(Report.BenchFolder(), "..", "..", "shared", "golden", "ultralytics", "models");
        foreach (string path in ((string[])[Path.Combine(models, "shelves-yolo.onnx"), Path.Combine(shared, "yolov8n.onnx")]).Where(File.Exists))
        {
            var bench = new PipelineBench(path);
            var row = bench.Row($"Pipeline {Path.GetFileNameWithoutExtension(path)}", milliseconds);
            bench.DisposeAsync().AsTask().GetAwaiter().GetResult();
            yield return row;
        }
    }

    private ReportRow Row(string name, double milliseconds)
    {
        Ours(20);
        int frames = Math.Max(5, (int)(200 / Bare(20)));
        List<double> ours = [], bare = [];
        long allocated = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); ours.Count < 5 || ours.Count < MostBlocks && Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds;)
        {
            long bytes = GC.GetTotalAllocatedBytes(precise: false);
            ours.Add(Ours(frames));
            allocated = Math.Min(allocated, (GC.GetTotalAllocatedBytes(precise: false) - bytes) / frames);
            bare.Add(Bare(frames));
        }

        return new ReportRow(name, BareSession.Median(ours), "BareOnnxRuntime", BareSession.Median(bare), null, allocated) { OverheadMs = BareSession.Median([.. ours.Zip(bare, (o, b) => o - b)]) };
    }

    private double Ours(int frames)
    {
        long start = Stopwatch.GetTimestamp();
        _sink.Expect(frames);
        _gate.Open(frames);
        _sink.Wait();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / frames;
    }

    private double Bare(int frames)
    {
        double sum = 0;
        for (int i = 0; i < frames; i++)
        {
            sum += _bare.Run();
        }

        return sum / frames;
    }

    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync();
        var accounts = await _run;
        if (!accounts.IsBalanced || accounts.Sources[0].Captured != accounts.Sources[0].Delivered + accounts.Sources[0].DroppedAtStop)
        {
            throw new InvalidOperationException("frames were lost");
        }

        await _pipeline.DisposeAsync();
        _bare.Dispose();
        _cancel.Dispose();
    }

    /// <summary>Lets so many frames through.</summary>
    private sealed class Gate
    {
        private readonly SemaphoreSlim _frames = new(0);

        public void Open(int frames) => _frames.Release(frames);

        public void Pass(CancellationToken cancel) => _frames.Wait(cancel);
    }

    private sealed class GateSource(Gate gate, byte[] pixels) : FrameSource("gate")
    {
        private long _sequence;

        public override bool IsLive => false;

        public override void Open(CancellationToken cancel)
        {
        }

        public override Frame? Read(FramePool pool, CancellationToken cancel)
        {
            gate.Pass(cancel);
            var frame = pool.Rent(PixelFormat.Bgr24, BareSession.Width, BareSession.Height, Name, _sequence, TimeSpan.FromMilliseconds(33 * _sequence));
            _sequence++;
            pixels.CopyTo(frame.MutableData);
            return frame;
        }
    }

    private sealed class Counter() : FrameSink("counter")
    {
        private readonly ManualResetEventSlim _done = new();
        private int _left;

        public void Expect(int frames)
        {
            _done.Reset();
            Volatile.Write(ref _left, frames);
        }

        public void Wait() => _done.Wait();

        public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _done.Set();
            }

            return ValueTask.CompletedTask;
        }
    }
}
