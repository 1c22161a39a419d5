namespace EdgeVision.Onnx;

/// <summary>
/// Computes once what does not depend on the input: nodes whose inputs are all initializers become initializers themselves. What nothing
/// reads any more is removed.
/// </summary>
public static class ConstantFolding
{
    private const long MostNumbers = 1 << 22; // of a folded value; larger ones would bloat the file

    // Another result each time, or graphs of their own.
    private static readonly HashSet<string> NotFolded = ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout", "If", "Loop", "Scan"];

    /// <summary>Folds in place.</summary>
    /// <param name="model">The model.</param>
    /// <param name="run">Runs a model without inputs and gives its outputs in order; ONNX Runtime is not known here.</param>
    /// <returns>Nodes that were folded.</returns>
    public static int Apply(OnnxModel model, Func<OnnxModel, IReadOnlyList<TensorProto>> run)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
        var graph = model.Graph;
        var constants = graph.Initializer.ToDictionary(t => t.Name);
        var outputs = graph.Output.Select(o => o.Name).ToHashSet();
        var folded = new List<NodeProto>();
        foreach (var node in graph.Node)
        {
            bool fits = node.Input.Any(i => i.Length > 0) && node.Input.All(i => i.Length == 0 || constants.ContainsKey(i)) && !NotFolded.Contains(node.OpType) && !node.Output.Any(outputs.Contains);
            if (!fits)
            {
                continue;
            }

            var results = run(Alone(model, node, constants));
            if (results.Any(t => t.Dims.Aggregate(1L, (a, d) => a * d) > MostNumbers))
            {
                continue;
            }

            for (int i = 0; i < results.Count; i++)
            {
                results[i].Name = node.Output[i];
                constants[node.Output[i]] = results[i];
                graph.Initializer.Add(results[i]);
            }

            folded.Add(node);
        }

        foreach (var node in folded)
        {
            graph.Node.Remove(node);
        }

        RemoveUnused(graph);
        return folded.Count;
    }

    /// <summary>Removes nodes and initializers that nothing reads.</summary>
    public static void RemoveUnused(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var used = graph.Output.Select(o => o.Name).ToHashSet();
        var needed = new List<NodeProto>();
        foreach (var node in graph.Node.Reverse())
        {
            if (node.Output.Any(used.Contains) || node.Attribute.Any(a => a.G is not null))
            {
                needed.Add(node);
                used.UnionWith(node.Input);
            }
        }

        needed.Reverse();
        graph.Node.Clear();
        graph.Node.AddRange(needed);
        var kept = graph.Initializer.Where(t => used.Contains(t.Name)).ToArray();
        graph.Initializer.Clear();
        graph.Initializer.AddRange(kept);
    }

    private static OnnxModel Alone(OnnxModel model, NodeProto node, Dictionary<string, TensorProto> constants)
    {
        var alone = new ModelProto { IrVersion = model.Proto.IrVersion, Graph = new GraphProto { Name = "constant" } };
        alone.OpsetImport.AddRange(model.Proto.OpsetImport);
        alone.Graph.Node.Add(node.Clone());
        alone.Graph.Initializer.AddRange(node.Input.Where(i => i.Length > 0).Distinct().Select(i => constants[i]));
        alone.Graph.Output.AddRange(node.Output.Select(o => new ValueInfoProto { Name = o }));
        return new OnnxModel(alone);
    }
}
