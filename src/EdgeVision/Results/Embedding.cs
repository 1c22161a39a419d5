namespace EdgeVision;

/// <summary>Feature vector of one frame.</summary>
public sealed class Embedding
{
    private float[] _values = [];

    /// <summary>Gets the dimension; 0 without an embedding.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the values, [Count].</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Count);

    /// <summary>Removes the embedding and keeps the buffer.</summary>
    public void Clear() => Count = 0;

    /// <summary>Sets the dimension and returns the values, to be written by a decoder.</summary>
    public Span<float> Resize(int count)
    {
        if (_values.Length < count)
        {
            _values = new float[count];
        }

        Count = count;
        return _values.AsSpan(0, count);
    }

    /// <summary>Computes the cosine similarity with another embedding of the same dimension, -1..1.</summary>
    public float CosineSimilarity(ReadOnlySpan<float> other) =>
        System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(Values, other);
}
