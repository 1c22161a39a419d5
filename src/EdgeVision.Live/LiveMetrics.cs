using System.Globalization;
using System.Text;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Live;

/// <summary>Writes the ledger in Prometheus' text format: counters, states, and percentiles as summaries in seconds.</summary>
internal static class LiveMetrics
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(PipelineStatistics ledger, int viewers)
    {
        var text = new StringBuilder(4096);
        WriteFamily(text, "edgevision_frames_total", "counter", "Frames of a source by outcome.");
        foreach (var s in ledger.Sources)
        {
            WriteFrames(text, s, "delivered", s.Delivered);
            WriteFrames(text, s, "dropped_policy", s.DroppedByPolicy);
            WriteFrames(text, s, "dropped_stale", s.DroppedStale);
            WriteFrames(text, s, "dropped_decode_error", s.DroppedDecodeError);
            WriteFrames(text, s, "dropped_stop", s.DroppedAtStop);
            WriteFrames(text, s, "failed", s.Failed);
        }

        WritePerSource(text, ledger.Sources, "edgevision_frames_captured_total", "counter", "Frames captured by a source.", s => s.Captured);
        WritePerSource(text, ledger.Sources, "edgevision_frames_in_flight", "gauge", "Frames in flight.", s => s.InFlight);
        WritePerSource(text, ledger.Sources, "edgevision_source_running", "gauge",
            "1 while the source delivers frames.", s => s.State == SourceState.Running ? 1 : 0);
        WritePerSource(text, ledger.Sources, "edgevision_source_reconnects_total", "counter",
            "Number of times a source was reopened.", s => s.Reconnects);
        WritePerSource(text, ledger.Sources, "edgevision_source_stalls_total", "counter", "Number of times a source stalled.", s => s.Stalls);
        WriteFamily(text, "edgevision_age_seconds", "summary", "Time from capture to the sinks.");
        foreach (var s in ledger.Sources)
        {
            WriteSummary(text, "edgevision_age_seconds", Label("source", s.Name), s.Age);
        }

        WriteFamily(text, "edgevision_stage_seconds", "summary", "Time of each stage.");
        foreach (var s in ledger.Sources)
        {
            foreach (var (stage, time) in ((string, LatencySummary)[])[
                ("queue", s.Queue), ("preprocess", s.Preprocess), ("inference", s.Inference),
                ("postprocess", s.Postprocess), ("analysis", s.Analysis)])
            {
                WriteSummary(text, "edgevision_stage_seconds", $"{Label("source", s.Name)},{Label("stage", stage)}", time);
            }
        }

        WriteFamily(text, "edgevision_sink_results_total", "counter", "Results of a sink by outcome.");
        foreach (var s in ledger.Sinks)
        {
            foreach (var (outcome, count) in ((string, long)[])[("written", s.Written), ("dropped", s.Dropped), ("failed", s.Failed)])
            {
                WriteLine(text, "edgevision_sink_results_total", $"{Label("sink", s.Name)},{Label("outcome", outcome)}", count);
            }
        }

        WriteFamily(text, "edgevision_sink_pending", "gauge", "Results in a sink's queue.");
        foreach (var s in ledger.Sinks)
        {
            WriteLine(text, "edgevision_sink_pending", Label("sink", s.Name), s.Pending);
        }

        WriteFamily(text, "edgevision_live_viewers", "gauge", "Viewers of the live page.");
        WriteLine(text, "edgevision_live_viewers", "", viewers);
        return text.ToString();
    }

    private static void WriteFrames(StringBuilder text, SourceStatistics source, string outcome, long count) =>
        WriteLine(text, "edgevision_frames_total", $"{Label("source", source.Name)},{Label("outcome", outcome)}", count);

    private static void WritePerSource(
        StringBuilder text, IReadOnlyList<SourceStatistics> sources, string name, string type, string help, Func<SourceStatistics, long> value)
    {
        WriteFamily(text, name, type, help);
        foreach (var source in sources)
        {
            WriteLine(text, name, Label("source", source.Name), value(source));
        }
    }

    private static void WriteSummary(StringBuilder text, string name, string labels, in LatencySummary time)
    {
        foreach (var (quantile, value) in ((string, double)[])[
            ("0.5", time.P50), ("0.9", time.P90), ("0.99", time.P99), ("0.999", time.P999)])
        {
            WriteLine(text, name, $"{labels},{Label("quantile", quantile)}", value / 1000);
        }

        WriteLine(text, name + "_sum", labels, time.Mean * time.Count / 1000);
        WriteLine(text, name + "_count", labels, time.Count);
    }

    private static void WriteFamily(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void WriteLine(StringBuilder text, string name, string labels, double value)
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
