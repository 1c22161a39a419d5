using Microsoft.Win32.SafeHandles;

namespace EdgeVision;

/// <summary>Where records go: a <see cref="RecordFile"/>, or standard output by the name <c>-</c>.</summary>
internal sealed class RecordOutput : IDisposable
{
    /// <summary>The name that stands for standard output.</summary>
    public const string StandardOutput = "-";

    private readonly RecordFile? _file;
    private readonly ReadOnlyMemory<byte> _header;
    private Stream? _stream;

    public RecordOutput(string path, FileRotation? rotation, ReadOnlyMemory<byte> header, TimeProvider? clock)
    {
        if (path != StandardOutput)
        {
            _file = new RecordFile(path, RecordFileName.WhenComplete, rotation, header, clock);
        }
        else if (rotation is not null)
        {
            throw new PipelineConfigException("standard output has no files to rotate; give a path or leave the rotation out");
        }

        _header = header;
    }

    /// <summary>Name of a sink that writes to <paramref name="path"/>.</summary>
    public static string NameOf(string path, string? name) => name ?? (path == StandardOutput ? "standard output" : path);

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

    // On Unix the console's stream takes for written what nobody reads any more, so a consumer that went away would not be noticed. Into a
    // file it is the right one: a stream of our own writes by place and would leave the next program's words over ours.
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
            // What a pipe has taken cannot be taken back, so nothing may follow.
            throw new SinkException($"standard output takes nothing any more: {OneLine.Of(e.Message)}", e, canRetry: false);
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancel) => _file?.CompleteAsync(cancel) ?? ValueTask.CompletedTask;

    public void Dispose()
    {
        _file?.Dispose();
        _stream?.Dispose();
    }
}
