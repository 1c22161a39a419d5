namespace EdgeVision.Hosting;

/// <summary>What becomes of the host when its pipeline is over.</summary>
public enum HostAction
{
    /// <summary>It goes on.</summary>
    Keep,
    /// <summary>It is asked to stop.</summary>
    Stop,
}

/// <summary>How a host runs a pipeline.</summary>
public sealed record PipelineServiceOptions
{
    /// <summary>Name of the pipeline in the process: in logs and metrics, and the key of its <see cref="PipelineStatus"/>.</summary>
    public string Name { get; init; } = "edgevision";

    /// <summary>
    /// When a pipeline that failed is built and run again: it could not be built, it broke, or all of its sources were given up. Failures count in a
    /// row, and from the beginning after a run that delivered something.
    /// </summary>
    public RetryPolicy Restart { get; init; } = RetryPolicy.Never;

    /// <summary>What becomes of the host once the sources have ended.</summary>
    public HostAction WhenEnded { get; init; } = HostAction.Keep;

    /// <summary>What becomes of the host once the pipeline has failed and is not run again.</summary>
    public HostAction WhenFailed { get; init; } = HostAction.Stop;
}
