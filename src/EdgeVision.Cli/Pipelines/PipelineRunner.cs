namespace EdgeVision.Cli;

/// <summary>What the person who starts a pipeline wants to see of it.</summary>
/// <param name="Duration">When it is to stop; null for never.</param>
/// <param name="Report">Whether the accounts are printed at the end.</param>
/// <param name="Quiet">Whether only what went wrong is said while it runs.</param>
/// <param name="JsonReport">Where the accounts go as JSON; null for nowhere.</param>
/// <param name="OutputTaken">Whether results go to standard output, so that nothing else may.</param>
internal sealed record PipelineView(TimeSpan? Duration, bool Report, bool Quiet, string? JsonReport, bool OutputTaken);

/// <summary>Runs a pipeline on the command line: display, notices, an end by Ctrl-C, SIGTERM or time, the final accounts.</summary>
internal static class PipelineRunner
{
    /// <returns>The exit code: failed where a source or a sink was given up, or a frame failed.</returns>
    public static async Task<int> Run(VisionPipeline pipeline, PipelineView view, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        LedgerSnapshot ledger;
        using (var display = new LedgerDisplay(pipeline.Snapshot, view.Quiet))
        {
            pipeline.Notice += display.Say;
            if (view.Duration is { } duration)
            {
                stop.CancelAfter(duration);
            }

            ledger = await pipeline.RunAsync(stop.Token);
        }

        if (view.Report)
        {
            LedgerReport.Write(view.OutputTaken ? Console.Error : Console.Out, ledger);
        }

        if (view.JsonReport is not null)
        {
            Shell.WriteJson(view.JsonReport, writer => LedgerJson.Write(writer, ledger));
        }

        return CodeOf(ledger);
    }

    /// <summary>The exit code that a run's accounts give: failed where a source or a sink was given up, or a frame failed.</summary>
    public static int CodeOf(LedgerSnapshot ledger)
    {
        bool wrong = ledger.Sources.Any(s => s.State == SourceState.Failed || s.Failed > 0) || ledger.Sinks.Any(s => s.State == SinkState.Failed || s.Failed > 0);
        return wrong ? ExitCode.Failed : ExitCode.Done;
    }
}
