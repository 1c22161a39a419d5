namespace EdgeVision.Pipeline;

/// <summary>Options for one source of a pipeline.</summary>
public sealed record SourceOptions
{
    /// <summary>Handling of frames that arrive faster than they are processed; null: Latest for live sources, Wait for others.</summary>
    public QueuePolicy? Policy { get; init; }

    /// <summary>Maximum number of frames that wait for the model, at least 1.</summary>
    public int Capacity { get; init; } = 4;

    /// <summary>Age at which a frame waiting for the model is dropped as stale; null for never.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Gets whether a file is paced by its timestamps like a camera; its frames are then dropped like those of a camera.</summary>
    public bool RealTime { get; init; }

    /// <summary>
    /// Retry policy for reopening a failed source; null: <see cref="RetryPolicy.ForSources"/> for live sources, none for others.
    /// </summary>
    public RetryPolicy? Reconnect { get; init; }

    /// <summary>Time without a frame after which a live source counts as stalled and is reopened.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Weight of the source in sharing the model's time with other sources, above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Interval, in frames, at which the model runs; tracks are extrapolated in between. At least 1.</summary>
    public int FrameInterval { get; init; } = 1;
}
