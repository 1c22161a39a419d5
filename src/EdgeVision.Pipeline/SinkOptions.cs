namespace EdgeVision.Pipeline;

/// <summary>Options for one sink of a pipeline.</summary>
public sealed record SinkOptions
{
    /// <summary>
    /// Handling of results that arrive faster than the sink writes. Null: Wait for results of files, DropOldest for those of live
    /// sources.
    /// </summary>
    public QueuePolicy? Policy { get; init; }

    /// <summary>Maximum number of results that wait for the sink, at least 1.</summary>
    public int Capacity { get; init; } = 16;

    /// <summary>Retry policy for failed writes.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.ForSinks;

    /// <summary>Number of consecutive failed results after which the sink is suspended; null for never.</summary>
    /// <remarks>
    /// A suspended sink no longer blocks the pipeline; one result at a time is tried, at growing intervals, until one succeeds.
    /// </remarks>
    public int? SuspendAfter { get; init; } = 5;

    /// <summary>Names of the sources whose results the sink receives; null for all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}
