using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeVision;

/// <summary>A frame as a line of JSON (<see cref="PipelineJson"/>), in memory that the next one takes over.</summary>
internal sealed class FrameLine : IDisposable
{
    private readonly ArrayBufferWriter<byte> _line = new(4096);

    // Labels keep their letters; < and & are no danger in a line of JSON.
    private readonly Utf8JsonWriter _writer;

    public FrameLine() => _writer = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The line with its end; valid until the next call.</summary>
    /// <exception cref="SinkException">A number of the results is none, which JSON has no word for.</exception>
    public ReadOnlySpan<byte> Of(PipelineFrame frame, MaskPlane masks = MaskPlane.Input)
    {
        _line.ResetWrittenCount();
        _writer.Reset();
        try
        {
            PipelineJson.Write(_writer, frame, masks);
        }
        catch (ArgumentException e)
        {
            // Utf8JsonWriter's word for NaN and infinity; another try has the same numbers.
            throw new SinkException($"frame {frame.Sequence} of '{frame.Source}' cannot be written as JSON: {OneLine.Of(e.Message)}", e, canRetry: false);
        }

        _writer.Flush();
        _line.Write("\n"u8);
        return _line.WrittenSpan;
    }

    public void Dispose() => _writer.Dispose();
}
