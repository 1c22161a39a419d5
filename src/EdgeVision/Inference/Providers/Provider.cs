namespace EdgeVision;

/// <summary>Execution providers of ONNX Runtime by name.</summary>
public enum Provider
{
    /// <summary>The CPU; always there.</summary>
    Cpu,
    /// <summary>NVIDIA CUDA.</summary>
    Cuda,
    /// <summary>NVIDIA TensorRT.</summary>
    TensorRt,
    /// <summary>DirectX 12 on Windows.</summary>
    DirectMl,
    /// <summary>Intel OpenVINO.</summary>
    OpenVino,
    /// <summary>XNNPACK kernels on the CPU.</summary>
    Xnnpack,
    /// <summary>Apple Core ML.</summary>
    CoreMl,
    /// <summary>Qualcomm QNN.</summary>
    Qnn,
    /// <summary>Arm Compute Library.</summary>
    Acl,
    /// <summary>Whatever other provider a library given by its path has, see <see cref="EngineOptions.ProviderLibrary"/>.</summary>
    Plugin,
}

/// <summary>Names of providers, for people and for ONNX Runtime.</summary>
public static class ProviderNames
{
    /// <summary>Names that <see cref="Parse"/> takes, in the order of <see cref="Provider"/>.</summary>
    public static IReadOnlyList<string> All { get; } = ["cpu", "cuda", "tensorrt", "directml", "openvino", "xnnpack", "coreml", "qnn", "acl", "plugin"];

    /// <summary>The provider of that name. Throws <see cref="ArgumentException"/> with the names there are.</summary>
    public static Provider Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (int i = 0; i < All.Count; i++)
        {
            if (string.Equals(All[i], name.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                return (Provider)i;
            }
        }

        throw new ArgumentException($"provider '{name}' is not known; use auto, {string.Join(", ", All)}");
    }

    /// <summary>Name as <see cref="Parse"/> takes it.</summary>
    public static string Name(this Provider provider) => All[(int)provider];

    /// <summary>Name by which ONNX Runtime lists the provider and marks its nodes; for a plugin see <see cref="ProviderLibrary.ProviderName"/>.</summary>
    public static string OrtName(this Provider provider) => provider switch
    {
        Provider.Cpu => "CPUExecutionProvider",
        Provider.Cuda => "CUDAExecutionProvider",
        Provider.TensorRt => "TensorrtExecutionProvider",
        Provider.DirectMl => "DmlExecutionProvider",
        Provider.OpenVino => "OpenVINOExecutionProvider",
        Provider.Xnnpack => "XnnpackExecutionProvider",
        Provider.CoreMl => "CoreMLExecutionProvider",
        Provider.Qnn => "QNNExecutionProvider",
        Provider.Acl => "ACLExecutionProvider",
        Provider.Plugin => "a plugin's provider",
        _ => throw new ArgumentOutOfRangeException(nameof(provider)),
    };
}

/// <summary>Which providers may run a model, and what happens where one cannot be had.</summary>
public sealed class ProviderPolicy
{
    private ProviderPolicy(bool required, bool auto, Provider[] providers)
    {
        Required = required;
        IsAuto = auto;
        Providers = providers;
    }

    /// <summary>
    /// The best the native library has; the CPU last. TensorRT only by name: it builds an engine for minutes at the first load.
    /// </summary>
    public static ProviderPolicy Auto { get; } = new(false, true, [Provider.Cuda, Provider.DirectMl, Provider.CoreMl, Provider.Cpu]);

    /// <summary>Whether the first provider must run the model.</summary>
    public bool Required { get; }

    /// <summary>Whether the choice is left to what is there.</summary>
    public bool IsAuto { get; }

    /// <summary>Providers in order of preference.</summary>
    public IReadOnlyList<Provider> Providers { get; }

    /// <summary>
    /// Loading fails with <see cref="ProviderUnavailableException"/> unless every one of these can be had, the first runs
    /// nodes, and no node runs anywhere else: <c>Require(Cuda, Cpu)</c> lets the CPU have what CUDA cannot run.
    /// </summary>
    public static ProviderPolicy Require(params Provider[] providers) => new(true, false, NotEmpty(providers));

    /// <summary>
    /// The first of these that can be had, those after it for nodes that it does not take, the CPU last in any case. Why one
    /// was passed over is recorded.
    /// </summary>
    public static ProviderPolicy Prefer(params Provider[] providers) => new(false, false, NotEmpty(providers));

    /// <summary>What is chosen where a library is given and no provider: the library's first.</summary>
    internal static ProviderPolicy AutoWith(Provider first) => new(false, true, [first, .. Auto.Providers.Where(p => p != first)]);

    private static Provider[] NotEmpty(Provider[] providers) =>
        providers is { Length: > 0 } ? [.. providers.Distinct()] : throw new ArgumentException("name at least one provider", nameof(providers));
}
