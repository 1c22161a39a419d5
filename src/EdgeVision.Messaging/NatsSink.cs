using System.Security.Authentication;
using EdgeVision.Pipeline.Sources;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace EdgeVision.Messaging;

/// <summary>Publishes results over NATS.</summary>
/// <remarks>
/// With JetStream a write returns once a stream has stored the message, and a message sent again after a lost connection is
/// stored once. Without it a write returns once the server has answered a ping after the message.
/// </remarks>
public sealed class NatsSink : BrokerSink
{
    private const int NotFound = 404, Unavailable = 503;

    // The client reports asynchronous server errors from another thread, some time after the pong.
    private static readonly TimeSpan ErrorDelay = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _allowed = [];
    private readonly NatsOptions _options;
    private readonly BrokerAddress[] _addresses;
    private readonly string _shown;
    private NatsConnection? _connection;
    private NatsJSContext? _stream;
    private TlsCertificates? _tls;
    private volatile string? _serverError;

    /// <summary>Checks the options; connects in <see cref="BrokerSink.OpenAsync"/>.</summary>
    /// <exception cref="PipelineConfigException">An option is invalid.</exception>
    public NatsSink(NatsOptions options)
        : base(Checked(options), Template(options.Subject, options), Template(options.EventsSubject, options))
    {
        _options = options;
        _addresses = [.. options.Url.Split(',', StringSplitOptions.TrimEntries)
            .Select(url => BrokerAddress.Parse(url, options.Name, ("nats", 4222), ("tls", 4222), options.Tls is not null))];
        _shown = string.Join(", ", _addresses.AsEnumerable());
    }

    private protected override bool IsConnected => _connection is { ConnectionState: NatsConnectionState.Open };

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await DropAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private protected override async ValueTask ConnectAsync(CancellationToken cancel)
    {
        if (IsConnected)
        {
            return;
        }

        // A connection that the client itself re-establishes would wait without a limit and buffer what it was to send; a new
        // one is bounded.
        await DropAsync().ConfigureAwait(false);
        try
        {
            _connection = new NatsConnection(CreateConnectionOptions());
            _connection.ServerError += (_, error) =>
            {
                _serverError = SourceAddress.Redact(error.Error);
                return ValueTask.CompletedTask;
            };
            await WithinTimeoutAsync(
                async token =>
                {
                    await _connection.ConnectAsync().AsTask().WaitAsync(token).ConfigureAwait(false);
                    if (_options.JetStream)
                    {
                        var stream = new NatsJSContext(_connection);
                        await CreateStreamAsync(stream, token).ConfigureAwait(false);
                        _stream = stream;
                    }
                },
                _shown, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var translated = Translate(e, cancel);
            await DropAsync().ConfigureAwait(false);
            if (translated is not null)
            {
                throw translated;
            }

            throw;
        }
    }

    private protected override async ValueTask PublishAsync(
        string name, ReadOnlyMemory<byte> payload, Message message, CancellationToken cancel)
    {
        var connection = _connection!;
        if (connection.ServerInfo is { MaxPayload: > 0 and var most } && payload.Length > most)
        {
            throw new SinkException(
                $"a message for {_shown} must have at most {most} bytes; got {payload.Length}; " +
                "leave masks out, or raise the server's max_payload", canRetry: false);
        }

        try
        {
            await WithinTimeoutAsync(
                token => _stream is { } stream
                    ? StoreAsync(stream, name, payload, message.Id, token)
                    : PublishAndPingAsync(connection, name, payload, token),
                _shown, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var translated = GetPermissionError() is { } denied ? new SinkException(denied, e, canRetry: false) : Translate(e, cancel);
            _serverError = null;
            if (translated is null or { CanRetry: true })
            {
                await DropAsync().ConfigureAwait(false);
            }

            if (translated is not null)
            {
                throw translated;
            }

            throw;
        }
    }

    private static NatsOptions Checked(NatsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }

    private static NameTemplate? Template(string? text, NatsOptions options) =>
        text is null ? null : new NameTemplate(text, NameSyntax.Nats, options.Name);

    private static async Task StoreAsync(
        NatsJSContext stream, string name, ReadOnlyMemory<byte> payload, string id, CancellationToken cancel)
    {
        // A single attempt: the caller retries with growing delays.
        var answer = await stream.PublishAsync(name, payload, NatsRawSerializer<ReadOnlyMemory<byte>>.Default,
            new NatsJSPubOpts { MsgId = id, RetryAttempts = 1 }, cancellationToken: cancel).ConfigureAwait(false);

        // 'Duplicate' is success: the message was stored before, and its acknowledgement was lost with the connection.
        if (answer.Error is { } error)
        {
            throw new NatsJSApiException(error);
        }
    }

    private async Task PublishAndPingAsync(NatsConnection connection, string name, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        // The pong confirms that the server has read all earlier messages, if it came over the same connection.
        var before = Identity(connection);
        await connection.PublishAsync(
            name, payload, serializer: NatsRawSerializer<ReadOnlyMemory<byte>>.Default, cancellationToken: cancel).ConfigureAwait(false);
        await connection.PingAsync(cancel).ConfigureAwait(false);
        if (Identity(connection) != before)
        {
            throw new SinkException($"the connection to {_shown} was lost while a message was sent");
        }

        // Permissions seldom change: the first message on a subject waits for a rejection; a later change is reported by one
        // of the next messages.
        if (!_allowed.Contains(name))
        {
            await Task.Delay(ErrorDelay, cancel).ConfigureAwait(false);
        }

        if (GetPermissionError() is { } denied)
        {
            throw new SinkException(denied, canRetry: false);
        }

        _allowed.Add(name);
    }

    private static (string?, ulong) Identity(NatsConnection connection) =>
        (connection.ServerInfo?.Id, connection.ServerInfo?.ClientId ?? 0);

    // The server reports this asynchronously and does not answer the message itself.
    private string? GetPermissionError() =>
        _serverError is { } error && error.Contains("permissions violation", StringComparison.OrdinalIgnoreCase)
            ? $"{_shown}: {error}"
            : null;

    private async Task CreateStreamAsync(NatsJSContext stream, CancellationToken cancel)
    {
        if (_options.CreateStream is not { } name)
        {
            return;
        }

        try
        {
            // An existing stream is left as it is.
            await stream.GetStreamAsync(name, cancellationToken: cancel).ConfigureAwait(false);
        }
        catch (NatsJSApiException e) when (e.Error.Code == NotFound)
        {
            await stream.CreateStreamAsync(
                new StreamConfig(name, _options.GetStreamSubjects())
                {
                    Storage = StreamConfigStorage.File,
                    MaxBytes = _options.StreamMaxBytes ?? -1,
                },
                cancel).ConfigureAwait(false);
        }
    }

    private NatsOpts CreateConnectionOptions()
    {
        var first = _addresses[0];
        string? user = _options.User ?? first.User;
        string? password = _options.Password?.Read() ?? first.Password;

        // In an address, a user without a password is a token.
        bool token = _options.User is null && user is not null && password is null;
        _tls = _addresses.Any(a => a.Tls) ? new TlsCertificates(_options.Tls) : null;
        return NatsOpts.Default with
        {
            Url = string.Join(',', _addresses.Select(a => $"{(a.Tls ? "tls" : "nats")}://{a}")),
            Name = $"EdgeVision {Name}",
            ConnectTimeout = Timeout,
            CommandTimeout = Timeout,
            RequestTimeout = Timeout,
            MaxReconnectRetry = 1,
            ReconnectWaitMin = TimeSpan.Zero,
            AuthOpts = NatsAuthOpts.Default with
            {
                Username = token ? null : user,
                Password = token ? null : password,
                Token = _options.Token?.Read() ?? (token ? user : null),
                CredsFile = _options.CredentialsFile,
                NKeyFile = _options.NKeyFile,
            },
            TlsOpts = _tls is not { } tls
                ? NatsTlsOpts.Default with { Mode = TlsMode.Disable }
                : NatsTlsOpts.Default with
                {
                    Mode = TlsMode.Require,
                    ConfigureClientAuthentication = options =>
                    {
                        tls.Apply(options);
                        return ValueTask.CompletedTask;
                    },
                },
        };
    }

    private SinkException? Translate(Exception e, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return null;
        }

        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SinkException known:
                    return known;
                case AuthenticationException when _tls is { HasRejectedServer: true }:
                    return new SinkException(
                        $"the certificate of {_shown} is not trusted; set CaFile to the authority that issued it, " +
                        "or use the host name in the certificate", e, canRetry: false);
                case NatsServerException { IsAuthError: true }:
                    return new SinkException(
                        $"{_shown} rejected the connection: user, password, token or key is wrong or not authorized", e, canRetry: false);
                case NatsJSPublishNoResponseException or NatsNoRespondersException:
                    return new SinkException(
                        $"no stream of {_shown} has the subject; create one, or let the sink create it (CreateStream)", e);
                case NatsJSApiException { Error: var error }:
                    return new SinkException($"{_shown}: {error.Description}", e, canRetry: error.Code == Unavailable);
                case NatsPayloadTooLargeException:
                    return new SinkException($"{_shown}: {cause.Message}", e, canRetry: false);
            }
        }

        return e is NatsException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException
            or AuthenticationException or OperationCanceledException
            ? new SinkException(
                $"the connection to {_shown} failed: {SourceAddress.Redact((e.InnerException ?? e).Message).ReplaceLineEndings(" ")}", e)
            : null;
    }

    private async ValueTask DropAsync()
    {
        var (connection, tls) = (_connection, _tls);
        (_connection, _stream, _tls, _serverError) = (null, null, null, null);
        _allowed.Clear();
        if (connection is not null)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        tls?.Dispose();
    }
}
