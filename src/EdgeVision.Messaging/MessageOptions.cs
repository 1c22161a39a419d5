namespace EdgeVision.Messaging;

/// <summary>Which frames become messages.</summary>
public enum FrameSelection
{
    /// <summary>Every frame, within <see cref="MessageOptions.MaxPerSecond"/>.</summary>
    Every,
    /// <summary>Frames on which a rule saw something happen.</summary>
    WithEvents,
}

/// <summary>What every sink that sends messages can be told.</summary>
public abstract record MessageOptions
{
    /// <summary>Name of the sink in the ledger and in messages; unique in a pipeline.</summary>
    public abstract string Name { get; init; }

    /// <summary>Which frames become messages.</summary>
    public FrameSelection Frames { get; init; }

    /// <summary>
    /// Most results of one source a second, above 0; null for all. What is left out is counted (<see cref="MessageSink.LeftOut"/>). A frame with
    /// events is never left out for being one too many.
    /// </summary>
    public double? MaxPerSecond { get; init; }

    /// <summary>Plane of the masks in the payload.</summary>
    public MaskPlane Masks { get; init; } = MaskPlane.Input;

    /// <summary>Longest time that one try to connect, or one message, may take; above 0.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Certificates; null for TLS with the machine's authorities where the address asks for TLS.</summary>
    public TlsSettings? Tls { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    internal virtual void Check()
    {
        Require(!string.IsNullOrWhiteSpace(Name), "a name is needed");
        Require(MaxPerSecond is null or > 0 && MaxPerSecond is null or <= 1e6, $"MaxPerSecond is {MaxPerSecond}; it lies above 0");
        Require(Timeout > TimeSpan.Zero && Timeout <= TimeSpan.FromHours(1), $"Timeout is {Timeout}; it lies above 0 and within an hour");
    }

    internal void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PipelineConfigException($"sink '{Name}': {otherwise}");
        }
    }
}

/// <summary>What a sink can be told that keeps a connection to a broker.</summary>
public abstract record BrokerOptions : MessageOptions
{
    /// <summary>
    /// How long a write goes on trying while the broker is away, before it fails and the pipeline's own <see cref="RetryPolicy"/> has
    /// its turn; 0 for one try. Results wait in the sink's queue meanwhile.
    /// </summary>
    public TimeSpan ReconnectFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Delays between those tries.</summary>
    public RetryPolicy Reconnect { get; init; } = new() { First = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(2) };

    internal override void Check()
    {
        base.Check();
        Require(ReconnectFor >= TimeSpan.Zero, $"ReconnectFor is {ReconnectFor}; it is 0 or above");
    }
}
