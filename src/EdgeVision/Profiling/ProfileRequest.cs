namespace EdgeVision;

/// <summary>One way to run one model: what a row of a profile is about.</summary>
public sealed record ProfileRequest
{
    /// <summary>ONNX file.</summary>
    public required string Model { get; init; }

    /// <summary>Spec file that overrides the model's own.</summary>
    public string? Spec { get; init; }

    /// <summary>Width of the network's input in pixels; the model's own when null.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the network's input in pixels; the model's own when null.</summary>
    public int? Height { get; init; }

    /// <summary>Frames a run.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Provider by name, or auto. One that was named must run the network; the CPU may have what it does not take.</summary>
    public string Provider { get; init; } = "auto";

    /// <summary>Options of providers and session, see <see cref="EngineOptions.ProviderOptions"/>.</summary>
    public Dictionary<string, string> ProviderOptions { get; init; } = [];

    /// <summary>File of a provider that the native library was built without, see <see cref="EngineOptions.ProviderLibrary"/>.</summary>
    public string? ProviderLibrary { get; init; }

    /// <summary>Threads of the network.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Runs that arrive a second; null: the next begins when the last ends.</summary>
    public double? RateFps { get; init; }

    /// <summary>Whether arrivals at a rate come at random (a Poisson process, the same each time) and not evenly.</summary>
    public bool RandomArrivals { get; init; }
}

/// <summary>How configurations are measured.</summary>
public sealed record ProfileOptions
{
    /// <summary>How long each is measured.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many runs are measured, instead of <see cref="Duration"/>.</summary>
    public int? Iterations { get; init; }

    /// <summary>Longest that is waited for times to settle before the measurement; zero measures from the second run on.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether only the network is run, on random input, even where the model says how frames become its input.</summary>
    public bool NetworkOnly { get; init; }

    /// <summary>Width of the frames that are shown, in pixels.</summary>
    public int FrameWidth { get; init; } = 1280;

    /// <summary>Height of the frames that are shown, in pixels.</summary>
    public int FrameHeight { get; init; } = 720;

    /// <summary>Runs whose operators are timed in a session of their own; 0 times none.</summary>
    public int OperatorRuns { get; init; }

    /// <summary>File for Chrome's trace viewer (chrome://tracing, Perfetto) with the operators of those runs; none when null.</summary>
    public string? TracePath { get; init; }

    /// <summary>CSV file with the times of every measured run; none when null.</summary>
    public string? SamplesPath { get; init; }

    /// <summary>Whether multiply-accumulates and weights are counted, which runs the model once more without optimization.</summary>
    public bool CountCosts { get; init; } = true;

    /// <summary>Name of the device in the rows; the machine's name when null.</summary>
    public string? Device { get; init; }

    /// <summary>Most runs that there is room for: 48 bytes each, 64 at a rate, of which memory takes what is used.</summary>
    public int Capacity { get; init; } = 1_000_000;
}

/// <summary>How far a measurement is.</summary>
/// <param name="Phase">What it does: load, warm up, measure, operators, costs.</param>
/// <param name="Done">Share of the phase that is done, 0..1.</param>
public readonly record struct ProfileProgress(string Phase, double Done);
