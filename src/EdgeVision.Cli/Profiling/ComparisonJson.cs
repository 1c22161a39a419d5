using System.Text.Json;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Writes a comparison of profiles as JSON.</summary>
internal static class ComparisonJson
{
    public static void Write(Utf8JsonWriter json, ProfileComparison comparison)
    {
        json.WriteStartObject();
        json.WriteNumber("threshold", comparison.Threshold);
        json.WriteNumber("regressions", comparison.Regressions);
        json.WriteNumber("improvements", comparison.Improvements);
        Strings(json, "warnings", comparison.Warnings);
        json.WriteStartArray("pairs");
        foreach (var pair in comparison.Pairs)
        {
            json.WriteStartObject();
            Configuration(json, pair.After);
            Error(json, "error_before", pair.Before.Error);
            Error(json, "error_after", pair.After.Error);
            json.WriteStartObject("changes");
            foreach (var change in pair.Changes)
            {
                json.WriteStartObject(change.Figure.Name);
                json.WriteNumber("before", change.Before);
                json.WriteNumber("after", change.After);
                json.WriteNumber("change", change.RelativeChange);
                if (change.Interval is { } interval)
                {
                    json.WriteStartArray("interval");
                    json.WriteNumberValue(interval.Low);
                    json.WriteNumberValue(interval.High);
                    json.WriteEndArray();
                }

                json.WriteString("verdict", change.Verdict.ToString().ToLowerInvariant());
                json.WriteEndObject();
            }

            json.WriteEndObject();
            Strings(json, "warnings", pair.Warnings);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Rows(json, "only_before", comparison.OnlyBefore);
        Rows(json, "only_after", comparison.OnlyAfter);
        json.WriteEndObject();
    }

    private static void Rows(Utf8JsonWriter json, string name, IReadOnlyList<ProfileRow> rows)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            Configuration(json, row);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Configuration(Utf8JsonWriter json, ProfileRow row)
    {
        json.WriteString("model", row.Model);
        json.WriteString("device", row.Device);
        if (row is { Width: { } width, Height: { } height })
        {
            json.WriteNumber("width", width);
            json.WriteNumber("height", height);
        }

        json.WriteNumber("batch", row.Batch);
        json.WriteString("provider", row.Provider);
        json.WriteNumber("threads", row.Threads);
        json.WriteString("precision", row.Precision);
        json.WriteString("mode", row.Mode == ProfileMode.Open ? "open" : "closed");
        if (row.RateFps is { } rate)
        {
            json.WriteNumber("rate_fps", rate);
        }
    }

    private static void Error(Utf8JsonWriter json, string name, string? error)
    {
        if (error is not null)
        {
            json.WriteString(name, error);
        }
    }

    private static void Strings(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
