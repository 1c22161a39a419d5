namespace EdgeVision.Pipeline.Ledger;

/// <summary>Snapshot of the statistics of a pipeline.</summary>
public sealed record PipelineStatistics
{
    /// <summary>Time since the pipeline started.</summary>
    public TimeSpan Elapsed { get; init; }
    /// <summary>Statistics of each source.</summary>
    public required IReadOnlyList<SourceStatistics> Sources { get; init; }
    /// <summary>Statistics of each sink.</summary>
    public required IReadOnlyList<SinkStatistics> Sinks { get; init; }

    /// <summary>Gets whether the counts of every source and sink add up.</summary>
    public bool IsBalanced => Sources.All(s => s.IsBalanced) && Sinks.All(s => s.IsBalanced);
}
