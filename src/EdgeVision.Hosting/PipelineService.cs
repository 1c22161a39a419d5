using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeVision.Hosting;

/// <summary>Runs a pipeline for as long as the host runs, and again where it failed and its options say so.</summary>
internal sealed class PipelineService(
    Func<VisionPipeline> create, PipelineServiceOptions options, PipelineStatus status, IHostApplicationLifetime lifetime, ILogger logger) : BackgroundService
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
                PipelineLog.Failed(logger, options.Name, error); // before anybody can see the state and look for the reason
                status.Ends(PipelineState.Failed, error);
                if (options.WhenFailed == HostAction.Stop)
                {
                    Environment.ExitCode = 1; // service managers restart what failed, not what ended
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

    // What it failed of, null where it did not, and whether anything came of it.
    private async Task<(string? Error, bool Delivered)> RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            status.Begins();
            PipelineLog.Starts(logger, options.Name);

            // Models take their time to load; the host's other services need not wait.
            await using var pipeline = await Task.Run(create, cancel).ConfigureAwait(false);
            pipeline.Notice += notice => PipelineLog.Notice(logger, Level(notice.Level), options.Name, notice.Component, notice.Message);
            using var metrics = new PipelineMetrics(pipeline.Snapshot, options.Name);
            status.Runs(pipeline.Snapshot);
            var accounts = await pipeline.RunAsync(cancel).ConfigureAwait(false);
            status.Closes(accounts);
            PipelineLog.Over(logger, options.Name, cancel.IsCancellationRequested ? "stopped" : "ended", accounts.Elapsed.TotalSeconds,
                accounts.Sources.Sum(s => s.Captured), accounts.Sources.Sum(s => s.Delivered), accounts.Sources.Sum(s => s.Dropped), accounts.Sources.Sum(s => s.Failed));
            bool lost = accounts.Sources.Count > 0 && accounts.Sources.All(s => s.State == SourceState.Failed);
            string? error = lost ? $"every source was given up; {accounts.Sources[0].Name}: {accounts.Sources[0].LastError}" : null;
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
            // Not foreseen: where it came from is wanted too, as text, since what an exception holds may name addresses.
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
