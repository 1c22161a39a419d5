using System.Text.Json;

namespace EdgeVision;

/// <summary>Writes the statistics of a pipeline as JSON, with stable field names.</summary>
public static class LedgerJson
{
    private static readonly JsonNamingPolicy Naming = JsonNamingPolicy.SnakeCaseLower;
    // The names of the states are converted once: statistics are written twice a second.
    private static readonly string[] SourceStates = [.. Enum.GetNames<SourceState>().Select(Naming.ConvertName)];
    private static readonly string[] SinkStates = [.. Enum.GetNames<SinkState>().Select(Naming.ConvertName)];

    /// <summary>Writes <c>elapsed_s</c>, <c>balances</c>, <c>sources</c> and <c>sinks</c>.</summary>
    /// <param name="writer">Destination.</param>
    /// <param name="ledger">The statistics.</param>
    /// <remarks>
    /// Counts have the names of <see cref="SourceAccount"/> and <see cref="SinkAccount"/> in snake case; the drops of a source are in
    /// <c>dropped</c> {policy, stale, decode_error, stop, all}; times are objects {count, mean, p50, p90, p99, p999, max} in
    /// milliseconds.
    /// </remarks>
    public static void Write(Utf8JsonWriter writer, LedgerSnapshot ledger)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(ledger);
        writer.WriteStartObject();
        writer.WriteNumber("elapsed_s"u8, Math.Round(ledger.Elapsed.TotalSeconds, 3));
        writer.WriteBoolean("balances"u8, ledger.Balances);
        writer.WriteStartArray("sources"u8);
        foreach (var source in ledger.Sources)
        {
            Source(writer, source);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("sinks"u8);
        foreach (var sink in ledger.Sinks)
        {
            Sink(writer, sink);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Source(Utf8JsonWriter writer, SourceAccount source)
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
        writer.WriteNumber("captured_per_second"u8, Rounded(source.CapturedPerSecond));
        writer.WriteNumber("delivered_per_second"u8, Rounded(source.DeliveredPerSecond));
        Time(writer, "age_ms"u8, source.Age);
        Time(writer, "queue_ms"u8, source.Queue);
        Time(writer, "preprocess_ms"u8, source.Preprocess);
        Time(writer, "inference_ms"u8, source.Inference);
        Time(writer, "postprocess_ms"u8, source.Postprocess);
        Time(writer, "analysis_ms"u8, source.Analysis);
        Error(writer, source.LastError);
        writer.WriteEndObject();
    }

    private static void Sink(Utf8JsonWriter writer, SinkAccount sink)
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
        Time(writer, "age_ms"u8, sink.Age);
        Time(writer, "write_ms"u8, sink.Write);
        Error(writer, sink.LastError);
        writer.WriteEndObject();
    }

    private static void Error(Utf8JsonWriter writer, string? message)
    {
        if (message is not null)
        {
            writer.WriteString("last_error"u8, message);
        }
    }

    private static void Time(Utf8JsonWriter writer, ReadOnlySpan<byte> name, in LatencySummary time)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count"u8, time.Count);
        writer.WriteNumber("mean"u8, Rounded(time.Mean));
        writer.WriteNumber("p50"u8, Rounded(time.P50));
        writer.WriteNumber("p90"u8, Rounded(time.P90));
        writer.WriteNumber("p99"u8, Rounded(time.P99));
        writer.WriteNumber("p999"u8, Rounded(time.P999));
        writer.WriteNumber("max"u8, Rounded(time.Max));
        writer.WriteEndObject();
    }

    private static double Rounded(double value) => Math.Round(value, 3);
}
