using System.Buffers;
using System.Text.Json;
using EdgeVision.Pipeline;
using EdgeVision.Results;

namespace EdgeVision.Messaging;

/// <summary>Writes payloads as JSON in UTF-8 into a reused buffer.</summary>
internal sealed class MessagePayload : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _writer;
    private readonly MaskPlane _masks;

    public MessagePayload(MaskPlane masks)
    {
        _masks = masks;
        _writer = new Utf8JsonWriter(_buffer);
    }

    /// <summary>Writes the frame's object (<see cref="PipelineJson"/>); valid until the next call.</summary>
    /// <exception cref="SinkException">The result contains NaN or infinity, which JSON cannot represent.</exception>
    public ReadOnlyMemory<byte> WriteResults(PipelineFrame frame) => Fill(frame, (writer, f) => PipelineJson.Write(writer, f, _masks));

    /// <summary>Writes the frame's events; valid until the next call.</summary>
    /// <remarks>
    /// The object has <c>source</c>, <c>frame</c>, <c>timestamp_ms</c>, <c>captured_at</c> and <c>events</c> as in the
    /// frame's object.
    /// </remarks>
    public ReadOnlyMemory<byte> WriteEvents(PipelineFrame frame) => Fill(frame, static (writer, f) =>
    {
        writer.WriteStartObject();
        writer.WriteString("source"u8, f.Source);
        writer.WriteNumber("frame"u8, f.Sequence);
        writer.WriteNumber("timestamp_ms"u8, Math.Round(f.Timestamp.TotalMilliseconds, 3));
        writer.WriteString("captured_at"u8, f.CapturedAt.UtcDateTime);
        writer.WriteStartArray("events"u8);
        foreach (var happened in f.Events)
        {
            PipelineJson.Write(writer, happened);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    public void Dispose() => _writer.Dispose();

    private ReadOnlyMemory<byte> Fill(PipelineFrame frame, Action<Utf8JsonWriter, PipelineFrame> write)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        try
        {
            write(_writer, frame);
        }
        catch (ArgumentException e)
        {
            throw new SinkException(
                $"frame {frame.Sequence} of '{frame.Source}' cannot be written as JSON: {e.Message}", e, canRetry: false);
        }

        _writer.Flush();
        return _buffer.WrittenMemory;
    }
}
