namespace EdgeVision.Retrieval;

/// <summary>Metric by which <see cref="EmbeddingIndex"/> compares vectors.</summary>
public enum EmbeddingMetric
{
    /// <summary>Cosine of the angle, -1 to 1; higher is nearer. Vectors are stored scaled to length 1.</summary>
    Cosine = 0,

    /// <summary>Dot product; higher is nearer.</summary>
    Dot = 1,

    /// <summary>Euclidean distance, 0 or more; lower is nearer.</summary>
    L2 = 2,
}

/// <summary>An entry found by a search.</summary>
public readonly record struct EmbeddingMatch
{
    /// <summary>Initializes a match, for implementations of <see cref="IEmbeddingIndex"/>.</summary>
    public EmbeddingMatch(string id, string? label, float score) : this(id, label, score, 0) { }

    internal EmbeddingMatch(string id, string? label, float score, long order)
    {
        Id = id;
        Label = label;
        Score = score;
        Order = order;
    }

    /// <summary>The entry's id.</summary>
    public string Id { get; }

    /// <summary>The entry's label, if it has one.</summary>
    public string? Label { get; }

    /// <summary>Cosine, dot product or distance, depending on the index's metric.</summary>
    public float Score { get; }

    /// <summary>Position in the order of insertion, which breaks ties.</summary>
    internal long Order { get; }

    internal EmbeddingMatch WithScore(float score) => new(Id, Label, score, Order);
}

/// <summary>Two entries that are near each other.</summary>
/// <param name="First">Id of the entry inserted first.</param>
/// <param name="Second">Id of the other.</param>
/// <param name="Score">Cosine, dot product or distance, depending on the index's metric.</param>
public readonly record struct DuplicatePair(string First, string Second, float Score);
