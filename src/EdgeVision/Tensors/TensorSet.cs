using System.Text.Json.Serialization;

namespace EdgeVision.Tensors;

/// <summary>Outputs of one run as decoders read them: float32 values with concrete shapes, indexed as in the graph.</summary>
/// <remarks>Decoders depend on this type only, never on a session.</remarks>
public abstract class TensorSet
{
    /// <summary>Gets the number of tensors.</summary>
    public abstract int Count { get; }

    /// <summary>Returns the name of tensor <paramref name="index"/>.</summary>
    public abstract string GetName(int index);

    /// <summary>Returns the concrete dimensions of tensor <paramref name="index"/> in this run.</summary>
    public abstract ReadOnlySpan<long> GetShape(int index);

    /// <summary>Returns the values of tensor <paramref name="index"/>, row-major; integers and float16 are widened to float32.</summary>
    public abstract ReadOnlySpan<float> GetData(int index);

    /// <summary>Returns the index of the tensor of that name, or -1.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Count; i++)
        {
            if (GetName(i) == name)
            {
                return i;
            }
        }

        return -1;
    }
}
