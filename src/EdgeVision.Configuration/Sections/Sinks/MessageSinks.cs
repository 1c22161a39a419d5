using EdgeVision.Messaging;

namespace EdgeVision.Configuration;

/// <summary>Creates sinks that send messages.</summary>
internal static class MessageSinks
{
    public static Func<SinkContext, FrameSink>? Mqtt(ConfigMap map)
    {
        var url = map.Needed("url", "url: mqtt://broker");
        var (topic, events, availability) = (map.Text("topic"), map.Text("events_topic"), map.Text("availability_topic"));
        var defaults = new MqttOptions { Url = url ?? "" };
        var options = Broker(map, defaults) with
        {
            ClientId = map.Text("client_id"),
            User = map.Text("user"),
            Password = Hidden(map, "password"),
            Version = map.Choice<MqttVersion>("protocol", ("5", MqttVersion.V5), ("3.1.1", MqttVersion.V311)) ?? defaults.Version,
            Topic = topic ?? defaults.Topic,
            EventsTopic = events,
            AvailabilityTopic = availability ?? defaults.AvailabilityTopic,
            Qos = map.Choice<MqttQos>("qos", ("0", MqttQos.AtMostOnce), ("1", MqttQos.AtLeastOnce), ("2", MqttQos.ExactlyOnce))
                ?? defaults.Qos,
            Retain = map.Flag("retain") ?? false,
            KeepAlive = map.Duration("keep_alive") ?? defaults.KeepAlive,
        };
        return url is null ? null : _ => new MqttSink(options);
    }

    public static Func<SinkContext, FrameSink>? Nats(ConfigMap map)
    {
        var url = map.Needed("url", "url: nats://server");
        var defaults = new NatsOptions { Url = url ?? "" };
        var stream = map.Map("jetstream", "'jetstream'");
        if (!map.Has("jetstream") && map.Keys.Contains("jetstream"))
        {
            map.Problem("jetstream", "'jetstream' must have a value; write jetstream: {} for an existing stream, or remove it");
        }

        var options = Broker(map, defaults) with
        {
            Subject = map.Text("subject") ?? defaults.Subject,
            EventsSubject = map.Text("events_subject"),
            User = map.Text("user"),
            Password = Hidden(map, "password"),
            Token = Hidden(map, "token"),
            CredentialsFile = map.ExistingFile("creds", "the file of the credentials", ConfigFileKind.Secret),
            NKeyFile = map.ExistingFile("nkey", "the file of the seed", ConfigFileKind.Secret),
            JetStream = stream is not null,
            CreateStream = stream?.Text("stream"),
            StreamSubjects = stream?.Texts("subjects"),
            StreamMaxBytes = stream?.Size("max_size"),
        };
        stream?.Close();
        return url is null ? null : _ => new NatsSink(options);
    }

    public static Func<SinkContext, FrameSink>? Webhook(ConfigMap map)
    {
        var url = map.Needed("url", "url: https://example.org/hook");
        var defaults = new WebhookOptions { Url = url ?? "" };
        var options = Message(map, defaults) with
        {
            Headers = map.TextMap("headers")?.ToDictionary(h => h.Key, h => Secret.Text(h.Value)),
            BearerToken = Hidden(map, "bearer"),
            SigningKey = Hidden(map, "signing_key"),
            BatchSize = map.Whole("batch", 1, 1000) ?? defaults.BatchSize,
            BatchInterval = map.Duration("batch_interval", zero: false) ?? defaults.BatchInterval,
            MaxRetryAfter = map.Duration("max_retry_after") ?? defaults.MaxRetryAfter,
        };
        return url is null ? null : _ => new WebhookSink(options);
    }

    private static T Broker<T>(ConfigMap map, T options)
        where T : BrokerOptions
    {
        var retry = Policies.Retry(map, "reconnect", options.Reconnect);
        return Message(map, options) with
        {
            ReconnectFor = map.Duration("reconnect_for") ?? options.ReconnectFor,
            Reconnect = retry ?? options.Reconnect,
        };
    }

    private static T Message<T>(ConfigMap map, T options)
        where T : MessageOptions => options with
    {
        Name = map.Text("name") ?? options.Name,
        Frames = map.Choice<FrameSelection>("frames", ("every", FrameSelection.Every), ("events", FrameSelection.WithEvents))
            ?? options.Frames,
        MaxPerSecond = map.Number("max_per_second", 0, 1e6, above: true),
        Masks = FileSinks.Masks(map),
        Timeout = map.Duration("timeout", zero: false) ?? options.Timeout,
        Tls = Tls(map.Map("tls", "'tls'")),
    };

    private static TlsSettings? Tls(ConfigMap? map)
    {
        if (map is null)
        {
            return null;
        }

        var tls = new TlsSettings
        {
            CaFile = map.ExistingFile("ca", "the certificate", ConfigFileKind.Certificate),
            CertificateFile = map.ExistingFile("cert", "the certificate", ConfigFileKind.Certificate),
            KeyFile = map.ExistingFile("key", "the key", ConfigFileKind.Secret),
            KeyPassword = Hidden(map, "key_password"),
            AllowUntrusted = map.Flag("allow_untrusted") ?? false,
        };
        map.Close();
        return tls;
    }

    /// <summary>Reads a secret as text, <c>key</c>, or from a file, <c>key_file</c>.</summary>
    private static Secret? Hidden(ConfigMap map, string key)
    {
        string? text = map.Text(key), file = map.ExistingFile(key + "_file", "the file of the secret", ConfigFileKind.Secret);
        if (text is not null && file is not null)
        {
            map.Problem(key, $"only one of '{key}' and '{key}_file' may be given");
        }

        return text is not null ? Secret.Text(text) : file is not null ? Secret.FromFile(file) : null;
    }
}
