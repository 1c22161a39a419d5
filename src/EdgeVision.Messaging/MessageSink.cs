namespace EdgeVision.Messaging;

/// <summary>A sink that sends frames' results as messages in JSON: what its frames, its rate and its payload have in common whatever carries it.</summary>
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

    /// <summary>Frames whose results were sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Frames whose results were left out on purpose: without events where only those are asked for, or one too many a second.</summary>
    public long LeftOut => Interlocked.Read(ref _leftOut);

    private protected MessagePayload Payload { get; }

    private protected TimeSpan Timeout { get; }

    /// <inheritdoc/>
    public sealed override async ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        bool results = _sendsResults && _filter.Takes(frame);
        if (results)
        {
            await SendResultsAsync(frame, cancel).ConfigureAwait(false);
        }

        await SendEventsAsync(frame, cancel).ConfigureAwait(false);
        if (results)
        {
            _filter.Sent(frame);
            Interlocked.Increment(ref _sent);
        }
        else
        {
            await RestAsync(cancel).ConfigureAwait(false);
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

    /// <summary>A frame came whose results are not sent: the occasion to do what is due anyway.</summary>
    private protected virtual ValueTask RestAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Does one thing within <see cref="Timeout"/>; running out of time is the other side's fault, and may be tried again.</summary>
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
            throw new SinkException($"{what} gave no answer within {Timeout.TotalSeconds:0.#} s", e);
        }
    }
}
