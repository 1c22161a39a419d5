using System.Net;

namespace EdgeVision.Live;

/// <summary>Options of the live page: address, access and limits.</summary>
public sealed record LiveOptions
{
    /// <summary>Minimum length of a token.</summary>
    public const int MinTokenLength = 16;

    /// <summary>Gets the address and port: an IP address or <c>localhost</c>, and a port.</summary>
    /// <remarks><c>0.0.0.0</c> or <c>[::]</c> listens on every interface; port 0 selects any free port.</remarks>
    public string Address { get; init; } = "127.0.0.1:8090";

    /// <summary>Gets the token that viewers must present, at least <see cref="MinTokenLength"/> characters.</summary>
    /// <remarks>
    /// When null, none is required on loopback; on other addresses one is generated (<see cref="LiveServer.Token"/>).
    /// </remarks>
    public string? Token { get; init; }

    /// <summary>Gets further host names of the page, as behind a reverse proxy: <c>cams.example.org</c>.</summary>
    /// <remarks>Include the port if the browser shows one.</remarks>
    public IReadOnlyCollection<string> Hosts { get; init; } = [];

    /// <summary>Gets the maximum number of concurrent viewers, pages and MJPEG players together; at least 1.</summary>
    public int MaxViewers { get; init; } = 8;

    /// <summary>Gets the JPEG quality, 1 to 100.</summary>
    public int Quality { get; init; } = 75;

    /// <summary>Gets the maximum images per second and source, above 0.</summary>
    public double MaxFramesPerSecond { get; init; } = 15;

    /// <summary>Gets the width to which wider frames are scaled for the page; 0 keeps every size.</summary>
    public int MaxWidth { get; init; } = 960;

    /// <summary>Checks all options.</summary>
    /// <returns>The end point to listen on.</returns>
    /// <exception cref="PipelineConfigException">An option is out of range.</exception>
    internal IPEndPoint Validate()
    {
        Require(MaxViewers >= 1, "the maximum number of viewers of a live page must be at least 1; got {MaxViewers}");
        Require(Quality is >= 1 and <= 100, "a live page's quality must be 1 to 100; got {Quality}");
        Require(MaxFramesPerSecond is > 0 and <= 1000,
            "a live page's images per second must be above 0 and at most 1000; got {MaxFramesPerSecond}");
        Require(MaxWidth is >= 0 and <= Frame.MaxSide, $"a live page's width must be 0 to {Frame.MaxSide}; got {MaxWidth}");
        Require(Token is null || Token.Length >= MinTokenLength && Token.All(c => c is > ' ' and <= '~'),
            $"a live page's token must have at least {MinTokenLength} characters, visible ASCII without spaces");
        return ParseAddress(Address);
    }

    private static IPEndPoint ParseAddress(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool port = int.TryParse(
            text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
            out int number) && number <= IPEndPoint.MaxPort;
        host = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host;

        // An IPv6 address must be in brackets, so that its last group is not taken for a port.
        if (port && IPAddress.TryParse(host, out var address) && host.Contains(':') == host.StartsWith('['))
        {
            return new IPEndPoint(address, number);
        }

        throw new PipelineConfigException(
            $"a live page's address must be an IP address and a port, such as 127.0.0.1:8090, 0.0.0.0:8090 or [::1]:8090; got '{text}'");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PipelineConfigException(otherwise);
        }
    }

    /// <summary>Returns the address, without the token.</summary>
    public override string ToString() => $"LiveOptions {{ Address = {Address} }}";
}
