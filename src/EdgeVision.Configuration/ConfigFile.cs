namespace EdgeVision.Configuration;

/// <summary>Purpose of a file or folder in a configuration.</summary>
public enum ConfigFileKind
{
    /// <summary>A model, or the embedding model of a tracker.</summary>
    Model,
    /// <summary>A spec that describes how to read a model.</summary>
    Spec,
    /// <summary>An execution provider's library, for the architecture it was built for.</summary>
    Library,
    /// <summary>Images, a video or a recording that frames come from.</summary>
    Source,
    /// <summary>A certificate, which is public.</summary>
    Certificate,
    /// <summary>A password, key or token.</summary>
    Secret,
    /// <summary>An output: results, images, recordings, a cache.</summary>
    Output,
}

/// <summary>Path in a configuration file.</summary>
/// <param name="Kind">Purpose of the path.</param>
/// <param name="Written">Path as written in the file, with the names of its variables.</param>
/// <param name="Path">Absolute path or pattern on this machine.</param>
/// <param name="Start">Position of the value's first character in the file's text.</param>
/// <param name="End">Position after the value's last character.</param>
/// <param name="Position">Line and column.</param>
public sealed record ConfigFile(ConfigFileKind Kind, string Written, string Path, int Start, int End, ConfigPosition Position);

/// <summary>Environment variable in a configuration file.</summary>
/// <param name="Name">Name of the variable.</param>
/// <param name="Default">Value used when the variable is not set; null if it must be set.</param>
public sealed record ConfigVariable(string Name, string? Default);
