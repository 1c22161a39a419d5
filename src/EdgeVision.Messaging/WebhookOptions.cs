namespace EdgeVision.Messaging;

/// <summary>Where results are posted, and how.</summary>
public sealed record WebhookOptions : MessageOptions
{
    /// <inheritdoc/>
    public override string Name { get; init; } = "webhook";

    /// <summary>Address that takes the POST, <c>http://</c> or <c>https://</c>, without credentials.</summary>
    public required string Url { get; init; }

    /// <summary>Further headers; values are never shown.</summary>
    public IReadOnlyDictionary<string, Secret>? Headers { get; init; }

    /// <summary>Token for <c>Authorization: Bearer</c>; null for none.</summary>
    public Secret? BearerToken { get; init; }

    /// <summary>Key that signs the body (<see cref="WebhookSignature"/>); null for no signature.</summary>
    public Secret? SigningKey { get; init; }

    /// <summary>
    /// Frames in one request, 1 to 1000. With 1 the body is a frame's object; with more it is an array, and frames wait in memory until it is full or
    /// <see cref="BatchInterval"/> has passed: they count as written before they are.
    /// </summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Longest time that a frame waits for others, above 0; looked at whenever a frame comes, also one that is left out.</summary>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait that an answer of 429 or 503 may ask for with <c>Retry-After</c>; a longer one is cut to this.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The options without secrets.</summary>
    public override string ToString() => $"{nameof(WebhookOptions)} {{ Name = {Name}, Url = {SourceAddress.Redact(Url)} }}";

    internal override void Check()
    {
        base.Check();
        Require(Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0,
            $"'{SourceAddress.Redact(Url)}' is no address; give http://HOST/PATH or https://HOST/PATH");
        Require(uri!.UserInfo.Length == 0, "credentials do not go into the address; give BearerToken, or a header of your own");
        Require(BatchSize is >= 1 and <= 1000, $"BatchSize is {BatchSize}; it lies within 1 and 1000");
        Require(BatchInterval > TimeSpan.Zero, $"BatchInterval is {BatchInterval}; it lies above 0");
        Require(MaxRetryAfter >= TimeSpan.Zero, $"MaxRetryAfter is {MaxRetryAfter}; it is 0 or above");
        foreach (string name in Headers?.Keys ?? [])
        {
            Require(name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)), $"'{name}' is no name of a header");
            Require(!name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !name.Equals("Host", StringComparison.OrdinalIgnoreCase),
                $"the header {name} is the sink's own to set");
        }
    }
}
