using Microsoft.Win32.SafeHandles;

namespace EdgeVision;

/// <summary>How a <see cref="RecordFile"/> comes by its name.</summary>
internal enum RecordFileName
{
    /// <summary>It is <c>.part</c> until it is complete, and replaces an older file then.</summary>
    WhenComplete,
    /// <summary>From its beginning; what an earlier run left is continued.</summary>
    AtOnce,
}

/// <summary>
/// A file that takes whole records: one that cannot be written to its end, as on a full disk, is taken back, so that the next try follows the
/// record before. Rotates where asked; a file that rotates or has its name at once is continued after a restart, behind its last whole line.
/// </summary>
internal sealed class RecordFile : IDisposable
{
    private static readonly DateTime Origin = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _path, _writtenPath;
    private readonly FileRotation? _rotation;
    private readonly FinishedFiles? _finished;
    private readonly ReadOnlyMemory<byte> _header;
    private readonly TimeProvider _clock;
    private readonly bool _named;
    private SafeFileHandle? _file;
    private long _length, _span;
    private bool _torn, _complete;

    /// <summary>Describes the file; nothing is touched before <see cref="Open"/>.</summary>
    /// <param name="path">Its name when complete.</param>
    /// <param name="name">When it has that name; always at once with a rotation.</param>
    /// <param name="rotation">When another file begins; null never.</param>
    /// <param name="header">First bytes of each file.</param>
    /// <param name="clock">Where time comes from.</param>
    public RecordFile(string path, RecordFileName name, FileRotation? rotation = null, ReadOnlyMemory<byte> header = default, TimeProvider? clock = null)
    {
        rotation?.Check();
        (_path, _rotation, _header, _clock) = (path, rotation, header, clock ?? TimeProvider.System);
        _named = rotation is not null || name == RecordFileName.AtOnce;
        _writtenPath = _named ? path : path + ".part";
        _finished = rotation is null ? null : new FinishedFiles(path, rotation, _clock);
    }

    /// <summary>Bytes of the file being written.</summary>
    public long Length => _length;

    /// <summary>Makes the folder and the file.</summary>
    /// <exception cref="SinkException">It cannot be made.</exception>
    public void Open() => Guarded(() =>
    {
        if (_file is not null)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        if (!_named)
        {
            PartFile.KeepAside(_writtenPath);
        }

        DateTime? last = _named && File.Exists(_path) ? File.GetLastWriteTimeUtc(_path) : null;
        _file = File.OpenHandle(_writtenPath, _named ? FileMode.OpenOrCreate : FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        (_length, _torn) = (_named ? WholeLines(_file) : 0, true);
        TakeBack();
        _span = SpanOf(_length > 0 && last is { } then ? then : _clock.GetUtcNow().UtcDateTime);
        WriteHeader();
    });

    /// <summary>Adds a record; when this returns, all of it is in the file.</summary>
    /// <exception cref="SinkException">It could not be written, and nothing of it is left where the next record goes.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        try
        {
            if (_file is null || IsFull(record.Length))
            {
                Next();
            }

            TakeBack();
            _torn = true;
            RandomAccess.Write(_file!, record, _length);
            _length += record.Length;
            _torn = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryTakeBack();
            throw Failure(e);
        }
    }

    /// <summary>Ends the file and gives it its name; waits for files that are being compressed until cancelled.</summary>
    /// <exception cref="SinkException">It cannot be ended.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancel)
    {
        if (_file is not null)
        {
            Guarded(() =>
            {
                TakeBack();
                RandomAccess.FlushToDisk(_file);
                _file.Dispose();
                _file = null;
                if (!_named)
                {
                    File.Move(_writtenPath, _path, overwrite: true);
                }

                _complete = true;
            });
        }

        if (_finished is not null)
        {
            await _finished.CompleteAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the file. Without <see cref="CompleteAsync"/> it keeps what was written, under the name it has.</summary>
    public void Dispose()
    {
        if (!_complete)
        {
            TryTakeBack();
        }

        _file?.Dispose();
        _file = null;
    }

    private bool IsFull(int record) => _rotation is not null && _length > _header.Length
        && (_length + record > _rotation.MaxBytes || SpanOf(_clock.GetUtcNow().UtcDateTime) != _span);

    private long SpanOf(DateTime utc) => _rotation?.Every is { } every ? (utc - Origin).Ticks / every.Ticks : 0;

    private void Next()
    {
        if (_file is not null)
        {
            TakeBack();
            RandomAccess.FlushToDisk(_file);
            _file.Dispose();
            _file = null;
            _finished!.Take(_path);
        }

        Open();
    }

    private void WriteHeader()
    {
        if (_length == 0)
        {
            _torn = true;
            RandomAccess.Write(_file!, _header.Span, 0);
            _length = _header.Length;
            _torn = false;
        }
    }

    private void TakeBack()
    {
        if (_torn && _file is not null)
        {
            RandomAccess.SetLength(_file, _length);
            _torn = false;
        }
    }

    private void TryTakeBack()
    {
        try
        {
            TakeBack();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next record tries it again first.
        }
    }

    // Where the last whole line ends: a process that was killed may have left half a line behind it.
    private static long WholeLines(SafeFileHandle file)
    {
        long end = RandomAccess.GetLength(file);
        Span<byte> block = stackalloc byte[4096];
        while (end > 0)
        {
            int size = (int)Math.Min(block.Length, end), read = RandomAccess.Read(file, block[..size], end - size);
            int line = block[..read].LastIndexOf((byte)'\n');
            if (line >= 0)
            {
                return end - size + line + 1;
            }

            end -= size;
        }

        return 0;
    }

    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryTakeBack();
            throw Failure(e);
        }
    }

    private SinkException Failure(Exception e) => FileErrors.Sink(_path, e);
}
