using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>Statistics of one source. <c>Captured = Delivered + Dropped + Failed + InFlight</c> always holds.</summary>
public sealed record SourceStatistics
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
    public bool IsBalanced => Captured == Delivered + Dropped + Failed + InFlight;
}
