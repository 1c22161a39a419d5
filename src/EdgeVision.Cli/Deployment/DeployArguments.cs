using EdgeVision.Cli.Packages;

namespace EdgeVision.Cli.Deployment;

/// <summary>Arguments of <c>deploy</c>.</summary>
internal sealed record DeployArguments
{
    /// <summary>Gets the target machine.</summary>
    public required PackageTarget Target { get; init; }

    /// <summary>Gets the models to include in addition to those of the pipeline.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Gets the pipeline file; null for the one that <c>pipeline init</c> prints, with the first model in it.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Gets the output: a folder, a .tar.gz or a .zip.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Gets the folder of the program; null for the folder that the build writes it to.</summary>
    public string? Program { get; init; }

    /// <summary>Gets the name of the folder, the service and its settings.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the user of the service; null for a dynamic user of systemd.</summary>
    public string? ServiceUser { get; init; }

    /// <summary>Gets whether OpenCV's library is included.</summary>
    public bool WithOpenCv { get; init; }

    /// <summary>Gets whether an existing package may be replaced.</summary>
    public bool Force { get; init; }
}
