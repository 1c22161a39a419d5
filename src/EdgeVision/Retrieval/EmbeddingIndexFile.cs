using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace EdgeVision;

/// <summary>
/// The file of an index, little-endian: 48 bytes of header (magic "EVINDEX1", version, metric, dimension, 0, count as 64 bits,
/// bytes of text as 64 bits, 0 as 64 bits); for each entry by order of insertion the byte length of its id, its id in UTF-8, the byte
/// length of its label or -1, its label; then all vectors as float32; then SHA-256 of everything before.
/// </summary>
internal static class EmbeddingIndexFile
{
    private const int HeaderLength = 48, HashLength = 32;
    private const uint Version = 1;
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Magic => "EVINDEX1"u8;

    public static void Save(EmbeddingStore store, string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                Write(store, stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EncoderFallbackException)
        {
            throw new EdgeVisionException($"the index cannot be written to '{path}': {e.Message}", e);
        }
        finally
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }

    public static EmbeddingStore Load(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            return Read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EdgeVisionException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read as an index: {e.Message}", e);
        }
    }

    private static void Write(EmbeddingStore store, Stream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Put(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            stream.Write(bytes);
        }

        int[] rows = store.RowsInOrder();
        long text = 0;
        foreach (int row in rows)
        {
            text += 8L + _utf8.GetByteCount(store.Id(row)) + (store.Label(row) is { } label ? _utf8.GetByteCount(label) : 0);
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)store.Metric);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], (uint)store.Dimension);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], rows.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], text);
        Put(header);

        byte[] length = new byte[4];
        void PutText(string? value)
        {
            byte[] bytes = value is null ? [] : _utf8.GetBytes(value);
            BinaryPrimitives.WriteInt32LittleEndian(length, value is null ? -1 : bytes.Length);
            Put(length);
            Put(bytes);
        }

        foreach (int row in rows)
        {
            PutText(store.Id(row));
            PutText(store.Label(row));
        }

        float[] copy = new float[store.Dimension];
        foreach (int row in rows)
        {
            store.Vector(row).CopyTo(copy);
            ToFromLittleEndian(copy);
            Put(MemoryMarshal.AsBytes(copy.AsSpan()));
        }

        stream.Write(hash.GetHashAndReset());
    }

    private static EmbeddingStore Read(FileStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Take(Span<byte> bytes)
        {
            stream.ReadExactly(bytes);
            hash.AppendData(bytes);
        }

        // Every size is checked against the file's before anything is allocated for it.
        byte[] header = new byte[HeaderLength];
        if (stream.Length < HeaderLength + HashLength)
        {
            throw new EdgeVisionException($"{stream.Length} bytes are too few");
        }

        Take(header);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
        uint metric = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)), dimension = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16));
        long count = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24)), text = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32));
        if (!header.AsSpan(0, 8).SequenceEqual(Magic))
        {
            throw new EdgeVisionException("it does not begin like one");
        }

        if (version != Version)
        {
            throw new EdgeVisionException($"it is of version {version}; this program reads version {Version}");
        }

        if (metric > (uint)EmbeddingMetric.L2 || dimension is < 1 or > 1 << 20)
        {
            throw new EdgeVisionException($"metric {metric} with {dimension} components does not exist");
        }

        long content = stream.Length - HeaderLength - HashLength;
        if (count < 0 || text < 0 || count > content / (dimension * 4L + 8) || text > int.MaxValue || text + count * dimension * 4 != content)
        {
            throw new EdgeVisionException($"{count} embeddings of {dimension} components and {text} bytes of text do not make {stream.Length} bytes; it is cut off or damaged");
        }

        byte[] names = new byte[text];
        Take(names);
        var store = new EmbeddingStore((int)dimension, (EmbeddingMetric)metric);
        store.Reserve((int)count);
        float[] vectors = new float[dimension];
        int at = 0;
        for (long i = 0; i < count; i++)
        {
            string id = NextText(names, ref at) ?? throw new EdgeVisionException($"entry {i} has no id");
            string? label = NextText(names, ref at);
            Take(MemoryMarshal.AsBytes(vectors.AsSpan()));
            ToFromLittleEndian(vectors);
            store.CheckPrepared(vectors, id);
            store.Add(id, vectors, label, prepared: true);
        }

        if (at != names.Length)
        {
            throw new EdgeVisionException($"{names.Length - at} bytes of text belong to no entry");
        }

        byte[] expected = new byte[HashLength];
        stream.ReadExactly(expected);
        return hash.GetHashAndReset().AsSpan().SequenceEqual(expected) ? store : throw new EdgeVisionException("its checksum does not fit; it is damaged");
    }

    private static string? NextText(ReadOnlySpan<byte> names, ref int at)
    {
        if (names.Length - at < 4)
        {
            throw new EdgeVisionException("an entry's text is cut off");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(names[at..]);
        at += 4;
        if (length == -1)
        {
            return null;
        }

        if (length < 0 || length > names.Length - at)
        {
            throw new EdgeVisionException($"a text of {length} bytes does not fit");
        }

        try
        {
            string value = _utf8.GetString(names.Slice(at, length));
            at += length;
            return value;
        }
        catch (DecoderFallbackException e)
        {
            throw new EdgeVisionException("an entry's text is not UTF-8", e);
        }
    }

    private static void ToFromLittleEndian(Span<float> values)
    {
        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<float, int>(values);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }
}
