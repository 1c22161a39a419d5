namespace EdgeVision;

/// <summary>Snapshot of the statistics of a pipeline.</summary>
public sealed record LedgerSnapshot
{
    /// <summary>Time since the pipeline started.</summary>
    public TimeSpan Elapsed { get; init; }
    /// <summary>Statistics of each source.</summary>
    public required IReadOnlyList<SourceAccount> Sources { get; init; }
    /// <summary>Statistics of each sink.</summary>
    public required IReadOnlyList<SinkAccount> Sinks { get; init; }

    /// <summary>Gets whether the counts of every source and sink add up.</summary>
    public bool Balances => Sources.All(s => s.Balances) && Sinks.All(s => s.Balances);
}
