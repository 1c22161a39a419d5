using EdgeVision.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Destination of records: a <see cref="RecordFile"/>, or standard output for the path <c>-</c>.</summary>
internal sealed class RecordOutput : IDisposable
{
    /// <summary>Path that stands for standard output.</summary>
    public const string StandardOutput = "-";

    private readonly RecordFile? _file;
    private readonly ReadOnlyMemory<byte> _header;
    private Stream? _stream;

    public RecordOutput(string path, FileRotation? rotation, ReadOnlyMemory<byte> header, TimeProvider? clock)
    {
        if (path != StandardOutput)
        {
            _file = new RecordFile(path, RecordFileNaming.WhenComplete, rotation, header, clock);
        }
        else if (rotation is not null)
        {
            throw new PipelineConfigException("standard output cannot be rotated; give a path or remove the rotation");
        }

        _header = header;
    }

    /// <summary>Returns the name of a sink that writes to <paramref name="path"/>.</summary>
    public static string GetSinkName(string path, string? name) => name ?? (path == StandardOutput ? "standard output" : path);

    public void Open()
    {
        if (_file is not null)
        {
            _file.Open();
        }
        else if (_stream is null)
        {
            _stream = OpenStandardOutput();
            Append(_header.Span);
        }
    }

    // On Unix the console's stream ignores a broken pipe, so that a consumer that has exited would not be noticed. For a file it
    // is the right stream: a FileStream writes at its own position, and the output of the next program would overwrite it.
    private static Stream OpenStandardOutput()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    public void Append(ReadOnlySpan<byte> record)
    {
        if (_file is not null)
        {
            _file.Append(record);
            return;
        }

        try
        {
            _stream!.Write(record);
            _stream.Flush();
        }
        catch (IOException e)
        {
            // Data in a pipe cannot be taken back, so no record may follow.
            throw new SinkException($"standard output cannot be written any more: {ErrorText.ToSingleLine(e.Message)}", e, canRetry: false);
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancel) => _file?.CompleteAsync(cancel) ?? ValueTask.CompletedTask;

    public void Dispose()
    {
        _file?.Dispose();
        _stream?.Dispose();
    }
}
