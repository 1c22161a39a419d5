namespace EdgeVision.Cli;

/// <summary>What <c>deploy</c> is told.</summary>
internal sealed record DeployCall
{
    /// <summary>The machine.</summary>
    public required PackageTarget Target { get; init; }

    /// <summary>Models beside those that the pipeline names.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The pipeline's file; null for the one that <c>pipeline init</c> prints, with the first model in it.</summary>
    public string? Pipeline { get; init; }

    /// <summary>A folder, .tar.gz or .zip.</summary>
    public required string Out { get; init; }

    /// <summary>Folder of the program; null for where it is built.</summary>
    public string? Program { get; init; }

    /// <summary>Name of the folder, the service and its settings.</summary>
    public required string Name { get; init; }

    /// <summary>User of the service; null for one that systemd makes up.</summary>
    public string? ServiceUser { get; init; }

    /// <summary>Whether OpenCV's library goes along.</summary>
    public bool WithOpenCv { get; init; }

    /// <summary>Whether a package that is there may be replaced.</summary>
    public bool Force { get; init; }
}
