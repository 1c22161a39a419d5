namespace EdgeVision;

/// <summary>Where a source stands.</summary>
public enum SourceState
{
    /// <summary>Not opened yet.</summary>
    Waiting,
    /// <summary>Being opened.</summary>
    Connecting,
    /// <summary>Frames come.</summary>
    Running,
    /// <summary>Lost; the next try comes after a delay.</summary>
    Reconnecting,
    /// <summary>Gave all it had.</summary>
    Ended,
    /// <summary>Given up after errors.</summary>
    Failed,
    /// <summary>Stopped with the pipeline.</summary>
    Stopped,
}

/// <summary>Where a sink stands.</summary>
public enum SinkState
{
    /// <summary>Being opened.</summary>
    Opening,
    /// <summary>Takes results.</summary>
    Running,
    /// <summary>Its last write failed and is tried again.</summary>
    Retrying,
    /// <summary>Lost so many results that it is only probed now and then; what comes in between is counted as failed.</summary>
    Suspended,
    /// <summary>Could not be completed; what it had written before is as safe as it promised.</summary>
    Failed,
    /// <summary>Everything is written.</summary>
    Completed,
}

/// <summary>Percentiles of a time, in milliseconds; zeros while nothing was measured. The tail is never cut.</summary>
public readonly record struct LatencySummary(long Count, double Mean, double P50, double P90, double P99, double P999, double Max);

/// <summary>The account of one source. <c>Captured = Delivered + Dropped + Failed + InFlight</c>, always.</summary>
public sealed record SourceAccount
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Where it stands.</summary>
    public SourceState State { get; init; }
    /// <summary>Frames that the source gave, those that could not be decoded included.</summary>
    public long Captured { get; init; }
    /// <summary>Frames whose results went to the sinks.</summary>
    public long Delivered { get; init; }
    /// <summary>Dropped because a queue was full.</summary>
    public long DroppedByPolicy { get; init; }
    /// <summary>Dropped because they were too old.</summary>
    public long DroppedStale { get; init; }
    /// <summary>Frames that could not be decoded.</summary>
    public long DroppedDecodeError { get; init; }
    /// <summary>Dropped because the pipeline was stopped before their turn.</summary>
    public long DroppedAtStop { get; init; }
    /// <summary>Failed in the model or behind it.</summary>
    public long Failed { get; init; }
    /// <summary>On their way.</summary>
    public long InFlight { get; init; }
    /// <summary>Frames delivered on which the model looked, not the tracker alone.</summary>
    public long Inferred { get; init; }
    /// <summary>Times the source was opened again.</summary>
    public long Reconnects { get; init; }
    /// <summary>Times it was found stalled.</summary>
    public long Stalls { get; init; }
    /// <summary>Frames a second that came, over the last seconds.</summary>
    public double CapturedPerSecond { get; init; }
    /// <summary>Frames a second that were delivered, over the last seconds.</summary>
    public double DeliveredPerSecond { get; init; }
    /// <summary>Time from capture to the moment the result is handed to the sinks.</summary>
    public LatencySummary Age { get; init; }
    /// <summary>Wait in the queue before the model.</summary>
    public LatencySummary Queue { get; init; }
    /// <summary>Frame to tensor.</summary>
    public LatencySummary Preprocess { get; init; }
    /// <summary>The network; of a batch each frame's share.</summary>
    public LatencySummary Inference { get; init; }
    /// <summary>Tensors to results.</summary>
    public LatencySummary Postprocess { get; init; }
    /// <summary>Tracking, further models and rules.</summary>
    public LatencySummary Analysis { get; init; }
    /// <summary>The last error, without credentials.</summary>
    public string? LastError { get; init; }

    /// <summary>All that was dropped.</summary>
    public long Dropped => DroppedByPolicy + DroppedStale + DroppedDecodeError + DroppedAtStop;

    /// <summary>Whether the counts add up.</summary>
    public bool Balances => Captured == Delivered + Dropped + Failed + InFlight;
}

/// <summary>The account of one sink. <c>Offered = Written + Dropped + Failed + Pending</c>, always.</summary>
public sealed record SinkAccount
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Where it stands.</summary>
    public SinkState State { get; init; }
    /// <summary>Results that were handed to its queue.</summary>
    public long Offered { get; init; }
    /// <summary>Results that it wrote.</summary>
    public long Written { get; init; }
    /// <summary>Dropped because its queue was full.</summary>
    public long Dropped { get; init; }
    /// <summary>Not written after all tries, or because the sink was suspended.</summary>
    public long Failed { get; init; }
    /// <summary>In its queue, or being written.</summary>
    public long Pending { get; init; }
    /// <summary>Tries beyond the first.</summary>
    public long Retries { get; init; }
    /// <summary>Time from capture until it was written.</summary>
    public LatencySummary Age { get; init; }
    /// <summary>Time of a write, tries included.</summary>
    public LatencySummary Write { get; init; }
    /// <summary>The last error, without credentials.</summary>
    public string? LastError { get; init; }

    /// <summary>Whether the counts add up.</summary>
    public bool Balances => Offered == Written + Dropped + Failed + Pending;
}

/// <summary>The accounts of a pipeline at one moment.</summary>
public sealed record LedgerSnapshot
{
    /// <summary>Time since the pipeline began.</summary>
    public TimeSpan Elapsed { get; init; }
    /// <summary>A line for each source.</summary>
    public required IReadOnlyList<SourceAccount> Sources { get; init; }
    /// <summary>A line for each sink.</summary>
    public required IReadOnlyList<SinkAccount> Sinks { get; init; }

    /// <summary>Whether every account adds up.</summary>
    public bool Balances => Sources.All(s => s.Balances) && Sinks.All(s => s.Balances);
}
