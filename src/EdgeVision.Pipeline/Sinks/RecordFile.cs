using Microsoft.Win32.SafeHandles;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Time at which a <see cref="RecordFile"/> gets its final name.</summary>
internal enum RecordFileNaming
{
    /// <summary>Named <c>.part</c> until it is complete; then it replaces an older file.</summary>
    WhenComplete,
    /// <summary>Has its final name from the start; a file of an earlier run is continued.</summary>
    FromStart,
}

/// <summary>File of records that are written completely or not at all, with optional rotation.</summary>
/// <remarks>
/// A record that cannot be written completely, as on a full disk, is removed again, so that a retry continues after the previous record.
/// A file that rotates or has its final name from the start is continued after a restart, after its last complete line.
/// </remarks>
internal sealed class RecordFile : IDisposable
{
    private static readonly DateTime Origin = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _path, _writtenPath;
    private readonly FileRotation? _rotation;
    private readonly RotatedFiles? _finished;
    private readonly ReadOnlyMemory<byte> _header;
    private readonly TimeProvider _clock;
    private readonly bool _hasFinalName;
    private SafeFileHandle? _file;
    private long _length, _interval;
    private bool _hasPartialRecord, _complete;

    /// <summary>Creates the writer; the file system is not accessed before <see cref="Open"/>.</summary>
    /// <param name="path">Final path.</param>
    /// <param name="name">Time at which the file gets that path; always from the start with a rotation.</param>
    /// <param name="rotation">Rotation; null for none.</param>
    /// <param name="header">First bytes of each file.</param>
    /// <param name="clock">Clock of the rotation.</param>
    public RecordFile(
        string path,
        RecordFileNaming name,
        FileRotation? rotation = null,
        ReadOnlyMemory<byte> header = default,
        TimeProvider? clock = null)
    {
        rotation?.Validate();
        (_path, _rotation, _header, _clock) = (path, rotation, header, clock ?? TimeProvider.System);
        _hasFinalName = rotation is not null || name == RecordFileNaming.FromStart;
        _writtenPath = _hasFinalName ? path : path + ".part";
        _finished = rotation is null ? null : new RotatedFiles(path, rotation, _clock);
    }

    /// <summary>Size in bytes of the file being written.</summary>
    public long Length => _length;

    /// <summary>Creates the folder and the file.</summary>
    /// <exception cref="SinkException">The file cannot be created.</exception>
    public void Open() => WrapErrors(() =>
    {
        if (_file is not null)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        if (!_hasFinalName)
        {
            PartFile.RenameLeftover(_writtenPath);
        }

        DateTime? last = _hasFinalName && File.Exists(_path) ? File.GetLastWriteTimeUtc(_path) : null;
        _file = File.OpenHandle(_writtenPath, _hasFinalName ? FileMode.OpenOrCreate : FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        (_length, _hasPartialRecord) = (_hasFinalName ? FindLastLineEnd(_file) : 0, true);
        RollBack();
        _interval = GetIntervalIndex(_length > 0 && last is { } then ? then : _clock.GetUtcNow().UtcDateTime);
        WriteHeader();
    });

    /// <summary>Adds a record; the record is in the file completely when this returns.</summary>
    /// <exception cref="SinkException">The record could not be written; no part of it remains before the next record.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        try
        {
            if (_file is null || IsFull(record.Length))
            {
                Rotate();
            }

            RollBack();
            _hasPartialRecord = true;
            RandomAccess.Write(_file!, record, _length);
            _length += record.Length;
            _hasPartialRecord = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryRollBack();
            throw CreateException(e);
        }
    }

    /// <summary>Completes the file and gives it its final name; waits for files that are being compressed until cancelled.</summary>
    /// <exception cref="SinkException">The file cannot be completed.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancel)
    {
        if (_file is not null)
        {
            WrapErrors(() =>
            {
                RollBack();
                RandomAccess.FlushToDisk(_file);
                _file.Dispose();
                _file = null;
                if (!_hasFinalName)
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

    /// <summary>Closes the file. Without <see cref="CompleteAsync"/> it keeps its data under its current name.</summary>
    public void Dispose()
    {
        if (!_complete)
        {
            TryRollBack();
        }

        _file?.Dispose();
        _file = null;
    }

    private bool IsFull(int record) => _rotation is not null && _length > _header.Length
        && (_length + record > _rotation.MaxBytes || GetIntervalIndex(_clock.GetUtcNow().UtcDateTime) != _interval);

    private long GetIntervalIndex(DateTime utc) => _rotation?.Interval is { } every ? (utc - Origin).Ticks / every.Ticks : 0;

    private void Rotate()
    {
        if (_file is not null)
        {
            RollBack();
            RandomAccess.FlushToDisk(_file);
            _file.Dispose();
            _file = null;
            _finished!.Add(_path);
        }

        Open();
    }

    private void WriteHeader()
    {
        if (_length == 0)
        {
            _hasPartialRecord = true;
            RandomAccess.Write(_file!, _header.Span, 0);
            _length = _header.Length;
            _hasPartialRecord = false;
        }
    }

    private void RollBack()
    {
        if (_hasPartialRecord && _file is not null)
        {
            RandomAccess.SetLength(_file, _length);
            _hasPartialRecord = false;
        }
    }

    private void TryRollBack()
    {
        try
        {
            RollBack();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Retried before the next record.
        }
    }

    // End of the last complete line: a killed process may have left a partial line after it.
    private static long FindLastLineEnd(SafeFileHandle file)
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

    private void WrapErrors(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryRollBack();
            throw CreateException(e);
        }
    }

    private SinkException CreateException(Exception e) => FileErrors.ToSinkException(_path, e);
}
