using System.Text;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Writes rows as one self-contained HTML file with its style, script and data.</summary>
/// <remarks>The page loads nothing: its content security policy forbids all connections.</remarks>
internal static class ProfilePage
{
    private static readonly string[] Scripts =
        ["figures.js", "state.js", "scatter.js", "budget.js", "detail.js", "table.js", "strips.js", "page.js"];

    /// <summary>Returns the page as UTF-8.</summary>
    /// <param name="rows">Rows to show.</param>
    /// <param name="budgets">Budgets that the page offers.</param>
    public static byte[] Render(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileBudget> budgets)
    {
        string style = Read("profile.css"), script = $"'use strict';\n{string.Concat(Scripts.Select(Read))}";
        // All placeholders are replaced in one pass, so that text in the data is never taken for a placeholder.
        return Encoding.UTF8.GetBytes(Fill(Read("profile.html"), new()
        {
            ["policy"] = $"default-src 'none'; script-src {Hash(script)}; style-src {Hash(style)}; base-uri 'none'; form-action 'none'",
            ["style"] = style,
            ["script"] = script,
            ["data"] = Data(rows, budgets),
        }));
    }

    /// <summary>Returns the data as JSON that cannot end its script element: the serializers escape &lt;, &gt; and &amp;.</summary>
    private static string Data(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileBudget> budgets)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("budgets"u8);
            foreach (var budget in budgets)
            {
                writer.WriteStartObject();
                writer.WriteString("text"u8, budget.Text);
                writer.WriteStartObject("limits"u8);
                foreach (var limit in budget.Limits)
                {
                    writer.WriteNumber(limit.Figure.Name, limit.Value);
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WritePropertyName("rows"u8);
            using var parsed = JsonDocument.Parse(ProfileJson.Serialize(rows));
            parsed.WriteTo(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(memory.ToArray());
    }

    private static string Fill(string template, Dictionary<string, string> parts)
    {
        var page = new StringBuilder();
        string rest = template;
        while (rest.IndexOf("{{", StringComparison.Ordinal) is >= 0 and var at)
        {
            int end = rest.IndexOf("}}", at, StringComparison.Ordinal);
            page.Append(rest, 0, at).Append(parts[rest[(at + 2)..end]]);
            rest = rest[(end + 2)..];
        }

        return page.Append(rest).ToString();
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(Checksum.Compute(Encoding.UTF8.GetBytes(text)))}'";

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(ProfilePage).Assembly.GetManifestResourceStream($"profile/{name}")!);
        // A browser computes the hash of the text with \n line endings.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
