using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace EdgeVision.Live;

/// <summary>
/// Who may look. A token is compared in fixed time and never leaves this class but through <see cref="Token"/>; on loopback, where there may be
/// none, requests must ask for the page by its own name, so that a foreign page whose name was made to lead here gets nothing (DNS rebinding).
/// </summary>
internal sealed class LiveAccess
{
    private readonly byte[]? _token, _ticket;
    private readonly string _ticketText = "";
    private readonly IReadOnlyCollection<string> _hosts;
    private readonly string[] _own;
    private readonly bool _checkHost;

    /// <param name="token">What must be shown; null where nothing.</param>
    /// <param name="bound">Address and port that are listened on.</param>
    /// <param name="hosts">Further names of the page.</param>
    public LiveAccess(string? token, IPEndPoint bound, IReadOnlyCollection<string> hosts)
    {
        (Token, _hosts) = (token, hosts);
        // Browsers leave the port 80 out.
        string port = bound.Port == 80 ? "" : FormattableString.Invariant($":{bound.Port}");
        _own = [$"127.0.0.1{port}", $"localhost{port}", $"[::1]{port}", bound.ToString()];
        // On every interface the machine's names are not known here; the token is what protects then.
        _checkHost = IPAddress.IsLoopback(bound.Address) || hosts.Count > 0;
        CookieName = $"edgevision-live-{bound.Port}";
        if (token is not null)
        {
            _token = Encoding.UTF8.GetBytes(token);
            // A cookie file that is read gives the page away but not the token; it still holds after a restart with the same token.
            _ticketText = Convert.ToHexStringLower(HMACSHA256.HashData(_token, "edgevision live ticket"u8));
            _ticket = Encoding.UTF8.GetBytes(_ticketText);
        }
    }

    /// <summary>The token; null where none is needed.</summary>
    public string? Token { get; }

    /// <summary>Name of the cookie: browsers keep one jar for all ports of a host.</summary>
    public string CookieName { get; }

    /// <summary>Whether the request names a host that the page goes by.</summary>
    public bool HostIsOwn(HttpRequest request) => !_checkHost || IsOwn(request.Host.Value ?? "");

    /// <summary>Whether a WebSocket is opened by the page itself, or by a program that is no browser and sends no origin.</summary>
    public bool OriginIsOwn(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return true;
        }

        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && (Same(uri.Authority, request.Host.Value ?? "") || _hosts.Any(h => Same(h, uri.Authority)));
    }

    /// <summary>Whether the request shows the token, or the cookie that it was given for one.</summary>
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

    /// <summary>Whether a text is the token.</summary>
    public bool IsToken(string text) => _token is not null && Equal(text, _token);

    /// <summary>Gives the browser the cookie that stands for the token.</summary>
    public void GiveTicket(HttpContext context)
    {
        bool secure = context.Request.IsHttps || context.Request.Headers["X-Forwarded-Proto"].ToString().Equals("https", StringComparison.OrdinalIgnoreCase);
        context.Response.Cookies.Append(CookieName, _ticketText, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = secure, Path = "/" });
    }

    private bool IsOwn(string host) => _own.Any(o => Same(o, host)) || _hosts.Any(h => Same(h, host));

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    // The hashes are of one length, so that not even the token's shows in the time.
    private static bool Equal(string text, byte[] expected)
    {
        Span<byte> one = stackalloc byte[SHA256.HashSizeInBytes], other = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), one);
        SHA256.HashData(expected, other);
        return CryptographicOperations.FixedTimeEquals(one, other);
    }
}
