using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Messaging;

/// <summary>Options of a <see cref="WebhookSink"/>.</summary>
public sealed record WebhookOptions : MessageOptions
{
    /// <inheritdoc/>
    public override string Name { get; init; } = "webhook";

    /// <summary>Gets the URL of the POST requests, <c>http://</c> or <c>https://</c>, without credentials.</summary>
    public required string Url { get; init; }

    /// <summary>Gets further headers; their values are never shown.</summary>
    public IReadOnlyDictionary<string, Secret>? Headers { get; init; }

    /// <summary>Gets the token for <c>Authorization: Bearer</c>; null for none.</summary>
    public Secret? BearerToken { get; init; }

    /// <summary>Gets the key that signs the body (<see cref="WebhookSignature"/>); null for no signature.</summary>
    public Secret? SigningKey { get; init; }

    /// <summary>Gets the number of frames per request, 1 to 1000.</summary>
    /// <remarks>
    /// With 1 the body is a frame's object. With more it is an array, and frames wait in memory until it is full or <see
    /// cref="BatchInterval"/> has passed; they count as written before they are sent.
    /// </remarks>
    public int BatchSize { get; init; } = 1;

    /// <summary>Gets the maximum time that a frame waits for others, above 0.</summary>
    /// <remarks>Checked whenever a frame arrives, also one that is dropped.</remarks>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets the maximum <c>Retry-After</c> that is honoured in an answer of 429 or 503; a longer one is cut to this.
    /// </summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Returns the options without secrets.</summary>
    public override string ToString() => $"{nameof(WebhookOptions)} {{ Name = {Name}, Url = {SourceAddress.Redact(Url)} }}";

    internal override void Validate()
    {
        base.Validate();
        Require(Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0,
            $"Url must be http://HOST/PATH or https://HOST/PATH; got '{SourceAddress.Redact(Url)}'");
        Require(uri!.UserInfo.Length == 0, "Url must not contain credentials; use BearerToken or Headers");
        Require(BatchSize is >= 1 and <= 1000, $"BatchSize must be 1 to 1000; got {BatchSize}");
        Require(BatchInterval > TimeSpan.Zero, $"BatchInterval must be above 0; got {BatchInterval}");
        Require(MaxRetryAfter >= TimeSpan.Zero, $"MaxRetryAfter must be 0 or more; got {MaxRetryAfter}");
        foreach (string name in Headers?.Keys ?? [])
        {
            Require(
                name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)),
                $"'{name}' is not a valid header name");
            Require(
                !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
                    && !name.Equals("Host", StringComparison.OrdinalIgnoreCase),
                $"the header {name} is set by the sink and must not be given");
        }
    }
}
