using System.IO.MemoryMappedFiles;
using System.Text;

namespace EdgeVision;

/// <summary>
/// Looks into an ONNX file before anything is made of it: whether it is a whole ONNX model at all, and that no tensor's
/// external data leaves the model's folder. Reads the protobuf in place; weights are skipped, never copied.
/// </summary>
internal static unsafe class OnnxFile
{
    private const int MaxDepth = 64;

    /// <summary>Throws <see cref="ModelFormatException"/> where the file must not be loaded; says whether it keeps weights beside itself.</summary>
    public static bool Check(string path)
    {
        var subject = new Subject(path);
        if (!File.Exists(path))
        {
            throw new ModelFormatException(Directory.Exists(path) ? $"'{path}' is a folder, not an ONNX model" : $"model '{path}' does not exist");
        }

        try
        {
            // The length of what is opened: the path may be a link.
            using var file = File.OpenHandle(path);
            long length = RandomAccess.GetLength(file);
            if (length == 0)
            {
                throw new ModelFormatException($"model '{path}' is empty");
            }

            using var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            using var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                Model(new Reader(start, start + length, subject), Path.GetDirectoryName(Path.GetFullPath(path))!);
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"model '{path}' cannot be read: {OneLine.Of(e.Message)}", e);
        }

        return subject.HasExternalData;
    }

    // ModelProto: 1 ir_version, 7 graph, 8 opset_import, 25 functions
    private static void Model(Reader reader, string folder)
    {
        bool graph = false, version = false;
        while (reader.Next(out int field, out int wire, first: !graph && !version))
        {
            // Every model says its version, and writers put it first: before it, a broken field means other bytes altogether.
            if (!version && wire == 2 && !reader.HasMessage())
            {
                throw reader.NotOnnx();
            }

            if (field == 7 && wire == 2)
            {
                graph = true;
                Graph(reader.Message(), folder, 0);
            }
            else
            {
                version |= field == 1 && wire == 0;
                reader.Skip(wire);
            }
        }

        if (!graph)
        {
            throw version ? reader.Damaged() : reader.NotOnnx();
        }
    }

    // GraphProto: 1 node, 5 initializer, 15 sparse_initializer
    private static void Graph(Reader reader, string folder, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ModelFormatException($"model '{reader.Path}' nests graphs deeper than {MaxDepth}");
        }

        while (reader.Next(out int field, out int wire))
        {
            switch (field)
            {
                case 1 when wire == 2:
                    Node(reader.Message(), folder, depth);
                    break;
                case 5 when wire == 2:
                    Tensor(reader.Message(), folder);
                    break;
                case 15 when wire == 2:
                    Sparse(reader.Message(), folder);
                    break;
                default:
                    reader.Skip(wire);
                    break;
            }
        }
    }

    // NodeProto: 5 attribute; AttributeProto: 5 t, 6 g, 10 tensors, 11 graphs, 22 sparse_tensor, 23 sparse_tensors
    private static void Node(Reader reader, string folder, int depth)
    {
        while (reader.Next(out int field, out int wire))
        {
            if (field != 5 || wire != 2)
            {
                reader.Skip(wire);
                continue;
            }

            var attribute = reader.Message();
            while (attribute.Next(out int inner, out int innerWire))
            {
                switch (inner)
                {
                    case 5 or 10 when innerWire == 2:
                        Tensor(attribute.Message(), folder);
                        break;
                    case 6 or 11 when innerWire == 2:
                        Graph(attribute.Message(), folder, depth + 1);
                        break;
                    case 22 or 23 when innerWire == 2:
                        Sparse(attribute.Message(), folder);
                        break;
                    default:
                        attribute.Skip(innerWire);
                        break;
                }
            }
        }
    }

    // SparseTensorProto: 1 values, 2 indices
    private static void Sparse(Reader reader, string folder)
    {
        while (reader.Next(out int field, out int wire))
        {
            if (field is 1 or 2 && wire == 2)
            {
                Tensor(reader.Message(), folder);
            }
            else
            {
                reader.Skip(wire);
            }
        }
    }

    // TensorProto: 13 external_data (StringStringEntryProto: 1 key, 2 value)
    private static void Tensor(Reader reader, string folder)
    {
        while (reader.Next(out int field, out int wire))
        {
            if (field != 13 || wire != 2)
            {
                reader.Skip(wire);
                continue;
            }

            var entry = reader.Message();
            string key = "", value = "";
            while (entry.Next(out int inner, out int innerWire))
            {
                if (inner == 1 && innerWire == 2)
                {
                    key = entry.Text();
                }
                else if (inner == 2 && innerWire == 2)
                {
                    value = entry.Text();
                }
                else
                {
                    entry.Skip(innerWire);
                }
            }

            if (key == "location")
            {
                ExternalData.Check(reader.Path, folder, value);
                reader.Subject.HasExternalData = true;
            }
        }
    }

    /// <summary>The file that is looked at, and what was found in it.</summary>
    private sealed class Subject(string path)
    {
        public string Path { get; } = path;

        public bool HasExternalData { get; set; }
    }

    /// <summary>A cursor over one protobuf message.</summary>
    private ref struct Reader(byte* position, byte* end, Subject subject)
    {
        private byte* _position = position;
        private readonly byte* _end = end;

        public Subject Subject { get; } = subject;

        public readonly string Path => Subject.Path;

        public bool Next(out int field, out int wire, bool first = false)
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
                throw first ? NotOnnx() : Damaged();
            }

            return true;
        }

        public Reader Message()
        {
            byte* start = _position;
            ulong length = Varint();
            if (length > (ulong)(_end - _position))
            {
                throw Damaged();
            }

            start = _position;
            _position += length;
            return new Reader(start, _position, Subject);
        }

        // Whether a whole message lies ahead.
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

        public string Text()
        {
            var message = Message();
            long length = message._end - message._position;
            return length <= 4096 ? Encoding.UTF8.GetString(message._position, (int)length) : throw Damaged();
        }

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
                    Message();
                    break;
                default:
                    Advance(4);
                    break;
            }
        }

        public readonly ModelFormatException NotOnnx() => new($"'{Path}' is not an ONNX model");

        public readonly ModelFormatException Damaged() => new($"model '{Path}' is damaged or truncated");

        private void Advance(int bytes)
        {
            if (_end - _position < bytes)
            {
                throw Damaged();
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

            throw first ? NotOnnx() : Damaged();
        }
    }
}
