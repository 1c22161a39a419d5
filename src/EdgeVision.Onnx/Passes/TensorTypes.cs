namespace EdgeVision.Onnx.Passes;

/// <summary>Infers the element types of all values of a graph from its operators.</summary>
internal static class TensorTypes
{
    private const int Float = (int)TensorProto.Types.DataType.Float;
    private const int Integer = (int)TensorProto.Types.DataType.Int64;
    private const int Boolean = (int)TensorProto.Types.DataType.Bool;

    // Operators whose output has the type of an input, with the index of that input.
    private static readonly Dictionary<string, int> SameAs = new[]
    {
        "Abs", "Add", "AveragePool", "BatchNormalization", "Ceil", "Clip", "Concat", "Conv", "ConvTranspose", "Div", "DepthToSpace",
        "Einsum", "Elu", "Erf", "Exp", "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gemm", "Gelu",
        "GlobalAveragePool", "GlobalMaxPool", "GridSample", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization",
        "LayerNormalization", "LeakyRelu", "Log", "MatMul", "Max", "MaxPool", "Min", "Mish", "Mod", "Mul", "Neg", "Pad", "PRelu", "Pow",
        "Reciprocal", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "Relu", "Reshape", "Resize", "RoiAlign", "Round",
        "ScatterElements", "ScatterND", "Sigmoid", "Slice", "Softmax", "Softplus", "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub",
        "Sum", "Tanh", "Tile", "TopK", "Transpose", "Unsqueeze",
    }.ToDictionary(op => op, _ => 0).Append(new("Where", 1)).ToDictionary();

    private static readonly Dictionary<string, int> Always = new()
    {
        ["Shape"] = Integer, ["Size"] = Integer, ["NonMaxSuppression"] = Integer, ["ArgMax"] = Integer, ["ArgMin"] = Integer,
        ["NonZero"] = Integer, ["Greater"] = Boolean, ["GreaterOrEqual"] = Boolean, ["Less"] = Boolean, ["LessOrEqual"] = Boolean,
        ["Equal"] = Boolean, ["And"] = Boolean, ["Or"] = Boolean, ["Not"] = Boolean, ["IsNaN"] = Boolean,
    };

    /// <summary>Returns the element type of each value by name.</summary>
    /// <exception cref="InvalidDataException">An operator is unknown.</exception>
    public static Dictionary<string, int> Infer(GraphProto graph)
    {
        var types = new Dictionary<string, int>();
        foreach (var tensor in graph.Initializer)
        {
            types[tensor.Name] = tensor.DataType;
        }

        foreach (var input in graph.Input)
        {
            types[input.Name] = input.Type.TensorType.ElemType;
        }

        foreach (var node in graph.Node)
        {
            if (node.Domain is not ("" or "ai.onnx"))
            {
                throw new InvalidDataException($"operator {node.Domain}.{node.OpType} (node '{node.Name}') is not supported by this pass");
            }

            for (int i = 0; i < node.Output.Count; i++)
            {
                types[node.Output[i]] = node.OpType switch
                {
                    "Cast" => (int)node.Attribute.First(a => a.Name == "to").I,
                    "Constant" => node.Attribute[0].T?.DataType ?? Float,
                    "ConstantOfShape" => node.Attribute.FirstOrDefault(a => a.Name == "value")?.T?.DataType ?? Float,
                    "Range" => types[node.Input[0]],
                    "TopK" or "MaxPool" when i == 1 => Integer,
                    _ when Always.TryGetValue(node.OpType, out int always) => always,
                    _ when SameAs.TryGetValue(node.OpType, out int same) => types[node.Input[same]],
                    _ => throw new InvalidDataException($"operator {node.OpType} (node '{node.Name}') is not supported by this pass"),
                };
            }
        }

        return types;
    }
}
