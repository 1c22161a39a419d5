namespace EdgeVision;

/// <summary>
/// Where results go: a file, a broker, a page. The pipeline gives each sink a bounded queue and a thread of its own, calls one method at a
/// time, repeats a <see cref="WriteAsync"/> that failed, and counts what it could not have written.
/// </summary>
public abstract class FrameSink : IAsyncDisposable
{
    /// <summary>Names the sink.</summary>
    /// <param name="name">For the ledger and messages, without credentials.</param>
    protected FrameSink(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name in the ledger and in messages; never holds credentials.</summary>
    public string Name { get; }

    /// <summary>Makes ready, before the first frame. A failure that may be retried is, by the sink's <see cref="RetryPolicy"/>, while frames queue.</summary>
    /// <exception cref="SinkException">It cannot be had; <see cref="SinkException.CanRetry"/> says whether trying again may help.</exception>
    public virtual ValueTask OpenAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>
    /// Writes one frame's results. Returning means that they are safe as far as the sink promises: in the file, acknowledged by the broker.
    /// A sink that keeps the frame beyond the call takes a share of it.
    /// </summary>
    /// <exception cref="SinkException">It was not written; nothing of it is left half-written where another try would follow.</exception>
    public abstract ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel);

    /// <summary>Called once after the last frame, also when the pipeline was cancelled: writes what is held back, gives files their names. Should take less than half a second; after five it is left behind.</summary>
    public virtual ValueTask CompleteAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Frees what the sink holds; what was not completed stays readable, under a name that says so.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
