namespace EdgeVision.Retrieval;

/// <summary>Index of embeddings that can be searched for the nearest entries.</summary>
/// <remarks>
/// <see cref="EmbeddingIndex"/> compares a query with every entry; an approximate index (a graph or a quantizer from another library)
/// may miss some.
/// </remarks>
public interface IEmbeddingIndex : IDisposable
{
    /// <summary>Components of an embedding.</summary>
    int Dimension { get; }

    /// <summary>Metric that compares embeddings.</summary>
    EmbeddingMetric Metric { get; }

    /// <summary>Number of entries.</summary>
    int Count { get; }

    /// <summary>Gets whether a search always finds the nearest entries; false if it may miss some for speed.</summary>
    bool IsExact { get; }

    /// <summary>Finds the nearest entries, nearest first, and returns their number.</summary>
    /// <param name="query">Embedding, [Dimension].</param>
    /// <param name="matches">Receives the matches; its length is the maximum number.</param>
    /// <param name="threshold">
    /// Worst score to accept: the minimum cosine or dot product, the maximum distance. No limit when null.
    /// </param>
    /// <exception cref="EdgeVisionException">
    /// The query has another dimension, contains NaN, or (cosine) is all zeros.
    /// </exception>
    int Search(ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float? threshold = null);
}
