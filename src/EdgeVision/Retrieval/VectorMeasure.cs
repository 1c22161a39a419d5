using System.Numerics.Tensors;

namespace EdgeVision;

/// <summary>How near two vectors are, as a number that is higher the nearer they are; a type each, so that loops are compiled for it.</summary>
internal interface IVectorMeasure
{
    /// <summary>Nearness of two vectors of equal length.</summary>
    static abstract float Nearness(ReadOnlySpan<float> a, ReadOnlySpan<float> b);
}

/// <summary>Dot product; of unit vectors the cosine.</summary>
internal readonly struct DotMeasure : IVectorMeasure
{
    public static float Nearness(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => TensorPrimitives.Dot(a, b);
}

/// <summary>Euclidean distance, negated.</summary>
internal readonly struct DistanceMeasure : IVectorMeasure
{
    public static float Nearness(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => -TensorPrimitives.Distance(a, b);
}
