namespace EdgeVision.Onnx;

/// <summary>Where a model is to run, and the operator set that everything there reads.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Opset">Operator set.</param>
/// <param name="Reason">Why this one.</param>
public sealed record OnnxTarget(string Name, int Opset, string Reason)
{
    /// <summary>All targets.</summary>
    public static IReadOnlyList<OnnxTarget> All { get; } =
    [
        new("onnxruntime", 17, "ONNX Runtime 1.13 and later, any provider; has LayerNormalization"),
        new("tensorrt", 17, "TensorRT 8.6 and later parse it whole; LayerNormalization is native there"),
        new("directml", 17, "DirectML's operators reach beyond it, Windows' own ONNX Runtime does not everywhere"),
        new("openvino", 16, "its front end is complete to 16; later sets in part"),
        new("qnn", 16, "Qualcomm's converter takes layer normalisation in parts"),
        new("coreml", 16, "ONNX Runtime's CoreML provider has no LayerNormalization"),
    ];

    /// <summary>The target of that name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static OnnxTarget Find(string name) => All.FirstOrDefault(t => t.Name == name)
        ?? throw new InvalidDataException($"there is no target '{name}'; there are {string.Join(", ", All.Select(t => t.Name))}");
}
