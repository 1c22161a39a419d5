using EdgeVision.Pipeline;
using EdgeVision.Results;

namespace EdgeVision.Messaging;

/// <summary>Selects the frames that are sent as messages.</summary>
public enum FrameSelection
{
    /// <summary>Every frame, within <see cref="MessageOptions.MaxPerSecond"/>.</summary>
    All,
    /// <summary>Frames with events of a rule.</summary>
    WithEvents,
}

/// <summary>Common options of sinks that send messages.</summary>
public abstract record MessageOptions
{
    /// <summary>Gets the name of the sink in the ledger and in messages; unique in a pipeline.</summary>
    public abstract string Name { get; init; }

    /// <summary>Gets which frames are sent as messages.</summary>
    public FrameSelection Frames { get; init; }

    /// <summary>Gets the maximum results per second and source, above 0; null for no limit.</summary>
    /// <remarks>
    /// Dropped results are counted (<see cref="MessageSink.DroppedCount"/>). A frame with events is never dropped by this limit.
    /// </remarks>
    public double? MaxPerSecond { get; init; }

    /// <summary>Gets the plane of the masks in the payload.</summary>
    public MaskPlane Masks { get; init; } = MaskPlane.Input;

    /// <summary>Gets the timeout of a connection attempt and of a message, above 0.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the certificates; null for TLS with the machine's authorities if the address selects TLS.</summary>
    public TlsSettings? Tls { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    internal virtual void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Name), "a name is required");
        Require(MaxPerSecond is null or > 0 && MaxPerSecond is null or <= 1e6,
            $"MaxPerSecond must be above 0 and at most 1000000; got {MaxPerSecond}");
        Require(Timeout > TimeSpan.Zero && Timeout <= TimeSpan.FromHours(1),
            $"Timeout must be above 0 and at most one hour; got {Timeout}");
    }

    internal void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PipelineConfigException($"sink '{Name}': {otherwise}");
        }
    }
}

/// <summary>Common options of sinks that keep a connection to a broker.</summary>
public abstract record BrokerOptions : MessageOptions
{
    /// <summary>Gets how long a write retries while the broker is unavailable; 0 for a single attempt.</summary>
    /// <remarks>
    /// Then the write fails and the pipeline's own <see cref="RetryPolicy"/> applies. Results wait in the sink's queue
    /// meanwhile.
    /// </remarks>
    public TimeSpan ReconnectFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the delays between those attempts.</summary>
    public RetryPolicy Reconnect { get; init; } = new() { InitialDelay = TimeSpan.FromMilliseconds(100), MaxDelay = TimeSpan.FromSeconds(2) };

    internal override void Validate()
    {
        base.Validate();
        Require(ReconnectFor >= TimeSpan.Zero, $"ReconnectFor must be 0 or more; got {ReconnectFor}");
    }
}
