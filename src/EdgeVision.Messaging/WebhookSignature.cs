using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeVision.Messaging;

/// <summary>
/// Signature of a webhook's body: the header <c>X-EdgeVision-Signature: t=SECONDS,v1=HEX</c>, where HEX is the HMAC-SHA256 (RFC 2104) with the shared key in
/// UTF-8 over <c>SECONDS.BODY</c>, and SECONDS the time of sending since 1970. The time in it keeps a request from being sent again later by someone else.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Name of the header.</summary>
    public const string Header = "X-EdgeVision-Signature";

    /// <summary>The header's value for a body.</summary>
    /// <param name="body">Bytes of the request's body.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="time">When it is sent.</param>
    public static string Sign(ReadOnlySpan<byte> body, string key, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        string seconds = time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key));
        hash.AppendData(Encoding.ASCII.GetBytes(seconds + "."));
        hash.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Whether a header's value is the body's, made with the key, and recent. For who receives.</summary>
    /// <param name="header">Value of the header, as it came; null counts as wrong.</param>
    /// <param name="body">Bytes of the body, as they came.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="now">The receiver's time.</param>
    /// <param name="tolerance">How far the time of sending may be from it; five minutes are usual.</param>
    public static bool Verify(string? header, ReadOnlySpan<byte> body, string key, DateTimeOffset now, TimeSpan tolerance)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (header is null || !header.StartsWith("t=", StringComparison.Ordinal) || header.IndexOf(',') is not (> 0 and int comma)
            || !long.TryParse(header.AsSpan(2, comma - 2), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return false;
        }

        var sent = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return (now - sent).Duration() <= tolerance
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(Sign(body, key, sent)));
    }
}
