using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Running;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Measurement;
using EdgeVision.Results;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Bench;

/// <summary>The peer of the profiler: the same network on the same numbers, in a session of ONNX Runtime with one thread.</summary>
[MemoryDiagnoser]
public class ProfilerPeer : IDisposable
{
    private InferenceSession _session = null!;
    private OrtIoBinding _binding = null!;
    private OrtValue _input = null!;
    private readonly RunOptions _options = new();

    /// <summary>File in models/.</summary>
    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    /// <summary>A classifier, a detector and a transformer.</summary>
    public static IEnumerable<string> Models => ["scenes-resnet18", "scenes-vit", "shelves-yolo"];

    internal static string PathOf(string model) => Path.Combine(Report.BenchFolder(), "..", "models", model + ".onnx");

    /// <summary>Loads it.</summary>
    [GlobalSetup]
    public void Setup()
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(PathOf(Model), options);
        var shape = _session.InputMetadata[_session.InputNames[0]].Dimensions.Select(d => (long)Math.Max(d, 1)).ToArray();
        _input = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, shape);
        var random = new Random(1);
        foreach (ref float value in _input.GetTensorMutableDataAsSpan<float>())
        {
            value = random.NextSingle();
        }

        _binding = _session.CreateIoBinding();
        _binding.BindInput(_session.InputNames[0], _input);
        foreach (string output in _session.OutputNames)
        {
            _binding.BindOutputToDevice(output, OrtMemoryInfo.DefaultInstance);
        }
    }

    /// <summary>One run.</summary>
    [Benchmark]
    public void Run() => _session.RunWithBinding(_options, _binding);

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _binding?.Dispose();
        _session?.Dispose();
        _input?.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>
/// Whether <c>edgevision profile</c> can be trusted: its median beside BenchmarkDotNet's and that of a bare loop, in turns, and what its own bookkeeping costs a run.
/// </summary>
internal static class ProfilerBench
{
    private const int Rounds = 9;

    /// <summary>Median of the profiler beside those of its peers for each model, and its cost.</summary>
    /// <param name="milliseconds">How long each is measured in each of nine rounds.</param>
    /// <param name="config">How BenchmarkDotNet measures.</param>
    public static IEnumerable<ReportRow> Rows(double milliseconds, IConfig config)
    {
        var times = ProfilerPeer.Models.ToDictionary(m => m, _ => (Ours: new List<double>(), Loop: new List<double>(), Dotnet: new List<double>()));
        for (int round = 0; round < Rounds; round++)
        {
            foreach (string model in ProfilerPeer.Models)
            {
                // At once after one another, and none always first: a machine that changes its pace changes it for all.
                for (int turn = 0; turn < 3; turn++)
                {
                    switch ((round + turn) % 3)
                    {
                        case 0:
                            times[model].Dotnet.AddRange(BenchmarkRunner.Run<ProfilerPeer>(ManualConfig.Create(config).AddFilter(new SimpleFilter(b => (string)b.Parameters["Model"] == model)))
                                .Reports.Where(r => r.ResultStatistics is not null).Select(r => r.ResultStatistics!.Median / 1e6));
                            break;
                        case 1:
                            times[model].Ours.Add(ModelProfiler.Profile(new ProfileRequest { Model = ProfilerPeer.PathOf(model), Provider = "cpu", Threads = 1 }, new ProfileOptions
                            {
                                NetworkOnly = true, CountCosts = false, Duration = TimeSpan.FromMilliseconds(milliseconds), WarmUp = TimeSpan.FromMilliseconds(milliseconds),
                            }).P50Ms!.Value);
                            break;
                        default:
                            times[model].Loop.Add(Loop(model, milliseconds));
                            break;
                    }
                }
            }
        }

        foreach (var (model, (ours, loop, dotnet)) in times.Where(t => t.Value.Dotnet.Count == Rounds))
        {
            yield return Row(model, "BenchmarkDotNet", ours, dotnet);
            yield return Row(model, "BareLoop", ours, loop);
        }

        yield return Cost(milliseconds);
    }

    // The ratio is the median of the rounds', so that what changed between rounds is not in it.
    private static ReportRow Row(string model, string peer, List<double> ours, List<double> theirs)
    {
        double own = BareSession.Median(ours), ratio = BareSession.Median([.. theirs.Zip(ours, (t, o) => t / o)]);
        return new ReportRow($"Profiler {model}", own, peer, own * ratio, null, 0) { OverheadMs = BareSession.Median([.. ours.Zip(theirs, (o, t) => o - t)]) };
    }

    private static double Loop(string model, double milliseconds)
    {
        using var peer = new ProfilerPeer { Model = model };
        peer.Setup();
        var times = new List<double>();
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < 2 * milliseconds;)
        {
            long begin = Stopwatch.GetTimestamp();
            peer.Run();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        return BareSession.Median(times[(times.Count / 2)..]); // the first half warms up
    }

    // Work of about a microsecond with the profiler's loop around it, and without.
    private static ReportRow Cost(double milliseconds)
    {
        const int Runs = 200_000;
        var work = new Spinning();
        var loop = new MeasurementLoop(work, ProfileClock.System, Runs);
        List<double> with = [], without = [];
        long allocated = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); with.Count < 5 || Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds;)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long begin = Stopwatch.GetTimestamp();
            loop.Start();
            loop.Run(Runs, long.MaxValue / 4);
            with.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds / Runs);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - bytes);
            begin = Stopwatch.GetTimestamp();
            for (int i = 0; i < Runs; i++)
            {
                work.Run();
            }

            without.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds / Runs);
        }

        return new ReportRow("Profiler cost of a run", BareSession.Median(with), "SameWorkAlone", BareSession.Median(without), null, allocated)
        {
            OverheadMs = BareSession.Median([.. with.Zip(without, (a, b) => a - b)]),
        };
    }

    private sealed class Spinning : IMeasuredWork
    {
        private uint _state = 1;

        public StageTimes LastStages => new(1, 1, _state, 1, 1);

        public void Run()
        {
            uint x = _state;
            for (int i = 0; i < 400; i++)
            {
                x ^= x << 13;
                x ^= x >> 17;
                x ^= x << 5;
            }

            _state = x;
        }
    }
}
