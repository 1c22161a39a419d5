using System.Text;
using System.Text.RegularExpressions;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Removes secrets from the text of a configuration.</summary>
public static partial class ConfigSecrets
{
    /// <summary>Replacement for a secret; quoted, because YAML takes a bare * for an alias.</summary>
    private const string Hidden = "'***'";

    private const string Names = @"(?:token|passw|pwd|secret|credential|bearer|authoriz|signing_?key|api_?key)";

    /// <summary>Returns whether a key names a secret.</summary>
    public static bool IsSecretKey(string key) => SecretName().IsMatch(key);

    /// <summary>Returns the text with credentials in addresses and values of keys that name a secret replaced by <c>***</c>.</summary>
    /// <remarks>
    /// Block maps lose all lines that belong to the value; flow maps are covered, too. Works line by line and removes rather too much
    /// than too little.
    /// </remarks>
    public static string? Redact(string? config)
    {
        if (config is null)
        {
            return null;
        }

        var kept = new StringBuilder(config.Length);
        int? column = null; // of the key whose value is being removed
        foreach (var line in SourceAddress.Redact(config).AsSpan().EnumerateLines())
        {
            int indent = line.Length - line.TrimStart(" \t").Length;
            if (column is { } of && (indent == line.Length || indent > of))
            {
                continue;
            }

            column = null;
            string text = line.ToString();
            if (BlockKey().Match(text) is { Success: true } key)
            {
                column = key.Groups["lead"].Length;
                text = key.Value + " " + Hidden;
            }
            else
            {
                text = FlowValue().Replace(text, "${key} " + Hidden);
            }

            kept.Append(text).Append('\n');
        }

        kept.Length--; // no line break after the last line
        return kept.ToString();
    }

    [GeneratedRegex(Names, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex(
        @"^(?<lead>[ \t]*(?:-[ \t]+)*)[""']?[\w.-]*" + Names + @"[\w.-]*[""']?[ \t]*:(?=[ \t]|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();

    // The value is a quoted string, a map, a list, or the text before the next key.
    [GeneratedRegex(
        @"(?<key>[{,\[][ \t]*[""']?[\w.-]*" + Names + @"[\w.-]*[""']?[ \t]*:)[ \t]*"
            + @"(?:""(?:[^""\\]|\\.)*""|'(?:[^']|'')*'|\{[^}]*\}|\[[^\]]*\]|[^,}\]]*)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FlowValue();
}
