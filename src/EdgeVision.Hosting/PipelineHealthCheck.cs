using EdgeVision.Pipeline.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EdgeVision.Hosting;

/// <summary>Health of a pipeline: unhealthy, degraded or healthy.</summary>
/// <remarks>
/// Unhealthy (or the status of the registration) if it failed or no source is left; degraded if a source or sink is
/// disconnected or given up, or the pipeline is being built; else healthy.
/// </remarks>
internal sealed class PipelineHealthCheck(PipelineStatus status) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(Evaluate(status.State, status.Snapshot(), status.LastError, context.Registration.FailureStatus));
    }

    internal static HealthCheckResult Evaluate(PipelineState state, PipelineStatistics? accounts, string? error, HealthStatus failure)
    {
        if (state is PipelineState.Failed or PipelineState.Restarting)
        {
            return new HealthCheckResult(failure, error);
        }

        if (state is PipelineState.Starting || accounts is null)
        {
            return HealthCheckResult.Degraded("the pipeline is being built");
        }

        string[] sources =
        [
            .. accounts.Sources
                .Where(s => s.State is SourceState.Failed or SourceState.Reconnecting)
                .Select(s => $"source {s.Name}: {s.State}"),
        ];
        string[] sinks =
        [
            .. accounts.Sinks
                .Where(s => s.State is SinkState.Failed or SinkState.Retrying or SinkState.Suspended)
                .Select(s => $"sink {s.Name}: {s.State}"),
        ];
        string what = string.Join(", ", sources.Concat(sinks));
        if (sources.Length > 0 && sources.Length == accounts.Sources.Count)
        {
            return new HealthCheckResult(failure, what);
        }

        return what.Length > 0 ? HealthCheckResult.Degraded(what) : HealthCheckResult.Healthy();
    }
}
