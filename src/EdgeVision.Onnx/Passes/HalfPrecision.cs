using System.Runtime.InteropServices;
using Google.Protobuf;

namespace EdgeVision.Onnx.Passes;

/// <summary>Converts weights and arithmetic to float16.</summary>
/// <remarks>
/// The graph's inputs and outputs stay float32, with casts after and before them. Halves the file; on processors without float16
/// arithmetic ONNX Runtime computes in float32 and inserts its own casts.
/// </remarks>
public static class HalfPrecision
{
    private const int Float = (int)TensorProto.Types.DataType.Float, Float16 = (int)TensorProto.Types.DataType.Float16;

    // Operators that stay float32, with casts around them, and the reason.
    private static readonly Dictionary<string, string> StayFloat32 = new()
    {
        ["Resize"] = "its scales are float32, and few providers resize float16",
        ["NonMaxSuppression"] = "takes only float32",
        ["RoiAlign"] = "sampling positions need more than 11 bits",
        ["TopK"] = "rounded scores would tie",
        ["LayerNormalization"] = "sums of squares lose too much precision",
        ["Softmax"] = "sums of small values over long axes lose precision",
        ["ReduceSum"] = "sums over long axes lose precision or overflow",
        ["ReduceL2"] = "sums of squares lose too much precision",
        ["ReduceMean"] = "sums over long axes lose precision or overflow",
        ["Pow"] = "squares of 256 and more overflow",
        ["Cast"] = "its attribute gives its type",
        ["Range"] = "float16 cannot represent all integers above 2,048",
        ["Constant"] = "its attribute gives its type",
        ["ConstantOfShape"] = "its attribute gives its type",
    };

    /// <summary>Gets the operators that stay float32, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> Float32Operators => StayFloat32;

    /// <summary>Converts a model in place.</summary>
    /// <param name="model">Model to change.</param>
    /// <param name="clamp">True to clamp weights beyond the range of float16 (±65,504) instead of rejecting them.</param>
    /// <exception cref="InvalidDataException">A weight is beyond the range of float16, or an operator is unknown.</exception>
    public static void Apply(OnnxModel model, bool clamp = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        var graph = model.Graph;
        var types = TensorTypes.Infer(graph);
        var edit = new GraphEditor(graph);
        var weights = graph.Initializer.Where(t => t.DataType == Float).ToDictionary(t => t.Name);
        var nodes = graph.Node.ToArray();
        graph.Node.Clear();
        graph.ValueInfo.Clear();
        var half = new Dictionary<string, string>();  // float32 name in the old graph to float16 name in the new
        var single = new Dictionary<string, string>(); // the same to a float32 name in the new
        var outputs = graph.Output.Where(o => types[o.Name] == Float).Select(o => o.Name).ToHashSet();
        foreach (var input in graph.Input.Where(i => types[i.Name] == Float))
        {
            single[input.Name] = input.Name;
        }

        foreach (var node in nodes)
        {
            bool stays = StayFloat32.ContainsKey(node.OpType);
            for (int i = 0; i < node.Input.Count; i++)
            {
                string name = node.Input[i];
                if (name.Length > 0 && types[name] == Float)
                {
                    node.Input[i] = stays ? Single(name) : HalfOf(name);
                }
            }

            graph.Node.Add(node);
            for (int i = 0; i < node.Output.Count; i++)
            {
                string name = node.Output[i];
                if (name.Length == 0 || types[name] != Float)
                {
                    continue;
                }

                if (stays)
                {
                    single[name] = name;
                }
                else
                {
                    node.Output[i] = edit.CreateUniqueName($"{name}_f16");
                    half[name] = node.Output[i];
                    if (outputs.Contains(name))
                    {
                        graph.Node.Add(CastTo(half[name], name, Float));
                        single[name] = name;
                    }
                }
            }
        }

        DeadCodeElimination.Apply(graph);

        string HalfOf(string name)
        {
            if (!half.TryGetValue(name, out string? known))
            {
                half[name] = known = edit.CreateUniqueName($"{name}_f16");
                if (weights.TryGetValue(name, out var tensor))
                {
                    graph.Initializer.Add(ToHalf(tensor, known, clamp));
                }
                else
                {
                    graph.Node.Add(CastTo(single[name], known, Float16));
                }
            }

            return known;
        }

        string Single(string name)
        {
            if (weights.ContainsKey(name))
            {
                return name;
            }

            if (!single.TryGetValue(name, out string? known))
            {
                single[name] = known = edit.CreateUniqueName($"{name}_f32");
                graph.Node.Add(CastTo(half[name], known, Float));
            }

            return known;
        }

        NodeProto CastTo(string from, string to, int type)
        {
            var node = new NodeProto { OpType = "Cast", Name = edit.CreateUniqueName($"{to}_cast") };
            node.Input.Add(from);
            node.Output.Add(to);
            node.Attribute.Add(OnnxAttribute.Int("to", type));
            return node;
        }
    }

    private static TensorProto ToHalf(TensorProto tensor, string name, bool clamp)
    {
        float[] values = OnnxTensor.ReadFloats(tensor);
        var halves = new Half[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)values[i];
            if (!Half.IsFinite(halves[i]) && float.IsFinite(values[i]))
            {
                halves[i] = clamp ? (values[i] < 0 ? Half.MinValue : Half.MaxValue)
                    : throw new InvalidDataException(FormattableString.Invariant(
                        $"weight '{tensor.Name}' contains {values[i]}, beyond the range of float16 (±65504); export in float32"));
            }
        }

        var result = new TensorProto
        {
            Name = name,
            DataType = Float16,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(halves.AsSpan())),
        };
        result.Dims.AddRange(tensor.Dims);
        return result;
    }
}
