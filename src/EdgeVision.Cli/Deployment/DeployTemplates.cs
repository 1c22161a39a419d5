namespace EdgeVision.Cli.Deployment;

/// <summary>Text files of a package, made from embedded templates with placeholders such as <c>{{NAME}}</c>.</summary>
internal sealed class DeployTemplates
{
    private readonly Dictionary<string, string> _words;

    public DeployTemplates(DeployArguments call, DeployedPipeline pipeline, IReadOnlyList<(string Model, bool Verifies)> models)
    {
        bool arm = call.Target.Name.EndsWith("arm64", StringComparison.Ordinal);
        string program = call.Target.IsWindows ? "" : "edgevision ";
        _words = new Dictionary<string, string>
        {
            ["NAME"] = call.Name,
            ["TARGET"] = call.Target.Name,
            ["MACHINE"] = arm ? "aarch64" : "x86_64",
            ["PLATFORM"] = arm ? "linux/arm64" : "linux/amd64",
            ["MODELS"] = string.Join('\n', models.Select(m => call.Target.IsWindows
                ? $"Step '{PowerShell(m.Model)}' {(m.Verifies ? "verify" : "inspect")} '{PowerShell(m.Model)}'"
                : $"step {Sh(m.Model)} {program}{(m.Verifies ? "verify" : "inspect")} {Sh(m.Model)}")),
            ["USER"] = call.ServiceUser is { } user ? $"User={user}" : "DynamicUser=yes",
            ["ADD_USER"] = call.ServiceUser is { } u ? $$"""
                if ! known passwd {{u}}; then
                  say "adding the user {{u}}"
                  useradd ${root:+--root "$root"} --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin {{u}}
                fi
                """ : "",
            ["CREDENTIALS"] = string.Join('\n', pipeline.SecretFiles.Select(f => $"LoadCredential={f}:/etc/{call.Name}/secrets/{f}")),
        };
    }

    /// <summary>Gets a text with its placeholders replaced; a line with only an empty placeholder is removed.</summary>
    /// <param name="name">Name of the text.</param>
    public string this[string name]
    {
        get
        {
            using var resource = typeof(DeployTemplates).Assembly.GetManifestResourceStream($"deploy/{name}")!;
            using var reader = new StreamReader(resource);
            string text = reader.ReadToEnd();
            foreach (var (word, value) in _words)
            {
                string mark = $"{{{{{word}}}}}";
                text = value.Length == 0 ? text.Replace(mark + "\n", "", StringComparison.Ordinal) : text;
                text = text.Replace(mark, value, StringComparison.Ordinal);
            }

            return text;
        }
    }

    /// <summary>Returns the environment file with the variables of a pipeline, to be filled in.</summary>
    public static string EnvironmentExample(DeployArguments call, DeployedPipeline pipeline)
    {
        string copied = call.Target.IsWindows ? "" : $" install.sh copies it to /etc/{call.Name}/environment, which only root may read.";
        var lines = new List<string> { $"# Environment of {call.Name}: one NAME=value per line, without quotes.{copied}" };
        lines.AddRange(pipeline.Variables.Select(
            v => v.Default is { } value ? $"# {v.Name}={value.ReplaceLineEndings(" ")}" : $"{v.Name}="));
        if (pipeline.SecretFiles.Any())
        {
            lines.Add(call.Target.IsWindows
                ? "# Files with secrets, in the folder secrets:"
                : $"# Files with secrets, in /etc/{call.Name}/secrets, or in secrets beside pipeline.yaml if it is not installed:");
            lines.AddRange(pipeline.SecretFiles.Select(f => $"#   {f}"));
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Sh(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string PowerShell(string text) => text.Replace("'", "''", StringComparison.Ordinal);
}
