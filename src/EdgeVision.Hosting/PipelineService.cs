using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Sources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeVision.Hosting;

/// <summary>Runs a pipeline while the host runs, and restarts it after a failure if the options say so.</summary>
internal sealed class PipelineService(
    Func<VisionPipeline> create, PipelineServiceOptions options, PipelineStatus status, IHostApplicationLifetime lifetime,
    ILogger logger) : BackgroundService
{
    private readonly Random _random = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (int failures = 0; ;)
        {
            var (error, delivered) = await RunOnceAsync(stoppingToken).ConfigureAwait(false);
            if (stoppingToken.IsCancellationRequested)
            {
                status.SetEnded(PipelineState.Stopped, error);
                return;
            }

            if (error is null)
            {
                status.SetEnded(PipelineState.Ended, null);
                Apply(options.OnEnded);
                return;
            }

            failures = delivered ? 1 : failures + 1;
            if (!options.Restart.AllowsRetry(failures))
            {
                PipelineLog.Failed(logger, options.Name, error); // before the state changes, so that the reason is in the log by then
                status.SetEnded(PipelineState.Failed, error);
                if (options.OnFailed == HostAction.Stop)
                {
                    Environment.ExitCode = 1; // service managers restart a process only after a failure
                }

                Apply(options.OnFailed);
                return;
            }

            var delay = options.Restart.GetDelay(failures, _random);
            status.SetEnded(PipelineState.Restarting, error);
            PipelineLog.Restarts(logger, options.Name, delay.TotalSeconds, error);
            try
            {
                await Task.Delay(delay, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                status.SetEnded(PipelineState.Stopped, null);
                return;
            }
        }
    }

    // The error, null for none, and whether the run delivered anything.
    private async Task<(string? Error, bool Delivered)> RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            status.SetStarting();
            PipelineLog.Starts(logger, options.Name);

            // Models take time to load; the host's other services do not wait for it.
            await using var pipeline = await Task.Run(create, cancel).ConfigureAwait(false);
            pipeline.MessageReported += notice => PipelineLog.Notice(logger, ToLogLevel(notice.Level), options.Name, notice.Component, notice.Text);
            using var metrics = new PipelineMetrics(pipeline.GetStatistics, options.Name);
            status.SetRunning(pipeline.GetStatistics);
            var accounts = await pipeline.RunAsync(cancel).ConfigureAwait(false);
            status.SetLastSnapshot(accounts);
            PipelineLog.Over(logger, options.Name, cancel.IsCancellationRequested ? "stopped" : "ended", accounts.Elapsed.TotalSeconds,
                accounts.Sources.Sum(s => s.Captured), accounts.Sources.Sum(s => s.Delivered),
                accounts.Sources.Sum(s => s.Dropped), accounts.Sources.Sum(s => s.Failed));
            bool lost = accounts.Sources.Count > 0 && accounts.Sources.All(s => s.State == SourceState.Failed);
            string? error = lost ? $"every source failed; {accounts.Sources[0].Name}: {accounts.Sources[0].LastError}" : null;
            return (error, accounts.Sources.Any(s => s.Delivered > 0));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return (null, false);
        }
        catch (EdgeVisionException e)
        {
            return (SourceAddress.Redact(e.Message), false);
        }
        catch (Exception e)
        {
            // Unexpected: the log also gets the stack trace, as text, since the exception may contain addresses with credentials.
            return (SourceAddress.Redact(e.ToString()), false);
        }
    }

    private void Apply(HostAction action)
    {
        if (action == HostAction.Stop)
        {
            lifetime.StopApplication();
        }
    }

    private static LogLevel ToLogLevel(PipelineMessageLevel level) => level switch
    {
        PipelineMessageLevel.Error => LogLevel.Error,
        PipelineMessageLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };
}
