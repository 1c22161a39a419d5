namespace EdgeVision;

/// <summary>How a model is loaded and what may be changed of its spec.</summary>
public sealed record RuntimeOptions
{
    /// <summary>Providers that may run the model.</summary>
    public ProviderPolicy Providers { get; init; } = ProviderPolicy.Auto;

    /// <summary>Options of providers and session, see <see cref="EngineOptions.ProviderOptions"/>.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>File of a provider that the native library was built without, see <see cref="EngineOptions.ProviderLibrary"/>.</summary>
    public string? ProviderLibrary { get; init; }

    /// <summary>Told what takes long or goes otherwise than asked, see <see cref="EngineOptions.Notice"/>.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Threads; all cores where absent, without spinning when other models are loaded already.</summary>
    public ThreadBudget? Threads { get; init; }

    /// <summary>Spec file that overrides the model's own.</summary>
    public string? SpecPath { get; init; }

    /// <summary>Lowest score reported, 0..1; the spec's where absent.</summary>
    public float? Confidence { get; init; }

    /// <summary>IoU above which the lower-scored box is suppressed, 0..1; the spec's where absent.</summary>
    public float? Iou { get; init; }

    /// <summary>Most detections a frame; the spec's where absent.</summary>
    public int? MaxDetections { get; init; }

    /// <summary>Suppress across classes; the spec's where absent.</summary>
    public bool? ClassAgnostic { get; init; }

    /// <summary>Frames a run of the network, at least 1, where the graph leaves its batch open.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>
    /// Size of the network's input in pixels instead of the spec's, where the graph leaves height and width open; the decoders' grids follow it.
    /// </summary>
    public (int Width, int Height)? InputSize { get; init; }

    /// <summary>Whether ONNX Runtime may rewrite the graph; off to look for faults in it.</summary>
    public bool OptimizeGraph { get; init; } = true;

    /// <summary>
    /// Folder that keeps graphs as ONNX Runtime rewrote them, so that a model on the CPU loads faster the next time (none by default), and TensorRT's engines
    /// (the user's cache folder by default).
    /// </summary>
    public string? CacheFolder { get; init; }
}
