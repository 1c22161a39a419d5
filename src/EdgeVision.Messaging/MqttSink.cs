using System.Buffers;
using System.Security.Authentication;
using System.Text;
using EdgeVision.Pipeline.Sources;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeVision.Messaging;

/// <summary>Publishes results over MQTT, at least once.</summary>
/// <remarks>
/// A write returns once the broker has acknowledged the message (QoS 1 and 2); when the connection breaks, the write
/// reconnects and sends the message again. Durability after the acknowledgement depends on the broker: mosquitto saves its
/// database later, so a broker that is killed may lose the last messages.
/// </remarks>
public sealed class MqttSink : BrokerSink
{
    private static readonly MqttClientFactory Factory = new();

    private readonly MqttOptions _options;
    private readonly BrokerAddress _address;
    private readonly NameTemplate? _availability;
    private readonly string _clientId;
    private IMqttClient? _client;
    private TlsCertificates? _tls;
    private uint _maxBytes;

    /// <summary>Checks the options; connects in <see cref="BrokerSink.OpenAsync"/>.</summary>
    /// <exception cref="PipelineConfigException">An option is invalid.</exception>
    public MqttSink(MqttOptions options)
        : base(Checked(options), Template(options.Topic, options), Template(options.EventsTopic, options))
    {
        _options = options;
        _address = BrokerAddress.Parse(options.Url, options.Name, ("mqtt", 1883), ("mqtts", 8883), options.Tls is not null);
        _availability = Template(options.AvailabilityTopic, options, perFrame: false);
        _clientId = options.ClientId ?? $"edgevision-{Guid.NewGuid():N}"[..23];
    }

    private protected override bool IsConnected => _client?.IsConnected == true;

    /// <summary>Publishes <c>offline</c> and disconnects from the broker.</summary>
    public override async ValueTask CompleteAsync(CancellationToken cancel)
    {
        if (!IsConnected)
        {
            return;
        }

        await AnnounceAsync("offline", cancel).ConfigureAwait(false);
        await WithinTimeoutAsync(
            token => _client!.DisconnectAsync(Factory.CreateClientDisconnectOptionsBuilder().Build(), token),
            _address.ToString(), cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        DropConnection();
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private protected override async ValueTask ConnectAsync(CancellationToken cancel)
    {
        if (IsConnected)
        {
            return;
        }

        // A client that lost its connection may still be closing it; a new client starts at once.
        DropConnection();
        try
        {
            _client = Factory.CreateMqttClient();
            var settings = CreateClientOptions();
            await WithinTimeoutAsync(
                async token =>
                {
                    var answer = await _client.ConnectAsync(settings, token).ConfigureAwait(false);
                    if (answer.ResultCode != MqttClientConnectResultCode.Success)
                    {
                        throw RejectedError(answer.ResultCode, answer.ReasonString);
                    }

                    _maxBytes = answer.MaximumPacketSize ?? 0;
                },
                $"{_address}", cancel).ConfigureAwait(false);
            await AnnounceAsync("online", cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (Translate(e) is { } translated)
        {
            DropConnection();
            throw translated;
        }
        catch
        {
            DropConnection();
            throw;
        }
    }

    private protected override async ValueTask PublishAsync(
        string name, ReadOnlyMemory<byte> payload, Message message, CancellationToken cancel)
    {
        // A broker closes the connection on a packet that is too large, and would do so again at every retry.
        if (_maxBytes > 0 && payload.Length + Encoding.UTF8.GetByteCount(name) + 32 > _maxBytes)
        {
            throw new SinkException(
                $"a message for {_address} must have at most {_maxBytes} bytes; got {payload.Length}; " +
                "leave masks out, or raise the broker's limit", canRetry: false);
        }

        bool retain = _options.Retain && !message.IsEvents;
        var packet = CreateMessage(name, payload, (MqttQualityOfServiceLevel)_options.Qos, retain, "application/json");
        try
        {
            await SendAsync(packet, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (Translate(e) is { } translated)
        {
            if (translated.CanRetry)
            {
                DropConnection();
            }

            throw translated;
        }
    }

    private static MqttOptions Checked(MqttOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }

    private static NameTemplate? Template(string? text, MqttOptions options, bool perFrame = true) =>
        text is null ? null : new NameTemplate(text, NameSyntax.Mqtt, options.Name, perFrame);

    private MqttClientOptions CreateClientOptions()
    {
        var builder = Factory.CreateClientOptionsBuilder()
            .WithTcpServer(_address.Host, _address.Port)
            .WithClientId(_clientId)
            .WithProtocolVersion(_options.Version == MqttVersion.V5 ? MqttProtocolVersion.V500 : MqttProtocolVersion.V311)
            .WithCleanStart(true)
            .WithKeepAlivePeriod(_options.KeepAlive)
            .WithTimeout(Timeout);
        if ((_options.User ?? _address.User) is { } user)
        {
            builder.WithCredentials(user, Encoding.UTF8.GetBytes(_options.Password?.Read() ?? _address.Password ?? ""));
        }

        if (_availability is not null)
        {
            builder.WithWillTopic(_availability.Name).WithWillPayload("offline").WithWillRetain()
                .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        }

        if (_address.Tls)
        {
            _tls = new TlsCertificates(_options.Tls);
            builder.WithTlsOptions(tls =>
            {
                tls.UseTls().WithTargetHost(_address.Host)
                    .WithRevocationMode(System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck)
                    .WithCertificateValidationHandler(seen => _tls.ValidateServer(seen.Certificate, seen.Chain, seen.SslPolicyErrors));
                if (_tls.Certificate is { } own)
                {
                    tls.WithClientCertificates([own]);
                }
            });
        }

        return builder.Build();
    }

    private async ValueTask AnnounceAsync(string state, CancellationToken cancel)
    {
        if (_availability is not null)
        {
            await SendAsync(
                CreateMessage(
                    _availability.Name, Encoding.UTF8.GetBytes(state), MqttQualityOfServiceLevel.AtLeastOnce, retain: true, "text/plain"),
                cancel).ConfigureAwait(false);
        }
    }

    private ValueTask SendAsync(MqttApplicationMessage message, CancellationToken cancel) => WithinTimeoutAsync(
        async token =>
        {
            var answer = await _client!.PublishAsync(message, token).ConfigureAwait(false);
            if (!answer.IsSuccess)
            {
                bool full = answer.ReasonCode is MqttClientPublishReasonCode.QuotaExceeded or MqttClientPublishReasonCode.UnspecifiedError
                    or MqttClientPublishReasonCode.ImplementationSpecificError or MqttClientPublishReasonCode.PacketIdentifierInUse;
                string reason = $"{answer.ReasonCode} {answer.ReasonString}".TrimEnd();
                throw new SinkException($"{_address} rejected a message on '{message.Topic}': {reason}", canRetry: full);
            }
        },
        $"{_address}", cancel);

    private MqttApplicationMessage CreateMessage(
        string topic, ReadOnlyMemory<byte> payload, MqttQualityOfServiceLevel qos, bool retain, string contentType)
    {
        var message = new MqttApplicationMessage
        {
            Topic = topic,
            Payload = new ReadOnlySequence<byte>(payload),
            QualityOfServiceLevel = qos,
            Retain = retain,
        };
        if (_options.Version == MqttVersion.V5)
        {
            (message.ContentType, message.PayloadFormatIndicator) = (contentType, MqttPayloadFormatIndicator.CharacterData);
        }

        return message;
    }

    private SinkException? Translate(Exception e) => e switch
    {
        MqttClientUnexpectedDisconnectReceivedException { ReasonCode: MqttDisconnectReasonCode.SessionTakenOver } =>
            new SinkException($"another client took over the id '{_clientId}' at {_address}; give each client its own ClientId", e),
        MqttCommunicationException { InnerException: AuthenticationException } or AuthenticationException => new SinkException(
            _tls is { HasRejectedServer: true }
                ? $"the certificate of {_address} is not trusted; set CaFile to the authority that issued it, " +
                    "or use the host name in the certificate"
                : $"the TLS connection to {_address} failed: {Reason(e)}", e, canRetry: _tls is not { HasRejectedServer: true }),
        MqttCommunicationException or ObjectDisposedException => new SinkException($"the connection to {_address} failed: {Reason(e)}", e),
        MqttProtocolViolationException or MqttConfigurationException or NotSupportedException or ArgumentException =>
            new SinkException($"{_address}: {Reason(e)}", e, canRetry: false),
        System.Net.Sockets.SocketException or IOException => new SinkException($"the connection to {_address} failed: {Reason(e)}", e),
        _ => null,
    };

    private static string Reason(Exception e)
    {
        while (e is MqttCommunicationException && e.InnerException is { } inner)
        {
            e = inner;
        }

        return SourceAddress.Redact(e.Message).ReplaceLineEndings(" ");
    }

    private SinkException RejectedError(MqttClientConnectResultCode code, string? reason)
    {
        bool again = code is MqttClientConnectResultCode.ServerUnavailable or MqttClientConnectResultCode.ServerBusy
            or MqttClientConnectResultCode.QuotaExceeded or MqttClientConnectResultCode.ConnectionRateExceeded
            or MqttClientConnectResultCode.UnspecifiedError or MqttClientConnectResultCode.ImplementationSpecificError;
        string what = code is MqttClientConnectResultCode.BadUserNameOrPassword or MqttClientConnectResultCode.NotAuthorized
            ? "user or password is wrong or not authorized"
            : $"{code} {reason}".TrimEnd();
        return new SinkException($"{_address} rejected the connection: {what}", canRetry: again);
    }

    // Without a disconnect packet, so that the broker publishes 'offline'.
    private void DropConnection()
    {
        _client?.Dispose();
        _tls?.Dispose();
        (_client, _tls) = (null, null);
    }
}
