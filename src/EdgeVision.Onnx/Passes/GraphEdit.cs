namespace EdgeVision.Onnx;

/// <summary>What the passes over graphs share: names, nodes, users.</summary>
internal sealed class GraphEdit
{
    private readonly GraphProto _graph;
    private readonly HashSet<string> _names;

    public GraphEdit(GraphProto graph)
    {
        _graph = graph;
        _names = [.. graph.Node.SelectMany(n => n.Output.Append(n.Name)), .. graph.Initializer.Select(t => t.Name), .. graph.Input.Select(v => v.Name), .. graph.Output.Select(v => v.Name)];
    }

    /// <summary>A name that is free, and taken from now on.</summary>
    public string Unique(string wanted)
    {
        string name = wanted;
        for (int i = 1; !_names.Add(name); i++)
        {
            name = $"{wanted}_{i}";
        }

        return name;
    }

    /// <summary>A node with one output of a new name.</summary>
    public NodeProto Node(string op, string wanted, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
    {
        string name = Unique(wanted);
        var node = new NodeProto { OpType = op, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        node.Attribute.AddRange(attributes);
        return node;
    }

    public string Constant(string wanted, ReadOnlySpan<float> values, params ReadOnlySpan<long> dims) => Add(OnnxTensor.Create(Unique(wanted), values, dims));

    public string Constant(string wanted, ReadOnlySpan<long> values, params ReadOnlySpan<long> dims) => Add(OnnxTensor.Create(Unique(wanted), values, dims));

    public string Add(TensorProto tensor)
    {
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>How many nodes and outputs read a value.</summary>
    public int Users(string name) => _graph.Node.Sum(n => n.Input.Count(i => i == name)) + _graph.Output.Count(o => o.Name == name);
}
