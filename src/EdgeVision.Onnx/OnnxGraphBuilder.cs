namespace EdgeVision.Onnx;

/// <summary>Builds a model node by node.</summary>
/// <remarks>
/// Values have a shape and an element type, and names are unique. Only values of this builder can be inputs, so the nodes are always in
/// topological order.
/// </remarks>
public sealed class OnnxGraphBuilder
{
    private readonly GraphProto _graph = new();
    private readonly ModelProto _model;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodeNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _outputs = new(StringComparer.Ordinal);

    /// <summary>Starts an empty graph.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="opset">Version of the default operator set, at least 7.</param>
    /// <param name="irVersion">Version of the file format, at least 3; 8 belongs to opset 17.</param>
    /// <param name="producer">Name of the program that writes the file.</param>
    /// <param name="producerVersion">Version of that program.</param>
    public OnnxGraphBuilder(string name, int opset = 17, int irVersion = 8, string producer = "EdgeVision", string producerVersion = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(opset, 7);
        ArgumentOutOfRangeException.ThrowIfLessThan(irVersion, 3);
        _graph.Name = name;
        Opset = opset;
        _model = new ModelProto { IrVersion = irVersion, ProducerName = producer, ProducerVersion = producerVersion, Graph = _graph };
        _model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
    }

    /// <summary>Gets the version of the default operator set.</summary>
    public int Opset { get; }

    /// <summary>Imports another operator set, such as com.microsoft; each domain only once.</summary>
    /// <exception cref="ArgumentException">The domain is already imported.</exception>
    public void ImportOpset(string domain, int version)
    {
        if (_model.OpsetImport.Any(o => o.Domain == domain))
        {
            throw new ArgumentException($"operator set '{domain}' is already imported", nameof(domain));
        }

        _model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
    }

    /// <summary>Adds a graph input.</summary>
    /// <param name="name">Name; must be unused.</param>
    /// <param name="shape">Dimensions; -1 for a dynamic one.</param>
    /// <param name="element">Element type.</param>
    /// <param name="dimensionNames">Names of the dynamic dimensions by axis, such as <c>batch</c>; <c>name_axis</c> if absent.</param>
    /// <exception cref="ArgumentException">The name is already used.</exception>
    public GraphValue AddInput(
        string name,
        IReadOnlyList<long> shape,
        TensorProto.Types.DataType element = TensorProto.Types.DataType.Float,
        IReadOnlyDictionary<int, string>? dimensionNames = null)
    {
        var value = Register(name, shape, element);
        _graph.Input.Add(Describe(value, dimensionNames));
        return value;
    }

    /// <summary>Adds a constant that is stored in the file; values are row-major.</summary>
    /// <exception cref="ArgumentException">The name is already used, or the number of values does not match the shape.</exception>
    public GraphValue AddInitializer(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dims) =>
        AddInitializer(OnnxTensor.Create(name, values, dims));

    /// <inheritdoc cref="AddInitializer(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public GraphValue AddInitializer(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dims) =>
        AddInitializer(OnnxTensor.Create(name, values, dims));

    /// <summary>Adds a constant that is stored in the file, under the tensor's own name.</summary>
    /// <exception cref="ArgumentException">The name is already used.</exception>
    public GraphValue AddInitializer(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var value = Register(tensor.Name, [.. tensor.Dims], (TensorProto.Types.DataType)tensor.DataType);
        _graph.Initializer.Add(tensor);
        return value;
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="opType">Operator, such as <c>Conv</c>.</param>
    /// <param name="name">Name of the node and its output; a number is appended if it is already used.</param>
    /// <param name="inputs">Values of this builder; null for an omitted optional input.</param>
    /// <param name="shape">Shape of the output; -1 for a dynamic dimension.</param>
    /// <param name="element">Element type of the output.</param>
    /// <param name="attributes">Attributes; see <see cref="OnnxAttribute"/>.</param>
    public GraphValue AddNode(string opType, string name, IReadOnlyList<GraphValue?> inputs, IReadOnlyList<long> shape,
        TensorProto.Types.DataType element = TensorProto.Types.DataType.Float, params IReadOnlyList<AttributeProto> attributes) =>
        AddNode(opType, name, inputs, [(shape, element)], attributes)[0];

    /// <summary>Adds a node with several outputs, such as TopK or Split.</summary>
    public GraphValue[] AddNode(string opType, string name, IReadOnlyList<GraphValue?> inputs,
        IReadOnlyList<(IReadOnlyList<long> Shape, TensorProto.Types.DataType Element)> outputs,
        IReadOnlyList<AttributeProto> attributes, string domain = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(opType);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentOutOfRangeException.ThrowIfZero(outputs.Count);
        if (!_model.OpsetImport.Any(o => o.Domain == domain))
        {
            throw new ArgumentException($"operator set '{domain}' is not imported", nameof(domain));
        }

        string nodeName = CreateUniqueName(name, _nodeNames);
        _nodeNames.Add(nodeName);
        var node = new NodeProto { OpType = opType, Name = nodeName };
        if (domain.Length > 0)
        {
            node.Domain = domain;
        }

        foreach (var input in inputs)
        {
            node.Input.Add(input is null ? "" : Own(input).Name);
        }

        var values = new GraphValue[outputs.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Register(CreateUniqueName(values.Length == 1 ? nodeName : $"{nodeName}_{i}"), outputs[i].Shape, outputs[i].Element);
            node.Output.Add(values[i].Name);
        }

        node.Attribute.AddRange(attributes);
        _graph.Node.Add(node);
        return values;
    }

    /// <summary>Makes a value an output of the graph, with an Identity node if the names differ.</summary>
    /// <exception cref="ArgumentException">The name is already used by another value or output.</exception>
    public GraphValue AddOutput(string name, GraphValue value, IReadOnlyDictionary<int, string>? dimensionNames = null)
    {
        Own(value);
        var output = value;
        if (value.Name != name || _graph.Input.Any(v => v.Name == name))
        {
            output = Register(name, value.Shape, value.Element);
            var node = new NodeProto { OpType = "Identity", Name = CreateUniqueName(name, _nodeNames) };
            _nodeNames.Add(node.Name);
            node.Input.Add(value.Name);
            node.Output.Add(name);
            _graph.Node.Add(node);
        }

        if (!_outputs.Add(name))
        {
            throw new ArgumentException($"'{name}' is already an output", nameof(name));
        }

        _graph.Output.Add(Describe(output, dimensionNames));
        return output;
    }

    /// <summary>Sets a metadata entry of the model.</summary>
    public void SetMetadata(string key, string value) => new OnnxModel(_model).SetMetadata(key, value);

    /// <summary>Returns an unused name: <paramref name="preferred"/>, with <c>_1</c>, <c>_2</c> … appended if necessary.</summary>
    public string CreateUniqueName(string preferred) => CreateUniqueName(preferred, _names);

    /// <summary>Returns a copy of the model; the builder can be used further.</summary>
    /// <exception cref="InvalidOperationException">The graph has no output.</exception>
    public OnnxModel Build() => _graph.Output.Count > 0
        ? new OnnxModel(_model.Clone())
        : throw new InvalidOperationException("the graph has no output; call AddOutput first");

    private static string CreateUniqueName(string preferred, HashSet<string> taken)
    {
        ArgumentException.ThrowIfNullOrEmpty(preferred);
        string name = preferred;
        for (int i = 1; taken.Contains(name); i++)
        {
            name = $"{preferred}_{i}";
        }

        return name;
    }

    private GraphValue Register(string name, IReadOnlyList<long> shape, TensorProto.Types.DataType element)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        return _names.Add(name)
            ? new GraphValue(this, name, shape, element)
            : throw new ArgumentException($"the graph already has a value '{name}'", nameof(name));
    }

    private GraphValue Own(GraphValue value) => ReferenceEquals(value.Owner, this)
        ? value
        : throw new ArgumentException($"value '{value.Name}' belongs to another graph", nameof(value));

    private static ValueInfoProto Describe(GraphValue value, IReadOnlyDictionary<int, string>? openNames)
    {
        var shape = new TensorShapeProto();
        for (int axis = 0; axis < value.Shape.Count; axis++)
        {
            shape.Dim.Add(value.Shape[axis] >= 0
                ? new TensorShapeProto.Types.Dimension { DimValue = value.Shape[axis] }
                : new TensorShapeProto.Types.Dimension { DimParam = openNames?.GetValueOrDefault(axis) ?? $"{value.Name}_{axis}" });
        }

        return new ValueInfoProto
        {
            Name = value.Name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.Element, Shape = shape } },
        };
    }
}
