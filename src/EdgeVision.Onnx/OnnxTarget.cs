namespace EdgeVision.Onnx;

/// <summary>Runtime that a model is exported for, and the operator set that it supports.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Opset">Version of the default operator set.</param>
/// <param name="Reason">Reason for the version.</param>
public sealed record OnnxTarget(string Name, int Opset, string Reason)
{
    /// <summary>Gets all targets.</summary>
    public static IReadOnlyList<OnnxTarget> All { get; } =
    [
        new("onnxruntime", 17, "ONNX Runtime 1.13 and later, any provider; has LayerNormalization"),
        new("tensorrt", 17, "TensorRT 8.6 and later support it completely; LayerNormalization is native"),
        new("directml", 17, "DirectML supports later operators, but the ONNX Runtime of Windows does not everywhere"),
        new("openvino", 16, "the OpenVINO front end is complete up to 16; later sets are supported in part"),
        new("qnn", 16, "Qualcomm's converter needs layer normalization split into basic operators"),
        new("coreml", 16, "ONNX Runtime's CoreML provider has no LayerNormalization"),
    ];

    /// <summary>Returns the target with a name.</summary>
    /// <exception cref="InvalidDataException">The name is unknown.</exception>
    public static OnnxTarget Find(string name) => All.FirstOrDefault(t => t.Name == name)
        ?? throw new InvalidDataException($"target must be one of {string.Join(", ", All.Select(t => t.Name))}; got '{name}'");
}
