using EdgeVision.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgeVision.Hosting.Tests;

/// <summary>Pipelines with a small model inside a host that starts, runs and stops.</summary>
public sealed class PipelineServiceTests
{
    private static readonly RetryPolicy Quick = new() { MaxAttempts = 3, InitialDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(1) };

    private readonly KeptLog _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pipeline_that_ends_ends_the_host_where_asked()
    {
        var sink = new CountingSink();
        using var host = Run(pipeline => Parts(pipeline, 12, sink), new PipelineServiceOptions { Name = "door", OnEnded = HostAction.Stop });
        await RunToItsEndAsync(host);
        var status = Status(host, "door");
        Assert.Equal((12, true, true), (sink.Written, sink.Completed, sink.Disposed));
        Assert.Equal(PipelineState.Ended, status.State);
        Assert.Equal(12, status.Snapshot()!.Sources[0].Delivered);
        Assert.Contains(_log.Lines, line => line.Text.Contains("Pipeline door ended", StringComparison.Ordinal) && line.Text.Contains("12 delivered", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_the_host_stops_the_pipeline_and_completes_its_sinks()
    {
        var sink = new CountingSink();
        using var host = Run(pipeline => Parts(pipeline, null, sink));
        await host.StartAsync(Cancel);
        var status = Status(host);
        await TestParts.UntilAsync(() => Volatile.Read(ref sink.Written) > 5);
        Assert.Equal(PipelineState.Running, status.State);
        await host.StopAsync(Cancel);
        Assert.True(sink.Completed && sink.Disposed);
        Assert.Equal(PipelineState.Stopped, status.State);
        Assert.True(status.Snapshot()!.IsBalanced);
    }

    [Fact]
    public async Task A_host_goes_on_after_its_pipeline_has_ended_by_default()
    {
        using var host = Run(pipeline => Parts(pipeline, 3, new CountingSink()));
        await host.StartAsync(Cancel);
        await TestParts.UntilAsync(() => Status(host).State == PipelineState.Ended);
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        await host.StopAsync(Cancel);
        Assert.Equal(PipelineState.Ended, Status(host).State);
    }

    [Fact]
    public async Task What_cannot_be_built_is_tried_again_then_ends_the_host()
    {
        int builds = 0;
        using var host = Run(
            _ =>
            {
                builds++;
                throw new PipelineConfigException("rtsp://me:hunter2@camera does not fit");
            },
            new PipelineServiceOptions { Restart = Quick });
        await RunToItsEndAsync(host);
        Assert.Equal(3, builds);
        Assert.Equal((PipelineState.Failed, 2), (Status(host).State, Status(host).RestartCount));
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Critical && line.Text.Contains("does not fit", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Text.Contains("hunter2", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", Status(host).LastError);
    }

    [Fact]
    public async Task A_pipeline_without_a_source_left_has_failed_and_may_come_back()
    {
        int builds = 0;
        var sink = new CountingSink();
        using var host = Run(
            pipeline =>
            {
                if (++builds == 1)
                {
                    pipeline.AddSource("lost", () => new LostSource()).AddModel(TestParts.Model).AddSink(new CountingSink());
                    return;
                }

                Parts(pipeline, 4, sink);
            },
            new PipelineServiceOptions { Restart = Quick, OnEnded = HostAction.Stop });
        await RunToItsEndAsync(host);
        Assert.Equal((2, 4), (builds, sink.Written));
        Assert.Equal((PipelineState.Ended, 1), (Status(host).State, Status(host).RestartCount));
        Assert.Contains("lost", Status(host).LastError);

        // The pipeline's own notice of it reaches the log too.
        Assert.Contains(_log.Lines, line => line.Text.StartsWith("Pipeline edgevision: lost:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_that_stops_the_host_is_the_exit_code_of_the_process()
    {
        int before = Environment.ExitCode;
        try
        {
            using var host = Run(_ => throw new PipelineConfigException("no"), new PipelineServiceOptions { OnFailed = HostAction.Stop });
            await RunToItsEndAsync(host);
            Assert.Equal(1, Environment.ExitCode);
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public async Task A_failure_may_leave_the_host_alone()
    {
        using var host = Run(_ => throw new InvalidOperationException("unforeseen"), new PipelineServiceOptions { OnFailed = HostAction.KeepRunning });
        await host.StartAsync(Cancel);
        await TestParts.UntilAsync(() => Status(host).State == PipelineState.Failed);
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Critical && line.Text.Contains("unforeseen", StringComparison.Ordinal));
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task Stopping_the_host_ends_the_wait_for_another_try()
    {
        using var host = Run(
            _ => throw new PipelineConfigException("no"),
            new PipelineServiceOptions { Restart = new RetryPolicy { InitialDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) } });
        await host.StartAsync(Cancel);
        await TestParts.UntilAsync(() => Status(host).State == PipelineState.Restarting);
        await host.StopAsync(Cancel);
        Assert.Equal(PipelineState.Stopped, Status(host).State);
    }

    [Fact]
    public async Task Two_pipelines_run_in_one_host_and_may_use_its_services()
    {
        CountingSink first = new("first"), second = new("second");
        using var host = TestParts.Host(_log, services => services
            .AddSingleton(first)
            .AddEdgeVisionPipeline((provider, pipeline) => Parts(pipeline, 3, provider.GetRequiredService<CountingSink>()), new PipelineServiceOptions { Name = "a" })
            .AddEdgeVisionPipelineFrom(_ => Parts(new VisionPipelineBuilder(), 5, second).Build(), new PipelineServiceOptions { Name = "b" }));
        await host.StartAsync(Cancel);
        await TestParts.UntilAsync(() => Status(host, "a").State == PipelineState.Ended && Status(host, "b").State == PipelineState.Ended);
        await host.StopAsync(Cancel);
        Assert.Equal((3, 5), (first.Written, second.Written));
    }

    [Fact]
    public async Task A_file_describes_a_pipeline()
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-hosting-").FullName;
        try
        {
            string file = Path.Combine(folder, "pipeline.yaml"), results = Path.Combine(folder, "results.jsonl");
            await File.WriteAllTextAsync(file, $$"""
                version: 1
                sources: [{name: door, uri: "test:?frames=5"}]
                models: [{path: {{TestParts.ModelPath}}}]
                sinks: [{jsonl: {{results}}}]
                """, Cancel);
            using var host = TestParts.Host(_log, services => services.AddEdgeVisionPipelineFile(file, new PipelineServiceOptions { OnEnded = HostAction.Stop }));
            await RunToItsEndAsync(host);
            Assert.Equal(PipelineState.Ended, Status(host).State);
            Assert.Equal(5, (await File.ReadAllLinesAsync(results, Cancel)).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static VisionPipelineBuilder Parts(VisionPipelineBuilder pipeline, int? frames, FrameSink sink) =>
        pipeline.AddSource("counted", () => new CountedSource(frames)).AddModel(TestParts.Model).AddSink(sink);

    private static PipelineStatus Status(IHost host, string name = "edgevision") => host.Services.GetRequiredKeyedService<PipelineStatus>(name);

    // IHost.RunAsync would dispose the host, and its services with it.
    private static async Task RunToItsEndAsync(IHost host)
    {
        await host.StartAsync(Cancel);
        await host.WaitForShutdownAsync(Cancel);
    }

    private IHost Run(Action<VisionPipelineBuilder> build, PipelineServiceOptions? options = null) =>
        TestParts.Host(_log, services => services.AddEdgeVisionPipeline(build, options));
}
