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
                status.Ends(PipelineState.Stopped, error);
                return;
            }

            if (error is null)
            {
                status.Ends(PipelineState.Ended, null);
                End(options.WhenEnded);
                return;
            }

            failures = delivered ? 1 : failures + 1;
            if (!options.Restart.Allows(failures))
            {
                PipelineLog.Failed(logger, options.Name, error); // before the state changes, so that the reason is in the log by then
                status.Ends(PipelineState.Failed, error);
                if (options.WhenFailed == HostAction.Stop)
                {
                    Environment.ExitCode = 1; // service managers restart a process only after a failure
                }

                End(options.WhenFailed);
                return;
            }

            var delay = options.Restart.Delay(failures, _random);
            status.Ends(PipelineState.Restarting, error);
            PipelineLog.Restarts(logger, options.Name, delay.TotalSeconds, error);
            try
            {
                await Task.Delay(delay, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                status.Ends(PipelineState.Stopped, null);
                return;
            }
        }
    }

    // The error, null for none, and whether the run delivered anything.
    private async Task<(string? Error, bool Delivered)> RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            status.Begins();
            PipelineLog.Starts(logger, options.Name);

            // Models take time to load; the host's other services do not wait for it.
            await using var pipeline = await Task.Run(create, cancel).ConfigureAwait(false);
            pipeline.Notice += notice => PipelineLog.Notice(logger, Level(notice.Level), options.Name, notice.Component, notice.Message);
            using var metrics = new PipelineMetrics(pipeline.Snapshot, options.Name);
            status.Runs(pipeline.Snapshot);
            var accounts = await pipeline.RunAsync(cancel).ConfigureAwait(false);
            status.Closes(accounts);
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

    private void End(HostAction action)
    {
        if (action == HostAction.Stop)
        {
            lifetime.StopApplication();
        }
    }

    private static LogLevel Level(NoticeLevel level) => level switch
    {
        NoticeLevel.Error => LogLevel.Error,
        NoticeLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };
}
