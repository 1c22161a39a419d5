using System.Text.Json;
using EdgeVision.Results;

namespace EdgeVision.Pipeline;

/// <summary>Writes the frames of a pipeline as JSON: the object of <see cref="ResultJson"/> with the fields of the pipeline.</summary>
public static class PipelineJson
{
    /// <summary>Writes the object of one frame.</summary>
    /// <param name="writer">Destination.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="masks">Plane in which masks are written.</param>
    /// <remarks>
    /// The fields are those of <see cref="ResultJson"/> and <c>captured_at</c> (UTC), <c>inferred</c> where the model did not run,
    /// <c>crops</c> [{model, detection, and the result}], <c>events</c> [{rule, kind, track_id, label, direction, value}] and
    /// <c>counts</c> {rule: {name: value}}. Fields that do not apply are left out.
    /// </remarks>
    public static void Write(Utf8JsonWriter writer, PipelineFrame frame, MaskPlane masks = MaskPlane.Input)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(frame);
        ResultJson.Write(writer, frame.Result, frame.Source, frame.Sequence, frame.Timestamp, frame.Model, masks, frame, static (json, item) => WriteAdditions(json, item));
    }

    private static void WriteAdditions(Utf8JsonWriter writer, PipelineFrame frame)
    {
        writer.WriteString("captured_at"u8, frame.CapturedAt.UtcDateTime);
        if (!frame.IsInferred)
        {
            writer.WriteBoolean("inferred"u8, false);
        }

        if (frame.Crops.Count > 0)
        {
            writer.WriteStartArray("crops"u8);
            for (int i = 0; i < frame.Crops.Count; i++) // by index: enumerating a list through its interface would allocate
            {
                var crop = frame.Crops[i];
                writer.WriteStartObject();
                writer.WriteString("model"u8, crop.Model);
                writer.WriteNumber("detection"u8, crop.Detection);
                ResultJson.WriteFields(writer, crop.Result, MaskPlane.None);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        WriteEvents(writer, frame);
        WriteCounts(writer, frame);
    }

    private static void WriteEvents(Utf8JsonWriter writer, PipelineFrame frame)
    {
        if (frame.Events.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("events"u8);
        for (int i = 0; i < frame.Events.Count; i++)
        {
            Write(writer, frame.Events[i]);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes the object of one event: rule, kind and the other fields that apply.</summary>
    public static void Write(Utf8JsonWriter writer, in PipelineEvent pipelineEvent)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("rule"u8, pipelineEvent.Rule);
        writer.WriteString("kind"u8, pipelineEvent.Kind);
        if (pipelineEvent.TrackId > 0)
        {
            writer.WriteNumber("track_id"u8, pipelineEvent.TrackId);
        }

        if (pipelineEvent.Label is { } label)
        {
            writer.WriteString("label"u8, label);
        }

        if (pipelineEvent.Direction is { } direction)
        {
            writer.WriteString("direction"u8, direction);
        }

        if (pipelineEvent.Value is { } value)
        {
            writer.WriteNumber("value"u8, Math.Round(value, 3));
        }

        writer.WriteEndObject();
    }

    // The counts of one rule are adjacent, in the order in which the rule added them.
    private static void WriteCounts(Utf8JsonWriter writer, PipelineFrame frame)
    {
        if (frame.Counts.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("counts"u8);
        for (int i = 0; i < frame.Counts.Count; i++)
        {
            var count = frame.Counts[i];
            if (i == 0 || frame.Counts[i - 1].Rule != count.Rule)
            {
                writer.WriteStartObject(count.Rule);
            }

            writer.WriteNumber(count.Name, count.Value);
            if (i == frame.Counts.Count - 1 || frame.Counts[i + 1].Rule != count.Rule)
            {
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
    }
}
