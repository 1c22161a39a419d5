namespace EdgeVision.Profiling;

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
