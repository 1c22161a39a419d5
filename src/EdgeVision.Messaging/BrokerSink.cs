using EdgeVision.Pipeline;

namespace EdgeVision.Messaging;

/// <summary>Base of sinks that keep a connection to a broker.</summary>
/// <remarks>
/// A write returns once the broker has acknowledged the message. After a lost connection the sink reconnects and sends the
/// same message again, so each message arrives at least once.
/// </remarks>
public abstract class BrokerSink : MessageSink
{
    private readonly NameTemplate? _results, _events;
    private readonly RetryLoop _retry;
    private readonly TimeProvider _clock;
    private long? _lastRest;

    /// <summary>Properties of a message besides its payload.</summary>
    /// <param name="Id">Identity of the message, the same at each resend.</param>
    /// <param name="IsEvents">Whether the message contains events rather than results.</param>
    private protected readonly record struct Message(string Id, bool IsEvents);

    private protected BrokerSink(BrokerOptions options, NameTemplate? results, NameTemplate? events)
        : base(options, results is not null)
    {
        options.Require(results is not null || events is not null, "a topic or subject is required for results, events or both");
        (_results, _events, _clock) = (results, events, options.Clock);
        _retry = new RetryLoop(options.ReconnectFor, options.Reconnect, options.Clock);
    }

    /// <summary>
    /// Connects with a single attempt, so that an unavailable broker is reported at once; the first write retries.
    /// </summary>
    /// <exception cref="SinkException">The connection failed.</exception>
    public sealed override ValueTask OpenAsync(CancellationToken cancel) => ConnectAsync(cancel);

    private protected sealed override ValueTask SendResultsAsync(PipelineFrame frame, CancellationToken cancel) =>
        DeliverAsync(_results!.Expand(frame), Payload.WriteResults(frame), new Message(Id(frame), IsEvents: false), cancel);

    private protected sealed override ValueTask SendEventsAsync(PipelineFrame frame, CancellationToken cancel) =>
        _events is null || frame.Events.Count == 0
            ? ValueTask.CompletedTask
            : DeliverAsync(_events.Expand(frame), Payload.WriteEvents(frame), new Message(Id(frame) + "-events", IsEvents: true), cancel);

    // A sink that sends little should still appear online after the broker was away; a failed attempt loses nothing.
    private protected sealed override async ValueTask OnSkippedAsync(CancellationToken cancel)
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
            // The next message meets the same error and reports it.
        }
    }

    private protected abstract bool IsConnected { get; }

    /// <summary>Connects if not connected, with a single attempt.</summary>
    private protected abstract ValueTask ConnectAsync(CancellationToken cancel);

    /// <summary>Sends one message over the connection and waits for the broker's acknowledgement.</summary>
    private protected abstract ValueTask PublishAsync(string name, ReadOnlyMemory<byte> payload, Message message, CancellationToken cancel);

    private ValueTask DeliverAsync(
        string name, ReadOnlyMemory<byte> payload, Message message, CancellationToken cancel) => _retry.RunAsync(
        async token =>
        {
            await ConnectAsync(token).ConfigureAwait(false);
            await PublishAsync(name, payload, message, token).ConfigureAwait(false);
        },
        cancel);

    // The capture time distinguishes frames of a source that restarted its frame numbers.
    private static string Id(PipelineFrame frame) => $"{frame.Source}-{frame.CapturedAt.UtcTicks:x}-{frame.Sequence}";
}
