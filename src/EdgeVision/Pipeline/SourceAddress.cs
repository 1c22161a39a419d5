using System.Text.RegularExpressions;

namespace EdgeVision;

/// <summary>Addresses of sources and sinks as they may be shown: without what would let a reader in.</summary>
public static partial class SourceAddress
{
    /// <summary>
    /// The text without credentials: user and password in front of a host, and the values of query fields that name a secret (token, key,
    /// password, signature and their like) become <c>***</c>. Works on messages with addresses in them too.
    /// </summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = Authority().Replace(text, "${scheme}***@");
        return SecretField().Replace(text, "${name}***");
    }

    // A user, a colon and what is no port make a password, which may hold anything, also a / that should be escaped: up to the last @ of the word, rather
    // too much than too little. Else up to the last @ before the path: an @ in a path, also behind host:port, is no credential.
    [GeneratedRegex(@"(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?:[^/\s""?#:@\[]*:(?![0-9]{0,5}[/?#])[^\s""]*|[^/\s""?#]*)@", RegexOptions.CultureInvariant)]
    private static partial Regex Authority();

    [GeneratedRegex(@"(?<name>[?&;](?:[^=&;\s]*(?:token|key|passw|pwd|secret|signature|credential|auth|sig)[^=&;\s]*)=)[^&;\s'""#]*", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SecretField();
}
