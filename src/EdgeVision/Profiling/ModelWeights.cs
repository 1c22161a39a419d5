namespace EdgeVision;

/// <summary>
/// What a model has learned, as far as its file tells: the constant tensors that convolutions, matrix products, normalizations, recurrent cells, slopes and
/// embeddings work with, and those of two or more elements that are added, multiplied or concatenated (biases, layer scales, positions, class tokens) right
/// behind such a node or somewhere before one. Shapes, axes, limits, the scales and zero points of quantization, a normalization's running mean and variance, and
/// tables behind the last layer (anchors, strides) are none. A quantized weight counts once; a weight that several nodes share counts once.
/// </summary>
public sealed record ModelWeights
{
    private const double OneKind = 0.95;

    private ModelWeights(long parameters, string precision) => (Parameters, Precision) = (parameters, precision);

    /// <summary>Elements of all weights.</summary>
    public long Parameters { get; }

    /// <summary>Element type of at least 95 % of the weights without integer biases, as fp32, fp16, bf16, fp64, int8 or int4; mixed where there is none; fp32 without weights.</summary>
    public string Precision { get; }

    /// <summary>Counts the weights of a model file; their values are not read.</summary>
    /// <exception cref="ModelFormatException">The file is no readable ONNX model, or it reaches outside its folder.</exception>
    public static ModelWeights Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var content = OnnxContent.Read(path);
        var used = WeightUse.Of(content.Nodes);
        var kinds = new Dictionary<string, long>();
        long parameters = 0;
        foreach (var tensor in content.Constants.DistinctBy(t => t.Name))
        {
            if (used.Take(tensor) is not { } kind)
            {
                continue;
            }

            parameters += tensor.Elements;
            if (kind != WeightUse.IntegerBias)
            {
                kinds[kind] = kinds.GetValueOrDefault(kind) + tensor.Elements;
            }
        }

        long all = kinds.Values.Sum();
        string precision = all == 0 ? "fp32" : kinds.FirstOrDefault(k => k.Value >= OneKind * all).Key ?? "mixed";
        return new ModelWeights(parameters, precision);
    }
}
