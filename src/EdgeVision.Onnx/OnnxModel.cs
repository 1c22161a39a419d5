using Google.Protobuf;

namespace EdgeVision.Onnx;

/// <summary>A model file in memory: read, edited, written. The protobuf messages stay open to the caller.</summary>
public sealed class OnnxModel
{
    /// <summary>Wraps a message; nothing is copied.</summary>
    public OnnxModel(ModelProto proto)
    {
        ArgumentNullException.ThrowIfNull(proto);
        Proto = proto;
    }

    /// <summary>The file as it is.</summary>
    public ModelProto Proto { get; }

    /// <summary>The main graph.</summary>
    public GraphProto Graph => Proto.Graph ??= new GraphProto();

    /// <summary>Version of the default operator set; 0 when the file names none.</summary>
    public long Opset => Proto.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;

    /// <summary>Keys of the metadata entries in file order.</summary>
    public IEnumerable<string> MetadataKeys => Proto.MetadataProps.Select(p => p.Key);

    /// <summary>Number of values in the initializers of the main graph.</summary>
    public long ParameterCount => Graph.Initializer.Sum(t => t.Dims.Aggregate(1L, (a, d) => a * d));

    /// <summary>Reads a model file.</summary>
    /// <exception cref="InvalidDataException">The file is not ONNX, is cut off, or holds no graph.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OnnxModel Load(string path)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>Reads a model from bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are not ONNX, are cut off, or hold no graph.</exception>
    public static OnnxModel Parse(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        using var stream = new MemoryStream(bytes, writable: false);
        return Read(stream, "this");
    }

    /// <summary>The model as the bytes of a file; the same model gives the same bytes.</summary>
    public byte[] ToBytes() => Proto.ToByteArray();

    /// <summary>Writes the file whole or not at all: a temporary file beside it takes its place.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Save(string path)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                Proto.WriteTo(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Value of a metadata entry; null when there is none.</summary>
    public string? GetMetadata(string key) => Proto.MetadataProps.FirstOrDefault(p => p.Key == key)?.Value;

    /// <summary>Sets a metadata entry, in place of one of the same key.</summary>
    public void SetMetadata(string key, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        var entry = Proto.MetadataProps.FirstOrDefault(p => p.Key == key);
        if (entry is null)
        {
            Proto.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }
        else
        {
            entry.Value = value;
        }
    }

    /// <summary>Removes a metadata entry; false when there was none.</summary>
    public bool RemoveMetadata(string key)
    {
        var entry = Proto.MetadataProps.FirstOrDefault(p => p.Key == key);
        return entry is not null && Proto.MetadataProps.Remove(entry);
    }

    private static OnnxModel Read(Stream stream, string source)
    {
        ModelProto proto;
        try
        {
            proto = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{source} is not an ONNX model, or it is cut off ({e.Message})", e);
        }

        // Text can parse as a message of unknown fields; a model has at least a graph.
        return proto.Graph is not null && proto.HasIrVersion
            ? new OnnxModel(proto)
            : throw new InvalidDataException($"{source} is not an ONNX model: it holds no graph");
    }
}
