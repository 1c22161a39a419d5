namespace EdgeVision.Onnx.Passes;

/// <summary>Helpers of the graph passes: unique names, new nodes and constants, and uses of values.</summary>
internal sealed class GraphEditor
{
    private readonly GraphProto _graph;
    private readonly HashSet<string> _names;

    public GraphEditor(GraphProto graph)
    {
        _graph = graph;
        _names =
        [
            .. graph.Node.SelectMany(n => n.Output.Append(n.Name)),
            .. graph.Initializer.Select(t => t.Name),
            .. graph.Input.Select(v => v.Name),
            .. graph.Output.Select(v => v.Name),
        ];
    }

    /// <summary>Returns an unused name and reserves it.</summary>
    public string CreateUniqueName(string wanted)
    {
        string name = wanted;
        for (int i = 1; !_names.Add(name); i++)
        {
            name = $"{wanted}_{i}";
        }

        return name;
    }

    /// <summary>Creates a node with one output, both with a new unique name.</summary>
    public NodeProto CreateNode(string op, string wanted, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
    {
        string name = CreateUniqueName(wanted);
        var node = new NodeProto { OpType = op, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        node.Attribute.AddRange(attributes);
        return node;
    }

    public string AddConstant(string wanted, ReadOnlySpan<float> values, params ReadOnlySpan<long> dims) =>
        AddInitializer(OnnxTensor.Create(CreateUniqueName(wanted), values, dims));

    public string AddConstant(string wanted, ReadOnlySpan<long> values, params ReadOnlySpan<long> dims) =>
        AddInitializer(OnnxTensor.Create(CreateUniqueName(wanted), values, dims));

    public string AddInitializer(TensorProto tensor)
    {
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>Returns the number of uses of a value by nodes, their subgraphs and graph outputs.</summary>
    public int CountUses(string name)
    {
        int inside = _graph.Node.Count(n => n.Attribute.Any(a => a.G is not null) && Reads(n).Contains(name));
        return _graph.Node.Sum(n => n.Input.Count(i => i == name)) + inside + _graph.Output.Count(o => o.Name == name);
    }

    /// <summary>Adds the names that a node reads: its inputs, and the outer values that its subgraphs read.</summary>
    public static void CollectReads(NodeProto node, HashSet<string> names)
    {
        names.UnionWith(node.Input);
        foreach (var attribute in node.Attribute)
        {
            foreach (var graph in attribute.G is { } one ? attribute.Graphs.Prepend(one) : attribute.Graphs)
            {
                // This may include names local to the subgraph, which keeps more values than necessary, never fewer.
                names.UnionWith(graph.Output.Select(o => o.Name));
                foreach (var inner in graph.Node)
                {
                    CollectReads(inner, names);
                }
            }
        }
    }

    private static HashSet<string> Reads(NodeProto node)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        CollectReads(node, names);
        names.ExceptWith(node.Input);
        return names;
    }
}
