using System.Text.Json;
using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>Writes the statistics of a pipeline as JSON, with stable field names.</summary>
public static class PipelineStatisticsJson
{
    private static readonly JsonNamingPolicy Naming = JsonNamingPolicy.SnakeCaseLower;
    // The names of the states are converted once: statistics are written twice a second.
    private static readonly string[] SourceStates = [.. Enum.GetNames<SourceState>().Select(Naming.ConvertName)];
    private static readonly string[] SinkStates = [.. Enum.GetNames<SinkState>().Select(Naming.ConvertName)];

    /// <summary>Writes <c>elapsed_s</c>, <c>balances</c>, <c>sources</c> and <c>sinks</c>.</summary>
    /// <param name="writer">Destination.</param>
    /// <param name="ledger">The statistics.</param>
    /// <remarks>
    /// Counts have the names of <see cref="SourceStatistics"/> and <see cref="SinkStatistics"/> in snake case; the drops of a source are in
    /// <c>dropped</c> {policy, stale, decode_error, stop, all}; times are objects {count, mean, p50, p90, p99, p999, max} in
    /// milliseconds.
    /// </remarks>
    public static void Write(Utf8JsonWriter writer, PipelineStatistics ledger)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(ledger);
        writer.WriteStartObject();
        writer.WriteNumber("elapsed_s"u8, Math.Round(ledger.Elapsed.TotalSeconds, 3));
        writer.WriteBoolean("balances"u8, ledger.IsBalanced);
        writer.WriteStartArray("sources"u8);
        foreach (var source in ledger.Sources)
        {
            WriteSource(writer, source);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("sinks"u8);
        foreach (var sink in ledger.Sinks)
        {
            WriteSink(writer, sink);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteSource(Utf8JsonWriter writer, SourceStatistics source)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, source.Name);
        writer.WriteString("state"u8, SourceStates[(int)source.State]);
        writer.WriteNumber("captured"u8, source.Captured);
        writer.WriteNumber("delivered"u8, source.Delivered);
        writer.WriteStartObject("dropped"u8);
        writer.WriteNumber("policy"u8, source.DroppedByPolicy);
        writer.WriteNumber("stale"u8, source.DroppedStale);
        writer.WriteNumber("decode_error"u8, source.DroppedDecodeError);
        writer.WriteNumber("stop"u8, source.DroppedAtStop);
        writer.WriteNumber("all"u8, source.Dropped);
        writer.WriteEndObject();
        writer.WriteNumber("failed"u8, source.Failed);
        writer.WriteNumber("in_flight"u8, source.InFlight);
        writer.WriteNumber("inferred"u8, source.Inferred);
        writer.WriteNumber("reconnects"u8, source.Reconnects);
        writer.WriteNumber("stalls"u8, source.Stalls);
        writer.WriteNumber("captured_per_second"u8, Round(source.CapturedPerSecond));
        writer.WriteNumber("delivered_per_second"u8, Round(source.DeliveredPerSecond));
        WriteTime(writer, "age_ms"u8, source.Age);
        WriteTime(writer, "queue_ms"u8, source.Queue);
        WriteTime(writer, "preprocess_ms"u8, source.Preprocess);
        WriteTime(writer, "inference_ms"u8, source.Inference);
        WriteTime(writer, "postprocess_ms"u8, source.Postprocess);
        WriteTime(writer, "analysis_ms"u8, source.Analysis);
        WriteError(writer, source.LastError);
        writer.WriteEndObject();
    }

    private static void WriteSink(Utf8JsonWriter writer, SinkStatistics sink)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, sink.Name);
        writer.WriteString("state"u8, SinkStates[(int)sink.State]);
        writer.WriteNumber("offered"u8, sink.Offered);
        writer.WriteNumber("written"u8, sink.Written);
        writer.WriteNumber("dropped"u8, sink.Dropped);
        writer.WriteNumber("failed"u8, sink.Failed);
        writer.WriteNumber("pending"u8, sink.Pending);
        writer.WriteNumber("retries"u8, sink.Retries);
        WriteTime(writer, "age_ms"u8, sink.Age);
        WriteTime(writer, "write_ms"u8, sink.Write);
        WriteError(writer, sink.LastError);
        writer.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter writer, string? message)
    {
        if (message is not null)
        {
            writer.WriteString("last_error"u8, message);
        }
    }

    private static void WriteTime(Utf8JsonWriter writer, ReadOnlySpan<byte> name, in LatencySummary time)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count"u8, time.Count);
        writer.WriteNumber("mean"u8, Round(time.Mean));
        writer.WriteNumber("p50"u8, Round(time.P50));
        writer.WriteNumber("p90"u8, Round(time.P90));
        writer.WriteNumber("p99"u8, Round(time.P99));
        writer.WriteNumber("p999"u8, Round(time.P999));
        writer.WriteNumber("max"u8, Round(time.Max));
        writer.WriteEndObject();
    }

    private static double Round(double value) => Math.Round(value, 3);
}
