using System.Text;
using EdgeVision.Diagnostics;

namespace EdgeVision.Live;

/// <summary>The page as a single file without external resources, and its content security policy.</summary>
internal static class LivePage
{
    private static readonly string[] Scripts = ["drawing.js", "numbers.js", "live.js"];
    private static readonly string Style = Read("live.css"), Script = string.Concat(Scripts.Select(Read));

    /// <summary>Gets the page, UTF-8.</summary>
    public static byte[] Html { get; } = Encoding.UTF8.GetBytes(Fill(Read("live.html")));

    /// <summary>Gets the login page that requests the token, UTF-8.</summary>
    public static byte[] Login { get; } = Encoding.UTF8.GetBytes(Fill(Read("login.html")));

    /// <summary>
    /// Gets the policy: only the page's own script and style, images from memory, and connections to its own server.
    /// </summary>
    public static string Policy { get; } =
        $"default-src 'none'; script-src {Hash(Script)}; style-src {Hash(Style)}; img-src 'self' blob: data:; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

    private static string Fill(string html) => html.Replace("/*style*/", Style).Replace("/*script*/", Script);

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(Checksum.Compute(Encoding.UTF8.GetBytes(text)))}'";

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(LivePage).Assembly.GetManifestResourceStream(name)!);
        // Browsers hash the text with normalized line breaks.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
