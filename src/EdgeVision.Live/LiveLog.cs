using System.Text.Json;
using EdgeVision.Pipeline;

namespace EdgeVision.Live;

/// <summary>Keeps the last entries of rule events and pipeline notices; the oldest are overwritten.</summary>
internal sealed class LiveLog
{
    /// <summary>Maximum number of entries.</summary>
    public const int Capacity = 200;

    private readonly record struct Entry(long Number, DateTimeOffset At, string Source, PipelineEvent Happened, PipelineMessage Notice);

    private readonly Lock _lock = new();
    private readonly Entry[] _entries = new Entry[Capacity];
    private long _count;

    public void Add(PipelineFrame frame)
    {
        for (int i = 0; i < frame.Events.Count; i++)
        {
            // JSON has no NaN or infinity; a value of that kind would break every state that contains it.
            var happened = frame.Events[i];
            Add(new Entry(
                0, frame.CapturedAt, frame.Source,
                happened.Value is { } value && !double.IsFinite(value) ? happened with { Value = null } : happened, default));
        }
    }

    public void Add(PipelineMessage notice) => Add(new Entry(0, DateTimeOffset.UtcNow, notice.Component, default, notice));

    /// <summary>Writes the entries above a number as an array, oldest first.</summary>
    /// <remarks>Each is {number, at, source, event {…}} or {number, at, source, level, message}.</remarks>
    /// <returns>The number of the last entry, to continue from.</returns>
    public long Write(Utf8JsonWriter writer, long above)
    {
        lock (_lock)
        {
            writer.WriteStartArray();
            for (long n = Math.Max(above, _count - Capacity); n < _count; n++)
            {
                var entry = _entries[n % Capacity];
                writer.WriteStartObject();
                writer.WriteNumber("number"u8, entry.Number);
                writer.WriteString("at"u8, entry.At.UtcDateTime);
                writer.WriteString("source"u8, entry.Source);
                if (entry.Notice.Text is not null)
                {
                    writer.WriteString(
                        "level"u8,
                        entry.Notice.Level switch { PipelineMessageLevel.Error => "error", PipelineMessageLevel.Warning => "warning", _ => "information" });
                    writer.WriteString("message"u8, entry.Notice.Text);
                }
                else
                {
                    writer.WritePropertyName("event"u8);
                    PipelineJson.Write(writer, entry.Happened);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            return _count;
        }
    }

    private void Add(in Entry entry)
    {
        lock (_lock)
        {
            _entries[_count % Capacity] = entry with { Number = ++_count };
        }
    }
}
