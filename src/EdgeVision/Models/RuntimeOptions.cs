using EdgeVision.Inference;
using EdgeVision.Inference.Providers;

namespace EdgeVision;

/// <summary>Options of loading a model, with overrides of its spec.</summary>
public sealed record RuntimeOptions
{
    /// <summary>Providers that may run the model.</summary>
    public ProviderPolicy Providers { get; init; } = ProviderPolicy.Auto;

    /// <summary>Options of providers and session, see <see cref="EngineOptions.ProviderOptions"/>.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Path of a library with a provider that the native library was built without, see <see
    /// cref="EngineOptions.ProviderLibrary"/>.
    /// </summary>
    public string? ProviderLibrary { get; init; }

    /// <summary>Callback for warnings, see <see cref="EngineOptions.OnWarning"/>.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Threads; all cores when absent, without spinning if other models are loaded already.</summary>
    public ThreadBudget? Threads { get; init; }

    /// <summary>Path of a spec file that overrides the model's own.</summary>
    public string? SpecPath { get; init; }

    /// <summary>Minimum score of a reported result, 0..1; the spec's when absent.</summary>
    public float? Confidence { get; init; }

    /// <summary>IoU above which the lower-scored box is suppressed, 0..1; the spec's when absent.</summary>
    public float? Iou { get; init; }

    /// <summary>Maximum number of detections per frame; the spec's when absent.</summary>
    public int? MaxDetections { get; init; }

    /// <summary>Gets whether boxes of different classes suppress each other; the spec's when absent.</summary>
    public bool? ClassAgnostic { get; init; }

    /// <summary>Maximum number of frames per run of the network, at least 1, if the graph leaves its batch size open.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Size of the network's input in pixels, instead of the spec's, if the graph leaves height and width open.</summary>
    /// <remarks>The grids of the decoders follow it.</remarks>
    public (int Width, int Height)? InputSize { get; init; }

    /// <summary>Gets whether ONNX Runtime may optimize the graph; disable it to debug a model.</summary>
    public bool OptimizeGraph { get; init; } = true;

    /// <summary>Folder of the cache of optimized models and of TensorRT engines, see <see cref="EngineOptions.CacheFolder"/>.</summary>
    /// <remarks>
    /// With it a model on the CPU loads faster the next time. By default optimized models are not cached, and TensorRT engines
    /// are cached in the user's cache folder.
    /// </remarks>
    public string? CacheFolder { get; init; }
}
