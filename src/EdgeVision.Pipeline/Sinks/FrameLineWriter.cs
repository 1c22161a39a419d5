using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Results;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Writes a frame as a line of JSON (<see cref="PipelineJson"/>) into a buffer that is reused.</summary>
internal sealed class FrameLineWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _line = new(4096);

    // Labels are written unescaped; < and & are harmless in a line of JSON.
    private readonly Utf8JsonWriter _writer;

    public FrameLineWriter() =>
        _writer = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Returns the line with its line break; valid until the next call.</summary>
    /// <exception cref="SinkException">A number is NaN or infinite, which JSON cannot represent.</exception>
    public ReadOnlySpan<byte> Write(PipelineFrame frame, MaskPlane masks = MaskPlane.Input)
    {
        _line.ResetWrittenCount();
        _writer.Reset();
        try
        {
            PipelineJson.Write(_writer, frame, masks);
        }
        catch (ArgumentException e)
        {
            // Utf8JsonWriter throws it for NaN and infinity; a retry would have the same numbers.
            throw new SinkException(
                $"frame {frame.Sequence} of '{frame.Source}' cannot be written as JSON: {ErrorText.ToSingleLine(e.Message)}", e, canRetry: false);
        }

        _writer.Flush();
        _line.Write("\n"u8);
        return _line.WrittenSpan;
    }

    public void Dispose() => _writer.Dispose();
}
