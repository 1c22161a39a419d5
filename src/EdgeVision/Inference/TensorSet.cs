using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>Element types of tensors that the runtime supports.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TensorElement>))]
public enum TensorElement
{
    /// <summary>32-bit IEEE float.</summary>
    Float32,
    /// <summary>16-bit IEEE float.</summary>
    Float16,
    /// <summary>Unsigned byte.</summary>
    [JsonStringEnumMemberName("uint8")]
    UInt8,
    /// <summary>Signed byte.</summary>
    Int8,
    /// <summary>32-bit signed integer.</summary>
    Int32,
    /// <summary>64-bit signed integer.</summary>
    Int64,
    /// <summary>Boolean, one byte each.</summary>
    Boolean,
}

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

/// <summary>Outputs of one run as decoders read them: float32 values with concrete shapes, indexed as in the graph.</summary>
/// <remarks>Decoders depend on this type only, never on a session.</remarks>
public abstract class TensorSet
{
    /// <summary>Gets the number of tensors.</summary>
    public abstract int Count { get; }

    /// <summary>Returns the name of tensor <paramref name="index"/>.</summary>
    public abstract string Name(int index);

    /// <summary>Returns the concrete dimensions of tensor <paramref name="index"/> in this run.</summary>
    public abstract ReadOnlySpan<long> Shape(int index);

    /// <summary>Returns the values of tensor <paramref name="index"/>, row-major; integers and float16 are widened to float32.</summary>
    public abstract ReadOnlySpan<float> Data(int index);

    /// <summary>Returns the index of the tensor of that name, or -1.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Count; i++)
        {
            if (Name(i) == name)
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary><see cref="TensorSet"/> over arrays, for tests and for outputs from elsewhere.</summary>
public sealed class ArrayTensorSet : TensorSet
{
    private readonly (string Name, long[] Shape, float[] Data)[] _tensors;

    /// <summary>Wraps arrays without copying. Throws <see cref="ModelFormatException"/> if a shape does not fit its data.</summary>
    public ArrayTensorSet(params (string Name, long[] Shape, float[] Data)[] tensors)
    {
        foreach (var (name, shape, data) in tensors)
        {
            long count = 1;
            foreach (long d in shape)
            {
                count = checked(count * d);
            }

            if (count != data.Length)
            {
                throw new ModelFormatException(
                    $"tensor '{name}' of shape [{string.Join(',', shape)}] must have {count} values; got {data.Length}");
            }
        }

        _tensors = tensors;
    }

    /// <inheritdoc/>
    public override int Count => _tensors.Length;

    /// <inheritdoc/>
    public override string Name(int index) => _tensors[index].Name;

    /// <inheritdoc/>
    public override ReadOnlySpan<long> Shape(int index) => _tensors[index].Shape;

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Data(int index) => _tensors[index].Data;
}
