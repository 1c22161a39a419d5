using EdgeVision.Cli.Packages;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Configuration;

namespace EdgeVision.Cli.Deployment;

/// <summary>A pipeline inside a package: its text with paths adjusted to the package, and its requirements.</summary>
internal sealed class DeployedPipeline
{
    /// <summary>Environment variable of the folder for results; <c>output</c> beside the pipeline if it is not set.</summary>
    public const string OutputVariable = "EDGEVISION_OUTPUT";

    // Set by systemd: the folder of the files that only the service may read.
    private const string SecretsVariable = "CREDENTIALS_DIRECTORY";

    private readonly PackageFiles _files;
    private readonly SortedSet<string> _models = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _outputs = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];

    private DeployedPipeline(PackageFiles files) => _files = files;

    /// <summary>Gets the YAML text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Gets the environment variables that the pipeline uses.</summary>
    public IReadOnlyList<ConfigVariable> Variables { get; private set; } = [];

    /// <summary>Gets the names of the files with secrets, which are not part of the package.</summary>
    public IEnumerable<string> SecretFiles => _secrets.Keys;

    /// <summary>Gets the names of its models in the package.</summary>
    public IReadOnlyCollection<string> Models => _models;

    /// <summary>Gets notes for the user who deploys the pipeline.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Checks a pipeline and adds the files that it uses to a package.</summary>
    /// <param name="text">YAML of the pipeline.</param>
    /// <param name="file">File name for messages.</param>
    /// <param name="folder">Folder that its relative paths start from.</param>
    /// <param name="files">Files of the package.</param>
    /// <returns>Null if the pipeline is invalid; its problems have been printed.</returns>
    /// <exception cref="UsageException">A file that it uses cannot be packed.</exception>
    public static DeployedPipeline? Create(string text, string file, string folder, PackageFiles files)
    {
        var secrets = PipelineText.FindSecrets(text, file);
        if (secrets.Count > 0)
        {
            PipelineCommand.PrintProblems(secrets);
            return null;
        }

        var variables = PipelineText.GetVariables(text);
        if (Read(text, file, folder, variables) is not { } config)
        {
            return null;
        }

        var deployed = new DeployedPipeline(files) { Variables = variables };
        deployed.Text = PipelineText.ReplacePaths(config, deployed.MapPath);
        return deployed;
    }

    // Variables that will be set on the target may be unset here: a placeholder stands in for them.
    private static PipelineConfig? Read(string text, string file, string folder, IReadOnlyList<ConfigVariable> variables)
    {
        string[] unset =
        [
            .. variables
                .Where(v => v.Default is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(v.Name)))
                .Select(v => v.Name),
        ];
        string? Value(string name) => unset.Contains(name) ? "unset" : Environment.GetEnvironmentVariable(name);

        // A provider that is required on the target may be missing on this machine.
        var config = PipelineConfig.Read(text, file, folder, out var problems, Value);
        if (config?.Models.Any(m => m.Runtime.Providers.IsRequired) is false)
        {
            config = PipelineConfig.Read(text, file, folder, out problems, Value, loadModels: true);
        }

        if (config is null)
        {
            PipelineCommand.PrintProblems(problems);
            if (unset.Length > 0)
            {
                Console.Error.WriteLine(
                    $"edgevision: 'unset' was used for the variables {string.Join(", ", unset)}; "
                    + "if that causes the problem, set them to values as on the target");
            }
        }

        return config;
    }

    private string? MapPath(ConfigFile file) => file.Kind switch
    {
        ConfigFileKind.Model => Model(file.Path),
        ConfigFileKind.Spec => Copy("specs", file.Path),
        ConfigFileKind.Library => Copy("libraries", file.Path),
        ConfigFileKind.Certificate => Copy("certificates", file.Path),
        ConfigFileKind.Source => Source(file.Path),
        ConfigFileKind.Secret => Secret(file),
        _ => Output(file),
    };

    private string Model(string path)
    {
        string name = _files.AddModel(path);
        _models.Add(name);
        return name;
    }

    private string Copy(string folder, string path)
    {
        string name = $"{folder}/{Path.GetFileName(path)}";
        _files.Add(name, path);
        return name;
    }

    private string Source(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (File.Exists(path))
        {
            return Copy("sources", path);
        }

        if (Directory.Exists(path))
        {
            AddAll($"sources/{name}", path, "*", SearchOption.AllDirectories);
            return $"sources/{name}";
        }

        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"the source '{path}' is a pattern of folders, which cannot be packed; name a single folder");
        }

        string inner = $"sources/{Path.GetFileName(folder)}";
        AddAll(inner, folder, name, SearchOption.TopDirectoryOnly);
        return $"{inner}/{name}";
    }

    private void AddAll(string to, string folder, string pattern, SearchOption deep)
    {
        foreach (string path in Directory.EnumerateFiles(folder, pattern, deep))
        {
            _files.Add($"{to}/{Path.GetRelativePath(folder, path).Replace('\\', '/')}", path);
        }
    }

    private string? Secret(ConfigFile file)
    {
        if (file.Written.Contains("${", StringComparison.Ordinal))
        {
            return null; // a variable on the target gives the path
        }

        // The name appears in the systemd unit and in the default of a variable.
        string name = Path.GetFileName(file.Path);
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            throw new UsageException(
                $"the name of a file with a secret must consist of ASCII letters, digits, '.', '-' and '_'; rename '{file.Path}'");
        }

        if (!_secrets.TryAdd(name, file.Path) && _secrets[name] != file.Path)
        {
            throw new UsageException($"'{_secrets[name]}' and '{file.Path}' contain secrets and have the same name; rename one");
        }

        return $"${{{SecretsVariable}:-secrets}}/{name}";
    }

    private string? Output(ConfigFile file)
    {
        if (file.Written.StartsWith("${", StringComparison.Ordinal))
        {
            return null;
        }

        if (Path.IsPathRooted(file.Written))
        {
            _notes.Add($"line {file.Position.Line} writes to {file.Written}: add ReadWritePaths={file.Written} to the unit of the service");
            return null;
        }

        string name = string.Join('/', file.Written.Split('/', '\\').Where(p => p is not ("" or "." or "..")));
        if (!_outputs.TryAdd(name, file.Path) && _outputs[name] != file.Path)
        {
            throw new UsageException(
                $"'{_outputs[name]}' and '{file.Path}' would both be written to '{name}' on the target; rename one");
        }

        return $"${{{OutputVariable}:-output}}/{name}";
    }
}
