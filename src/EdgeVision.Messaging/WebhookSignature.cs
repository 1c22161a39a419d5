using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeVision.Messaging;

/// <summary>Signs and verifies webhook bodies: the header <c>X-EdgeVision-Signature: t=SECONDS,v1=HEX</c>.</summary>
/// <remarks>
/// HEX is the HMAC-SHA256 (RFC 2104) with the shared key in UTF-8 over <c>SECONDS.BODY</c>, and SECONDS the Unix time of
/// sending, which prevents replays of a request by others.
/// </remarks>
public static class WebhookSignature
{
    /// <summary>Name of the header.</summary>
    public const string Header = "X-EdgeVision-Signature";

    /// <summary>Returns the header's value for a body.</summary>
    /// <param name="body">Bytes of the request's body.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="time">Time of sending.</param>
    public static string Sign(ReadOnlySpan<byte> body, string key, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        string seconds = time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key));
        hash.AppendData(Encoding.ASCII.GetBytes(seconds + "."));
        hash.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Returns whether a header's value is valid for the body and key, and recent. For receivers.</summary>
    /// <param name="header">Value of the header as received; null is invalid.</param>
    /// <param name="body">Bytes of the body as received.</param>
    /// <param name="key">The shared key.</param>
    /// <param name="now">The receiver's time.</param>
    /// <param name="tolerance">Maximum difference to the time of sending; five minutes are usual.</param>
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
