using System.Text;

namespace EdgeVision.Configuration.Yaml;

/// <summary>
/// Expands environment variables <c>${NAME}</c> and <c>${NAME:-default}</c>; <c>$${</c> is a literal <c>${</c>.
/// </summary>
internal static class EnvironmentExpander
{
    /// <summary>Returns the variables in a text, except those with an invalid name.</summary>
    /// <param name="text">As written.</param>
    public static IReadOnlyList<ConfigVariable> References(string text)
    {
        var references = new List<ConfigVariable>();
        Scan(text, inside =>
        {
            var variable = Split(inside);
            if (IsName(variable.Name))
            {
                references.Add(variable);
            }

            return "";
        }, out _);
        return references;
    }

    /// <summary>Replaces the variables in a text with their values.</summary>
    /// <param name="text">Text as written.</param>
    /// <param name="environment">Returns the value of a variable, null when not set.</param>
    /// <param name="problem">Description of a problem; null for none. Never contains a value.</param>
    public static string Expand(string text, Func<string, string?> environment, out string? problem)
    {
        string? wrong = null;
        string expanded = Scan(text, inside => Value(inside, environment, ref wrong), out string? broken);
        problem = broken ?? wrong;
        return expanded;
    }

    private static string Scan(string text, Func<string, string> value, out string? problem)
    {
        problem = null;
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        int i = 0;
        while (i < text.Length)
        {
            int start = text.IndexOf("${", i, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }

            if (start > i && text[start - 1] == '$')
            {
                result.Append(text, i, start - i).Append('{');
                i = start + 2;
                continue;
            }

            int end = text.IndexOf('}', start);
            if (end < 0)
            {
                problem = "'${' must be closed by '}'; write ${NAME}, or $${ for a literal ${";
                return "";
            }

            result.Append(text, i, start - i).Append(value(text[(start + 2)..end]));
            i = end + 1;
        }

        return result.Append(text, i, text.Length - i).ToString();
    }

    private static string Value(string inside, Func<string, string?> environment, ref string? problem)
    {
        var (name, otherwise) = Split(inside);
        if (!IsName(name))
        {
            problem ??= $"'{name}' is not a valid name of an environment variable; write ${{NAME}} or ${{NAME:-default}}";
            return "";
        }

        if (environment(name) is { Length: > 0 } value)
        {
            return value;
        }

        if (otherwise is null)
        {
            problem ??= $"the environment variable {name} is not set; set it, or write ${{{name}:-default}}";
            return "";
        }

        return otherwise;
    }

    private static ConfigVariable Split(string inside)
    {
        int colon = inside.IndexOf(":-", StringComparison.Ordinal);
        return colon < 0 ? new ConfigVariable(inside, null) : new ConfigVariable(inside[..colon], inside[(colon + 2)..]);
    }

    private static bool IsName(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0]);
}
