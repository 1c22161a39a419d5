using System.Buffers;
using System.Text.Json;
using EdgeVision.Results;

namespace EdgeVision.Cli;

/// <summary>Writes JSON lines to a file that appears only when complete, or to standard output.</summary>
internal sealed class JsonLinesWriter : IDisposable
{
    private readonly string? _path;
    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _writer;
    private bool _complete;

    public JsonLinesWriter(string path)
    {
        _path = path == "-" ? null : path;
        _stream = _path is null ? Console.OpenStandardOutput() : new FileStream(_path + ".part", FileMode.Create, FileAccess.Write);
        // Keep the non-ASCII letters of labels readable; < and & need no escapes in a JSON file.
        _writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }

    public bool IsStandardOutput => _path is null;

    /// <summary>Writes a result as one line.</summary>
    public void Write(VisionResult result, string source, long sequence, string model, MaskPlane masks)
    {
        Begin();
        ResultJson.Write(_writer, result, source, sequence, default, model, masks);
        End();
    }

    /// <summary>Writes one line, whose object <paramref name="write"/> writes.</summary>
    public void Write(Action<Utf8JsonWriter> write)
    {
        Begin();
        write(_writer);
        End();
    }

    /// <summary>Closes the file and moves it to its final name.</summary>
    public void Complete()
    {
        _stream.Dispose();
        if (_path is not null)
        {
            File.Move(_path + ".part", _path, overwrite: true);
        }

        _complete = true;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _writer.Dispose();
        if (!_complete && _path is not null)
        {
            Console.Error.WriteLine($"edgevision: the incomplete output is kept in {_path}.part");
        }
    }

    private void Begin()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
    }

    private void End()
    {
        _writer.Flush();
        _stream.Write(_buffer.WrittenSpan);
        _stream.WriteByte((byte)'\n');
        _stream.Flush();
    }
}
