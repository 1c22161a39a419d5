using System.Text;

namespace EdgeVision.Configuration;

/// <summary>Puts environment variables in place of <c>${NAME}</c> and <c>${NAME:-default}</c>; <c>$${</c> is a plain <c>${</c>.</summary>
internal static class EnvironmentText
{
    /// <param name="text">As written.</param>
    /// <param name="environment">Value of a variable, null where it is not set.</param>
    /// <param name="problem">What is wrong; null where nothing is. Never holds a value.</param>
    public static string Expand(string text, Func<string, string?> environment, out string? problem)
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
                problem = "'${' has no '}'; write ${NAME}, or $${ for the characters themselves";
                return "";
            }

            result.Append(text, i, start - i).Append(Value(text[(start + 2)..end], environment, ref problem));
            i = end + 1;
        }

        return result.Append(text, i, text.Length - i).ToString();
    }

    private static string Value(string inside, Func<string, string?> environment, ref string? problem)
    {
        int colon = inside.IndexOf(":-", StringComparison.Ordinal);
        string name = colon < 0 ? inside : inside[..colon];
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || char.IsAsciiDigit(name[0]))
        {
            problem ??= $"'{name}' is no name of an environment variable; write ${{NAME}} or ${{NAME:-default}}";
            return "";
        }

        if (environment(name) is { Length: > 0 } value)
        {
            return value;
        }

        if (colon < 0)
        {
            problem ??= $"the environment variable {name} is not set; set it, or write ${{{name}:-default}}";
            return "";
        }

        return inside[(colon + 2)..];
    }
}
