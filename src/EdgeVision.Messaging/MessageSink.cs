using EdgeVision.Pipeline;

namespace EdgeVision.Messaging;

/// <summary>Base of sinks that send frames' results as JSON messages: frame selection, rate limit and payload.</summary>
public abstract class MessageSink : FrameSink
{
    private readonly MessageFilter _filter;
    private readonly bool _sendsResults;
    private long _sent, _leftOut;

    private protected MessageSink(MessageOptions options, bool sendsResults = true)
        : base(options.Name)
    {
        _filter = new MessageFilter(options.Frames, options.MaxPerSecond, options.Clock);
        _sendsResults = sendsResults;
        Payload = new MessagePayload(options.Masks);
        Timeout = options.Timeout;
    }

    /// <summary>Gets the number of frames whose results were sent.</summary>
    public long SentCount => Interlocked.Read(ref _sent);

    /// <summary>Gets the number of frames whose results were dropped by the selection of frames or by the rate limit.</summary>
    public long DroppedCount => Interlocked.Read(ref _leftOut);

    private protected MessagePayload Payload { get; }

    private protected TimeSpan Timeout { get; }

    /// <inheritdoc/>
    public sealed override async ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        bool results = _sendsResults && _filter.ShouldSend(frame);
        if (results)
        {
            await SendResultsAsync(frame, cancel).ConfigureAwait(false);
        }

        await SendEventsAsync(frame, cancel).ConfigureAwait(false);
        if (results)
        {
            _filter.MarkSent(frame);
            Interlocked.Increment(ref _sent);
        }
        else
        {
            await OnSkippedAsync(cancel).ConfigureAwait(false);
            Interlocked.Increment(ref _leftOut);
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Payload.Dispose();
        return base.DisposeAsync();
    }

    private protected abstract ValueTask SendResultsAsync(PipelineFrame frame, CancellationToken cancel);

    private protected virtual ValueTask SendEventsAsync(PipelineFrame frame, CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Called for a frame whose results are not sent, to do work that is due.</summary>
    private protected virtual ValueTask OnSkippedAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>
    /// Runs an operation with the <see cref="Timeout"/>; a timeout is reported as an error that may be retried.
    /// </summary>
    private protected async ValueTask WithinTimeoutAsync(Func<CancellationToken, Task> work, string what, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Timeout);
        try
        {
            await work(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new SinkException($"{what} did not answer within {Timeout.TotalSeconds:0.#} s", e);
        }
    }
}
