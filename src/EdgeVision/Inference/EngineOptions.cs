using EdgeVision.Inference.Providers;

namespace EdgeVision.Inference;

/// <summary>Options of loading a model into an <see cref="InferenceEngine"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>Providers that may run the model.</summary>
    public ProviderPolicy Providers { get; init; } = ProviderPolicy.Auto;

    /// <summary>Options by ONNX Runtime's names, in the syntax of <see cref="EdgeVision.Inference.Providers.ProviderOptions"/>.</summary>
    /// <remarks>
    /// <c>device_id</c> applies to every provider that supports it, <c>cuda.device_id</c> to that provider only, <c>session.…</c> to the
    /// session's configuration.
    /// </remarks>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Path of a library with a provider that the native library was built without.</summary>
    /// <remarks>
    /// A plugin, or <c>libonnxruntime_providers_cuda.so</c> of the same ONNX Runtime release. With <see cref="ProviderPolicy.Auto"/> it
    /// is the first choice. A library that cannot be loaded is an error under every policy.
    /// </remarks>
    public string? ProviderLibrary { get; init; }

    /// <summary>Threads of the session; <see cref="ThreadBudget.Default"/> when absent.</summary>
    public ThreadBudget? Threads { get; init; }

    /// <summary>Concrete shapes of inputs by name, for dimensions that the graph leaves open.</summary>
    public IReadOnlyDictionary<string, long[]> InputShapes { get; init; } = new Dictionary<string, long[]>();

    /// <summary>Gets whether ONNX Runtime may optimize the graph; disable it to debug a model.</summary>
    public bool OptimizeGraph { get; init; } = true;

    /// <summary>Folder of the cache of optimized models and of TensorRT engines.</summary>
    /// <remarks>
    /// Optimized models are cached for the CPU only, and by default not at all; TensorRT engines are cached in the user's cache
    /// folder by default.
    /// </remarks>
    public string? CacheFolder { get; init; }

    /// <summary>Callback for warnings, one sentence each.</summary>
    /// <remarks>
    /// Warns of slow steps and deviations from the options: a TensorRT engine build, a provider that is skipped or failed at
    /// its first run.
    /// </remarks>
    public Action<string>? OnWarning { get; init; }

    internal INativeProviders? Native { get; init; }
}
