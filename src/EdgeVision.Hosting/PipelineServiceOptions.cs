using EdgeVision.Pipeline;

namespace EdgeVision.Hosting;

/// <summary>Selects what happens to the host when its pipeline is over.</summary>
public enum HostAction
{
    /// <summary>The host keeps running.</summary>
    KeepRunning,
    /// <summary>The host is stopped.</summary>
    Stop,
}

/// <summary>Options of a hosted pipeline.</summary>
public sealed record PipelineServiceOptions
{
    /// <summary>
    /// Gets the pipeline's name in the process: in logs and metrics, and the key of its <see cref="PipelineStatus"/>.
    /// </summary>
    public string Name { get; init; } = "edgevision";

    /// <summary>Gets when a failed pipeline is built and run again.</summary>
    /// <remarks>
    /// A pipeline has failed if it could not be built, broke, or all of its sources were given up. Consecutive failures are
    /// counted; the count restarts after a run that delivered something.
    /// </remarks>
    public RetryPolicy Restart { get; init; } = RetryPolicy.None;

    /// <summary>Gets what happens to the host once the sources have ended.</summary>
    public HostAction OnEnded { get; init; } = HostAction.KeepRunning;

    /// <summary>Gets what happens to the host once the pipeline has failed and is not restarted.</summary>
    public HostAction OnFailed { get; init; } = HostAction.Stop;
}
