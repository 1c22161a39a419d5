using EdgeVision.Inference.OnnxFiles;

namespace EdgeVision.Profiling.Operators;

/// <summary>Number and precision of a model's weights, derived from its file.</summary>
/// <remarks>
/// Weights are the constant tensors used by convolutions, matrix products, normalizations, recurrent cells, slopes and embeddings, and
/// those of two or more elements that are added, multiplied or concatenated (biases, layer scales, positions, class tokens) directly
/// after such a node or somewhere before one. Shapes, axes, limits, scales and zero points of quantization, a normalization's running
/// mean and variance, and tables after the last layer (anchors, strides) are not weights. A quantized weight counts once; a weight
/// shared by several nodes counts once.
/// </remarks>
public sealed record ModelWeights
{
    private const double UniformFraction = 0.95;

    private ModelWeights(long parameters, string precision) => (ParameterCount, Precision) = (parameters, precision);

    /// <summary>Total number of elements of all weights.</summary>
    public long ParameterCount { get; }

    /// <summary>Element type of the weights: fp32, fp16, bf16, fp64, int8, int4 or mixed.</summary>
    /// <remarks>
    /// The type of at least 95 % of the weights, not counting integer biases; mixed if there is none; fp32 without weights.
    /// </remarks>
    public string Precision { get; }

    /// <summary>Counts the weights of a model file without reading their values.</summary>
    /// <exception cref="ModelFormatException">The file is not a readable ONNX model, or refers to a file outside its folder.</exception>
    public static ModelWeights Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var content = OnnxGraphContent.Read(path);
        var used = WeightFinder.Create(content.Nodes);
        var kinds = new Dictionary<string, long>();
        long parameters = 0;
        foreach (var tensor in content.Constants.DistinctBy(t => t.Name))
        {
            if (used.GetElementType(tensor) is not { } kind)
            {
                continue;
            }

            parameters += tensor.Elements;
            if (kind != WeightFinder.IntegerBias)
            {
                kinds[kind] = kinds.GetValueOrDefault(kind) + tensor.Elements;
            }
        }

        long all = kinds.Values.Sum();
        string precision = all == 0 ? "fp32" : kinds.FirstOrDefault(k => k.Value >= UniformFraction * all).Key ?? "mixed";
        return new ModelWeights(parameters, precision);
    }
}
