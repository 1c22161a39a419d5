using EdgeVision.Pipeline.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace EdgeVision.Hosting.Tests;

/// <summary>What a pipeline's state means for its health.</summary>
public sealed class PipelineHealthCheckTests
{
    [Theory]
    [InlineData(PipelineState.Running, SourceState.Running, SourceState.Running, SinkState.Running, HealthStatus.Healthy)]
    [InlineData(PipelineState.Running, SourceState.Running, SourceState.Reconnecting, SinkState.Running, HealthStatus.Degraded)]
    [InlineData(PipelineState.Running, SourceState.Running, SourceState.Failed, SinkState.Running, HealthStatus.Degraded)]
    [InlineData(PipelineState.Running, SourceState.Reconnecting, SourceState.Failed, SinkState.Running, HealthStatus.Unhealthy)] // nothing comes
    [InlineData(PipelineState.Running, SourceState.Running, SourceState.Running, SinkState.Retrying, HealthStatus.Degraded)]
    [InlineData(PipelineState.Running, SourceState.Running, SourceState.Running, SinkState.Failed, HealthStatus.Degraded)]
    [InlineData(PipelineState.Running, SourceState.Running, SourceState.Running, SinkState.Suspended, HealthStatus.Degraded)]
    [InlineData(PipelineState.Ended, SourceState.Ended, SourceState.Ended, SinkState.Completed, HealthStatus.Healthy)] // did what it had to
    [InlineData(PipelineState.Failed, SourceState.Failed, SourceState.Failed, SinkState.Completed, HealthStatus.Unhealthy)]
    [InlineData(PipelineState.Restarting, SourceState.Failed, SourceState.Failed, SinkState.Completed, HealthStatus.Unhealthy)]
    [InlineData(PipelineState.Starting, SourceState.Waiting, SourceState.Waiting, SinkState.Opening, HealthStatus.Degraded)]
    public void A_state_is_a_health(PipelineState state, SourceState first, SourceState second, SinkState sink, HealthStatus health)
    {
        var accounts = new PipelineStatistics
        {
            Sources = [new SourceStatistics { Name = "a", State = first }, new SourceStatistics { Name = "b", State = second }],
            Sinks = [new SinkStatistics { Name = "c", State = sink }],
        };
        Assert.Equal(health, PipelineHealthCheck.Evaluate(state, accounts, "error", HealthStatus.Unhealthy).Status);
    }

    [Fact]
    public async Task The_registration_finds_its_pipeline()
    {
        var services = new ServiceCollection();
        var checks = new Checks(services);
        services.AddEdgeVisionPipeline(_ => { }, new PipelineServiceOptions { Name = "door" });
        checks.AddEdgeVisionPipeline("door", HealthStatus.Degraded, ["ready"]);
        using var provider = services.BuildServiceProvider();
        var registration = Assert.Single(checks.Added);
        Assert.Equal(("door", HealthStatus.Degraded), (registration.Name, registration.FailureStatus));
        Assert.Contains("ready", registration.Tags);
        var result = await registration.Factory(provider).CheckHealthAsync(new HealthCheckContext { Registration = registration }, TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Degraded, result.Status); // not started
    }

    private sealed class Checks(IServiceCollection services) : IHealthChecksBuilder
    {
        public List<HealthCheckRegistration> Added { get; } = [];

        public IServiceCollection Services => services;

        public IHealthChecksBuilder Add(HealthCheckRegistration registration)
        {
            Added.Add(registration);
            return this;
        }
    }
}
