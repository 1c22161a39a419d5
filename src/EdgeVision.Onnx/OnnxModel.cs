using Google.Protobuf;

namespace EdgeVision.Onnx;

/// <summary>ONNX model in memory, to be read, edited and written; its protobuf messages are accessible.</summary>
public sealed class OnnxModel
{
    /// <summary>Wraps a message without copying it.</summary>
    public OnnxModel(ModelProto proto)
    {
        ArgumentNullException.ThrowIfNull(proto);
        Proto = proto;
    }

    /// <summary>Gets the protobuf message of the whole file.</summary>
    public ModelProto Proto { get; }

    /// <summary>Gets the main graph.</summary>
    public GraphProto Graph => Proto.Graph ??= new GraphProto();

    /// <summary>Gets the version of the default operator set; 0 if the file has none.</summary>
    public long Opset => Proto.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;

    /// <summary>Gets the keys of the metadata entries in file order.</summary>
    public IEnumerable<string> MetadataKeys => Proto.MetadataProps.Select(p => p.Key);

    /// <summary>Gets the number of values in the initializers of the main graph.</summary>
    public long ParameterCount => Graph.Initializer.Sum(t => t.Dims.Aggregate(1L, (a, d) => a * d));

    /// <summary>Reads a model file.</summary>
    /// <exception cref="InvalidDataException">The file is not ONNX, is truncated, or has no graph.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OnnxModel Load(string path)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>Reads a model from bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are not ONNX, are truncated, or have no graph.</exception>
    public static OnnxModel Parse(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        using var stream = new MemoryStream(bytes, writable: false);
        return Read(stream, "the data");
    }

    /// <summary>Returns the bytes of the model file; the same model gives the same bytes.</summary>
    public byte[] ToBytes() => Proto.ToByteArray();

    /// <summary>Writes the model atomically: to a temporary file in the same folder, which then replaces the target.</summary>
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

    /// <summary>Returns the value of a metadata entry; null if there is none.</summary>
    public string? GetMetadata(string key) => Proto.MetadataProps.FirstOrDefault(p => p.Key == key)?.Value;

    /// <summary>Adds a metadata entry, or replaces that with the same key.</summary>
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

    /// <summary>Removes a metadata entry; returns false if there was none.</summary>
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
            throw new InvalidDataException($"{source} is not an ONNX model, or is truncated ({e.Message})", e);
        }

        // Other data can parse as a message with unknown fields only; a model has at least a graph.
        return proto.Graph is not null && proto.HasIrVersion
            ? new OnnxModel(proto)
            : throw new InvalidDataException($"{source} is not an ONNX model: it has no graph");
    }
}
