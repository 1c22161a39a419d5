using EdgeVision.Configuration.Yaml;
using EdgeVision.Messaging;
using EdgeVision.Pipeline;

namespace EdgeVision.Configuration.Sections.Sinks;

/// <summary>Creates sinks that send messages.</summary>
internal static class MessageSinks
{
    public static Func<SinkContext, FrameSink>? Mqtt(ConfigMap map)
    {
        var url = map.GetRequired("url", "url: mqtt://broker");
        var (topic, events, availability) = (map.GetString("topic"), map.GetString("events_topic"), map.GetString("availability_topic"));
        var defaults = new MqttOptions { Url = url ?? "" };
        var options = Broker(map, defaults) with
        {
            ClientId = map.GetString("client_id"),
            User = map.GetString("user"),
            Password = ReadSecret(map, "password"),
            Version = map.GetEnum<MqttVersion>("protocol", ("5", MqttVersion.V5), ("3.1.1", MqttVersion.V311)) ?? defaults.Version,
            Topic = topic ?? defaults.Topic,
            EventsTopic = events,
            AvailabilityTopic = availability ?? defaults.AvailabilityTopic,
            Qos = map.GetEnum<MqttQos>("qos", ("0", MqttQos.AtMostOnce), ("1", MqttQos.AtLeastOnce), ("2", MqttQos.ExactlyOnce))
                ?? defaults.Qos,
            Retain = map.GetBool("retain") ?? false,
            KeepAlive = map.GetDuration("keep_alive") ?? defaults.KeepAlive,
        };
        return url is null ? null : _ => new MqttSink(options);
    }

    public static Func<SinkContext, FrameSink>? Nats(ConfigMap map)
    {
        var url = map.GetRequired("url", "url: nats://server");
        var defaults = new NatsOptions { Url = url ?? "" };
        var stream = map.GetMap("jetstream", "'jetstream'");
        if (!map.Has("jetstream") && map.Keys.Contains("jetstream"))
        {
            map.AddProblem("jetstream", "'jetstream' must have a value; write jetstream: {} for an existing stream, or remove it");
        }

        var options = Broker(map, defaults) with
        {
            Subject = map.GetString("subject") ?? defaults.Subject,
            EventsSubject = map.GetString("events_subject"),
            User = map.GetString("user"),
            Password = ReadSecret(map, "password"),
            Token = ReadSecret(map, "token"),
            CredentialsFile = map.GetExistingFile("creds", "the file of the credentials", ConfigFileKind.Secret),
            NKeyFile = map.GetExistingFile("nkey", "the file of the seed", ConfigFileKind.Secret),
            JetStream = stream is not null,
            CreateStream = stream?.GetString("stream"),
            StreamSubjects = stream?.GetStrings("subjects"),
            StreamMaxBytes = stream?.GetByteSize("max_size"),
        };
        stream?.ReportUnknownKeys();
        return url is null ? null : _ => new NatsSink(options);
    }

    public static Func<SinkContext, FrameSink>? Webhook(ConfigMap map)
    {
        var url = map.GetRequired("url", "url: https://example.org/hook");
        var defaults = new WebhookOptions { Url = url ?? "" };
        var options = Message(map, defaults) with
        {
            Headers = map.GetStringMap("headers")?.ToDictionary(h => h.Key, h => Secret.FromText(h.Value)),
            BearerToken = ReadSecret(map, "bearer"),
            SigningKey = ReadSecret(map, "signing_key"),
            BatchSize = map.GetInt("batch", 1, 1000) ?? defaults.BatchSize,
            BatchInterval = map.GetDuration("batch_interval", allowZero: false) ?? defaults.BatchInterval,
            MaxRetryAfter = map.GetDuration("max_retry_after") ?? defaults.MaxRetryAfter,
        };
        return url is null ? null : _ => new WebhookSink(options);
    }

    private static T Broker<T>(ConfigMap map, T options)
        where T : BrokerOptions
    {
        var retry = PolicyReader.ReadRetry(map, "reconnect", options.Reconnect);
        return Message(map, options) with
        {
            ReconnectFor = map.GetDuration("reconnect_for") ?? options.ReconnectFor,
            Reconnect = retry ?? options.Reconnect,
        };
    }

    private static T Message<T>(ConfigMap map, T options)
        where T : MessageOptions => options with
    {
        Name = map.GetString("name") ?? options.Name,
        Frames = map.GetEnum<FrameSelection>("frames", ("every", FrameSelection.All), ("events", FrameSelection.WithEvents))
            ?? options.Frames,
        MaxPerSecond = map.GetDouble("max_per_second", 0, 1e6, exclusiveMin: true),
        Masks = FileSinks.ReadMaskPlane(map),
        Timeout = map.GetDuration("timeout", allowZero: false) ?? options.Timeout,
        Tls = Tls(map.GetMap("tls", "'tls'")),
    };

    private static TlsSettings? Tls(ConfigMap? map)
    {
        if (map is null)
        {
            return null;
        }

        var tls = new TlsSettings
        {
            CaFile = map.GetExistingFile("ca", "the certificate", ConfigFileKind.Certificate),
            CertificateFile = map.GetExistingFile("cert", "the certificate", ConfigFileKind.Certificate),
            KeyFile = map.GetExistingFile("key", "the key", ConfigFileKind.Secret),
            KeyPassword = ReadSecret(map, "key_password"),
            AllowUntrusted = map.GetBool("allow_untrusted") ?? false,
        };
        map.ReportUnknownKeys();
        return tls;
    }

    /// <summary>Reads a secret as text, <c>key</c>, or from a file, <c>key_file</c>.</summary>
    private static Secret? ReadSecret(ConfigMap map, string key)
    {
        string? text = map.GetString(key), file = map.GetExistingFile(key + "_file", "the file of the secret", ConfigFileKind.Secret);
        if (text is not null && file is not null)
        {
            map.AddProblem(key, $"only one of '{key}' and '{key}_file' may be given");
        }

        return text is not null ? Secret.FromText(text) : file is not null ? Secret.FromFile(file) : null;
    }
}
