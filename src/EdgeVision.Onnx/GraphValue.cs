namespace EdgeVision.Onnx;

/// <summary>A value of a graph under construction: its name, shape and element type.</summary>
public sealed class GraphValue
{
    internal GraphValue(OnnxGraphBuilder owner, string name, IReadOnlyList<long> shape, TensorProto.Types.DataType element)
    {
        Owner = owner;
        Name = name;
        Shape = shape;
        Element = element;
    }

    /// <summary>Name in the graph; unique.</summary>
    public string Name { get; }

    /// <summary>Dimensions; -1 where a dimension is open (dynamic).</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Element type.</summary>
    public TensorProto.Types.DataType Element { get; }

    internal OnnxGraphBuilder Owner { get; }

    /// <summary>Like <c>images [?,3,160,192] Float</c>.</summary>
    public override string ToString() => $"{Name} [{string.Join(',', Shape.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}] {Element}";
}
