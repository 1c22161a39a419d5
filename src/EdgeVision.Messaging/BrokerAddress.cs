using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Messaging;

/// <summary>Parsed address of a broker, with credentials separate from what may be shown.</summary>
/// <param name="Host">Name or IP address of the host.</param>
/// <param name="Port">Port.</param>
/// <param name="Tls">Whether the connection is encrypted.</param>
/// <param name="User">User of the address; null for none.</param>
/// <param name="Password">Password of the address; null for none.</param>
internal sealed record BrokerAddress(string Host, int Port, bool Tls, string? User, string? Password)
{
    /// <summary>Returns host and port, for messages.</summary>
    public override string ToString() => $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";

    /// <summary>Parses an address: a host, optionally with a port, or a URL with one of two schemes.</summary>
    /// <exception cref="PipelineConfigException">The text is not such an address.</exception>
    public static BrokerAddress Parse(
        string text, string sink, (string Scheme, int Port) plain, (string Scheme, int Port) tls, bool forceTls)
    {
        string url = text.Contains("://", StringComparison.Ordinal) ? text : $"{plain.Scheme}://{text}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0
            || uri.Scheme != plain.Scheme && uri.Scheme != tls.Scheme
            || uri.AbsolutePath.Trim('/').Length > 0 || uri.Query.Length > 0)
        {
            throw new PipelineConfigException(
                $"sink '{sink}': the address must be HOST, HOST:PORT, {plain.Scheme}://HOST[:PORT] or {tls.Scheme}://HOST[:PORT]; " +
                $"got '{SourceAddress.Redact(text)}'");
        }

        bool encrypted = uri.Scheme == tls.Scheme || forceTls;
        string[] user = uri.UserInfo.Split(':', 2);
        return new BrokerAddress(
            uri.Host.Trim('[', ']'),
            uri.Port > 0 ? uri.Port : encrypted ? tls.Port : plain.Port,
            encrypted,
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null);
    }
}
