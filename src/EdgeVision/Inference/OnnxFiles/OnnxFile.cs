using System.IO.MemoryMappedFiles;
using EdgeVision.Diagnostics;

namespace EdgeVision.Inference.OnnxFiles;

/// <summary>Validates an ONNX file before it is loaded and lists its contents.</summary>
/// <remarks>
/// Checks that the file is a complete ONNX model and that no tensor's external data leaves the model's folder. Reads the protobuf in
/// place; weights are skipped, never copied.
/// </remarks>
internal static unsafe class OnnxFile
{
    private const int MaxDepth = 64;

    /// <summary>
    /// Throws <see cref="ModelFormatException"/> if the file must not be loaded; returns whether it has external weights.
    /// </summary>
    public static bool Validate(string path) => Walk(path, null).ExternalData.Count > 0;

    /// <summary>Returns the external weight files, relative to the model's folder, after the same checks.</summary>
    public static IReadOnlyCollection<string> ExternalFiles(string path) => Walk(path, null).ExternalData;

    /// <summary>Adds the nodes and the constant tensors of a file, after the same checks.</summary>
    public static void ReadContent(string path, OnnxGraphContent content) => Walk(path, content);

    private static OnnxFileState Walk(string path, OnnxGraphContent? content)
    {
        var subject = new OnnxFileState(path, content);
        if (!File.Exists(path))
        {
            throw new ModelFormatException(
                Directory.Exists(path) ? $"'{path}' is a folder, not an ONNX model" : $"model '{path}' does not exist");
        }

        try
        {
            // Length of the open file, not of the path, which may be a link.
            using var file = File.OpenHandle(path);
            long length = RandomAccess.GetLength(file);
            if (length == 0)
            {
                throw new ModelFormatException($"model '{path}' is empty");
            }

            using var map = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            using var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                Model(new OnnxReader(start, start + length, subject), Path.GetDirectoryName(Path.GetFullPath(path))!);
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"model '{path}' cannot be read: {ErrorText.ToSingleLine(e.Message)}", e);
        }

        return subject;
    }

    // ModelProto: 1 ir_version, 7 graph, 8 opset_import, 25 functions
    private static void Model(OnnxReader reader, string folder)
    {
        bool graph = false, version = false;
        while (reader.TryReadTag(out int field, out int wire, first: !graph && !version))
        {
            // Every model has a version, and writers put it first: a broken field before it means that the file is not ONNX.
            if (!version && wire == 2 && !reader.HasMessage())
            {
                throw reader.NotOnnxError();
            }

            if (field == 7 && wire == 2)
            {
                graph = true;
                Graph(reader.ReadMessage(), folder, 0);
            }
            else
            {
                version |= field == 1 && wire == 0;
                reader.Skip(wire);
            }
        }

        if (!graph)
        {
            throw version ? reader.DamagedError() : reader.NotOnnxError();
        }
    }

    // GraphProto: 1 node, 5 initializer, 15 sparse_initializer
    private static void Graph(OnnxReader reader, string folder, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ModelFormatException($"model '{reader.Path}' nests graphs too deeply; the maximum depth is {MaxDepth}");
        }

        while (reader.TryReadTag(out int field, out int wire))
        {
            switch (field)
            {
                case 1 when wire == 2:
                    Node(reader.ReadMessage(), folder, depth);
                    break;
                case 5 when wire == 2:
                    reader.Subject.Content?.Add(OnnxGraphContent.ReadConstant(reader.PeekMessage()));
                    Tensor(reader.ReadMessage(), folder);
                    break;
                case 15 when wire == 2:
                    Sparse(reader.ReadMessage(), folder);
                    break;
                default:
                    reader.Skip(wire);
                    break;
            }
        }
    }

    // NodeProto: 5 attribute; AttributeProto: 5 t, 6 g, 10 tensors, 11 graphs, 22 sparse_tensor, 23 sparse_tensors
    private static void Node(OnnxReader reader, string folder, int depth)
    {
        var content = reader.Subject.Content;
        var node = content is null ? null : OnnxGraphContent.ReadNode(reader, content);
        while (reader.TryReadTag(out int field, out int wire))
        {
            if (field != 5 || wire != 2)
            {
                reader.Skip(wire);
                continue;
            }

            var attribute = reader.ReadMessage();
            while (attribute.TryReadTag(out int inner, out int innerWire))
            {
                switch (inner)
                {
                    case 5 or 10 when innerWire == 2:
                        Tensor(attribute.ReadMessage(), folder);
                        break;
                    case 6 or 11 when innerWire == 2:
                        Graph(attribute.ReadMessage(), folder, depth + 1);
                        break;
                    case 22 or 23 when innerWire == 2:
                        Sparse(attribute.ReadMessage(), folder);
                        break;
                    default:
                        attribute.Skip(innerWire);
                        break;
                }
            }
        }

        // Added after the nodes of its bodies, so that every node follows the nodes that it depends on.
        if (node is not null)
        {
            content!.Add(node);
        }
    }

    // SparseTensorProto: 1 values, 2 indices
    private static void Sparse(OnnxReader reader, string folder)
    {
        while (reader.TryReadTag(out int field, out int wire))
        {
            if (field is 1 or 2 && wire == 2)
            {
                Tensor(reader.ReadMessage(), folder);
            }
            else
            {
                reader.Skip(wire);
            }
        }
    }

    // TensorProto: 13 external_data (StringStringEntryProto: 1 key, 2 value)
    private static void Tensor(OnnxReader reader, string folder)
    {
        while (reader.TryReadTag(out int field, out int wire))
        {
            if (field != 13 || wire != 2)
            {
                reader.Skip(wire);
                continue;
            }

            var entry = reader.ReadMessage();
            string key = "", value = "";
            while (entry.TryReadTag(out int inner, out int innerWire))
            {
                if (inner == 1 && innerWire == 2)
                {
                    key = entry.ReadText();
                }
                else if (inner == 2 && innerWire == 2)
                {
                    value = entry.ReadText();
                }
                else
                {
                    entry.Skip(innerWire);
                }
            }

            if (key == "location")
            {
                ExternalData.Validate(reader.Path, folder, value);
                reader.Subject.ExternalData.Add(value);
            }
        }
    }
}
