using Microsoft.Win32.SafeHandles;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Reads frames from the segment files of a source.</summary>
/// <remarks>Data cut off by a crash ends a segment; damaged data is skipped and reported.</remarks>
internal sealed class SegmentReader : IDisposable
{
    private const int ScanBlock = 64 * 1024;
    private readonly IReadOnlyList<string> _segments;
    private readonly long _maxPixels;
    private readonly byte[] _head = new byte[FrameRecord.HeaderSize];
    private byte[] _stored = [];
    private SafeFileHandle? _file;
    private long _at, _length;
    private int _next;

    public SegmentReader(IReadOnlyList<string> segments, long maxPixels) => (_segments, _maxPixels) = (segments, maxPixels);

    /// <summary>Number of bytes at the ends of segments that were not a complete record.</summary>
    public long TruncatedBytes { get; private set; }

    /// <summary>Reads the header and stored bytes of the next frame, valid until the next call; null at the end.</summary>
    /// <exception cref="FrameFormatException">This record is damaged or invalid; the next call continues after it.</exception>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public FrameRecord? Read(out ReadOnlySpan<byte> stored)
    {
        stored = default;
        while (_file is not null || OpenNext())
        {
            if (_length - _at < FrameRecord.HeaderSize)
            {
                EndSegment();
                continue;
            }

            ReadExactly(_head, _at);
            if (FrameRecord.Read(_head) is not { } record)
            {
                Resynchronize();
                continue;
            }

            if (record.StoredBytes < 0 || record.StoredBytes > _length - _at - FrameRecord.HeaderSize)
            {
                // The rest was never written, as after a crash.
                EndSegment();
                continue;
            }

            long at = _at + FrameRecord.HeaderSize;
            _at = at + record.StoredBytes;
            if (record.Validate(_maxPixels) is { } why)
            {
                throw new FrameFormatException($"a frame of '{_segments[_next - 1]}' is invalid: {why}");
            }

            if (_stored.Length < record.StoredBytes)
            {
                _stored = new byte[record.StoredBytes];
            }

            stored = _stored.AsSpan(0, record.StoredBytes);
            ReadExactly(_stored.AsSpan(0, record.StoredBytes), at);
            return FrameRecord.Crc32C(stored) == record.Checksum
                ? record
                : throw new FrameFormatException($"frame {record.Sequence} of '{_segments[_next - 1]}' is damaged");
        }

        return null;
    }

    public void Dispose() => _file?.Dispose();

    private bool OpenNext()
    {
        if (_next == _segments.Count)
        {
            return false;
        }

        string path = _segments[_next++];
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _length = RandomAccess.GetLength(_file);
        _at = 0;
        Span<byte> header = stackalloc byte[FrameRecord.FileHeader.Length];
        if (_length < header.Length)
        {
            EndSegment(); // a crash right after it was created
            return OpenNext();
        }

        ReadExactly(header, 0);
        _at = header.Length;
        if (!header.SequenceEqual(FrameRecord.FileHeader))
        {
            EndSegment();
            throw new FrameFormatException($"'{path}' is not a segment of a recording, or has another version");
        }

        return true;
    }

    private void EndSegment()
    {
        TruncatedBytes += _length - _at;
        _file!.Dispose();
        _file = null;
    }

    // Called for bytes that are not a header: if another header follows, the bytes in between are damaged; otherwise it is the
    // end that a crash left.
    private void Resynchronize()
    {
        byte[] block = new byte[ScanBlock];
        for (long from = _at + 1; from <= _length - FrameRecord.HeaderSize; from += ScanBlock - FrameRecord.HeaderSize + 1)
        {
            var bytes = block.AsSpan(0, (int)Math.Min(ScanBlock, _length - from));
            ReadExactly(bytes, from);
            for (int i = 0; i <= bytes.Length - FrameRecord.HeaderSize; i++)
            {
                if (bytes[i] == (byte)(FrameRecord.Magic & 0xFF) && FrameRecord.Read(bytes[i..]) is not null)
                {
                    long damaged = from + i - _at;
                    _at = from + i;
                    throw new FrameFormatException($"{damaged} bytes of '{_segments[_next - 1]}' are damaged and skipped");
                }
            }
        }

        EndSegment();
    }

    private void ReadExactly(Span<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            int read = RandomAccess.Read(_file!, bytes, at);
            if (read == 0)
            {
                throw new EndOfStreamException($"'{_segments[_next - 1]}' was truncated while it was read");
            }

            bytes = bytes[read..];
            at += read;
        }
    }
}
