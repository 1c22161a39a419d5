namespace EdgeVision;

/// <summary>How a model is loaded.</summary>
public sealed record EngineOptions
{
    /// <summary>Providers that may run the model.</summary>
    public ProviderPolicy Providers { get; init; } = ProviderPolicy.Auto;

    /// <summary>
    /// Options by ONNX Runtime's names, as <see cref="EdgeVision.ProviderOptions"/> has them: <c>device_id</c> goes to every provider that knows it,
    /// <c>cuda.device_id</c> to that one, <c>session.…</c> into the session's configuration.
    /// </summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// File of a provider that the native library was built without: a plugin, or <c>libonnxruntime_providers_cuda.so</c> of the core's own release. With
    /// <see cref="ProviderPolicy.Auto"/> it is the first choice. One that cannot be loaded is an error whatever the policy.
    /// </summary>
    public string? ProviderLibrary { get; init; }

    /// <summary>Threads; the process's default where absent.</summary>
    public ThreadBudget? Threads { get; init; }

    /// <summary>Concrete shapes of inputs by name, where the graph leaves dimensions open.</summary>
    public IReadOnlyDictionary<string, long[]> InputShapes { get; init; } = new Dictionary<string, long[]>();

    /// <summary>Whether ONNX Runtime may rewrite the graph; off to look for faults in it.</summary>
    public bool OptimizeGraph { get; init; } = true;

    /// <summary>
    /// Folder that keeps graphs as ONNX Runtime rewrote them, for models that run on the CPU (none by default), and TensorRT's engines (the user's cache
    /// folder by default).
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>Told, in a sentence, what takes long or goes otherwise than asked: an engine that TensorRT builds, a provider that is passed over or failed at its first run.</summary>
    public Action<string>? Notice { get; init; }

    internal INativeProviders? Native { get; init; }
}
