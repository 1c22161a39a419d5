using System.Globalization;
using System.Text;

namespace EdgeVision.Live;

/// <summary>Writes the ledger in Prometheus' text format: counters, states, and percentiles as summaries in seconds.</summary>
internal static class LiveMetrics
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(LedgerSnapshot ledger, int viewers)
    {
        var text = new StringBuilder(4096);
        Family(text, "edgevision_frames_total", "counter", "Frames of a source by outcome.");
        foreach (var s in ledger.Sources)
        {
            Frames(text, s, "delivered", s.Delivered);
            Frames(text, s, "dropped_policy", s.DroppedByPolicy);
            Frames(text, s, "dropped_stale", s.DroppedStale);
            Frames(text, s, "dropped_decode_error", s.DroppedDecodeError);
            Frames(text, s, "dropped_stop", s.DroppedAtStop);
            Frames(text, s, "failed", s.Failed);
        }

        Each(text, ledger.Sources, "edgevision_frames_captured_total", "counter", "Frames captured by a source.", s => s.Captured);
        Each(text, ledger.Sources, "edgevision_frames_in_flight", "gauge", "Frames in flight.", s => s.InFlight);
        Each(text, ledger.Sources, "edgevision_source_running", "gauge",
            "1 while the source delivers frames.", s => s.State == SourceState.Running ? 1 : 0);
        Each(text, ledger.Sources, "edgevision_source_reconnects_total", "counter",
            "Number of times a source was reopened.", s => s.Reconnects);
        Each(text, ledger.Sources, "edgevision_source_stalls_total", "counter", "Number of times a source stalled.", s => s.Stalls);
        Family(text, "edgevision_age_seconds", "summary", "Time from capture to the sinks.");
        foreach (var s in ledger.Sources)
        {
            Summary(text, "edgevision_age_seconds", Label("source", s.Name), s.Age);
        }

        Family(text, "edgevision_stage_seconds", "summary", "Time of each stage.");
        foreach (var s in ledger.Sources)
        {
            foreach (var (stage, time) in ((string, LatencySummary)[])[
                ("queue", s.Queue), ("preprocess", s.Preprocess), ("inference", s.Inference),
                ("postprocess", s.Postprocess), ("analysis", s.Analysis)])
            {
                Summary(text, "edgevision_stage_seconds", $"{Label("source", s.Name)},{Label("stage", stage)}", time);
            }
        }

        Family(text, "edgevision_sink_results_total", "counter", "Results of a sink by outcome.");
        foreach (var s in ledger.Sinks)
        {
            foreach (var (outcome, count) in ((string, long)[])[("written", s.Written), ("dropped", s.Dropped), ("failed", s.Failed)])
            {
                Line(text, "edgevision_sink_results_total", $"{Label("sink", s.Name)},{Label("outcome", outcome)}", count);
            }
        }

        Family(text, "edgevision_sink_pending", "gauge", "Results in a sink's queue.");
        foreach (var s in ledger.Sinks)
        {
            Line(text, "edgevision_sink_pending", Label("sink", s.Name), s.Pending);
        }

        Family(text, "edgevision_live_viewers", "gauge", "Viewers of the live page.");
        Line(text, "edgevision_live_viewers", "", viewers);
        return text.ToString();
    }

    private static void Frames(StringBuilder text, SourceAccount source, string outcome, long count) =>
        Line(text, "edgevision_frames_total", $"{Label("source", source.Name)},{Label("outcome", outcome)}", count);

    private static void Each(
        StringBuilder text, IReadOnlyList<SourceAccount> sources, string name, string type, string help, Func<SourceAccount, long> value)
    {
        Family(text, name, type, help);
        foreach (var source in sources)
        {
            Line(text, name, Label("source", source.Name), value(source));
        }
    }

    private static void Summary(StringBuilder text, string name, string labels, in LatencySummary time)
    {
        foreach (var (quantile, value) in ((string, double)[])[
            ("0.5", time.P50), ("0.9", time.P90), ("0.99", time.P99), ("0.999", time.P999)])
        {
            Line(text, name, $"{labels},{Label("quantile", quantile)}", value / 1000);
        }

        Line(text, name + "_sum", labels, time.Mean * time.Count / 1000);
        Line(text, name + "_count", labels, time.Count);
    }

    private static void Family(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";
}
