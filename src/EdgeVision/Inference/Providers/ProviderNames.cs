using EdgeVision.Inference.Providers;

namespace EdgeVision;

/// <summary>Names of providers, for users and for ONNX Runtime.</summary>
public static class ProviderNames
{
    /// <summary>Gets the names that <see cref="Parse"/> accepts, in the order of <see cref="Provider"/>.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["cpu", "cuda", "tensorrt", "directml", "openvino", "xnnpack", "coreml", "qnn", "acl", "plugin"];

    /// <summary>Parses the name of a provider. Throws <see cref="ArgumentException"/> for an unknown name.</summary>
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

        throw new ArgumentException($"provider must be one of auto, {string.Join(", ", All)}; got '{name}'");
    }

    /// <summary>Returns the name that <see cref="Parse"/> accepts.</summary>
    public static string GetName(this Provider provider) => All[(int)provider];

    /// <summary>Returns the name by which ONNX Runtime lists the provider and marks its nodes.</summary>
    /// <remarks>For the name of a plugin see <see cref="ProviderLibrary.ProviderName"/>.</remarks>
    public static string GetOrtName(this Provider provider) => provider switch
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
