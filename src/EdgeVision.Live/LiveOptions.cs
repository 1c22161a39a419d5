using System.Net;

namespace EdgeVision.Live;

/// <summary>Where the live page is served, to whom, and how much of the machine it may take.</summary>
public sealed record LiveOptions
{
    /// <summary>Shortest token that is taken for one.</summary>
    public const int ShortestToken = 16;

    /// <summary>Address and port: an IP address or <c>localhost</c>; <c>0.0.0.0</c> or <c>[::]</c> for every interface; port 0 for any that is free.</summary>
    public string Address { get; init; } = "127.0.0.1:8090";

    /// <summary>What a viewer must show, at least <see cref="ShortestToken"/> characters. Null: none on loopback; elsewhere one is made up (<see cref="LiveServer.Token"/>).</summary>
    public string? Token { get; init; }

    /// <summary>Names under which the page may be asked for beside its own address, as behind a reverse proxy: <c>cams.example.org</c>, with a port where the browser shows one.</summary>
    public IReadOnlyCollection<string> Hosts { get; init; } = [];

    /// <summary>Most viewers at a time, pages and MJPEG players together; at least 1.</summary>
    public int MaxViewers { get; init; } = 8;

    /// <summary>Quality of the pictures, 1 to 100.</summary>
    public int Quality { get; init; } = 75;

    /// <summary>Pictures a second and source, above 0.</summary>
    public double MaxFramesPerSecond { get; init; } = 15;

    /// <summary>Wider frames are made that wide for the page; 0 leaves every size.</summary>
    public int MaxWidth { get; init; } = 960;

    /// <summary>Checks the whole.</summary>
    /// <returns>Where to listen.</returns>
    /// <exception cref="PipelineConfigException">An option is impossible.</exception>
    internal IPEndPoint Check()
    {
        Require(MaxViewers >= 1, "a live page needs at least 1 viewer");
        Require(Quality is >= 1 and <= 100, "a live page's quality lies from 1 to 100");
        Require(MaxFramesPerSecond is > 0 and <= 1000, "a live page's pictures a second lie above 0 and up to 1000");
        Require(MaxWidth is >= 0 and <= Frame.MaxSide, $"a live page's width lies from 0 to {Frame.MaxSide}");
        Require(Token is null || Token.Length >= ShortestToken && Token.All(c => c is > ' ' and <= '~'),
            $"a live page's token has at least {ShortestToken} characters, visible ASCII without spaces");
        return ParseAddress(Address);
    }

    private static IPEndPoint ParseAddress(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool port = int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) && number <= IPEndPoint.MaxPort;
        host = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host;

        // An IPv6 address stands in brackets, so that its last group is not taken for a port.
        if (port && IPAddress.TryParse(host, out var address) && host.Contains(':') == host.StartsWith('['))
        {
            return new IPEndPoint(address, number);
        }

        throw new PipelineConfigException($"'{text}' is no address for a live page; write an IP address and a port, such as 127.0.0.1:8090, 0.0.0.0:8090 or [::1]:8090");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PipelineConfigException(otherwise);
        }
    }

    /// <summary>Says where, without the token.</summary>
    public override string ToString() => $"LiveOptions {{ Address = {Address} }}";
}
