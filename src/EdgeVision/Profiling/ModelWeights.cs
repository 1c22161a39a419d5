namespace EdgeVision;

/// <summary>
/// What a model has learned, as far as its file tells: the constant tensors that convolutions, matrix products, normalizations, recurrent cells, slopes and
/// embeddings work with, and those of two or more elements that are added, multiplied or concatenated (biases, layer scales, positions, class tokens). Shapes,
/// axes, limits, the scales and zero points of quantization, a normalization's running mean and variance, and tables that something is subtracted from or
/// divided by (anchors) are none. A quantized weight counts once; a weight that several nodes share counts once.
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
        var content = OnnxFile.ReadContent(path);
        var used = WeightUse.Of(content.Nodes);
        var kinds = new Dictionary<string, long>();
        long parameters = 0;
        foreach (var tensor in content.Tensors.DistinctBy(t => t.Name))
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

/// <summary>Which names of a graph stand for weights, by the nodes that use them.</summary>
internal sealed class WeightUse
{
    /// <summary>Kind of a quantized network's biases, which are wider than its weights.</summary>
    public const string IntegerBias = "int32";

    private readonly HashSet<string> _weights = [], _summands = [], _tables = [];

    private WeightUse()
    {
    }

    public static WeightUse Of(IReadOnlyList<OnnxNode> nodes)
    {
        var use = new WeightUse();
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            use.Follow(nodes[i]);
        }

        return use;
    }

    /// <summary>Kind of the tensor's elements; null where it is no weight.</summary>
    public string? Take(OnnxTensor tensor) =>
        _weights.Contains(tensor.Name) || tensor.Elements > 1 && _summands.Contains(tensor.Name) && !_tables.Contains(tensor.Name) ? Kind(tensor.Type) : null;

    // TensorProto.DataType
    private static string? Kind(int type) => type switch
    {
        1 => "fp32",
        2 or 3 => "int8",
        6 => IntegerBias,
        10 => "fp16",
        11 => "fp64",
        16 => "bf16",
        21 or 22 => "int4",
        _ => null,
    };

    private void Follow(OnnxNode node)
    {
        var inputs = node.Inputs;
        switch (node.Operator)
        {
            // What only passes a tensor on is what its output is.
            case "Identity" or "Cast" or "Reshape" or "Transpose" or "Squeeze" or "Unsqueeze" or "Flatten" or "Expand" or "Slice" or "Split" or "QuantizeLinear" or "DequantizeLinear" when inputs.Length > 0:
                foreach (var set in (HashSet<string>[])[_weights, _summands, _tables])
                {
                    if (node.Outputs.Any(set.Contains))
                    {
                        set.Add(inputs[0]);
                    }
                }

                break;
            case "Add" or "Mul" or "Sum" or "Concat" or "QLinearAdd" or "QLinearMul":
                _summands.UnionWith(node.Operator.StartsWith('Q') ? Pick(inputs, 0, 3) : inputs);
                break;
            case "Sub" or "Div":
                _tables.UnionWith(inputs);
                break;
            case "Conv" or "FusedConv" or "ConvTranspose" or "PRelu" or "LayerNormalization" or "InstanceNormalization" or "GroupNormalization" or "SimplifiedLayerNormalization" or "RMSNormalization"
                or "LSTM" or "GRU" or "RNN":
                _weights.UnionWith(inputs.Skip(1));
                break;
            case "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization":
                _weights.UnionWith(inputs.Skip(2));
                break;
            case "MatMul" or "FusedMatMul" or "Gemm" or "FusedGemm" or "Einsum":
                _weights.UnionWith(inputs);
                break;
            case "BatchNormalization":
                _weights.UnionWith(Pick(inputs, 1, 2));
                break;
            case "DeformConv":
                _weights.UnionWith(Pick(inputs, 1, 3));
                break;
            case "Gather":
                _weights.UnionWith(Pick(inputs, 0));
                break;
            case "Attention" when node.Domain.Length > 0:
                _weights.UnionWith(Pick(inputs, 1, 2));
                break;
            case "ConvInteger" or "MatMulInteger":
                _weights.UnionWith(Pick(inputs, 0, 1));
                break;
            case "DynamicQuantizeMatMul" or "MatMulIntegerToFloat":
                _weights.UnionWith(Pick(inputs, 0, 1));
                break;
            case "QLinearConv":
                _weights.UnionWith(Pick(inputs, 3, 8));
                break;
            case "QLinearMatMul":
                _weights.UnionWith(Pick(inputs, 0, 3));
                break;
            case "QGemm":
                _weights.UnionWith(Pick(inputs, 3, 6));
                break;
            default:
                // A function of the model's own, or another library's operator: what it takes by halves and floats it learned.
                if (node.Domain is not ("" or "ai.onnx" or "com.microsoft"))
                {
                    _summands.UnionWith(inputs);
                }

                break;
        }
    }

    private static IEnumerable<string> Pick(string[] inputs, params int[] indices) => indices.Where(i => i < inputs.Length).Select(i => inputs[i]);
}
