using System.Text.RegularExpressions;

namespace EdgeVision.Pipeline.Sources;

/// <summary>Removes credentials from the addresses of sources and sinks.</summary>
public static partial class SourceAddress
{
    /// <summary>Returns the text with credentials replaced by <c>***</c>.</summary>
    /// <remarks>
    /// Credentials are user and password in front of a host, and the values of query fields that name a secret (token, key, password,
    /// signature and similar). Also works on messages that contain addresses.
    /// </remarks>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = Authority().Replace(text, "${scheme}***@");
        return SecretField().Replace(text, "${name}***");
    }

    // A user, a colon and anything but a port make a password, which may contain any character, even a / that should be escaped:
    // it is matched up to the last @ of the word, rather too much than too little. Otherwise up to the last @ before the path:
    // an @ in a path, also after host:port, is not a credential.
    [GeneratedRegex(
        @"(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?:[^/\s""?#:@\[]*:(?![0-9]{0,5}[/?#])[^\s""]*|[^/\s""?#]*)@",
        RegexOptions.CultureInvariant)]
    private static partial Regex Authority();

    [GeneratedRegex(
        @"(?<name>[?&;](?:[^=&;\s]*(?:token|key|passw|pwd|secret|signature|credential|auth|sig)[^=&;\s]*)=)[^&;\s'""#]*",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SecretField();
}
