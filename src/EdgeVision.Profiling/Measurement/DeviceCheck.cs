using System.Diagnostics;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using EdgeVision.Models.Verification;
using EdgeVision.Profiling.Statistics;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Options of a <see cref="DeviceCheck"/>.</summary>
public sealed record DeviceCheckOptions
{
    /// <summary>Execution provider to check.</summary>
    public required Provider Provider { get; init; }

    /// <summary>Provider options, see <see cref="EngineOptions.ProviderOptions"/>.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Library of the provider, see <see cref="EngineOptions.ProviderLibrary"/>.</summary>
    public string? ProviderLibrary { get; init; }

    /// <summary>Number of measured runs per mode, at least 1.</summary>
    public int Runs { get; init; } = 200;

    /// <summary>Number of warm-up runs before them.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>Maximum difference of an output from the CPU's, as a fraction of the output's range.</summary>
    /// <remarks>TF32 has ten bits of mantissa, and errors of layers add up.</remarks>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>Receives warnings, such as about slow steps and fallbacks.</summary>
    public Action<string>? Warning { get; init; }

    internal Func<string, RuntimeOptions, VisionModel> Load { get; init; } = VisionModel.Load;
}

/// <summary>Latencies of one mode in milliseconds, including passing inputs and reading outputs.</summary>
public sealed record DeviceTimes
{
    /// <summary>Number of measured runs.</summary>
    public required int Runs { get; init; }

    /// <summary>Mean latency.</summary>
    public required double MeanMs { get; init; }

    /// <summary>Median latency.</summary>
    public required double P50Ms { get; init; }

    /// <summary>90th percentile of latency.</summary>
    public required double P90Ms { get; init; }

    /// <summary>99th percentile of latency.</summary>
    public required double P99Ms { get; init; }

    /// <summary>Maximum latency.</summary>
    public required double MaxMs { get; init; }
}

/// <summary>Result of checking one model on a device: agreement with the CPU, and latency per mode.</summary>
public sealed record DeviceCheckRow
{
    /// <summary>File name of the model without extension.</summary>
    public required string Model { get; init; }

    /// <summary>Architecture from the model's spec; null if unknown.</summary>
    public string? Architecture { get; init; }

    /// <summary>Width of its input in pixels.</summary>
    public int Width { get; init; }

    /// <summary>Height of its input in pixels.</summary>
    public int Height { get; init; }

    /// <summary>Error message if the check failed; else null.</summary>
    public string? Error { get; init; }

    /// <summary>Gets whether every output and result agrees with the CPU's.</summary>
    public bool IsMatch { get; init; }

    /// <summary>Maximum absolute difference of an output from the CPU's.</summary>
    public double? MaxDifference { get; init; }

    /// <summary>Maximum difference of an output as a fraction of the output's range.</summary>
    public double? RelativeDifference { get; init; }

    /// <summary>Maximum difference of decoded results in units of the self-test tolerances; up to 1 agrees.</summary>
    public double? ResultDifference { get; init; }

    /// <summary>Description of the difference in results; null if they agree.</summary>
    public string? ResultDetail { get; init; }

    /// <summary>Number of nodes per execution provider.</summary>
    public Dictionary<string, int> Placement { get; init; } = [];

    /// <summary>Gets whether inputs are in pinned memory.</summary>
    public bool UsesPinnedMemory { get; init; }

    /// <summary>Latencies on the CPU, with inputs and outputs bound.</summary>
    public DeviceTimes? Cpu { get; init; }

    /// <summary>Latencies on the device, with ONNX Runtime allocating memory for each run.</summary>
    public DeviceTimes? Unbound { get; init; }

    /// <summary>Latencies on the device, with inputs and outputs bound.</summary>
    public DeviceTimes? Bound { get; init; }

    /// <summary>Latencies on the device, captured as a CUDA graph and replayed; null if the provider has none.</summary>
    public DeviceTimes? CudaGraph { get; init; }

    /// <summary>Reason why there is no CUDA graph; null if there is one or the provider has none.</summary>
    public string? NoCudaGraphReason { get; init; }
}

/// <summary>Compares a device with the CPU, model by model, and measures the latency of each mode.</summary>
public static class DeviceCheck
{
    /// <summary>Checks a model; failures are reported in the row.</summary>
    public static DeviceCheckRow Run(string path, DeviceCheckOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Runs, 1);
        var row = new DeviceCheckRow { Model = Path.GetFileNameWithoutExtension(path) };
        try
        {
            return Check(path, options, row);
        }
        catch (EdgeVisionException e)
        {
            return row with { Error = e.Message };
        }
    }

    private static DeviceCheckRow Check(string path, DeviceCheckOptions options, DeviceCheckRow row)
    {
        using var cpu = VisionModel.Load(path, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        using var frame = ProfileFrame.Create(cpu.Spec, new ProfileOptions(), null);
        row = row with
        {
            Architecture = cpu.Spec.Provenance?.Architecture,
            Width = cpu.Spec.Input.Width,
            Height = cpu.Spec.Input.Height,
        };
        var expected = cpu.Run(frame);
        using (var device = Load(path, options, graph: false, options.Warning))
        {
            var found = device.Run(frame);
            var (absolute, relative) = Compare(cpu.Engine.Results, device.Engine.Results);
            var (worst, where) = ResultComparer.Compare(
                GoldenRecorder.ToJson(expected, row.Model),
                GoldenRecorder.ToJson(found, row.Model),
                new GoldenTolerances(),
                cpu.Options.Confidence);
            row = row with
            {
                MaxDifference = absolute,
                RelativeDifference = relative,
                ResultDifference = Math.Min(worst, double.MaxValue),
                ResultDetail = worst > 1 ? where.TrimStart(':', ' ') : null,
                IsMatch = relative <= options.Tolerance && worst <= 1,
                Placement = new Dictionary<string, int>(device.Engine.Providers.Placement ?? device.Engine.MeasurePlacement()),
                UsesPinnedMemory = device.Engine.UsesPinnedMemory,
                Cpu = Measure(cpu.Engine.Run, options),
                Unbound = Measure(device.Engine.RunUnbound, options),
                Bound = Measure(device.Engine.Run, options),
            };
        }

        return options.Provider is Provider.Cuda or Provider.TensorRt ? WithGraph(path, options, row, frame, cpu, expected) : row;
    }

    private static DeviceCheckRow WithGraph(
        string path, DeviceCheckOptions options, DeviceCheckRow row, Frame frame, VisionModel cpu, VisionResult expected)
    {
        string? reason = null;
        using var device = Load(path, options, graph: true, text =>
        {
            reason = text;
            options.Warning?.Invoke(text);
        });
        if (!device.Engine.UsesCudaGraph)
        {
            return row with { NoCudaGraphReason = reason };
        }

        // Run again: a replayed graph that reads the previous frame's memory would be fast and wrong.
        cpu.Run(frame, expected);
        device.Run(frame);
        var (absolute, relative) = Compare(cpu.Engine.Results, device.Engine.Results);
        return row with
        {
            MaxDifference = Math.Max(row.MaxDifference!.Value, absolute),
            RelativeDifference = Math.Max(row.RelativeDifference!.Value, relative),
            IsMatch = row.IsMatch && relative <= options.Tolerance,
            CudaGraph = Measure(device.Engine.Run, options),
        };
    }

    private static VisionModel Load(string path, DeviceCheckOptions options, bool graph, Action<string>? notice)
    {
        var all = new Dictionary<string, string>(options.ProviderOptions);
        if (options.Provider is Provider.Cuda or Provider.TensorRt)
        {
            all[options.Provider == Provider.Cuda ? "cuda.enable_cuda_graph" : "tensorrt.trt_cuda_graph_enable"] = graph ? "1" : "0";
        }

        return options.Load(path, new RuntimeOptions
        {
            Providers = options.Provider == Provider.Cpu
                ? ProviderPolicy.Require(Provider.Cpu)
                : ProviderPolicy.Require(options.Provider, Provider.Cpu),
            ProviderOptions = all,
            ProviderLibrary = options.ProviderLibrary,
            OnWarning = notice,
        });
    }

    private static (double Absolute, double Relative) Compare(TensorSet expected, TensorSet found)
    {
        double absolute = 0, relative = 0;
        for (int t = 0; t < expected.Count; t++)
        {
            ReadOnlySpan<float> a = expected.GetData(t), b = found.GetData(t);
            if (a.Length != b.Length)
            {
                return (double.MaxValue, double.MaxValue); // as many as were detected: another count is another result
            }

            float least = float.PositiveInfinity, most = float.NegativeInfinity;
            double worst = 0;
            for (int i = 0; i < a.Length; i++)
            {
                (least, most) = (Math.Min(least, a[i]), Math.Max(most, a[i]));
                worst = Math.Max(worst, float.IsFinite(b[i]) ? Math.Abs((double)a[i] - b[i]) : double.MaxValue);
            }

            absolute = Math.Max(absolute, worst);
            relative = Math.Max(relative, worst == 0 ? 0 : worst / Math.Max(most - least, 1e-6));
        }

        return (absolute, relative);
    }

    private static DeviceTimes Measure(Action run, DeviceCheckOptions options)
    {
        for (int i = 0; i < options.WarmUp; i++)
        {
            run();
        }

        var times = new LatencySeries(options.Runs);
        while (!times.IsFull)
        {
            long began = Stopwatch.GetTimestamp();
            run();
            times.Add(ProfileClock.Nanoseconds(Stopwatch.GetTimestamp() - began));
        }

        return new DeviceTimes
        {
            Runs = times.Count,
            MeanMs = times.Mean,
            P50Ms = times.GetPercentile(0.5),
            P90Ms = times.GetPercentile(0.9),
            P99Ms = times.GetPercentile(0.99),
            MaxMs = times.GetPercentile(1),
        };
    }
}
