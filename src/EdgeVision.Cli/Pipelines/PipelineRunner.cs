using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Cli.Pipelines;

/// <summary>Options for running a pipeline on the command line.</summary>
/// <param name="Duration">Time after which it stops; null for no limit.</param>
/// <param name="Report">True to print the statistics at the end.</param>
/// <param name="Quiet">True to print only warnings and errors while it runs.</param>
/// <param name="JsonReport">File for the statistics as JSON; null for none.</param>
/// <param name="UsesStandardOutput">True if results go to standard output, so that nothing else may be printed there.</param>
internal sealed record PipelineRunOptions(TimeSpan? Duration, bool Report, bool Quiet, string? JsonReport, bool UsesStandardOutput);

/// <summary>Runs a pipeline on the command line, with its display, time limit and final statistics.</summary>
internal static class PipelineRunner
{
    /// <returns>Exit code: failed if a source or a sink has failed, or a frame or a result could not be processed.</returns>
    public static async Task<int> RunAsync(VisionPipeline pipeline, PipelineRunOptions view, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        PipelineStatistics ledger;
        using (var display = new LedgerDisplay(pipeline.GetStatistics, view.Quiet))
        {
            pipeline.MessageReported += display.WriteMessage;
            if (view.Duration is { } duration)
            {
                stop.CancelAfter(duration);
            }

            ledger = await pipeline.RunAsync(stop.Token);
        }

        if (view.Report)
        {
            LedgerReport.Write(view.UsesStandardOutput ? Console.Error : Console.Out, ledger);
        }

        if (view.JsonReport is not null)
        {
            CommandHelpers.WriteJson(view.JsonReport, writer => PipelineStatisticsJson.Write(writer, ledger));
        }

        return GetExitCode(ledger);
    }

    /// <summary>Returns the exit code of a run.</summary>
    /// <remarks>Failed if a source or a sink has failed, or a frame or a result could not be processed.</remarks>
    public static int GetExitCode(PipelineStatistics ledger)
    {
        bool wrong = ledger.Sources.Any(s => s.State == SourceState.Failed || s.Failed > 0)
            || ledger.Sinks.Any(s => s.State == SinkState.Failed || s.Failed > 0);
        return wrong ? ExitCode.Failure : ExitCode.Success;
    }
}
