using System.Text;

namespace EdgeVision.Live;

/// <summary>The page, put together once from its parts into one file that loads nothing further, and the policy that lets a browser run just that.</summary>
internal static class LivePage
{
    private static readonly string[] Scripts = ["drawing.js", "numbers.js", "live.js"];
    private static readonly string Style = Read("live.css"), Script = string.Concat(Scripts.Select(Read));

    /// <summary>The page, UTF-8.</summary>
    public static byte[] Html { get; } = Encoding.UTF8.GetBytes(Fill(Read("live.html")));

    /// <summary>What asks for the token, UTF-8.</summary>
    public static byte[] Login { get; } = Encoding.UTF8.GetBytes(Fill(Read("login.html")));

    /// <summary>Only the page's own script and style, pictures from memory, and connections back to where it came from.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; script-src {Hash(Script)}; style-src {Hash(Style)}; img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

    private static string Fill(string html) => html.Replace("/*style*/", Style).Replace("/*script*/", Script);

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(Checksum.Of(Encoding.UTF8.GetBytes(text)))}'";

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(LivePage).Assembly.GetManifestResourceStream(name)!);
        // A browser hashes the text with its line ends made plain.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
