using System.Net;
using System.Net.Http.Headers;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Messaging;

/// <summary>Posts results as JSON.</summary>
/// <remarks>
/// A write returns once the receiver answered with success. 408, 425, 429 and 5xx may be retried, not sooner than
/// <c>Retry-After</c>; other rejected requests are given up. Every request has an <c>Idempotency-Key</c> computed from its
/// body, so that a receiver can detect a repetition.
/// </remarks>
public sealed class WebhookSink : MessageSink
{
    private const int MaxRedirects = 3, FinalAttempts = 4;
    private static readonly TimeSpan FinalDelay = TimeSpan.FromMilliseconds(250);

    private readonly WebhookOptions _options;
    private readonly Uri _address;
    private readonly WebhookBatch _batch;
    private HttpClient? _client;
    private TlsCertificates? _tls;
    private (long Since, TimeSpan Wait)? _pause;
    private long _lost;

    /// <summary>Checks the options.</summary>
    /// <exception cref="PipelineConfigException">An option is invalid.</exception>
    public WebhookSink(WebhookOptions options)
        : base(Checked(options))
    {
        _options = options;
        _address = new Uri(options.Url);
        _batch = new WebhookBatch(options.BatchSize, options.BatchInterval, options.Clock);
    }

    /// <summary>
    /// Gets the number of frames that counted as written while waiting in a batch, and were rejected or not sent at the end.
    /// </summary>
    public long LostCount => Interlocked.Read(ref _lost);

    /// <summary>Creates the HTTP client; nothing is sent yet.</summary>
    public override ValueTask OpenAsync(CancellationToken cancel)
    {
        _ = GetClient();
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends the pending batch in a few attempts; what cannot be sent is counted in <see cref="LostCount"/>.</summary>
    public override async ValueTask CompleteAsync(CancellationToken cancel)
    {
        try
        {
            for (int tries = 1; _batch.Count > 0; tries++)
            {
                try
                {
                    await PostBatchAsync(cancel, lostWhereRefused: _batch.Count).ConfigureAwait(false);
                }
                catch (SinkException e) when (e.CanRetry && tries < FinalAttempts)
                {
                    await Task.Delay(FinalDelay * tries, cancel).ConfigureAwait(false);
                }
            }
        }
        catch when (_batch.Count > 0)
        {
            // These frames already count as written, and the pipeline does not retry them.
            Interlocked.Add(ref _lost, _batch.Count);
            _batch.Clear();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _tls?.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private protected override async ValueTask SendResultsAsync(PipelineFrame frame, CancellationToken cancel)
    {
        var payload = Payload.WriteResults(frame);
        if (_options.BatchSize == 1)
        {
            await PostAsync(payload, cancel).ConfigureAwait(false);
            return;
        }

        _batch.Add(payload.Span);
        if (!_batch.IsDue)
        {
            return;
        }

        try
        {
            await PostBatchAsync(cancel, lostWhereRefused: _batch.Count - 1).ConfigureAwait(false);
        }
        catch when (_batch.Count > 0)
        {
            // The pipeline retries this frame, or counts it as failed.
            _batch.RemoveLast();
            throw;
        }
    }

    private protected override ValueTask OnSkippedAsync(CancellationToken cancel) =>
        _batch.IsDue ? PostBatchAsync(cancel, lostWhereRefused: _batch.Count) : ValueTask.CompletedTask;

    private static WebhookOptions Checked(WebhookOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }

    private HttpClient GetClient()
    {
        if (_client is not null)
        {
            return _client;
        }

        // Redirects are followed here, to control which headers go along. Connections are renewed so that a changed DNS entry
        // applies.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        _tls ??= new TlsCertificates(_options.Tls);
        _tls.Apply(handler.SslOptions);
        return _client = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    private async ValueTask PostBatchAsync(CancellationToken cancel, int lostWhereRefused)
    {
        try
        {
            await PostAsync(_batch.Body, cancel).ConfigureAwait(false);
            _batch.Clear();
        }
        catch (SinkException e) when (!e.CanRetry)
        {
            // Kept, it would be rejected again and block everything behind it.
            Interlocked.Add(ref _lost, lostWhereRefused);
            _batch.Clear();
            throw;
        }
    }

    private async ValueTask PostAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (_pause is { } pause)
        {
            var left = pause.Wait - _options.Clock.GetElapsedTime(pause.Since);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, _options.Clock, cancel).ConfigureAwait(false);
            }

            _pause = null;
        }

        string shown = _address.GetLeftPart(UriPartial.Authority);
        try
        {
            await WithinTimeoutAsync(token => PostAsync(_address, body, token), shown, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            bool distrusted = e.HttpRequestError == HttpRequestError.SecureConnectionError && _tls is { HasRejectedServer: true };
            throw distrusted
                ? new SinkException(
                    $"the certificate of {shown} is not trusted; set CaFile to the authority that issued it, " +
                    "or use the host name in the certificate", e, canRetry: false)
                : new SinkException(
                    $"the request to {shown} failed: {SourceAddress.Redact((e.InnerException ?? e).Message).ReplaceLineEndings(" ")}", e);
        }
    }

    private async Task PostAsync(Uri target, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        for (int hops = 0; ; hops++)
        {
            using var request = CreateRequest(target, body);
            using var answer = await GetClient().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            // 301 to 303 would turn the POST into a GET, which delivers nothing.
            bool moved = answer.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
            if (!moved || answer.Headers.Location is not { } location || hops == MaxRedirects)
            {
                throw RejectedError(answer);
            }

            var next = new Uri(target, location);
            if (next.Scheme is not ("http" or "https") || target.Scheme == "https" && next.Scheme == "http")
            {
                throw new SinkException(
                    $"{target.GetLeftPart(UriPartial.Authority)} redirects to an unencrypted connection; set Url to the final address",
                    canRetry: false);
            }

            target = next;
        }
    }

    private HttpRequestMessage CreateRequest(Uri target, ReadOnlyMemory<byte> body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("EdgeVision", null));

        // From the body alone: the same when the same body is sent again, another when a batch has changed in between.
        request.Headers.Add("Idempotency-Key", Checksum.ComputeHex(body.Span)[..32]);
        if (Uri.Compare(target, _address, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            // The secrets were configured for the original host only, so another host does not get them.
            return request;
        }

        if (_options.BearerToken is { } token)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Value("BearerToken", token)}");
        }

        if (_options.SigningKey is { } key)
        {
            request.Headers.Add(WebhookSignature.Header, WebhookSignature.Sign(body.Span, key.Read(), _options.Clock.GetUtcNow()));
        }

        foreach (var (name, value) in _options.Headers ?? new Dictionary<string, Secret>())
        {
            request.Headers.TryAddWithoutValidation(name, Value(name, value));
        }

        return request;
    }

    private static string Value(string name, Secret secret)
    {
        string text = secret.Read();
        return text.AsSpan().ContainsAnyInRange('\0', '\x1f')
            ? throw new SinkException(
                $"the value for {name} must not contain line breaks or other control characters", canRetry: false)
            : text;
    }

    private SinkException RejectedError(HttpResponseMessage answer)
    {
        int code = (int)answer.StatusCode;
        bool again = code is 408 or 425 or 429 || code >= 500;
        string wait = "";
        if (code is 429 or 503 && answer.Headers.RetryAfter is { } after)
        {
            var asked = after.Delta ?? after.Date - _options.Clock.GetUtcNow() ?? TimeSpan.Zero;
            var taken = asked < TimeSpan.Zero ? TimeSpan.Zero : asked > _options.MaxRetryAfter ? _options.MaxRetryAfter : asked;
            _pause = (_options.Clock.GetTimestamp(), taken);
            wait = $" with Retry-After {taken.TotalSeconds:0.#} s";
        }

        string hint = code is 401 or 403 ? "; check BearerToken, SigningKey or Headers"
            : code is >= 300 and < 400 ? "; set Url to the final address"
            : "";
        return new SinkException($"{_address.GetLeftPart(UriPartial.Authority)} answered {code}{wait}{hint}", canRetry: again);
    }
}
