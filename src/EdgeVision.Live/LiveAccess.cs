using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace EdgeVision.Live;

/// <summary>Checks whether a request may see the live page.</summary>
/// <remarks>
/// A token is compared in fixed time and is exposed only through <see cref="Token"/>. On loopback, where there may be no
/// token, a request must name the page's own host, which prevents DNS rebinding: a foreign page whose name resolves to this
/// address gets nothing.
/// </remarks>
internal sealed class LiveAccess
{
    private readonly byte[]? _token, _ticket;
    private readonly string _ticketText = "";
    private readonly IReadOnlyCollection<string> _hosts;
    private readonly string[] _own;
    private readonly bool _checkHost;

    /// <param name="token">Token that viewers must present; null for none.</param>
    /// <param name="bound">Address and port of the server.</param>
    /// <param name="hosts">Further host names of the page.</param>
    public LiveAccess(string? token, IPEndPoint bound, IReadOnlyCollection<string> hosts)
    {
        (Token, _hosts) = (token, hosts);
        // Browsers omit port 80.
        string port = bound.Port == 80 ? "" : FormattableString.Invariant($":{bound.Port}");
        _own = [$"127.0.0.1{port}", $"localhost{port}", $"[::1]{port}", bound.ToString()];
        // When listening on every interface, the machine's names are not known here; the token is the protection then.
        _checkHost = IPAddress.IsLoopback(bound.Address) || hosts.Count > 0;
        CookieName = $"edgevision-live-{bound.Port}";
        if (token is not null)
        {
            _token = Encoding.UTF8.GetBytes(token);
            // A leaked cookie file exposes the page but not the token; the ticket stays valid after a restart with the same
            // token.
            _ticketText = Convert.ToHexStringLower(HMACSHA256.HashData(_token, "edgevision live ticket"u8));
            _ticket = Encoding.UTF8.GetBytes(_ticketText);
        }
    }

    /// <summary>Gets the token; null when none is required.</summary>
    public string? Token { get; }

    /// <summary>
    /// Gets the name of the cookie. It contains the port, because browsers share cookies between all ports of a host.
    /// </summary>
    public string CookieName { get; }

    /// <summary>Returns whether the request names a host of the page.</summary>
    public bool IsOwnHost(HttpRequest request) => !_checkHost || IsOwn(request.Host.Value ?? "");

    /// <summary>
    /// Returns whether a WebSocket is opened by the page itself, or by a non-browser client that sends no origin.
    /// </summary>
    public bool IsOwnOrigin(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return true;
        }

        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && (Same(uri.Authority, request.Host.Value ?? "") || _hosts.Any(h => Same(h, uri.Authority)));
    }

    /// <summary>Returns whether the request presents the token, or the cookie issued for it.</summary>
    public bool IsAllowed(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        if (_token is null)
        {
            return true;
        }

        string authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && Equal(authorization[Scheme.Length..].Trim(), _token)
            || request.Cookies[CookieName] is { } ticket && Equal(ticket, _ticket!);
    }

    /// <summary>Returns whether a text is the token.</summary>
    public bool IsToken(string text) => _token is not null && Equal(text, _token);

    /// <summary>Sets the cookie that replaces the token in further requests.</summary>
    public void SetCookie(HttpContext context)
    {
        bool secure = context.Request.IsHttps
            || context.Request.Headers["X-Forwarded-Proto"].ToString().Equals("https", StringComparison.OrdinalIgnoreCase);
        context.Response.Cookies.Append(
            CookieName, _ticketText, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = secure, Path = "/" });
    }

    private bool IsOwn(string host) => _own.Any(o => Same(o, host)) || _hosts.Any(h => Same(h, host));

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    // The hashes have the same length, so the time does not reveal even the token's length.
    private static bool Equal(string text, byte[] expected)
    {
        Span<byte> one = stackalloc byte[SHA256.HashSizeInBytes], other = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), one);
        SHA256.HashData(expected, other);
        return CryptographicOperations.FixedTimeEquals(one, other);
    }
}
