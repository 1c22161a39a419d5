using EdgeVision.Pipeline.Sources;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration.Yaml;

/// <summary>
/// State of reading one configuration: the file's folder, source names, secrets, and the problems found so far.
/// </summary>
internal sealed class ConfigReading(string file, string folder, Func<string, string?> environment)
{
    // Shorter values are words like "1" or "on"; masking those would make messages unreadable.
    private const int MinSecretLength = 4;

    private readonly List<ConfigProblem> _problems = [];
    private readonly List<ConfigFile> _files = [];
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);

    /// <summary>Gets the folder that relative paths start from.</summary>
    public string Folder { get; } = folder;

    /// <summary>Gets the names of the sources, available once their section was read.</summary>
    public List<string> SourceNames { get; } = [];

    /// <summary>Gets the files and folders in the file, in reading order.</summary>
    public IReadOnlyList<ConfigFile> Files => _files;

    /// <summary>Gets the problems in the order of their lines.</summary>
    public IReadOnlyList<ConfigProblem> Problems => [.. _problems.OrderBy(p => p.Line).ThenBy(p => p.Column)];

    /// <summary>
    /// Returns the value of an environment variable, which is masked in messages from then on; null when not set.
    /// </summary>
    public string? Environment(string name)
    {
        string? value = environment(name);
        if (value is { Length: >= MinSecretLength })
        {
            _secrets.Add(value);
        }

        return value;
    }

    /// <summary>Records a file or folder of the configuration.</summary>
    public void AddFile(ConfigFileKind kind, YamlNode at, string path) =>
        _files.Add(new ConfigFile(
            kind, at is YamlScalarNode { Value: { } written } ? written : path, path, (int)at.Start.Index, (int)at.End.Index, GetPosition(at)));

    /// <summary>Reports a problem.</summary>
    public void AddProblem(YamlNode at, string message) => AddProblem(GetPosition(at), message);

    /// <summary>Reports a problem.</summary>
    public void AddProblem(ConfigPosition at, string message)
    {
        foreach (string secret in _secrets)
        {
            message = message.Replace(secret, "***", StringComparison.Ordinal);
        }

        _problems.Add(new ConfigProblem(file, at.Line, at.Column, SourceAddress.Redact(message.ReplaceLineEndings(" "))));
    }

    /// <summary>Runs code that checks its arguments, and reports its error at the position of those arguments.</summary>
    /// <returns>The result; null if there was an error.</returns>
    public T? Try<T>(YamlNode at, Func<T> make)
        where T : class => Try(GetPosition(at), make);

    /// <summary>Runs code that checks its arguments, and reports its error at the position of those arguments.</summary>
    /// <returns>The result; null if there was an error.</returns>
    public T? Try<T>(ConfigPosition at, Func<T> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is ArgumentException or EdgeVisionException)
        {
            AddProblem(at, WithoutParameter(e));
            return null;
        }
    }

    /// <summary>Returns the position of a node.</summary>
    public static ConfigPosition GetPosition(YamlNode node) => new(node.Start.Line, node.Start.Column);

    /// <summary>Returns the absolute path; relative paths start from the configuration's folder.</summary>
    public string FullPath(string path) => Path.GetFullPath(Path.Combine(Folder, path));

    // ArgumentException adds "(Parameter 'x')", which has no meaning for the author of the YAML file.
    private static string WithoutParameter(Exception e) => e is ArgumentException { ParamName.Length: > 0 } a
        ? e.Message.Replace($" (Parameter '{a.ParamName}')", "", StringComparison.Ordinal)
        : e.Message;
}
