namespace EdgeVision;

/// <summary>State of a source.</summary>
public enum SourceState
{
    /// <summary>Not opened yet.</summary>
    Waiting,
    /// <summary>Being opened.</summary>
    Connecting,
    /// <summary>Delivers frames.</summary>
    Running,
    /// <summary>Connection lost; the next attempt follows after a delay.</summary>
    Reconnecting,
    /// <summary>Reached its end.</summary>
    Ended,
    /// <summary>Gave up after errors.</summary>
    Failed,
    /// <summary>Stopped with the pipeline.</summary>
    Stopped,
}

/// <summary>State of a sink.</summary>
public enum SinkState
{
    /// <summary>Being opened.</summary>
    Opening,
    /// <summary>Accepts results.</summary>
    Running,
    /// <summary>The last write failed and is retried.</summary>
    Retrying,
    /// <summary>Suspended after too many failed results; probed at intervals, and results in between count as failed.</summary>
    Suspended,
    /// <summary>Could not be completed; results written before are as safe as the sink promises.</summary>
    Failed,
    /// <summary>All results are written.</summary>
    Completed,
}

/// <summary>Percentiles of a duration in milliseconds; zeros while there are no samples. The tail is never cut off.</summary>
public readonly record struct LatencySummary(long Count, double Mean, double P50, double P90, double P99, double P999, double Max);

/// <summary>Statistics of one source. <c>Captured = Delivered + Dropped + Failed + InFlight</c> always holds.</summary>
public sealed record SourceAccount
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Current state.</summary>
    public SourceState State { get; init; }
    /// <summary>Frames captured, including those that could not be decoded.</summary>
    public long Captured { get; init; }
    /// <summary>Frames whose results were passed to the sinks.</summary>
    public long Delivered { get; init; }
    /// <summary>Frames dropped because a queue was full.</summary>
    public long DroppedByPolicy { get; init; }
    /// <summary>Frames dropped because they exceeded the maximum age.</summary>
    public long DroppedStale { get; init; }
    /// <summary>Frames that could not be decoded.</summary>
    public long DroppedDecodeError { get; init; }
    /// <summary>Frames dropped because the pipeline was stopped before they were processed.</summary>
    public long DroppedAtStop { get; init; }
    /// <summary>Frames that failed in the model or in a stage after it.</summary>
    public long Failed { get; init; }
    /// <summary>Frames in flight.</summary>
    public long InFlight { get; init; }
    /// <summary>Frames delivered on which the model ran, not only the tracker.</summary>
    public long Inferred { get; init; }
    /// <summary>Number of times the source was reopened.</summary>
    public long Reconnects { get; init; }
    /// <summary>Number of times the source was found stalled.</summary>
    public long Stalls { get; init; }
    /// <summary>Frames captured per second, over the last seconds.</summary>
    public double CapturedPerSecond { get; init; }
    /// <summary>Frames delivered per second, over the last seconds.</summary>
    public double DeliveredPerSecond { get; init; }
    /// <summary>Time from capture until the result is passed to the sinks.</summary>
    public LatencySummary Age { get; init; }
    /// <summary>Wait in the queue in front of the model.</summary>
    public LatencySummary Queue { get; init; }
    /// <summary>Time from frame to tensor.</summary>
    public LatencySummary Preprocess { get; init; }
    /// <summary>Time of the network; in a batch, the share of each frame.</summary>
    public LatencySummary Inference { get; init; }
    /// <summary>Time from tensors to results.</summary>
    public LatencySummary Postprocess { get; init; }
    /// <summary>Time of tracking, crop models and rules.</summary>
    public LatencySummary Analysis { get; init; }
    /// <summary>The last error, without credentials.</summary>
    public string? LastError { get; init; }

    /// <summary>Frames dropped in total.</summary>
    public long Dropped => DroppedByPolicy + DroppedStale + DroppedDecodeError + DroppedAtStop;

    /// <summary>Gets whether the counts add up.</summary>
    public bool Balances => Captured == Delivered + Dropped + Failed + InFlight;
}

/// <summary>Statistics of one sink. <c>Offered = Written + Dropped + Failed + Pending</c> always holds.</summary>
public sealed record SinkAccount
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
    public bool Balances => Offered == Written + Dropped + Failed + Pending;
}

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
