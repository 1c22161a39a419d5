using System.Numerics.Tensors;

namespace EdgeVision;

/// <summary>Vectors scaled to length 1, so that their dot product is their cosine.</summary>
internal static class UnitVector
{
    /// <summary>Writes <paramref name="vector"/> scaled to length 1.</summary>
    /// <param name="vector">Vector.</param>
    /// <param name="unit">Result, as long; may be the same memory.</param>
    /// <param name="what">What to call the vector in an error.</param>
    /// <exception cref="EdgeVisionException">A number that is NaN or infinite, or zeros only, which point nowhere.</exception>
    public static void Write(ReadOnlySpan<float> vector, Span<float> unit, string what)
    {
        float largest = vector.IsEmpty ? 0 : MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!float.IsFinite(largest))
        {
            throw new EdgeVisionException($"{what} has a component that is no number");
        }

        if (largest == 0)
        {
            throw new EdgeVisionException($"{what} is all zeros and points nowhere: it has no cosine with anything");
        }

        // Squares of components beyond 1e18, or all below 1e-18, would leave float's range.
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
