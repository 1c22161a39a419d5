namespace EdgeVision;

/// <summary>Configuration to measure: one way to run one model.</summary>
public sealed record ProfileRequest
{
    /// <summary>Path of the ONNX file.</summary>
    public required string Model { get; init; }

    /// <summary>Path of a spec file that overrides the model's own.</summary>
    public string? Spec { get; init; }

    /// <summary>Width of the network's input in pixels; the model's own when null.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the network's input in pixels; the model's own when null.</summary>
    public int? Height { get; init; }

    /// <summary>Frames per run.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Name of the execution provider, or auto. A named provider is required, with the CPU as fallback for single nodes.</summary>
    public string Provider { get; init; } = "auto";

    /// <summary>Options of provider and session, see <see cref="EngineOptions.ProviderOptions"/>.</summary>
    public Dictionary<string, string> ProviderOptions { get; init; } = [];

    /// <summary>Path of a provider library, see <see cref="EngineOptions.ProviderLibrary"/>.</summary>
    /// <remarks>For a provider that the native library was built without.</remarks>
    public string? ProviderLibrary { get; init; }

    /// <summary>Threads of the network.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Arrivals per second; when null, the next run begins when the last one ends.</summary>
    public double? RateFps { get; init; }

    /// <summary>Gets whether arrivals are a Poisson process (with a fixed seed) instead of evenly spaced.</summary>
    public bool RandomArrivals { get; init; }
}

/// <summary>Options of a measurement.</summary>
public sealed record ProfileOptions
{
    /// <summary>Duration of the measurement per configuration.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Number of measured runs; replaces <see cref="Duration"/>.</summary>
    public int? Iterations { get; init; }

    /// <summary>Maximum time to wait for latencies to settle; zero measures from the second run on.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets whether only the network is run, on random input, even if the model has a spec for frames.</summary>
    public bool NetworkOnly { get; init; }

    /// <summary>Width of the input frames in pixels.</summary>
    public int FrameWidth { get; init; } = 1280;

    /// <summary>Height of the input frames in pixels.</summary>
    public int FrameHeight { get; init; } = 720;

    /// <summary>Number of runs whose operators are timed, in a separate session; 0 for none.</summary>
    public int OperatorRuns { get; init; }

    /// <summary>Path of a trace (chrome://tracing, Perfetto) with the operators of those runs; none when null.</summary>
    public string? TracePath { get; init; }

    /// <summary>Path of a CSV file with the times of every measured run; none when null.</summary>
    public string? SamplesPath { get; init; }

    /// <summary>Gets whether multiply-accumulates and weights are counted, by another run without graph optimization.</summary>
    public bool CountCosts { get; init; } = true;

    /// <summary>Name of the device in the rows; when null, the board or the processor.</summary>
    public string? Device { get; init; }

    /// <summary>Maximum number of runs. Reserves 48 bytes each, 64 in open mode; only used memory is committed.</summary>
    public int Capacity { get; init; } = 1_000_000;
}

/// <summary>Progress of a measurement.</summary>
/// <param name="Phase">Current phase: load, warm up, measure, operators, costs.</param>
/// <param name="Done">Completed fraction of the phase, 0 to 1.</param>
public readonly record struct ProfileProgress(string Phase, double Done);
