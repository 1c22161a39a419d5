namespace EdgeVision;

/// <summary>How a pipeline treats one source.</summary>
public sealed record SourceOptions
{
    /// <summary>What happens where frames come faster than they are worked on; null: Latest for live sources, Wait for others.</summary>
    public QueuePolicy? Policy { get; init; }

    /// <summary>Frames that may wait for the model, at least 1.</summary>
    public int Capacity { get; init; } = 4;

    /// <summary>Age at which a frame that still waits for the model is dropped as stale; null never.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Whether a file is paced by its timestamps, as if it were a camera; its frames are then dropped like a camera's.</summary>
    public bool RealTime { get; init; }

    /// <summary>How often a source that fails is opened again; null: <see cref="RetryPolicy.Source"/> for live sources, never for others.</summary>
    public RetryPolicy? Reconnect { get; init; }

    /// <summary>Time without a frame after which a live source counts as stalled and is opened anew.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Share of the model's time relative to other sources, above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The model looks at every N-th frame that it could; trackers carry on in between. At least 1.</summary>
    public int Every { get; init; } = 1;
}

/// <summary>How a pipeline treats one sink.</summary>
public sealed record SinkOptions
{
    /// <summary>What happens where the sink is slower than results come; null: Wait for the results of files, DropOldest for those of live sources.</summary>
    public QueuePolicy? Policy { get; init; }

    /// <summary>Results that may wait for the sink, at least 1.</summary>
    public int Capacity { get; init; } = 16;

    /// <summary>How often a write that failed is tried again.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Sink;

    /// <summary>
    /// Results lost in a row after which the sink is suspended: it no longer holds anybody up, and one result at a time is tried, at growing
    /// intervals, until one goes through. Null never.
    /// </summary>
    public int? SuspendAfter { get; init; } = 5;

    /// <summary>Names of the sources whose results it takes; null all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}
