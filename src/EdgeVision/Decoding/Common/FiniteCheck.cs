using System.Numerics.Tensors;

namespace EdgeVision.Decoding.Common;

/// <summary>Rejects outputs that contain NaN or infinity.</summary>
internal static class FiniteCheck
{
    /// <summary>Throws <see cref="InvalidOutputException"/> if <paramref name="values"/> contain NaN or infinity.</summary>
    public static void ThrowIfNotFinite(ReadOnlySpan<float> values, string output)
    {
        bool finite = true;
        int i = 0;
        var all = System.Numerics.Vector<int>.AllBitsSet;
        for (; i <= values.Length - System.Numerics.Vector<float>.Count; i += System.Numerics.Vector<float>.Count)
        {
            var v = new System.Numerics.Vector<float>(values[i..]);
            all &= System.Numerics.Vector.Equals(v - v, System.Numerics.Vector<float>.Zero);
        }

        finite &= System.Numerics.Vector.EqualsAll(all, System.Numerics.Vector<int>.AllBitsSet);
        for (; i < values.Length; i++)
        {
            finite &= float.IsFinite(values[i]);
        }

        if (!finite)
        {
            throw new InvalidOutputException($"output '{output}' contains NaN or infinity; the model or its input is broken");
        }
    }
}
