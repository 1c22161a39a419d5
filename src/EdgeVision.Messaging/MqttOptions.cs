using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Messaging;

/// <summary>Version of MQTT.</summary>
public enum MqttVersion
{
    /// <summary>MQTT 5: the broker reports why it rejects a message.</summary>
    V5,
    /// <summary>MQTT 3.1.1: a broker that does not allow a topic acknowledges the message and discards it.</summary>
    V311,
}

/// <summary>Quality of service of a message.</summary>
public enum MqttQos
{
    /// <summary>Sent without acknowledgement: messages in flight are lost when the connection breaks.</summary>
    AtMostOnce,
    /// <summary>Acknowledged by the broker, and sent again without an acknowledgement.</summary>
    AtLeastOnce,
    /// <summary>
    /// Acknowledged in two steps, so that one connection delivers it once; sent again after a lost connection.
    /// </summary>
    ExactlyOnce,
}

/// <summary>Options of an <see cref="MqttSink"/>.</summary>
public sealed record MqttOptions : BrokerOptions
{
    /// <inheritdoc/>
    public override string Name { get; init; } = "mqtt";

    /// <summary>Gets the broker's address; may contain <c>user:password@</c>.</summary>
    /// <remarks>
    /// <c>host</c>, <c>host:port</c>, <c>mqtt://host[:port]</c> or, with TLS, <c>mqtts://host[:port]</c>; the default ports
    /// are 1883 and 8883.
    /// </remarks>
    public required string Url { get; init; }

    /// <summary>Gets the client's identity at the broker, unique there; null for a random one.</summary>
    public string? ClientId { get; init; }

    /// <summary>Gets the user; null for that of the address, or none.</summary>
    public string? User { get; init; }

    /// <summary>Gets the password; null for that of the address, or none.</summary>
    public Secret? Password { get; init; }

    /// <summary>Gets the version of the protocol.</summary>
    public MqttVersion Version { get; init; }

    /// <summary>Gets the topic of results; null for none.</summary>
    /// <remarks>
    /// <c>{source}</c>, <c>{model}</c>, <c>{host}</c>, <c>{sink}</c> are replaced; characters of a value other than letters,
    /// digits, '-' and '_' become '_'.
    /// </remarks>
    public string? Topic { get; init; } = "edgevision/{source}/detections";

    /// <summary>Gets the topic of events, one message per frame with events; null for none.</summary>
    /// <remarks>Independent of <see cref="MessageOptions.Frames"/>.</remarks>
    public string? EventsTopic { get; init; }

    /// <summary>Gets the retained topic that says <c>online</c> or <c>offline</c>; null for none.</summary>
    /// <remarks>
    /// The broker itself says <c>offline</c> when the client disappears. <c>{host}</c> and <c>{sink}</c> are replaced.
    /// </remarks>
    public string? AvailabilityTopic { get; init; } = "edgevision/{host}/{sink}/availability";

    /// <summary>Gets the quality of service.</summary>
    public MqttQos Qos { get; init; } = MqttQos.AtLeastOnce;

    /// <summary>Gets whether the broker retains each topic's last result for later subscribers.</summary>
    /// <remarks>Events are never retained, because a new subscriber would take them for new ones.</remarks>
    public bool Retain { get; init; }

    /// <summary>Gets the interval without traffic after which the client pings the broker; 0 for never.</summary>
    /// <remarks>Without an answer for half as long again, the connection counts as lost.</remarks>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Returns the options without secrets.</summary>
    public override string ToString() => $"{nameof(MqttOptions)} {{ Name = {Name}, Url = {SourceAddress.Redact(Url)} }}";

    internal override void Validate()
    {
        base.Validate();
        Require(
            KeepAlive >= TimeSpan.Zero && KeepAlive.TotalSeconds <= ushort.MaxValue,
            $"KeepAlive must be 0 to 65535 seconds; got {KeepAlive}");
        Require(ClientId is null or { Length: > 0 }, "ClientId must not be empty; leave it out for a random one");
        Require(Qos is >= MqttQos.AtMostOnce and <= MqttQos.ExactlyOnce, $"Qos must be AtMostOnce, AtLeastOnce or ExactlyOnce; got {Qos}");
    }
}
