using System.Text;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Reads the parts of an endless multipart stream, as cameras write it.</summary>
/// <remarks>
/// Accepts parts with and without lengths, and boundaries that differ from the header's by dashes and quotes. A length is
/// only a hint: it is checked, bounded, and never allocated from. Memory is bounded by the longest part.
/// </remarks>
/// <param name="stream">The response body.</param>
/// <param name="boundary">Boundary of the header; when empty, the first line that looks like one.</param>
/// <param name="maxPartBytes">Maximum bytes of a part.</param>
internal sealed class MultipartReader(Stream stream, string boundary, int maxPartBytes)
{
    private const int MaxLineBytes = 8192, MaxHeaders = 64;

    // Cameras get dashes and quotes wrong; the text between them is matched in any case.
    private byte[] _mark = ToBoundaryBytes(boundary);
    private byte[] _buffer = new byte[64 * 1024];
    private int _start, _end, _lastLine;

    /// <summary>Returns the next part, valid until the next call; null at the end.</summary>
    /// <remarks>A part without a length may end with some bytes of its line break.</remarks>
    /// <exception cref="InvalidDataException">The data is not a multipart stream, or a part is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancel)
    {
        if (!await FindBoundaryAsync(cancel).ConfigureAwait(false))
        {
            return null;
        }

        // The rest of the boundary's line: empty, or the dashes that end the stream.
        string? rest = await ReadLineAsync(cancel).ConfigureAwait(false);
        if (rest is null || rest.StartsWith("--", StringComparison.Ordinal))
        {
            return null;
        }

        int length = 0;
        string? line;
        for (int lines = 0; (line = await ReadLineAsync(cancel).ConfigureAwait(false)) is { Length: > 0 }; lines++)
        {
            if (lines == MaxHeaders)
            {
                throw new InvalidDataException($"a part must have at most {MaxHeaders} header lines");
            }

            const string Name = "Content-Length:";
            if (line.StartsWith(Name, StringComparison.OrdinalIgnoreCase))
            {
                // An invalid or too large length is ignored.
                length = int.TryParse(line.AsSpan(Name.Length).Trim(), out int said) && said > 0 && said <= maxPartBytes ? said : 0;
            }
        }

        if (line is null)
        {
            return null;
        }

        if (length == 0)
        {
            return await ReadToBoundaryAsync(cancel).ConfigureAwait(false);
        }

        while (_end - _start < length)
        {
            if (!await FillAsync(maxPartBytes + MaxLineBytes, cancel).ConfigureAwait(false))
            {
                // The last part is returned as short as it arrived; the decoder reports it as truncated.
                length = _end - _start;
                break;
            }
        }

        var part = _buffer.AsMemory(_start, length);
        _start += length;
        return length > 0 ? part : null;
    }

    private async ValueTask<bool> FindBoundaryAsync(CancellationToken cancel)
    {
        if (_mark.Length == 0)
        {
            string? line;
            int lines = 0;
            do
            {
                line = await ReadLineAsync(cancel).ConfigureAwait(false);
            }
            while (line is { Length: 0 } && ++lines < MaxHeaders);
            _mark = line is not null && line.StartsWith("--", StringComparison.Ordinal) ? ToBoundaryBytes(line) : [];
            if (_mark.Length == 0)
            {
                return line is null ? false : throw new InvalidDataException("it must begin with a boundary");
            }

            // The line that defined the boundary is read again, as the first boundary.
            _start -= _lastLine;
        }

        int skipped = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf(_mark);
            if (at >= 0)
            {
                _start += at + _mark.Length;
                return true;
            }

            int past = Math.Max(0, _end - _start - _mark.Length + 1);
            (_start, skipped) = (_start + past, skipped + past);
            if (skipped > maxPartBytes)
            {
                throw new InvalidDataException($"there is no boundary within {maxPartBytes} bytes");
            }

            if (!await FillAsync(maxPartBytes + MaxLineBytes, cancel).ConfigureAwait(false))
            {
                return false;
            }
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadToBoundaryAsync(CancellationToken cancel)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf(_mark);
            if (at >= 0)
            {
                var part = _buffer.AsMemory(_start, searched + at);
                _start += searched + at;
                return part;
            }

            searched = Math.Max(0, _end - _start - _mark.Length + 1);
            if (searched > maxPartBytes)
            {
                throw new InvalidDataException($"a part must have at most {maxPartBytes} bytes");
            }

            if (!await FillAsync(maxPartBytes + MaxLineBytes, cancel).ConfigureAwait(false))
            {
                var last = _buffer.AsMemory(_start, _end - _start);
                _start = _end;
                return last.Length > 0 ? last : null;
            }
        }
    }

    private async ValueTask<string?> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (at >= 0)
            {
                string line = Encoding.Latin1.GetString(_buffer, _start, at).TrimEnd('\r');
                _lastLine = at + 1;
                _start += _lastLine;
                return line;
            }

            if (_end - _start > MaxLineBytes)
            {
                throw new InvalidDataException($"a header line must have at most {MaxLineBytes} bytes");
            }

            if (!await FillAsync(maxPartBytes + MaxLineBytes, cancel).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    private async ValueTask<bool> FillAsync(int most, CancellationToken cancel)
    {
        if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= most)
            {
                throw new InvalidDataException($"a part must have at most {maxPartBytes} bytes");
            }

            Array.Resize(ref _buffer, Math.Min(most, 2 * _buffer.Length));
        }

        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    private static byte[] ToBoundaryBytes(string boundary)
    {
        string core = boundary.Trim().Trim('"').TrimStart('-');
        return core.Length == 0 ? [] : Encoding.Latin1.GetBytes("--" + core);
    }
}
