using System.Text.Json.Serialization;

namespace EdgeVision.Tensors;

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
    public override string GetName(int index) => _tensors[index].Name;

    /// <inheritdoc/>
    public override ReadOnlySpan<long> GetShape(int index) => _tensors[index].Shape;

    /// <inheritdoc/>
    public override ReadOnlySpan<float> GetData(int index) => _tensors[index].Data;
}
