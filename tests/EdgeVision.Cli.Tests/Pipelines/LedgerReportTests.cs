using EdgeVision.Cli.Pipelines;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Ledger;
using Xunit;

namespace EdgeVision.Cli.Tests.Pipelines;

/// <summary>Accounts as text.</summary>
public sealed class LedgerReportTests
{
    public static PipelineStatistics Ledger { get; } = new()
    {
        Elapsed = TimeSpan.FromSeconds(10),
        Sources =
        [
            new SourceStatistics
            {
                Name = "door", State = SourceState.Running, Captured = 250, Delivered = 200, DroppedByPolicy = 40, DroppedStale = 3, DroppedDecodeError = 2, DroppedAtStop = 1, Failed = 4, Reconnects = 2,
                CapturedPerSecond = 25, DeliveredPerSecond = 20, Age = new LatencySummary(200, 12, 11.5, 20, 33.25, 40, 41), LastError = "the camera went away",
            },
        ],
        Sinks = [new SinkStatistics { Name = "found.jsonl", State = SinkState.Running, Offered = 200, Written = 190, Dropped = 6, Failed = 1, Pending = 3, Retries = 5 }],
    };

    [Fact]
    public void The_report_has_every_count_and_the_tail()
    {
        var text = new StringWriter();
        LedgerReport.Write(text, Ledger);
        string report = text.ToString();
        Assert.Contains("source door: running, 25.0 frames/s captured, 20.0 delivered, reconnected 2x", report);
        Assert.Contains("captured 250 = delivered 200 + dropped 46 (policy 40, stale 3, decode 2, stop 1) + failed 4", report);
        Assert.Matches(@"age +p50 +11\.50 ms +p90 +20\.00 +p99 +33\.25 +p99\.9 +40\.00 +max +41\.00", report);
        Assert.DoesNotContain("queue", report); // nothing was measured
        Assert.Contains("last error: the camera went away", report);
        Assert.Contains("offered 200 = written 190 + dropped 6 + failed 1 + pending 3, 5 retries", report);
        Assert.DoesNotContain("add up", report);
    }

    [Fact]
    public void Accounts_that_do_not_add_up_are_said_to()
    {
        var text = new StringWriter();
        LedgerReport.Write(text, Ledger with { Sources = [Ledger.Sources[0] with { Failed = 5 }] });
        Assert.Contains("do not add up", text.ToString());
    }

    [Fact]
    public void A_line_for_a_log_has_one_line() => Assert.DoesNotContain('\n', LedgerReport.FormatLine(Ledger));
}
