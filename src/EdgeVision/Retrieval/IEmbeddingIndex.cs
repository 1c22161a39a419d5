namespace EdgeVision;

/// <summary>
/// What a search needs of an index: <see cref="EmbeddingIndex"/> compares a query with every entry; an approximate index (a graph
/// or a quantizer by another library) that stands behind the same interface may miss some.
/// </summary>
public interface IEmbeddingIndex : IDisposable
{
    /// <summary>Components of an embedding.</summary>
    int Dimension { get; }

    /// <summary>How embeddings are compared.</summary>
    EmbeddingMetric Metric { get; }

    /// <summary>Number of entries.</summary>
    int Count { get; }

    /// <summary>Whether a search always finds the nearest; false where it may miss some for speed.</summary>
    bool IsExact { get; }

    /// <summary>Finds the nearest entries, nearest first, and returns how many there are.</summary>
    /// <param name="query">Embedding, [Dimension].</param>
    /// <param name="matches">Room for as many as are wanted.</param>
    /// <param name="threshold">Worst score to take: the lowest cosine or dot product, the highest distance. None when null.</param>
    /// <exception cref="EdgeVisionException">The query has another dimension, NaN, or (cosine) only zeros.</exception>
    int Search(ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float? threshold = null);
}
