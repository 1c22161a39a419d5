using System.Text.Json.Serialization;

namespace EdgeVision.Tensors;

/// <summary>Name, shape and element type of a network input or output.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Shape">Dimensions; -1 for an open dimension.</param>
/// <param name="Element">Element type.</param>
public sealed record TensorInfo(string Name, long[] Shape, TensorElement Element)
{
    /// <summary>Formats the tensor like <c>images 1x3x640x640 Float32</c>; an open dimension is <c>?</c>.</summary>
    public override string ToString()
    {
        var sides = Shape.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return $"{Name} {string.Join('x', sides)} {Element}";
    }
}
