using EdgeVision.Inference;
using EdgeVision.Inference.Providers;

namespace EdgeVision.Profiling;

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
