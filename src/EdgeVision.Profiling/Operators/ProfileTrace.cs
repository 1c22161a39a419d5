using System.Text.Json;

namespace EdgeVision.Profiling.Operators;

/// <summary>A time span in a trace.</summary>
/// <param name="Name">Name of the activity.</param>
/// <param name="StartUs">Start in microseconds from the trace's origin.</param>
/// <param name="DurationUs">Duration in microseconds.</param>
public readonly record struct TraceSpan(string Name, double StartUs, double DurationUs);

/// <summary>Writes the Trace Event Format of chrome://tracing and Perfetto.</summary>
/// <remarks>Complete events (X) in microseconds, and metadata (M) that names the tracks.</remarks>
internal static class ProfileTrace
{
    private const int Network = 1, Stages = 2;

    public static void Write(Stream output, OperatorProfile profile, string model, IEnumerable<TraceSpan> stages)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        WriteMetadata(json, "process_name", 0, $"EdgeVision {model}");
        WriteMetadata(json, "thread_name", Network, "network");
        long zero = profile.ProfiledRuns[0].Start;
        foreach (var run in profile.ProfiledRuns)
        {
            WriteEventStart(json, "run", "run", Network, run.Start - zero, run.Duration);
            json.WriteEndObject();
        }

        foreach (var entry in profile.Events)
        {
            var node = profile.ProfiledNodes[entry.Node];
            WriteEventStart(json, node.Name, "node", Network, entry.Start - zero, entry.Duration);
            json.WriteStartObject("args");
            json.WriteString("operator", node.Operator);
            json.WriteString("provider", node.Provider);
            json.WriteString("inputs", node.Inputs);
            json.WriteString("outputs", node.Outputs);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        bool named = false;
        foreach (var span in stages)
        {
            if (!named)
            {
                WriteMetadata(json, "thread_name", Stages, "stages");
                named = true;
            }

            WriteEventStart(json, span.Name, "stage", Stages, span.StartUs, span.DurationUs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteEventStart(Utf8JsonWriter json, string name, string category, int track, double start, double duration)
    {
        json.WriteStartObject();
        json.WriteString("ph", "X");
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", track);
        json.WriteNumber("ts", start);
        json.WriteNumber("dur", duration);
    }

    private static void WriteMetadata(Utf8JsonWriter json, string kind, int track, string name)
    {
        json.WriteStartObject();
        json.WriteString("ph", "M");
        json.WriteString("name", kind);
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", track);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
