using System.Diagnostics;
using System.Globalization;
using EdgeVision.Frames;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Runners;
using EdgeVision.Pipeline.Sources;
using EdgeVision.Tracking;

namespace EdgeVision.Bench;

/// <summary>
/// What a pipeline promises over time, on a real model: four cameras at different rates get fair shares of one model that cannot serve them all,
/// accounts add up at every look, memory stays flat, ages stay within what the policy allows; with the model slowed down tenfold the latest
/// frame is never older than two runs, and a source that waits loses nothing.
/// </summary>
internal static class PipelineSoak
{
    private static readonly double[] Rates = [8, 20, 30, 60];

    /// <summary>Runs all three and prints what was seen.</summary>
    /// <param name="seconds">How long the four cameras run.</param>
    /// <returns>Whether everything held.</returns>
    public static async Task<bool> Run(double seconds)
    {
        string model = Path.Combine(Report.BenchFolder(), "..", "models", "shelves-yolo.onnx");
        // As slow as a detector of a usual size on this machine, so that four cameras are too many.
        bool fair = await Four(() => new SlowModel(new VisionModelAdapter(Load(model)), TimeSpan.FromMilliseconds(20)), seconds);
        bool latest = await Slowed(model, QueuePolicy.Latest, 20);
        bool wait = await Slowed(model, QueuePolicy.Wait, 20);
        return fair && latest && wait;
    }

    private static async Task<bool> Four(Func<IFrameModel> model, double seconds)
    {
        var builder = new VisionPipelineBuilder().AddModel(model).AddTracker(() => new ByteTracker()).AddSink(new Nothing());
        foreach (double rate in Rates)
        {
            builder.AddSource(Name(rate), () => new TestPatternSource(new TestPatternOptions { Width = 640, Height = 480, FrameRate = rate, IsLive = true }));
        }

        await using var pipeline = builder.Build();
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var run = pipeline.RunAsync(cancel.Token);
        bool balances = true;
        long early = 0;
        PipelineStatistics? warm = null, last = null;
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(100);
            var now = pipeline.GetStatistics();
            balances &= now.IsBalanced;
            if (warm is null && now.Elapsed.TotalSeconds > Math.Min(10, seconds / 4))
            {
                (warm, early) = (now, Memory());
            }

            last = now;
        }

        long late = Memory();
        var accounts = await run;
        balances &= accounts.IsBalanced && accounts.Sources.All(s => s.InFlight == 0) && pipeline.RentedFrameCount == 0;
        double span = (last!.Elapsed - warm!.Elapsed).TotalSeconds;
        double[] delivered = [.. last.Sources.Zip(warm.Sources, (b, a) => (b.Delivered - a.Delivered) / span)], captured = [.. last.Sources.Zip(warm.Sources, (b, a) => (b.Captured - a.Captured) / span)];
        double[] shares = FairShares(captured, delivered.Sum());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"four cameras on one model, {seconds:F0} s, {delivered.Sum():F1} frames/s in all"));
        Console.WriteLine("source     captured/s  delivered/s  fair share  deviation   age p50    p99    max  inference p99   captured = delivered + dropped + failed");
        bool fair = true, aged = true;
        for (int i = 0; i < Rates.Length; i++)
        {
            var s = accounts.Sources[i];
            double deviation = delivered[i] / shares[i] - 1;
            fair &= Math.Abs(deviation) <= 0.05;
            // The latest of a source waits for its next frame or for three others' turns, whichever is sooner, and then for its own run.
            double bound = Math.Min(1000 / Rates[i], 3 * s.Inference.P99 + s.Inference.Max) + 2 * s.Inference.P99;
            aged &= s.Age.P99 <= bound;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{s.Name,-9}  {captured[i],10:F2}  {delivered[i],11:F2}  {shares[i],10:F2}  {deviation,9:P1}  {s.Age.P50,8:F1}  {s.Age.P99,5:F0}  {s.Age.Max,5:F0}  {s.Inference.P99,13:F1}   {s.Captured} = {s.Delivered} + {s.Dropped} + {s.Failed}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fairness within 5 %: {Word(fair)}   accounts add up at every look: {Word(balances)}   p99 age within the policy's bound: {Word(aged)}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"live memory of the runtime after a collection: {early / 1048576.0:F2} MiB after warm-up, {late / 1048576.0:F2} MiB at the end: {Word(late - early < 1 << 20)}"));
        return fair && balances && aged && late - early < 1 << 20;
    }

    private static async Task<bool> Slowed(string path, QueuePolicy policy, double seconds)
    {
        var sink = new Ages();
        SlowModel? slow = null;
        await using var pipeline = new VisionPipelineBuilder()
            .AddModel(() => slow = SlowModel.Tenfold(new VisionModelAdapter(Load(path))))
            .AddSource("camera", () => new TestPatternSource(new TestPatternOptions { Width = 640, Height = 480, FrameRate = 60, IsLive = true, FrameCount = policy == QueuePolicy.Wait ? 200 : null }), new SourceOptions { Policy = policy })
            .AddSink(sink).Build();
        using var cancel = policy == QueuePolicy.Wait ? new CancellationTokenSource() : new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var s = (await pipeline.RunAsync(cancel.Token)).Sources[0];
        bool held = policy == QueuePolicy.Wait ? s is { Captured: 200, Delivered: 200 } : s.Delivered > 0 && sink.Worst < 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"model slowed tenfold (run {s.Inference.P50:F1} ms) -> {policy}: {s.Captured} captured, {s.Delivered} delivered, {s.DroppedByPolicy} dropped; age p50 {s.Age.P50:F1}, p99 {s.Age.P99:F1}, max {s.Age.Max:F1} ms; greatest age {2 * sink.Worst:F2} runs: {Word(held)}"));
        return held;
    }

    /// <summary>Max-min fairness: who asks for less than an equal share gets what it asks, and the others share what is left.</summary>
    private static double[] FairShares(double[] asked, double total)
    {
        double[] shares = new double[asked.Length];
        var open = Enumerable.Range(0, asked.Length).ToList();
        while (open.Count > 0)
        {
            double equal = total / open.Count;
            var content = open.FindAll(i => asked[i] <= equal);
            if (content.Count == 0)
            {
                open.ForEach(i => shares[i] = equal);
                break;
            }

            content.ForEach(i => shares[i] = asked[i]);
            total -= content.Sum(i => asked[i]);
            open.RemoveAll(content.Contains);
        }

        return shares;
    }

    private static VisionModel Load(string path) => VisionModel.Load(path, new RuntimeOptions { Threads = ThreadBudget.FromCores(1), Providers = ProviderPolicy.Require(Provider.Cpu) });

    private static string Name(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate} fps");

    private static string Word(bool held) => held ? "yes" : "NO";

    private static long Memory() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>A model that takes longer than it does, and says so in its timing.</summary>
    private sealed class SlowModel(IFrameModel model, TimeSpan least, double factor = 1) : IFrameModel
    {
        public string Name => model.Name;

        public int BatchSize => model.BatchSize;

        public bool DetectsBoxes => model.DetectsBoxes;

        public static SlowModel Tenfold(IFrameModel model) => new(model, TimeSpan.Zero, 10);

        public void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops)
        {
            long start = Stopwatch.GetTimestamp();
            model.RunBatch(frames, results, crops);
            var took = Stopwatch.GetElapsedTime(start);
            var rest = (took * factor > least ? took * factor : least) - took;
            if (rest > TimeSpan.Zero)
            {
                Thread.Sleep(rest);
            }

            foreach (var result in results)
            {
                result.Timing = result.Timing with { InferenceMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds / frames.Length };
            }
        }

        public IFrameModel? CreateContext() => null;

        public void Terminate() => model.Terminate();

        public void Dispose() => model.Dispose();
    }

    private sealed class Nothing() : FrameSink("nothing")
    {
        public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel) => ValueTask.CompletedTask;
    }

    /// <summary>The greatest age as a share of two runs, each frame by the runs it waited for and had itself.</summary>
    private sealed class Ages() : FrameSink("ages")
    {
        private double _before;

        public double Worst { get; private set; }

        public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
        {
            double run = frame.Result.Timing.InferenceMs, age = TimeProvider.System.GetElapsedTime(frame.CapturedTimestamp).TotalMilliseconds;
            if (_before > 0)
            {
                Worst = Math.Max(Worst, age / (run + Math.Max(_before, run)));
            }

            _before = run;
            return ValueTask.CompletedTask;
        }
    }
}
