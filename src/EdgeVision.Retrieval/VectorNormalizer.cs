using System.Numerics.Tensors;

namespace EdgeVision.Retrieval;

/// <summary>Scales vectors to length 1, so that their dot product is their cosine.</summary>
public static class VectorNormalizer
{
    /// <summary>Writes <paramref name="vector"/> scaled to length 1.</summary>
    /// <param name="vector">Vector.</param>
    /// <param name="unit">Result of the same length; may be the same memory.</param>
    /// <param name="what">Name of the vector for error messages.</param>
    /// <exception cref="EdgeVisionException">A component is not finite, or all are zero, which has no direction.</exception>
    public static void Normalize(ReadOnlySpan<float> vector, Span<float> unit, string what)
    {
        float largest = vector.IsEmpty ? 0 : MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!float.IsFinite(largest))
        {
            throw new EdgeVisionException($"{what} has a component that is not finite");
        }

        if (largest == 0)
        {
            throw new EdgeVisionException($"{what} is all zeros, which has no direction and no cosine");
        }

        // Squares of components above 1e18, or all below 1e-18, overflow or underflow float.
        if (largest is > 1e15f or < 1e-15f)
        {
            float power = MathF.ScaleB(1, -MathF.ILogB(largest) / 2);
            TensorPrimitives.Multiply(vector, power, unit);
            TensorPrimitives.Multiply(unit, power, unit);
            vector = unit;
        }

        TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), unit);
    }
}
