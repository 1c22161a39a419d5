using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>Statistics of one sink. <c>Offered = Written + Dropped + Failed + Pending</c> always holds.</summary>
public sealed record SinkStatistics
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Current state.</summary>
    public SinkState State { get; init; }
    /// <summary>Results added to its queue.</summary>
    public long Offered { get; init; }
    /// <summary>Results written.</summary>
    public long Written { get; init; }
    /// <summary>Results dropped because its queue was full.</summary>
    public long Dropped { get; init; }
    /// <summary>Results not written after all attempts, or because the sink was suspended.</summary>
    public long Failed { get; init; }
    /// <summary>Results in its queue or being written.</summary>
    public long Pending { get; init; }
    /// <summary>Attempts beyond the first.</summary>
    public long Retries { get; init; }
    /// <summary>Time from capture until the result was written.</summary>
    public LatencySummary Age { get; init; }
    /// <summary>Duration of a write, including retries.</summary>
    public LatencySummary Write { get; init; }
    /// <summary>The last error, without credentials.</summary>
    public string? LastError { get; init; }

    /// <summary>Gets whether the counts add up.</summary>
    public bool IsBalanced => Offered == Written + Dropped + Failed + Pending;
}
