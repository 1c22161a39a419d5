using System.Text;

namespace EdgeVision.Inference.OnnxFiles;

/// <summary>State of walking one file: its path and the contents found so far.</summary>
internal sealed class OnnxFileState(string path, OnnxGraphContent? content)
{
    public string Path { get; } = path;

    public SortedSet<string> ExternalData { get; } = new(StringComparer.Ordinal);

    /// <summary>Collects nodes and tensors; null if only the file's validity is checked.</summary>
    public OnnxGraphContent? Content { get; } = content;
}

/// <summary>Forward reader of one protobuf message of an ONNX file.</summary>
internal unsafe ref struct OnnxReader(byte* position, byte* end, OnnxFileState subject)
{
    private byte* _position = position;
    private readonly byte* _end = end;

    public OnnxFileState Subject { get; } = subject;

    public readonly string Path => Subject.Path;

    public bool TryReadTag(out int field, out int wire, bool first = false)
    {
        (field, wire) = (0, 0);
        if (_position >= _end)
        {
            return false;
        }

        ulong tag = Varint(first);
        (field, wire) = ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
        if (field == 0 || wire is 3 or 4 or 6 or 7 || first && field > 25)
        {
            throw first ? NotOnnxError() : DamagedError();
        }

        return true;
    }

    public OnnxReader ReadMessage()
    {
        byte* start = _position;
        ulong length = Varint();
        if (length > (ulong)(_end - _position))
        {
            throw DamagedError();
        }

        start = _position;
        _position += length;
        return new OnnxReader(start, _position, Subject);
    }

    /// <summary>Returns the next message without consuming it.</summary>
    public readonly OnnxReader PeekMessage()
    {
        var ahead = this;
        return ahead.ReadMessage();
    }

    // Whether a complete message follows.
    public readonly bool HasMessage()
    {
        var ahead = this;
        ulong length = 0;
        for (int shift = 0; shift < 64 && ahead._position < _end; shift += 7)
        {
            byte b = *ahead._position++;
            length |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return length <= (ulong)(_end - ahead._position);
            }
        }

        return false;
    }

    public string ReadText()
    {
        var message = ReadMessage();
        long length = message._end - message._position;
        return length <= 4096 ? Encoding.UTF8.GetString(message._position, (int)length) : throw DamagedError();
    }

    /// <summary>Reads the numbers of a repeated field, packed or not.</summary>
    public void ReadNumbers(int wire, List<long> numbers)
    {
        if (wire == 0)
        {
            numbers.Add((long)Varint());
            return;
        }

        var packed = ReadMessage();
        while (packed._position < packed._end)
        {
            numbers.Add((long)packed.Varint());
        }
    }

    public long ReadNumber() => (long)Varint();

    public void Skip(int wire)
    {
        switch (wire)
        {
            case 0:
                Varint();
                break;
            case 1:
                Advance(8);
                break;
            case 2:
                ReadMessage();
                break;
            default:
                Advance(4);
                break;
        }
    }

    public readonly ModelFormatException NotOnnxError() => new($"'{Path}' is not an ONNX model");

    public readonly ModelFormatException DamagedError() => new($"model '{Path}' is damaged or truncated");

    private void Advance(int bytes)
    {
        if (_end - _position < bytes)
        {
            throw DamagedError();
        }

        _position += bytes;
    }

    private ulong Varint(bool first = false)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_position >= _end)
            {
                break;
            }

            byte b = *_position++;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw first ? NotOnnxError() : DamagedError();
    }
}
