namespace EdgeVision.Messaging;

/// <summary>Where results go over NATS, and how.</summary>
public sealed record NatsOptions : BrokerOptions
{
    /// <inheritdoc/>
    public override string Name { get; init; } = "nats";

    /// <summary>The server: <c>host</c>, <c>host:port</c>, <c>nats://host[:port]</c> or, with TLS, <c>tls://host[:port]</c>; several of a cluster apart by commas. May hold <c>user:password@</c> or <c>token@</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Subject of results, with <c>{source}</c>, <c>{model}</c>, <c>{host}</c>, <c>{sink}</c>; null for none. What is no letter, digit, '-' or '_' of a value becomes '_'.</summary>
    public string? Subject { get; init; } = "edgevision.{source}.detections";

    /// <summary>Subject of what rules saw, one message for each frame with events, whatever <see cref="MessageOptions.Frames"/> says; null for none.</summary>
    public string? EventsSubject { get; init; }

    /// <summary>
    /// Whether JetStream keeps the messages: a write then returns once a stream has stored the message, and a message that was sent twice is stored
    /// once (within the stream's window for duplicates). Else it returns once the server has read the message, for who listens at that moment.
    /// </summary>
    public bool JetStream { get; init; }

    /// <summary>Name of a stream to make where there is none of that name, in files, with the subjects of <see cref="StreamSubjects"/>; null leaves streams to others.</summary>
    public string? CreateStream { get; init; }

    /// <summary>Subjects of the stream that is made; null for those of results and events, with <c>*</c> for their fields.</summary>
    public IReadOnlyCollection<string>? StreamSubjects { get; init; }

    /// <summary>Greatest size in bytes of the stream that is made, above 0, whose oldest messages then go; null without end.</summary>
    public long? StreamMaxBytes { get; init; }

    /// <summary>User; null for the address's, or nobody.</summary>
    public string? User { get; init; }

    /// <summary>Password of the user.</summary>
    public Secret? Password { get; init; }

    /// <summary>Token, in place of a user.</summary>
    public Secret? Token { get; init; }

    /// <summary>File with a user's JWT and seed (<c>.creds</c>).</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>File with the seed of an NKey.</summary>
    public string? NKeyFile { get; init; }

    /// <summary>The options without secrets.</summary>
    public override string ToString() => $"{nameof(NatsOptions)} {{ Name = {Name}, Url = {SourceAddress.Redact(Url)} }}";

    internal override void Check()
    {
        base.Check();
        int ways = new object?[] { User, Token, CredentialsFile, NKeyFile }.Count(way => way is not null);
        Require(ways <= 1, "give one of User, Token, CredentialsFile and NKeyFile");
        Require(User is not null || Password is null, "Password needs a User");
        Require(JetStream || CreateStream is null, "CreateStream needs JetStream");
        Require(CreateStream is not null || StreamSubjects is null && StreamMaxBytes is null, "StreamSubjects and StreamMaxBytes are of a stream to make; give CreateStream");
        Require(CreateStream is null || CreateStream.Length > 0 && CreateStream.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
            $"a stream cannot be called '{CreateStream}'; letters, digits, '-' and '_' can be used");
        Require(StreamMaxBytes is null or > 0, $"StreamMaxBytes is {StreamMaxBytes}; it lies above 0");
    }

    /// <summary>What a stream listens to so that it keeps every message.</summary>
    internal ICollection<string> SubjectsOfStream()
    {
        if (StreamSubjects is not null)
        {
            return [.. StreamSubjects];
        }

        string host = NameSyntax.Level(Environment.MachineName), sink = NameSyntax.Level(Name);
        return [.. new[] { Subject, EventsSubject }.OfType<string>().Select(text => string.Join('.', text
            .Replace("{host}", host, StringComparison.Ordinal).Replace("{sink}", sink, StringComparison.Ordinal)
            .Split('.').Select(level => level.Contains('{') ? "*" : level))).Distinct()];
    }
}
