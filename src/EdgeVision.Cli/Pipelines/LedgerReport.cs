using System.Globalization;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Cli.Pipelines;

/// <summary>Formats the statistics of a pipeline as text.</summary>
internal static class LedgerReport
{
    /// <summary>Writes all statistics, for the end of a run.</summary>
    public static void Write(TextWriter to, PipelineStatistics ledger)
    {
        to.WriteLine(Invariant($"ran {ledger.Elapsed.TotalSeconds:F1} s"));
        foreach (var s in ledger.Sources)
        {
            double seconds = Math.Max(ledger.Elapsed.TotalSeconds, 1e-3);
            string rates = Invariant($"{s.Captured / seconds:F1} frames/s captured, {s.Delivered / seconds:F1} delivered");
            string reconnects = s.Reconnects > 0 ? $", reconnected {s.Reconnects}x" : "";
            string stalls = s.Stalls > 0 ? $", stalled {s.Stalls}x" : "";
            to.WriteLine($"source {s.Name}: {Name(s.State)}, {rates}{reconnects}{stalls}");
            string drops = $"policy {s.DroppedByPolicy}, stale {s.DroppedStale}, decode {s.DroppedDecodeError}, stop {s.DroppedAtStop}";
            to.WriteLine($"  captured {s.Captured} = delivered {s.Delivered} + dropped {s.Dropped} ({drops}) + failed {s.Failed}"
                + $"{Rest(s.InFlight, "in flight")}{Wrong(s.IsBalanced)}");
            Time(to, "age", s.Age);
            Time(to, "queue", s.Queue);
            Time(to, "preprocess", s.Preprocess);
            Time(to, "inference", s.Inference);
            Time(to, "postprocess", s.Postprocess);
            Time(to, "analysis", s.Analysis);
            Error(to, s.LastError);
        }

        foreach (var s in ledger.Sinks)
        {
            to.WriteLine($"sink {s.Name}: {Name(s.State)}");
            string retries = s.Retries > 0 ? $", {s.Retries} {(s.Retries == 1 ? "retry" : "retries")}" : "";
            to.WriteLine($"  offered {s.Offered} = written {s.Written} + dropped {s.Dropped} + failed {s.Failed}"
                + $"{Rest(s.Pending, "pending")}{retries}{Wrong(s.IsBalanced)}");
            Time(to, "age", s.Age);
            Time(to, "write", s.Write);
            Error(to, s.LastError);
        }
    }

    /// <summary>Returns a table with a line for each source and sink, for the time of the run.</summary>
    public static IReadOnlyList<string> FormatTable(PipelineStatistics ledger)
    {
        var names = ledger.Sources.Select(s => s.Name.Length).Concat(ledger.Sinks.Select(s => s.Name.Length));
        int width = Math.Clamp(names.DefaultIfEmpty(6).Max(), 6, 30);
        List<string> lines =
        [
            $"{"source".PadRight(width)}  state           in/s   out/s   captured  delivered"
                + "    dropped   failed  age p50    p99  model p50",
        ];
        foreach (var s in ledger.Sources)
        {
            lines.Add(Invariant($"{Fit(s.Name, width)}  {Name(s.State),-12}  {s.CapturedPerSecond,6:F1}  {s.DeliveredPerSecond,6:F1}")
                + Invariant($"  {s.Captured,9}  {s.Delivered,9}  {s.Dropped,9}  {s.Failed,7}")
                + Invariant($"  {s.Age.P50,7:F1}  {s.Age.P99,5:F0}  {s.Inference.P50,9:F1}"));
        }

        if (ledger.Sinks.Count > 0)
        {
            lines.Add($"{"sink".PadRight(width)}  state                            offered    written"
                + "    dropped   failed  age p50    p99    pending");
        }

        foreach (var s in ledger.Sinks)
        {
            lines.Add(Invariant($"{Fit(s.Name, width)}  {Name(s.State),-12}                  {s.Offered,9}  {s.Written,9}  {s.Dropped,9}")
                + Invariant($"  {s.Failed,7}  {s.Age.P50,7:F1}  {s.Age.P99,5:F0}  {s.Pending,9}"));
        }

        return lines;
    }

    /// <summary>Returns the statistics on one line, for a log.</summary>
    public static string FormatLine(PipelineStatistics ledger)
    {
        var sources = ledger.Sources.Select(s =>
            Invariant($"{s.Name}: {Name(s.State)} {s.DeliveredPerSecond:F1}/s, {s.Captured} captured, {s.Delivered} delivered, ")
            + Invariant($"{s.Dropped} dropped, {s.Failed} failed, age p50 {s.Age.P50:F0} p99 {s.Age.P99:F0} ms;"));
        var sinks = ledger.Sinks.Where(s => s.State is not SinkState.Running || s.Dropped + s.Failed > 0)
            .Select(s => $"{s.Name}: {Name(s.State)} {s.Dropped} dropped, {s.Failed} failed;");
        return Invariant($"{ledger.Elapsed.TotalSeconds:F0} s  ") + string.Join("  ", sources.Concat(sinks)).TrimEnd(';');
    }

    private static void Time(TextWriter to, string name, in LatencySummary time)
    {
        if (time.Count > 0)
        {
            to.WriteLine(Invariant($"  {name,-11} p50 {time.P50,8:F2} ms   p90 {time.P90,8:F2}   p99 {time.P99,8:F2}")
                + Invariant($"   p99.9 {time.P999,8:F2}   max {time.Max,8:F2}"));
        }
    }

    private static void Error(TextWriter to, string? message)
    {
        if (message is not null)
        {
            to.WriteLine($"  last error: {message}");
        }
    }

    private static string Name(Enum state) => state.ToString().ToLowerInvariant();

    private static string Fit(string name, int width) => name.Length <= width ? name.PadRight(width) : name[..(width - 1)] + "…";

    private static string Rest(long count, string what) => count > 0 ? $" + {what} {count}" : "";

    private static string Wrong(bool balances) => balances ? "" : "  (the counts do not add up: please report this)";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
