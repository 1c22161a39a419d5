using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EdgeVision.Exporter.Authoring;

/// <summary>Tensor of a safetensors file.</summary>
/// <param name="Type">Element type as in the format: F32, U8 …</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Data">Row-major little-endian bytes.</param>
public sealed record SafeTensor(string Type, long[] Shape, byte[] Data)
{
    /// <summary>Creates a tensor of type F32.</summary>
    public static SafeTensor FromFloats(ReadOnlySpan<float> values, long[] shape) =>
        new("F32", shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Returns the values of an F32 tensor.</summary>
    /// <exception cref="InvalidDataException">The tensor has another type.</exception>
    public float[] ToFloats() => Type == "F32"
        ? MemoryMarshal.Cast<byte, float>(Data).ToArray()
        : throw new InvalidDataException($"Tensor type must be F32; got {Type}");
}

/// <summary>Reads and writes the safetensors format, which holds weights without executable code; used for checkpoints.</summary>
/// <remarks>A file is 8 bytes of header length, a JSON header and raw data.</remarks>
public static class SafeTensorsFile
{
    private const int MaxHeaderLength = 100_000_000; // the reference implementation's limit

    /// <summary>Writes the file completely or not at all.</summary>
    public static void Save(string path, IReadOnlyDictionary<string, SafeTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (long d in tensor.Shape)
                {
                    json.WriteNumberValue(d);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Data.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string temporary = full + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Write(length);
            header.WriteTo(file);
            foreach (var tensor in tensors.Values)
            {
                file.Write(tensor.Data);
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, full, overwrite: true);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">The file is not a safetensors file, or it is truncated.</exception>
    public static (Dictionary<string, SafeTensor> Tensors, Dictionary<string, string> Metadata) Load(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> lengthBytes = stackalloc byte[8];
        if (file.ReadAtLeast(lengthBytes, 8, throwOnEndOfStream: false) < 8)
        {
            throw NotSafeTensors(path);
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(lengthBytes);
        if (length is < 2 or > MaxHeaderLength || length > file.Length - 8)
        {
            throw NotSafeTensors(path);
        }

        var headerBytes = new byte[length];
        file.ReadExactly(headerBytes);
        var tensors = new Dictionary<string, SafeTensor>();
        var metadata = new Dictionary<string, string>();
        try
        {
            using var header = JsonDocument.Parse(headerBytes);
            foreach (var entry in header.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                {
                    foreach (var pair in entry.Value.EnumerateObject())
                    {
                        metadata[pair.Name] = pair.Value.GetString() ?? "";
                    }

                    continue;
                }

                long begin = entry.Value.GetProperty("data_offsets")[0].GetInt64();
                long end = entry.Value.GetProperty("data_offsets")[1].GetInt64();
                if (begin < 0 || end < begin || end > file.Length - 8 - length || end - begin > Array.MaxLength)
                {
                    throw NotSafeTensors(path);
                }

                var data = new byte[end - begin];
                file.Position = 8 + length + begin;
                file.ReadExactly(data);
                tensors[entry.Name] = new SafeTensor(
                    entry.Value.GetProperty("dtype").GetString() ?? "",
                    [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())],
                    data);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException(NotSafeTensors(path).Message, e);
        }

        return (tensors, metadata);
    }

    private static InvalidDataException NotSafeTensors(string path) => new($"'{path}' is not a safetensors file, or it is truncated");
}
