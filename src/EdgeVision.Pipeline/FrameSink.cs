namespace EdgeVision.Pipeline;

/// <summary>Destination of results: a file, a broker, a web page.</summary>
/// <remarks>
/// The pipeline gives each sink a bounded queue and a thread of its own, calls one method at a time, retries a failed
/// <see cref="WriteAsync"/> and counts the results that could not be written.
/// </remarks>
public abstract class FrameSink : IAsyncDisposable
{
    /// <summary>Creates a sink with a name.</summary>
    /// <param name="name">Name in statistics and messages, without credentials.</param>
    protected FrameSink(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name in statistics and messages; never contains credentials.</summary>
    public string Name { get; }

    /// <summary>Opens the sink before the first frame.</summary>
    /// <exception cref="SinkException">It cannot be opened; <see cref="SinkException.CanRetry"/> says whether a retry may help.</exception>
    /// <remarks>A failure that allows a retry is retried by the sink's <see cref="RetryPolicy"/> while frames queue up.</remarks>
    public virtual ValueTask OpenAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Writes the results of one frame.</summary>
    /// <exception cref="SinkException">Nothing was written; no partial record remains that a retry would follow.</exception>
    /// <remarks>
    /// Returning means that the results are as safe as the sink promises: in the file, acknowledged by the broker. A sink that keeps the
    /// frame after the call takes a reference with <see cref="PipelineFrame.Share"/>.
    /// </remarks>
    public abstract ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel);

    /// <summary>Completes the output: flushes what is buffered and gives files their final names.</summary>
    /// <remarks>
    /// Called once after the last frame, also when the pipeline was cancelled. Should take less than half a second; after five seconds
    /// the sink is abandoned.
    /// </remarks>
    public virtual ValueTask CompleteAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Releases the sink's resources; incomplete output stays readable under a name that marks it as such.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
