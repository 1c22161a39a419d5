using System.Text;
using System.Text.RegularExpressions;
using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Configuration;

/// <summary>Inspects and edits the text of a configuration, keeping comments, order and anchors.</summary>
public static partial class PipelineText
{
    /// <summary>
    /// Returns the environment variables in the values, each once, in order; empty if the text is not valid YAML.
    /// </summary>
    /// <param name="text">YAML.</param>
    public static IReadOnlyList<ConfigVariable> GetVariables(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var variables = new List<ConfigVariable>();
        foreach (var variable in YamlScalars.Read(text).SelectMany(s => EnvironmentExpander.References(s.Value)))
        {
            int known = variables.FindIndex(v => v.Name == variable.Name);
            if (known < 0)
            {
                variables.Add(variable);
            }
            else if (variable.Default is null)
            {
                variables[known] = variable; // a variable is required if any use has no default
            }
        }

        return variables;
    }

    /// <summary>Returns secrets in the text itself that should be environment variables or files.</summary>
    /// <remarks>Empty if the text is not valid YAML.</remarks>
    /// <param name="text">YAML.</param>
    /// <param name="file">Name of the file for messages.</param>
    public static IReadOnlyList<ConfigProblem> FindSecrets(string text, string file)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        return [.. YamlScalars.Read(text).Where(ContainsSecret).Select(s => new ConfigProblem(file, s.Position.Line, s.Position.Column,
            $"'{s.Key}' must not contain a secret itself; write ${{NAME}}, an environment variable, instead"))];
    }

    /// <summary>Returns the text with other paths.</summary>
    /// <param name="config">A configuration read from a text.</param>
    /// <param name="newPath">Returns the new path of a file, which may contain variables; null to keep it.</param>
    /// <exception cref="PipelineConfigException">A path is written in a way that it cannot be replaced.</exception>
    public static string ReplacePaths(PipelineConfig config, Func<ConfigFile, string?> newPath)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(newPath);
        string text = config.Text;
        var wanted = new Dictionary<int, string>();
        var written = new StringBuilder();
        int from = 0;
        foreach (var file in config.Files.OrderBy(f => f.Start))
        {
            if (newPath(file) is not { } path || !wanted.TryAdd(file.Start, path))
            {
                continue; // an anchored value is used in several places and stands in one
            }

            int start = AfterProperties(text, file.Start, file.End);
            written.Append(text, from, start - from).Append(Quoted(path));
            from = file.End;
        }

        string changed = written.Append(text, from, text.Length - from).ToString();
        return FindDifference(text, changed, wanted) is { } at
            ? throw new PipelineConfigException(
                $"the path in line {at.Line} of the configuration cannot be replaced; write it in one line, in quotes")
            : changed;
    }

    // If all other values are unchanged, nothing else was touched.
    private static ConfigPosition? FindDifference(string text, string changed, Dictionary<int, string> wanted)
    {
        var before = YamlScalars.Read(text);
        var after = YamlScalars.Read(changed);
        for (int i = 0; i < before.Count; i++)
        {
            if (i >= after.Count || after[i].Value != wanted.GetValueOrDefault(before[i].Start, before[i].Value))
            {
                return before[i].Position;
            }
        }

        return after.Count > before.Count ? before[^1].Position : null;
    }

    // Anchors and tags (&name, !tag) stand before the value, and the parser includes them in it.
    private static int AfterProperties(string text, int start, int end)
    {
        while (start < end && text[start] is '&' or '!')
        {
            while (start < end && !char.IsWhiteSpace(text[start]))
            {
                start++;
            }

            while (start < end && char.IsWhiteSpace(text[start]))
            {
                start++;
            }
        }

        return start;
    }

    // Single quotes have no escapes but the quote itself, so a path stays unchanged.
    private static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '-' or '_') && !path.StartsWith('-')
            ? path
            : $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    private static bool ContainsSecret(YamlScalar scalar)
    {
        if (scalar.Key is { } key && ConfigSecrets.IsSecretKey(key) && !key.EndsWith("_file", StringComparison.Ordinal))
        {
            var references = EnvironmentExpander.References(scalar.Value);
            return scalar.Value.Length > 0 && (references.Count == 0 || references.Any(r => r.Default is { Length: > 0 }));
        }

        // A password that is only a variable is not a secret yet, nor is a user's name.
        string shown = PlainUser().Replace(Reference().Replace(scalar.Value, "***"), "://***@");
        return SourceAddress.Redact(shown) != shown;
    }

    [GeneratedRegex(@"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-)?\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    [GeneratedRegex(@"://(?:[^/\s:@]*:\*\*\*|[^/\s:@]*)@", RegexOptions.CultureInvariant)]
    private static partial Regex PlainUser();
}
