namespace EdgeVision.Messaging;

/// <summary>Version of MQTT.</summary>
public enum MqttVersion
{
    /// <summary>MQTT 5: the broker says why it refuses a message.</summary>
    V5,
    /// <summary>MQTT 3.1.1: a broker that does not allow a topic acknowledges the message and throws it away.</summary>
    V311,
}

/// <summary>How long a message is followed.</summary>
public enum MqttQos
{
    /// <summary>Sent, and no more: what is on its way when the connection breaks is lost.</summary>
    AtMostOnce,
    /// <summary>Acknowledged by the broker, and sent again where it is not.</summary>
    AtLeastOnce,
    /// <summary>Acknowledged in two steps, so that one connection carries it once; after a lost connection it is sent again.</summary>
    ExactlyOnce,
}

/// <summary>Where results go over MQTT, and how.</summary>
public sealed record MqttOptions : BrokerOptions
{
    /// <inheritdoc/>
    public override string Name { get; init; } = "mqtt";

    /// <summary>The broker: <c>host</c>, <c>host:port</c>, <c>mqtt://host[:port]</c> or, with TLS, <c>mqtts://host[:port]</c>; ports 1883 and 8883 where none is given. May hold <c>user:password@</c>.</summary>
    public required string Url { get; init; }

    /// <summary>The client's identity at the broker, unique there; null for one made by chance.</summary>
    public string? ClientId { get; init; }

    /// <summary>User; null for the address's, or nobody.</summary>
    public string? User { get; init; }

    /// <summary>Password; null for the address's, or none.</summary>
    public Secret? Password { get; init; }

    /// <summary>Version of the protocol.</summary>
    public MqttVersion Version { get; init; }

    /// <summary>Topic of results, with <c>{source}</c>, <c>{model}</c>, <c>{host}</c>, <c>{sink}</c>; null for none. What is no letter, digit, '-' or '_' of a value becomes '_'.</summary>
    public string? Topic { get; init; } = "edgevision/{source}/detections";

    /// <summary>Topic of what rules saw, one message for each frame with events, whatever <see cref="MessageOptions.Frames"/> says; null for none.</summary>
    public string? EventsTopic { get; init; }

    /// <summary>Topic that says <c>online</c> or, also by the broker's hand when the client vanishes, <c>offline</c>; retained. With <c>{host}</c>, <c>{sink}</c>; null for none.</summary>
    public string? AvailabilityTopic { get; init; } = "edgevision/{host}/{sink}/availability";

    /// <summary>How long a message is followed.</summary>
    public MqttQos Qos { get; init; } = MqttQos.AtLeastOnce;

    /// <summary>Whether the broker keeps each topic's last result for who comes later. Events are never kept: they would happen again.</summary>
    public bool Retain { get; init; }

    /// <summary>Silence after which the client asks whether the broker is still there; half as much again without an answer counts as lost. 0 for never.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The options without secrets.</summary>
    public override string ToString() => $"{nameof(MqttOptions)} {{ Name = {Name}, Url = {SourceAddress.Redact(Url)} }}";

    internal override void Check()
    {
        base.Check();
        Require(KeepAlive >= TimeSpan.Zero && KeepAlive.TotalSeconds <= ushort.MaxValue, $"KeepAlive is {KeepAlive}; it lies within 0 and 65535 seconds");
        Require(ClientId is null or { Length: > 0 }, "ClientId is empty; leave it out for one made by chance");
        Require(Qos is >= MqttQos.AtMostOnce and <= MqttQos.ExactlyOnce, $"Qos is {Qos}; it is AtMostOnce, AtLeastOnce or ExactlyOnce");
    }
}
