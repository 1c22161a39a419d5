using System.Net;
using EdgeVision.Imaging;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Options of an <see cref="MjpegSource"/>.</summary>
public sealed record MjpegOptions
{
    /// <summary>Gets the address of the stream, http or https.</summary>
    /// <remarks>A user and password in it are used for Basic or Digest authentication.</remarks>
    public required string Address { get; init; }

    /// <summary>Gets the timeout for the connection and the first bytes.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the timeout for the next data, after which the stream counts as lost.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the maximum bytes of one encoded image.</summary>
    public int MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Gets the maximum pixels of an image; one with more in its header is rejected.</summary>
    public long MaxPixels { get; init; } = ImageFile.DefaultMaxPixels;

    /// <summary>Gets the name in results and messages; null for the address without credentials.</summary>
    public string? Name { get; init; }

    /// <summary>Gets the clock that timestamps the frames.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Returns the address, without credentials.</summary>
    public override string ToString() => $"MjpegOptions {{ Address = {SourceAddress.Redact(Address)} }}";
}

/// <summary>Reads a camera's MJPEG stream over HTTP (multipart/x-mixed-replace).</summary>
/// <remarks>
/// Images are decoded directly into the pool's memory (BGRA32) and timestamped on arrival. A truncated or damaged image is a
/// <see cref="FrameFormatException"/>, and reading continues with the next one. Proxy settings of the environment are not
/// used, since cameras are on the local network.
/// </remarks>
public sealed class MjpegSource : FrameSource
{
    private readonly MjpegOptions _options;
    private readonly Uri _address;
    private readonly CancellationTokenSource _abort = new();
    private HttpClient? _client;
    private HttpResponseMessage? _response;
    private MultipartReader? _parts;
    private CancellationTokenSource? _timeout;
    private long _sequence, _first;

    /// <summary>Initializes the source; nothing is opened yet.</summary>
    /// <exception cref="PipelineConfigException">The address is not an http or https URL.</exception>
    public MjpegSource(MjpegOptions options)
        : base(NameFor(options))
    {
        _options = options;
        _address = Uri.TryCreate(options.Address, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address!
            : throw new PipelineConfigException($"the address of an MJPEG stream must be like http://host:port/path; got '{Name}'");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBytes, 1024);
    }

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        if (_client is not null)
        {
            throw new InvalidOperationException($"'{Name}' was already opened; create a new source");
        }

        var handler = new SocketsHttpHandler { ConnectTimeout = _options.OpenTimeout, UseProxy = false };
        if (_address.UserInfo.Length > 0)
        {
            handler.Credentials = Credentials();
        }

        // The address is sent without user and password, because servers log requested URLs.
        var bare = new UriBuilder(_address) { UserName = "", Password = "" }.Uri;
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        WithTimeout(_options.OpenTimeout, cancel, async token =>
        {
            _response = await _client.GetAsync(bare, HttpCompletionOption.ResponseHeadersRead, token).ConfigureAwait(false);
            CheckStatus(_response.StatusCode);
            var type = _response.Content.Headers.ContentType;
            if (type?.MediaType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) != true)
            {
                throw new SourceException(
                    $"'{Name}' must be an MJPEG stream (multipart/x-mixed-replace); got {type?.MediaType ?? "no content type"}; " +
                    "see the camera's manual for the path of its stream", canRetry: false);
            }

            string boundary =
                type.Parameters.FirstOrDefault(p => p.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase))?.Value ?? "";
            var stream = await _response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            _parts = new MultipartReader(stream, boundary, _options.MaxBytes);
            return true;
        });
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        var parts = _parts ?? throw new InvalidOperationException($"'{Name}' is not open");
        var part = WithTimeout(_options.ReadTimeout, cancel, token => parts.NextAsync(token).AsTask());
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
        _timeout?.Dispose();
    }

    private static string NameFor(MjpegOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Name is { Length: > 0 } name ? name : SourceAddress.Redact(options.Address);
    }

    // Limited to this server, so that a redirect does not leak the credentials.
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
            ? "; put user and password before the host (http://user:password@host/…)"
            : "";
        // Wrong credentials and paths are permanent; a busy or broken server may recover.
        bool canRetry = (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;
        throw new SourceException($"'{Name}' answered {(int)status} ({status}){what}", canRetry);
    }

    private T WithTimeout<T>(TimeSpan timeout, CancellationToken cancel, Func<CancellationToken, Task<T>> step)
    {
        cancel.ThrowIfCancellationRequested();
        if (_timeout?.TryReset() != true)
        {
            _timeout?.Dispose();
            _timeout = new CancellationTokenSource();
        }

        _timeout.CancelAfter(timeout);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancel, _abort.Token, _timeout.Token);
        try
        {
            return step(all.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when ((e is OperationCanceledException or IOException or HttpRequestException)
            && (cancel.IsCancellationRequested || _abort.IsCancellationRequested))
        {
            cancel.ThrowIfCancellationRequested();
            throw new SourceException($"'{Name}' was stopped while waiting", e);
        }
        catch (OperationCanceledException e)
        {
            throw new SourceException(FormattableString.Invariant($"'{Name}' sent nothing for {timeout.TotalSeconds:0.#} s"), e);
        }
        catch (InvalidDataException e)
        {
            throw new SourceException($"'{Name}' is not a valid MJPEG stream: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new SourceException(
                $"'{Name}' cannot be reached, or the connection was lost: {SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}", e);
        }
    }
}
