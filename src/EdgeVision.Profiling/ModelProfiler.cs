using System.Globalization;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Inference;
using EdgeVision.Models;
using EdgeVision.Profiling.Measurement;
using EdgeVision.Profiling.Operators;
using EdgeVision.Profiling.Selection;
using EdgeVision.Profiling.Sensors;
using EdgeVision.Profiling.Statistics;
using EdgeVision.Specs;

namespace EdgeVision.Profiling;

/// <summary>Measures latency, memory, processor time and energy of models, and whether the results are reliable.</summary>
/// <remarks>
/// Measures loading, the first run and every further one, stage by stage. One model at a time, in this process:
/// <c>edgevision profile</c> uses a process per configuration, so that a crash or a leak does not affect the others.
/// </remarks>
public static class ModelProfiler
{
    private const int WindowCount = 20, MaxNodes = 30;
    private const long CheckInterval = 100_000_000; // nanoseconds between checks of progress and cancellation

    /// <summary>Measures a model.</summary>
    /// <param name="request">Model, size, batch, provider, threads, rate.</param>
    /// <param name="options">Duration, frames and what else to measure.</param>
    /// <param name="image">
    /// Image to run the model on, stretched to the frame size; packed pixels. When null, the image of the model's self-test, or a drawn
    /// pattern.
    /// </param>
    /// <param name="progress">Receives the progress, on this thread.</param>
    /// <param name="cancellationToken">Ends the measurement within a tenth of a second or one run.</param>
    /// <exception cref="EdgeVisionException">The model cannot be loaded as requested, or fails while it runs.</exception>
    public static ProfileRow Profile(
        ProfileRequest request,
        ProfileOptions? options = null,
        Frame? image = null,
        IProgress<ProfileProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        options ??= new ProfileOptions();
        Validate(request, options);
        cancellationToken.ThrowIfCancellationRequested();
        var clock = ProfileClock.System;
        progress?.Report(new ProfileProgress("load", 0));
        OrtLibrary.EnsureLoaded(); // loading the library is not part of loading the model
        using var sensors = new SystemSensors();
        double? baseRss = sensors.ResidentMb;
        long before = clock.Now;
        using var subject = ProfileSubject.Load(request, options, image);
        long loaded = clock.Now;
        subject.Run();
        long first = clock.Now - loaded;
        var row = CreateRow(request, options, subject) with
        {
            BaseRssMb = baseRss,
            LoadMs = (loaded - before) / 1e6,
            FirstMs = first / 1e6,
            LoadedRssMb = sensors.ResidentMb,
            MeasuredAt = DateTime.UtcNow,
        };
        row = Measure(row, subject, clock, sensors, request, options, progress, cancellationToken);
        return MeasureExtras(row, subject, options, progress, cancellationToken);
    }

    /// <summary>Reads a model's input size and batch, and whether they are variable.</summary>
    /// <exception cref="EdgeVisionException">The model cannot be loaded.</exception>
    public static ModelInputInfo Inspect(string model, string? spec = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var engine = new InferenceEngine(
            model,
            new EngineOptions { Providers = ProviderPolicy.Require(Provider.Cpu), Threads = ThreadBudget.FromCores(1), OptimizeGraph = false });
        ModelSpec? read = null;
        try
        {
            read = BundleReader.ReadSpec(model, engine.Metadata, engine.Inputs, engine.Outputs, spec).Spec;
        }
        catch (ModelFormatException e) when (e.IsSpecMissing)
        {
        }

        var input = engine.Inputs.FirstOrDefault(i => i.Name == read?.Input.Name)
            ?? engine.Inputs.FirstOrDefault()
            ?? throw new ModelFormatException($"'{model}' has no input");
        var axes = ProfileShape.GetImageAxes(input.Shape);
        var size = read is not null ? (read.Input.Width, read.Input.Height) : ProfileShape.GetImageSize(input.Shape);
        return new ModelInputInfo(
            size is { Item1: > 0, Item2: > 0 } known ? known.Item1 : null,
            size is { Item1: > 0, Item2: > 0 } again ? again.Item2 : null,
            axes is var (height, width) && input.Shape[height] < 0 && input.Shape[width] < 0,
            engine.Inputs.All(i => i.Shape.Length > 0 && i.Shape[0] < 0),
            input.Shape.Length > 0 && input.Shape[0] > 0 ? (int)input.Shape[0] : 1,
            read?.Task);
    }

    /// <summary>Returns the policy for a provider name: a named provider is required, with the CPU as fallback for single nodes.</summary>
    /// <param name="name">Name of a provider, or auto.</param>
    /// <exception cref="EdgeVisionException">There is no provider of that name.</exception>
    public static ProviderPolicy GetProviderPolicy(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == "auto")
        {
            return ProviderPolicy.Auto;
        }

        try
        {
            var provider = ProviderNames.Parse(name);
            return provider == Provider.Cpu ? ProviderPolicy.Require(Provider.Cpu) : ProviderPolicy.Require(provider, Provider.Cpu);
        }
        catch (ArgumentException e)
        {
            throw new EdgeVisionException(e.Message);
        }
    }

    private static ProfileRow Measure(
        ProfileRow row,
        ProfileSubject subject,
        ProfileClock clock,
        SystemSensors machine,
        ProfileRequest request,
        ProfileOptions options,
        IProgress<ProfileProgress>? progress,
        CancellationToken cancel)
    {
        var (warmUps, settled) = WarmUp.Run(subject, clock, (long)options.WarmUp.TotalNanoseconds, done =>
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new ProfileProgress("warm up", done));
        });
        int capacity = options.Iterations ?? options.Capacity;
        long duration = options.Iterations is null ? (long)options.Duration.TotalNanoseconds : long.MaxValue / 4;
        var loop = new MeasurementLoop(subject, clock, capacity, request.RateFps, request.RandomArrivals);
        using var sensors = new SensorSampler(machine);
        sensors.Start();
        loop.Start();
        for (long until = CheckInterval; ; until += CheckInterval)
        {
            cancel.ThrowIfCancellationRequested();
            loop.Run(capacity, Math.Min(until, duration));
            double share = options.Iterations is { } n
                ? loop.Latency.Count / (double)n
                : Math.Min(1, loop.Elapsed / (double)duration);
            progress?.Report(new ProfileProgress("measure", share));
            if (loop.Latency.IsFull || until >= duration)
            {
                break;
            }
        }

        var seen = sensors.Stop();
        if (options.SamplesPath is { } samples)
        {
            SampleFile.Write(samples, loop);
        }

        row = row with { PeakRssMb = machine.PeakResidentMb, Energy = seen.GetEnergy(loop.Latency.Count) };
        return AddStability(ProfileRowBuilder.Build(row, loop, warmUps, options.Iterations is null ? duration : loop.Elapsed, WindowCount), seen, settled);
    }

    // Adds the reliability of the results: whether latencies were settled and steady, and what else the machine did.
    private static ProfileRow AddStability(ProfileRow row, SensorSummary seen, bool settled)
    {
        string[] reasons =
        [
            .. row.Unstable,
            .. settled ? [] : (string[])["latencies had not settled at the end of the warm-up"],
            .. StabilityCheck.GetReasons(row.WindowsP50Ms, seen),
        ];
        return row with
        {
            CpuPercent = seen.CpuPercent,
            TemperatureC = seen.TemperatureC,
            FrequencyMhz = seen.FrequencyMhz,
            Stable = reasons.Length == 0,
            Unstable = reasons,
            Notes = StabilityCheck.GetNotes(row.Iterations, row.WindowsP50Ms?.Length ?? 0),
        };
    }

    // Places the stages of a run around the profiled runs: means, as measured without profiling.
    private static void WriteTrace(string path, OperatorProfile profile, ProfileRow row)
    {
        AtomicFile.Write(path, file =>
        {
            var stages = new List<TraceSpan>();
            double at = 0;
            (string, double)[] means = row.StagesMs is { } s
                ?
                [
                    ("preprocess", s.Preprocess),
                    ("copy in", s.CopyIn),
                    ("run", s.Run),
                    ("copy out", s.CopyOut),
                    ("postprocess", s.Postprocess),
                ]
                : [];
            foreach (var (name, ms) in means)
            {
                stages.Add(new TraceSpan(name, at * 1000, ms * 1000));
                at += ms;
            }

            profile.WriteTrace(file, row.Model, stages);
        });
    }

    // After the measurement, as these steps take memory and time themselves.
    private static ProfileRow MeasureExtras(
        ProfileRow row, ProfileSubject subject, ProfileOptions options, IProgress<ProfileProgress>? progress, CancellationToken cancel)
    {
        if (options.CountCosts)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new ProfileProgress("costs", 0));
            var cost = subject.Engine.MeasureCost();
            row = row with { Macs = cost.Macs, Params = cost.Weights.ParameterCount, Precision = cost.Weights.Precision };
        }

        if (options.OperatorRuns > 0)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new ProfileProgress("operators", 0));
            var profile = subject.Engine.ProfileOperators(options.OperatorRuns);
            row = row with
            {
                Operators = [.. profile.Operators],
                Nodes = [.. profile.Nodes.Take(MaxNodes)],
                Placement = new Dictionary<string, int>(profile.Placement),
            };
            if (options.TracePath is { } path)
            {
                WriteTrace(path, profile, row);
            }
        }

        return row;
    }

    private static ProfileRow CreateRow(ProfileRequest request, ProfileOptions options, ProfileSubject subject)
    {
        var engine = subject.Engine;
        var machine = MachineInfo.Read();
        var metric = ModelCardMetric.FromSpec(subject.Spec);
        return CreateEmptyRow(request, options) with
        {
            ModelSha256 = Checksum.HexOfFile(request.Model),
            Task = subject.Spec?.Task,
            Architecture = subject.Spec?.Provenance?.Architecture,
            Width = subject.Size?.Width,
            Height = subject.Size?.Height,
            Provider = engine.Providers.Active[0].GetName(),
            Threads = engine.Threads.InferenceThreads,
            ProviderOptions = request.ProviderOptions.Count > 0 ? request.ProviderOptions : null,
            Inputs = [.. engine.Inputs.Select((info, i) => (info with { Shape = engine.GetInputShape(i).ToArray() }).ToString())],
            Outputs = [.. engine.Outputs.Select((info, i) => (info with { Shape = engine.Results.GetShape(i).ToArray() }).ToString())],
            ModelMb = ModelFiles.GetTotalSize(request.Model) / 1e6,
            Metric = metric?.Value,
            MetricName = metric?.Name,
            MetricSource = metric is null ? null : "the model's card",
            Machine = machine,
            Device = options.Device ?? machine.Board ?? machine.Cpu,
        };
    }

    /// <summary>Creates a row without results for a configuration that could not be measured.</summary>
    public static ProfileRow CreateFailedRow(ProfileRequest request, ProfileOptions options, string error)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(options);
        return CreateEmptyRow(request, options) with { Error = error, Machine = MachineInfo.Read() };
    }

    private static ProfileRow CreateEmptyRow(ProfileRequest request, ProfileOptions options) => new()
    {
        Model = Path.GetFileNameWithoutExtension(request.Model),
        Device = options.Device ?? "",
        Width = request.Width,
        Height = request.Height,
        Batch = request.Batch,
        Provider = request.Provider,
        Threads = request.Threads,
        Mode = request.RateFps is null ? ProfileMode.Closed : ProfileMode.Open,
        RateFps = request.RateFps,
        RandomArrivals = request.RandomArrivals,
    };

    private static void Validate(ProfileRequest request, ProfileOptions options)
    {
        if (request.Batch is < 1 or > 4096 || request.Threads is < 1 or > 1024 || request.RateFps is { } rate && !(rate is > 0 and <= 1e6))
        {
            throw new EdgeVisionException(string.Create(
                CultureInfo.InvariantCulture,
                $"batch {request.Batch}, {request.Threads} threads and a rate of {request.RateFps} cannot be measured: "
                + $"the batch must be 1 to 4096, threads 1 to 1024, and the rate above 0 and at most 1000000"));
        }

        if ((request.Width is null) != (request.Height is null))
        {
            throw new EdgeVisionException("width and height must be given together, or neither");
        }

        if (options.Iterations is < 1 || options.Iterations is null && options.Duration <= TimeSpan.Zero || options.Capacity < 1)
        {
            throw new EdgeVisionException(
                "a measurement needs at least one iteration, or a duration above zero, and a capacity of at least 1");
        }
    }
}

/// <summary>Input of a model.</summary>
/// <param name="Width">Width of the input in pixels; null if unknown.</param>
/// <param name="Height">Height of the input in pixels; null if unknown.</param>
/// <param name="HasVariableSize">Whether the graph accepts other sizes.</param>
/// <param name="HasVariableBatch">Whether the graph accepts any batch.</param>
/// <param name="Batch">Batch of the graph if it accepts no other.</param>
/// <param name="Task">Task of the model; null if it has no spec.</param>
public sealed record ModelInputInfo(int? Width, int? Height, bool HasVariableSize, bool HasVariableBatch, int Batch, string? Task);
