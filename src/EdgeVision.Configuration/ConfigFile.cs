namespace EdgeVision.Configuration;

/// <summary>What a configuration needs a file or folder for.</summary>
public enum ConfigFileKind
{
    /// <summary>A model, or an embedding model of a tracker.</summary>
    Model,
    /// <summary>A spec that says how to read a model.</summary>
    Spec,
    /// <summary>A provider's library, for the processor that it was built for.</summary>
    Library,
    /// <summary>Pictures, a video or a recording that frames come from.</summary>
    Source,
    /// <summary>A certificate, which anyone may read.</summary>
    Certificate,
    /// <summary>A password, a key, a token.</summary>
    Secret,
    /// <summary>What is written: results, pictures, recordings, a cache.</summary>
    Output,
}

/// <summary>A path that a configuration's file names.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Written">As it stands in the file, with its variables' names.</param>
/// <param name="Path">As it is meant on this machine: whole, or a pattern.</param>
/// <param name="Start">First character of the value in the file's text.</param>
/// <param name="End">The character after its last.</param>
/// <param name="At">Line and column.</param>
public sealed record ConfigFile(ConfigFileKind Kind, string Written, string Path, int Start, int End, ConfigPlace At);

/// <summary>An environment variable that a configuration's file names.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What stands for it where it is not set; null where it must be set.</param>
public sealed record ConfigVariable(string Name, string? Default);
