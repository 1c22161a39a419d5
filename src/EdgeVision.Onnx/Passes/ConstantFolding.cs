namespace EdgeVision.Onnx.Passes;

/// <summary>Replaces nodes whose inputs are all initializers or constants by initializers.</summary>
/// <remarks>Values that are then unused are removed.</remarks>
public static class ConstantFolding
{
    // Maximum number of elements of a folded value; larger ones would bloat the file.
    private const long MaxElements = 1 << 22;

    // Operators with random results or subgraphs; and DequantizeLinear, so that quantized constants stay small.
    private static readonly HashSet<string> NotFolded =
    [
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout",
        "If", "Loop", "Scan", "DequantizeLinear",
    ];

    /// <summary>Folds the constants of a model in place.</summary>
    /// <param name="model">Model to change.</param>
    /// <param name="run">Runs a model without inputs and returns its outputs in order; this library has no runtime of its own.</param>
    /// <returns>Number of nodes that were folded.</returns>
    public static int Apply(OnnxModel model, Func<OnnxModel, IReadOnlyList<TensorProto>> run)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
        var graph = model.Graph;
        // An initializer that is also an input is only a default, which the caller may override.
        var inputs = graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var constants = graph.Initializer.Where(t => !inputs.Contains(t.Name)).ToDictionary(t => t.Name, StringComparer.Ordinal);
        var outputs = graph.Output.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var folded = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        foreach (var node in graph.Node)
        {
            if (node.Output.Any(outputs.Contains) || NotFolded.Contains(node.OpType))
            {
                continue;
            }

            if (node is { OpType: "Constant", Domain: "" or "ai.onnx", Attribute: [{ Name: "value", T: { } value }] })
            {
                var tensor = value.Clone();
                tensor.Name = node.Output[0];
                Keep(tensor);
                folded.Add(node);
                continue;
            }

            string[] reads = [.. node.Input.Where(i => i.Length > 0)];
            if (reads.Length == 0
                || !reads.All(constants.ContainsKey)
                || node.Attribute.Any(a => a.G is not null)
                || CountResultElements(node, constants) > MaxElements)
            {
                continue;
            }

            var results = run(IsolateNode(model, node, constants));
            if (results.Any(t => CountElements(t.Dims) > MaxElements))
            {
                continue;
            }

            string[] names = [.. node.Output.Where(o => o.Length > 0)];
            for (int i = 0; i < names.Length; i++)
            {
                results[i].Name = names[i];
                Keep(results[i]);
            }

            folded.Add(node);
        }

        var left = graph.Node.Where(n => !folded.Contains(n)).ToArray();
        graph.Node.Clear();
        graph.Node.AddRange(left);
        DeadCodeElimination.Apply(graph);
        return folded.Count;

        void Keep(TensorProto tensor)
        {
            constants[tensor.Name] = tensor;
            graph.Initializer.Add(tensor);
        }
    }

    private static OnnxModel IsolateNode(OnnxModel model, NodeProto node, Dictionary<string, TensorProto> constants)
    {
        var alone = new ModelProto { IrVersion = model.Proto.IrVersion, Graph = new GraphProto { Name = "constant" } };
        alone.OpsetImport.AddRange(model.Proto.OpsetImport);
        alone.Graph.Node.Add(node.Clone());
        alone.Graph.Initializer.AddRange(node.Input.Where(i => i.Length > 0).Distinct().Select(i => constants[i]));
        alone.Graph.Output.AddRange(node.Output.Where(o => o.Length > 0).Select(o => new ValueInfoProto { Name = o }));
        return new OnnxModel(alone);
    }

    // Number of output elements of the operators that make large outputs from small inputs, known before they run; 0 for others.
    private static long CountResultElements(NodeProto node, Dictionary<string, TensorProto> constants)
    {
        TensorProto Read(int i) => constants[node.Input[i]];
        return node.OpType switch
        {
            "ConstantOfShape" => CountElements(OnnxTensor.ReadInts(Read(0))),
            "Expand" => CountElements(Broadcast(Read(0).Dims, OnnxTensor.ReadInts(Read(1)))),
            "Tile" => CountElements(OnnxTensor.ReadInts(Read(1)).Concat(Read(0).Dims)),
            "Range" when Read(0).DataType == (int)TensorProto.Types.DataType.Int64 => CountRangeElements(
                OnnxTensor.ReadInts(Read(0))[0], OnnxTensor.ReadInts(Read(1))[0], OnnxTensor.ReadInts(Read(2))[0]),
            _ => 0,
        };
    }

    // Broadcasting aligns shapes at their last axes; an axis of 1 takes the length of the other shape.
    private static IEnumerable<long> Broadcast(IReadOnlyList<long> a, IReadOnlyList<long> b) => Enumerable
        .Range(1, Math.Max(a.Count, b.Count))
        .Select(i => Math.Max(i <= a.Count ? a[a.Count - i] : 1, i <= b.Count ? b[b.Count - i] : 1));

    private static long CountRangeElements(long start, long limit, long step) =>
        step == 0 ? long.MaxValue : (long)Math.Min(Math.Max(0, ((double)limit - start) / step), 1e18);

    private static long CountElements(IEnumerable<long> dims)
    {
        double count = 1;
        foreach (long d in dims)
        {
            count *= d;
        }

        return (long)Math.Min(count, 1e18);
    }
}
