using System.Numerics.Tensors;

namespace EdgeVision.Retrieval;

/// <summary>Nearness of two vectors: higher is nearer. A static abstract member, so that loops are specialized per type.</summary>
internal interface IVectorMetric
{
    /// <summary>Returns the nearness of two vectors of equal length.</summary>
    static abstract float Nearness(ReadOnlySpan<float> a, ReadOnlySpan<float> b);
}

/// <summary>Dot product; for unit vectors the cosine.</summary>
internal readonly struct DotProductMetric : IVectorMetric
{
    public static float Nearness(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => TensorPrimitives.Dot(a, b);
}

/// <summary>Negated Euclidean distance.</summary>
internal readonly struct DistanceMetric : IVectorMetric
{
    public static float Nearness(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => -TensorPrimitives.Distance(a, b);
}
