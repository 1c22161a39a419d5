using System.Text;
using System.Text.RegularExpressions;

namespace EdgeVision;

/// <summary>Takes out of a configuration's text what would let a reader in.</summary>
internal static partial class ConfigSecrets
{
    /// <summary>What stands for a secret; quoted, since YAML takes a bare * for an alias.</summary>
    private const string Hidden = "'***'";

    private const string Names = @"(?:token|passw|pwd|secret|credential|bearer|authoriz|signing_?key|api_?key)";

    /// <summary>Whether a key names a secret.</summary>
    public static bool IsNamed(string key) => SecretName().IsMatch(key);

    /// <summary>
    /// The text with credentials in addresses, and values of keys that name a secret, as <c>***</c>: in block maps with all lines that belong to
    /// the value, and in flow maps. It looks at lines and takes rather too much than too little.
    /// </summary>
    public static string? Redact(string? config)
    {
        if (config is null)
        {
            return null;
        }

        var kept = new StringBuilder(config.Length);
        int? column = null; // of the key whose value is being left out
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

        kept.Length--; // after the last line there is none
        return kept.ToString();
    }

    [GeneratedRegex(Names, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"^(?<lead>[ \t]*(?:-[ \t]+)*)[""']?[\w.-]*" + Names + @"[\w.-]*[""']?[ \t]*:(?=[ \t]|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();

    // The value is a quoted text, a map, a list, or what comes before the next key.
    [GeneratedRegex(@"(?<key>[{,\[][ \t]*[""']?[\w.-]*" + Names + @"[\w.-]*[""']?[ \t]*:)[ \t]*(?:""(?:[^""\\]|\\.)*""|'(?:[^']|'')*'|\{[^}]*\}|\[[^\]]*\]|[^,}\]]*)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FlowValue();
}
