namespace EdgeVision.Messaging;

/// <summary>
/// A sink that keeps a connection to a broker. A write returns once the broker has acknowledged; where the connection is lost it is made anew
/// and the same message is sent again, so that each message arrives at least once.
/// </summary>
public abstract class BrokerSink : MessageSink
{
    private readonly NameTemplate? _results, _events;
    private readonly Patience _patience;
    private readonly TimeProvider _clock;
    private long? _lastRest;

    /// <summary>What is said of a message beside its payload.</summary>
    /// <param name="Id">The same each time that the message is sent again.</param>
    /// <param name="IsEvents">Whether it says what happened, not how things stand.</param>
    private protected readonly record struct Message(string Id, bool IsEvents);

    private protected BrokerSink(BrokerOptions options, NameTemplate? results, NameTemplate? events)
        : base(options, results is not null)
    {
        options.Require(results is not null || events is not null, "it has a name for neither results nor events; give one");
        (_results, _events, _clock) = (results, events, options.Clock);
        _patience = new Patience(options.ReconnectFor, options.Reconnect, options.Clock);
    }

    /// <summary>Connects, with one try: a broker that is away is known at once, and the first write goes on trying.</summary>
    /// <exception cref="SinkException">There is no connection.</exception>
    public sealed override ValueTask OpenAsync(CancellationToken cancel) => ConnectAsync(cancel);

    private protected sealed override ValueTask SendResultsAsync(PipelineFrame frame, CancellationToken cancel) =>
        DeliverAsync(_results!.Of(frame), Payload.Results(frame), new Message(Id(frame), IsEvents: false), cancel);

    private protected sealed override ValueTask SendEventsAsync(PipelineFrame frame, CancellationToken cancel) =>
        _events is null || frame.Events.Count == 0
            ? ValueTask.CompletedTask
            : DeliverAsync(_events.Of(frame), Payload.Events(frame), new Message(Id(frame) + "-events", IsEvents: true), cancel);

    // Who sends little should still be seen as present after the broker was away: nothing is lost by a try that fails.
    private protected sealed override async ValueTask RestAsync(CancellationToken cancel)
    {
        if (IsConnected || _lastRest is { } last && _clock.GetElapsedTime(last) < Timeout)
        {
            return;
        }

        _lastRest = _clock.GetTimestamp();
        try
        {
            await ConnectAsync(cancel).ConfigureAwait(false);
        }
        catch (SinkException)
        {
            // The next message meets the same and says so.
        }
    }

    private protected abstract bool IsConnected { get; }

    /// <summary>Connects where it is not; one try.</summary>
    private protected abstract ValueTask ConnectAsync(CancellationToken cancel);

    /// <summary>Sends one message over the connection and waits until the broker has it.</summary>
    private protected abstract ValueTask PublishAsync(string name, ReadOnlyMemory<byte> payload, Message message, CancellationToken cancel);

    private ValueTask DeliverAsync(string name, ReadOnlyMemory<byte> payload, Message message, CancellationToken cancel) => _patience.RunAsync(
        async token =>
        {
            await ConnectAsync(token).ConfigureAwait(false);
            await PublishAsync(name, payload, message, token).ConfigureAwait(false);
        },
        cancel);

    // The time of capture keeps frames apart whose source began to count anew.
    private static string Id(PipelineFrame frame) => $"{frame.Source}-{frame.CapturedAt.UtcTicks:x}-{frame.Sequence}";
}
