using System.Net;

namespace EdgeVision.Imaging;

/// <summary>What a <see cref="MjpegSource"/> reads.</summary>
public sealed record MjpegOptions
{
    /// <summary>Address of the stream, http or https. A user and password in it answer the server's question for them (Basic or Digest).</summary>
    public required string Address { get; init; }

    /// <summary>How long the connection and the first bytes may take.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the stream may be silent before it counts as lost.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes of one encoded picture.</summary>
    public int MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>A picture whose header says more pixels is refused.</summary>
    public long MaxPixels { get; init; } = ImageFile.DefaultMaxPixels;

    /// <summary>Name for results and messages; null the address without credentials.</summary>
    public string? Name { get; init; }

    /// <summary>Clock that dates the frames.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Says where, without credentials.</summary>
    public override string ToString() => $"MjpegOptions {{ Address = {SourceAddress.Redact(Address)} }}";
}

/// <summary>
/// A camera's MJPEG stream over HTTP (multipart/x-mixed-replace), decoded straight into the pool's memory (BGRA32) and dated when it arrives.
/// A picture that is cut short or damaged is a <see cref="FrameFormatException"/>, and the next one follows. Proxies of the environment are not
/// used: a camera is near.
/// </summary>
public sealed class MjpegSource : FrameSource
{
    private readonly MjpegOptions _options;
    private readonly Uri _address;
    private readonly CancellationTokenSource _abort = new();
    private HttpClient? _client;
    private HttpResponseMessage? _response;
    private MultipartReader? _parts;
    private CancellationTokenSource? _patience;
    private long _sequence, _first;

    /// <summary>Takes note of the address.</summary>
    /// <exception cref="PipelineConfigException">It is no http or https address.</exception>
    public MjpegSource(MjpegOptions options)
        : base(NameFor(options))
    {
        _options = options;
        _address = Uri.TryCreate(options.Address, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address!
            : throw new PipelineConfigException($"'{Name}' is no address of an MJPEG stream; write http://host:port/path");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBytes, 1024);
    }

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        if (_client is not null)
        {
            throw new InvalidOperationException($"'{Name}' was opened before; make a new source");
        }

        var handler = new SocketsHttpHandler { ConnectTimeout = _options.OpenTimeout, UseProxy = false };
        if (_address.UserInfo.Length > 0)
        {
            handler.Credentials = Credentials();
        }

        // The address goes out without its user and password: servers log what they are asked for.
        var bare = new UriBuilder(_address) { UserName = "", Password = "" }.Uri;
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        Waiting(_options.OpenTimeout, cancel, async token =>
        {
            _response = await _client.GetAsync(bare, HttpCompletionOption.ResponseHeadersRead, token).ConfigureAwait(false);
            CheckStatus(_response.StatusCode);
            var type = _response.Content.Headers.ContentType;
            if (type?.MediaType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) != true)
            {
                throw new SourceException($"'{Name}' is no MJPEG stream but {type?.MediaType ?? "of no type"}; a camera's manual names the path of its stream", canRetry: false);
            }

            string boundary = type.Parameters.FirstOrDefault(p => p.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase))?.Value ?? "";
            _parts = new MultipartReader(await _response.Content.ReadAsStreamAsync(token).ConfigureAwait(false), boundary, _options.MaxBytes);
            return true;
        });
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        var parts = _parts ?? throw new InvalidOperationException($"'{Name}' is not open");
        var part = Waiting(_options.ReadTimeout, cancel, token => parts.NextAsync(token).AsTask());
        long now = _options.Clock.GetTimestamp();
        if (part is not { } jpeg)
        {
            throw new SourceException($"'{Name}' ended: the server closed the stream");
        }

        _first = _sequence == 0 ? now : _first;
        return ImageFile.Decode(jpeg.Span, Name, pool, _sequence++, _options.Clock.GetElapsedTime(_first, now), _options.MaxPixels);
    }

    /// <inheritdoc/>
    public override void Abort() => _abort.Cancel();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _response?.Dispose();
        _client?.Dispose();
        _patience?.Dispose();
    }

    private static string NameFor(MjpegOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Name is { Length: > 0 } name ? name : SourceAddress.Redact(options.Address);
    }

    // For this server alone, so that one it redirects to learns nothing.
    private CredentialCache Credentials()
    {
        string[] parts = _address.UserInfo.Split(':', 2);
        var credential = new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
        var root = new Uri(_address.GetLeftPart(UriPartial.Scheme) + _address.Authority[(_address.Authority.IndexOf('@') + 1)..]);
        return new CredentialCache { { root, "Basic", credential }, { root, "Digest", credential } };
    }

    private void CheckStatus(HttpStatusCode status)
    {
        if ((int)status is >= 200 and < 300)
        {
            return;
        }

        string what = status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? "; put user and password in front of the host (http://user:password@host/…)"
            : "";
        // Credentials and paths that are wrong stay so; a server that is busy or broken may recover.
        bool canRetry = (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;
        throw new SourceException($"'{Name}' was answered with {(int)status} ({status}){what}", canRetry);
    }

    private T Waiting<T>(TimeSpan timeout, CancellationToken cancel, Func<CancellationToken, Task<T>> step)
    {
        cancel.ThrowIfCancellationRequested();
        if (_patience?.TryReset() != true)
        {
            _patience?.Dispose();
            _patience = new CancellationTokenSource();
        }

        _patience.CancelAfter(timeout);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancel, _abort.Token, _patience.Token);
        try
        {
            return step(all.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when ((e is OperationCanceledException or IOException or HttpRequestException) && (cancel.IsCancellationRequested || _abort.IsCancellationRequested))
        {
            cancel.ThrowIfCancellationRequested();
            throw new SourceException($"'{Name}' was stopped while it waited", e);
        }
        catch (OperationCanceledException e)
        {
            throw new SourceException(FormattableString.Invariant($"'{Name}' was silent for {timeout.TotalSeconds:0.#} s"), e);
        }
        catch (InvalidDataException e)
        {
            throw new SourceException($"'{Name}' is no MJPEG stream that can be read: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new SourceException($"'{Name}' cannot be reached or was lost: {SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}", e);
        }
    }
}
