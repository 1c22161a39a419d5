using EdgeVision.Configuration;

namespace EdgeVision.Cli;

/// <summary>A pipeline as it stands in a package: its text with the paths that hold there, and what it asks of its machine.</summary>
internal sealed class DeployedPipeline
{
    /// <summary>Variable of the folder that results go to; <c>output</c> beside the pipeline where it is not set.</summary>
    public const string OutputVariable = "EDGEVISION_OUTPUT";

    // systemd's own, for files that only the service may read.
    private const string SecretsVariable = "CREDENTIALS_DIRECTORY";

    private readonly PackageFiles _files;
    private readonly SortedSet<string> _models = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _outputs = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];

    private DeployedPipeline(PackageFiles files) => _files = files;

    /// <summary>The text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Environment variables that it names.</summary>
    public IReadOnlyList<ConfigVariable> Variables { get; private set; } = [];

    /// <summary>Names of the files with secrets, which do not travel.</summary>
    public IEnumerable<string> SecretFiles => _secrets.Keys;

    /// <summary>Names of its models in the package.</summary>
    public IReadOnlyCollection<string> Models => _models;

    /// <summary>What whoever deploys it should know.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Checks a pipeline and places what it names among the package's files.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="folder">Folder from which its relative paths start.</param>
    /// <param name="files">Files of the package.</param>
    /// <returns>Null where something is wrong with it, which is then said.</returns>
    /// <exception cref="WrongCallException">Something that it names cannot travel.</exception>
    public static DeployedPipeline? Make(string text, string file, string folder, PackageFiles files)
    {
        var secrets = PipelineText.Secrets(text, file);
        if (secrets.Count > 0)
        {
            PipelineCommand.Say(secrets);
            return null;
        }

        var variables = PipelineText.Variables(text);
        if (Read(text, file, folder, variables) is not { } config)
        {
            return null;
        }

        var deployed = new DeployedPipeline(files) { Variables = variables };
        deployed.Text = PipelineText.WithPaths(config, deployed.Place);
        return deployed;
    }

    // Variables that will be set there need not be set here: a word stands in for them.
    private static PipelineConfig? Read(string text, string file, string folder, IReadOnlyList<ConfigVariable> variables)
    {
        string[] unset = [.. variables.Where(v => v.Default is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(v.Name))).Select(v => v.Name)];
        string? Value(string name) => unset.Contains(name) ? "unset" : Environment.GetEnvironmentVariable(name);

        // A provider that is required there may be missing here.
        var config = PipelineConfig.Read(text, file, folder, out var problems, Value);
        if (config?.Models.Any(m => m.Runtime.Providers.Required) is false)
        {
            config = PipelineConfig.Read(text, file, folder, out problems, Value, loadModels: true);
        }

        if (config is null)
        {
            PipelineCommand.Say(problems);
            if (unset.Length > 0)
            {
                Console.Error.WriteLine($"edgevision: the word 'unset' stood in for {string.Join(", ", unset)}; set them to what they may be there, if that is what is wrong");
            }
        }

        return config;
    }

    private string? Place(ConfigFile file) => file.Kind switch
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
            throw new WrongCallException($"the source '{path}' is a pattern of folders, which cannot travel; name one folder");
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
            return null; // the machine says where
        }

        // It stands in the unit and in a variable's default.
        string name = Path.GetFileName(file.Path);
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            throw new WrongCallException($"'{file.Path}' holds a secret and has a name of more than letters, digits, '.', '-' and '_'; rename it");
        }

        if (!_secrets.TryAdd(name, file.Path) && _secrets[name] != file.Path)
        {
            throw new WrongCallException($"'{_secrets[name]}' and '{file.Path}' hold secrets and have the same name; rename one");
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
            _notes.Add($"line {file.At.Line} writes to {file.Written}: the service may do so only where its unit has ReadWritePaths={file.Written}");
            return null;
        }

        string name = string.Join('/', file.Written.Split('/', '\\').Where(p => p is not ("" or "." or "..")));
        if (!_outputs.TryAdd(name, file.Path) && _outputs[name] != file.Path)
        {
            throw new WrongCallException($"'{_outputs[name]}' and '{file.Path}' would both be written to '{name}' there; rename one");
        }

        return $"${{{OutputVariable}:-output}}/{name}";
    }
}
