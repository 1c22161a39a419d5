namespace EdgeVision.Onnx;

/// <summary>Value of a graph under construction, with its name, shape and element type.</summary>
public sealed class GraphValue
{
    internal GraphValue(OnnxGraphBuilder owner, string name, IReadOnlyList<long> shape, TensorProto.Types.DataType element)
    {
        Owner = owner;
        Name = name;
        Shape = shape;
        Element = element;
    }

    /// <summary>Gets the name, which is unique in the graph.</summary>
    public string Name { get; }

    /// <summary>Gets the dimensions; -1 for a dynamic one.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Gets the element type.</summary>
    public TensorProto.Types.DataType Element { get; }

    internal OnnxGraphBuilder Owner { get; }

    /// <summary>Returns the value as text, such as <c>images [?,3,160,192] Float</c>.</summary>
    public override string ToString()
    {
        var dims = Shape.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return $"{Name} [{string.Join(',', dims)}] {Element}";
    }
}
