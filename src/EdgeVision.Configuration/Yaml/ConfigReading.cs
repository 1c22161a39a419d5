using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>One reading of a configuration: the file's folder, what its names mean, and the problems found so far.</summary>
internal sealed class ConfigReading(string file, string folder, Func<string, string?> environment)
{
    // Shorter values are words like "1" or "on", and blanking those would make messages unreadable.
    private const int LeastSecret = 4;

    private readonly List<ConfigProblem> _problems = [];
    private readonly List<ConfigFile> _files = [];
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);

    /// <summary>Folder from which relative paths start.</summary>
    public string Folder { get; } = folder;

    /// <summary>Names of the sources, known once their section was read.</summary>
    public List<string> SourceNames { get; } = [];

    /// <summary>Files and folders that the file names, as they were read.</summary>
    public IReadOnlyList<ConfigFile> Files => _files;

    /// <summary>Problems in the order of their lines.</summary>
    public IReadOnlyList<ConfigProblem> Problems => [.. _problems.OrderBy(p => p.Line).ThenBy(p => p.Column)];

    /// <summary>Value of an environment variable, which no message shows from then on; null where it is not set.</summary>
    public string? Environment(string name)
    {
        string? value = environment(name);
        if (value is { Length: >= LeastSecret })
        {
            _secrets.Add(value);
        }

        return value;
    }

    /// <summary>Notes that the file names a file or folder.</summary>
    public void Refer(ConfigFileKind kind, YamlNode at, string path) =>
        _files.Add(new ConfigFile(kind, at is YamlScalarNode { Value: { } written } ? written : path, path, (int)at.Start.Index, (int)at.End.Index, Place(at)));

    /// <summary>Notes a problem.</summary>
    public void Problem(YamlNode at, string message) => Problem(Place(at), message);

    /// <summary>Notes a problem.</summary>
    public void Problem(ConfigPlace at, string message)
    {
        foreach (string secret in _secrets)
        {
            message = message.Replace(secret, "***", StringComparison.Ordinal);
        }

        _problems.Add(new ConfigProblem(file, at.Line, at.Column, SourceAddress.Redact(message.ReplaceLineEndings(" "))));
    }

    /// <summary>Runs what checks its arguments itself, and notes what it says against the place they came from.</summary>
    /// <returns>What was made; null where it was refused.</returns>
    public T? Try<T>(YamlNode at, Func<T> make)
        where T : class => Try(Place(at), make);

    /// <summary>Runs what checks its arguments itself, and notes what it says against the place they came from.</summary>
    /// <returns>What was made; null where it was refused.</returns>
    public T? Try<T>(ConfigPlace at, Func<T> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is ArgumentException or EdgeVisionException)
        {
            Problem(at, WithoutParameter(e));
            return null;
        }
    }

    /// <summary>Where a node is.</summary>
    public static ConfigPlace Place(YamlNode node) => new(node.Start.Line, node.Start.Column);

    /// <summary>The path as the file means it: relative ones start from its folder.</summary>
    public string FullPath(string path) => Path.GetFullPath(Path.Combine(Folder, path));

    // ArgumentException adds "(Parameter 'x')", which means nothing to who writes YAML.
    private static string WithoutParameter(Exception e) => e is ArgumentException { ParamName.Length: > 0 } a
        ? e.Message.Replace($" (Parameter '{a.ParamName}')", "", StringComparison.Ordinal)
        : e.Message;
}
