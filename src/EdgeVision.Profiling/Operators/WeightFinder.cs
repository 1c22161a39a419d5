using EdgeVision.Inference.OnnxFiles;

namespace EdgeVision.Profiling.Operators;

/// <summary>Finds the tensors of a graph that are weights, by the nodes that use them.</summary>
internal sealed class WeightFinder
{
    /// <summary>Element type of a quantized network's biases, which is wider than that of its weights.</summary>
    public const string IntegerBias = "int32";

    private readonly HashSet<string> _weights = [], _summands = [];
    private readonly HashSet<string> _weightedInputs = []; // tensors from which a node with weights is computed
    private readonly HashSet<string> _weightedOutputs = []; // outputs of nodes with weights

    private WeightFinder(IReadOnlyList<OnnxNode> nodes)
    {
        foreach (var node in nodes)
        {
            if (Weights(node).Any())
            {
                _weightedOutputs.UnionWith(node.Outputs);
            }
        }

        // In reverse, from outputs to inputs.
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            Propagate(nodes[i]);
        }
    }

    public static WeightFinder Create(IReadOnlyList<OnnxNode> nodes) => new(nodes);

    /// <summary>Returns the element type of a weight; null if the tensor is not a weight.</summary>
    public string? GetElementType(OnnxConstant tensor) =>
        _weights.Contains(tensor.Name) || tensor.Elements > 1 && _summands.Contains(tensor.Name) ? GetElementTypeName(tensor.Type) : null;

    // TensorProto.DataType
    private static string? GetElementTypeName(int type) => type switch
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

    private void Propagate(OnnxNode node)
    {
        _weights.UnionWith(Weights(node));
        bool leads = Weights(node).Any() || node.Outputs.Any(_weightedInputs.Contains);
        if (leads)
        {
            _weightedInputs.UnionWith(node.Inputs);
        }

        switch (node.Operator)
        {
            // A node that only passes a tensor on: its input has the role of its output.
            case "Identity" or "Cast" or "Reshape" or "Transpose" or "Squeeze" or "Unsqueeze" or "Flatten" or "Expand" or "Slice" or "Split"
                or "QuantizeLinear" or "DequantizeLinear" when node.Inputs.Length > 0:
                foreach (var set in (HashSet<string>[])[_weights, _summands])
                {
                    if (node.Outputs.Any(set.Contains))
                    {
                        set.Add(node.Inputs[0]);
                    }
                }

                break;
            case "Gather" when node.Inputs.Length > 0: // an embedding; also of shapes, which are not floats
                _weights.Add(node.Inputs[0]);
                break;
            case "Add" or "Mul" or "Sum" or "Concat" when leads || node.Inputs.Any(_weightedOutputs.Contains):
                _summands.UnionWith(node.Inputs);
                break;
            case "QLinearAdd" or "QLinearMul" when leads || node.Inputs.Any(_weightedOutputs.Contains):
                _summands.UnionWith(Pick(node.Inputs, 0, 3));
                break;
            default:
                // A local function, or an operator of another library: its float inputs count as weights.
                if (node.Domain is not ("" or "ai.onnx" or "com.microsoft"))
                {
                    _summands.UnionWith(node.Inputs);
                }

                break;
        }
    }

    private static IEnumerable<string> Weights(OnnxNode node) => node.Operator switch
    {
        "Conv" or "FusedConv" or "ConvTranspose" or "PRelu" or "LayerNormalization" or "InstanceNormalization" or "GroupNormalization"
            or "SimplifiedLayerNormalization" or "RMSNormalization" or "LSTM" or "GRU" or "RNN" => node.Inputs.Skip(1),
        "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization" => node.Inputs.Skip(2),
        "MatMul" or "FusedMatMul" or "Gemm" or "FusedGemm" or "Einsum" => node.Inputs,
        "BatchNormalization" => Pick(node.Inputs, 1, 2),
        "DeformConv" => Pick(node.Inputs, 1, 3),
        "Attention" when node.Domain == "com.microsoft" => Pick(node.Inputs, 1, 2),
        "ConvInteger" or "MatMulInteger" or "DynamicQuantizeMatMul" or "MatMulIntegerToFloat" => Pick(node.Inputs, 0, 1),
        "QLinearConv" => Pick(node.Inputs, 3, 8),
        "QLinearMatMul" => Pick(node.Inputs, 0, 3),
        "QGemm" => Pick(node.Inputs, 3, 6),
        _ => [],
    };

    private static IEnumerable<string> Pick(string[] inputs, params int[] indices) =>
        indices.Where(i => i < inputs.Length).Select(i => inputs[i]);
}
