using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Messaging;

/// <summary>Options of a <see cref="NatsSink"/>.</summary>
public sealed record NatsOptions : BrokerOptions
{
    /// <inheritdoc/>
    public override string Name { get; init; } = "nats";

    /// <summary>Gets the server's address, or the addresses of a cluster, separated by commas.</summary>
    /// <remarks>
    /// <c>host</c>, <c>host:port</c>, <c>nats://host[:port]</c> or, with TLS, <c>tls://host[:port]</c>; each may contain
    /// <c>user:password@</c> or <c>token@</c>.
    /// </remarks>
    public required string Url { get; init; }

    /// <summary>Gets the subject of results; null for none.</summary>
    /// <remarks>
    /// <c>{source}</c>, <c>{model}</c>, <c>{host}</c>, <c>{sink}</c> are replaced; characters of a value other than letters,
    /// digits, '-' and '_' become '_'.
    /// </remarks>
    public string? Subject { get; init; } = "edgevision.{source}.detections";

    /// <summary>Gets the subject of events, one message per frame with events; null for none.</summary>
    /// <remarks>Independent of <see cref="MessageOptions.Frames"/>.</remarks>
    public string? EventsSubject { get; init; }

    /// <summary>Gets whether messages are stored by JetStream.</summary>
    /// <remarks>
    /// With JetStream a write returns once a stream has stored the message, and a message sent twice is stored once (within
    /// the stream's duplicate window). Without it a write returns once the server has read the message, which only current
    /// subscribers receive.
    /// </remarks>
    public bool JetStream { get; init; }

    /// <summary>Gets the name of a file-based stream to create if it does not exist; null creates none.</summary>
    /// <remarks>Its subjects are <see cref="StreamSubjects"/>.</remarks>
    public string? CreateStream { get; init; }

    /// <summary>
    /// Gets the subjects of a created stream; null for those of results and events, with <c>*</c> for their fields.
    /// </summary>
    public IReadOnlyCollection<string>? StreamSubjects { get; init; }

    /// <summary>
    /// Gets the maximum bytes of a created stream, above 0, beyond which the oldest messages are deleted; null for no limit.
    /// </summary>
    public long? StreamMaxBytes { get; init; }

    /// <summary>Gets the user; null for that of the address, or none.</summary>
    public string? User { get; init; }

    /// <summary>Gets the password of the user.</summary>
    public Secret? Password { get; init; }

    /// <summary>Gets the token, instead of a user.</summary>
    public Secret? Token { get; init; }

    /// <summary>Gets the file with a user's JWT and seed (<c>.creds</c>).</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>Gets the file with the seed of an NKey.</summary>
    public string? NKeyFile { get; init; }

    /// <summary>Returns the options without secrets.</summary>
    public override string ToString() => $"{nameof(NatsOptions)} {{ Name = {Name}, Url = {SourceAddress.Redact(Url)} }}";

    internal override void Validate()
    {
        base.Validate();
        int ways = new object?[] { User, Token, CredentialsFile, NKeyFile }.Count(way => way is not null);
        Require(ways <= 1, "only one of User, Token, CredentialsFile and NKeyFile may be given");
        Require(User is not null || Password is null, "Password requires User");
        Require(JetStream || CreateStream is null, "CreateStream requires JetStream");
        Require(
            CreateStream is not null || StreamSubjects is null && StreamMaxBytes is null,
            "StreamSubjects and StreamMaxBytes require CreateStream");
        Require(CreateStream is null || CreateStream.Length > 0 && CreateStream.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
            $"the name of a stream must consist of letters, digits, '-' and '_'; got '{CreateStream}'");
        Require(StreamMaxBytes is null or > 0, $"StreamMaxBytes must be above 0; got {StreamMaxBytes}");
    }

    /// <summary>Returns the subjects that a stream must listen to in order to store every message.</summary>
    internal ICollection<string> GetStreamSubjects()
    {
        if (StreamSubjects is not null)
        {
            return [.. StreamSubjects];
        }

        string host = NameSyntax.ToLevel(Environment.MachineName), sink = NameSyntax.ToLevel(Name);
        return [.. new[] { Subject, EventsSubject }.OfType<string>().Select(text => string.Join('.', text
            .Replace("{host}", host, StringComparison.Ordinal).Replace("{sink}", sink, StringComparison.Ordinal)
            .Split('.').Select(level => level.Contains('{') ? "*" : level))).Distinct()];
    }
}
