using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using EdgeVision.Diagnostics;

namespace EdgeVision.Retrieval;

/// <summary>Reads and writes the file of an index, little-endian.</summary>
/// <remarks>
/// 48 bytes of header (magic "EVINDEX1", version, metric, dimension, 0, count as 64 bits, bytes of text as 64 bits, 0 as 64 bits);
/// texts, each its length in bytes or -1 for none and then UTF-8: the origin, and for each entry in order of insertion its id and its
/// label; zeros up to a multiple of 64 bytes; all vectors as float32; then SHA-256 of everything before. Version 1, which is read too,
/// had no origin and no zeros.
/// </remarks>
internal static class EmbeddingIndexFile
{
    private const int HeaderLength = 48, HashLength = 32;
    private const uint Version = 2;

    // A cache line, and the widest vector register.
    private const int RowAlignment = 64;

    // Maximum number of bytes per call of the hash; any size works.
    private const int HashChunkSize = 1 << 24;
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Magic => "EVINDEX1"u8;

    public static void Save(EmbeddingStore store, string path)
    {
        try
        {
            AtomicFile.Write(path, stream => Write(store, stream), flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EncoderFallbackException)
        {
            throw new EdgeVisionException($"the index cannot be written to '{path}': {e.Message}", e);
        }
    }

    /// <summary>Reads the whole index onto the heap.</summary>
    public static EmbeddingStore Load(string path) => Read(path, stream =>
    {
        var content = new IndexReader(stream);
        var store = content.CreateStore();
        store.Reserve(content.Entries.Length);
        float[] vector = new float[content.Dimension];
        foreach (var (id, label) in content.Entries)
        {
            content.ReadBytes(MemoryMarshal.AsBytes(vector.AsSpan()));
            SwapIfBigEndian(vector);
            store.ValidatePrepared(vector, id);
            store.Add(id, vector, label, prepared: true);
        }

        content.VerifyHash();
        return store;
    });

    /// <summary>Reads ids and labels and maps the vectors.</summary>
    public static EmbeddingStore Open(string path, bool verify) => Read(path, stream =>
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new EdgeVisionException("a memory-mapped index needs a little-endian machine; load it instead");
        }

        var content = new IndexReader(stream);
        int length = checked(content.Entries.Length * content.Dimension);
        var rows = length == 0 ? null : new MappedVectors(stream, content.VectorsOffset, length);
        try
        {
            var store = content.CreateStore();
            store.AttachMappedRows(content.Entries, rows);
            if (verify)
            {
                for (int at = 0; at < length; at += HashChunkSize / sizeof(float))
                {
                    content.AppendToHash(MemoryMarshal.AsBytes(rows!.Values.Slice(at, Math.Min(HashChunkSize / sizeof(float), length - at))));
                }

                content.VerifyHash();
                for (int row = 0; row < store.Count; row++)
                {
                    store.ValidatePrepared(store.GetVector(row), store.GetId(row));
                }
            }

            return store;
        }
        catch
        {
            rows?.Dispose();
            throw;
        }
    });

    private static EmbeddingStore Read(string path, Func<FileStream, EmbeddingStore> read)
    {
        try
        {
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
            return read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EdgeVisionException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read as an index: {e.Message}", e);
        }
    }

    private static void Write(EmbeddingStore store, Stream stream)
    {
        using var hash = new Checksum();
        void Put(ReadOnlySpan<byte> bytes)
        {
            hash.Append(bytes);
            stream.Write(bytes);
        }

        int[] rows = store.GetRowsInOrder();
        long text = 4L + (store.Origin is { } origin ? _utf8.GetByteCount(origin) : 0);
        foreach (int row in rows)
        {
            text += 8L + _utf8.GetByteCount(store.GetId(row)) + (store.GetLabel(row) is { } label ? _utf8.GetByteCount(label) : 0);
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

        PutText(store.Origin);
        foreach (int row in rows)
        {
            PutText(store.GetId(row));
            PutText(store.GetLabel(row));
        }

        Put(new byte[GetPadding(text)]);

        float[] copy = new float[store.Dimension];
        foreach (int row in rows)
        {
            store.GetVector(row).CopyTo(copy);
            SwapIfBigEndian(copy);
            Put(MemoryMarshal.AsBytes(copy.AsSpan()));
        }

        stream.Write(hash.Finish());
    }

    // Zeros after the text, so that the vectors are aligned.
    private static int GetPadding(long text) => (int)(-(HeaderLength + text) & (RowAlignment - 1));

    private static string? ReadText(ReadOnlySpan<byte> names, ref int at)
    {
        if (names.Length - at < 4)
        {
            throw new EdgeVisionException("the text of an entry is truncated");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(names[at..]);
        at += 4;
        if (length == -1)
        {
            return null;
        }

        if (length < 0 || length > names.Length - at)
        {
            throw new EdgeVisionException($"the length of a text must be 0 to {names.Length - at} bytes; got {length}");
        }

        try
        {
            string value = _utf8.GetString(names.Slice(at, length));
            at += length;
            return value;
        }
        catch (DecoderFallbackException e)
        {
            throw new EdgeVisionException("the text of an entry is not valid UTF-8", e);
        }
    }

    private static void SwapIfBigEndian(Span<float> values)
    {
        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<float, int>(values);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }

    /// <summary>Everything before the vectors, validated, and the hash of all bytes read so far.</summary>
    private sealed class IndexReader
    {
        private readonly FileStream _stream;
        private readonly Checksum _hash = new();
        private readonly EmbeddingMetric _metric;
        private readonly string? _origin;

        // Every size is validated against the file's length before anything is allocated for it.
        public IndexReader(FileStream stream)
        {
            _stream = stream;
            byte[] header = new byte[HeaderLength];
            if (stream.Length < HeaderLength + HashLength)
            {
                throw new EdgeVisionException($"the file must have at least {HeaderLength + HashLength} bytes; got {stream.Length}");
            }

            ReadBytes(header);
            uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
            uint metric = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
            uint dimension = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16));
            long count = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24));
            long text = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32));
            if (!header.AsSpan(0, 8).SequenceEqual(Magic))
            {
                throw new EdgeVisionException("the file does not start with EVINDEX1, so it is not an index");
            }

            if (version is < 1 or > Version)
            {
                throw new EdgeVisionException($"the version must be 1 to {Version}; got {version}");
            }

            if (metric > (uint)EmbeddingMetric.L2 || dimension is < 1 or > 1 << 20)
            {
                throw new EdgeVisionException(
                    $"the metric must be 0 to {(uint)EmbeddingMetric.L2} and the dimension 1 to {1 << 20}; got {metric} and {dimension}");
            }

            long content = stream.Length - HeaderLength - HashLength;
            int padding = version == 1 ? 0 : GetPadding(text);
            if (count < 0 || text < 0 || count > content / (dimension * 4L + 8) || text > int.MaxValue
                || text + padding + count * dimension * 4 != content)
            {
                throw new EdgeVisionException(
                    $"the file's length of {stream.Length} bytes does not match {count} embeddings of {dimension} components "
                    + $"and {text} bytes of text; it is truncated or corrupt");
            }

            if (count * dimension > Array.MaxLength)
            {
                throw new EdgeVisionException(
                    $"{count} embeddings of {dimension} components exceed the maximum of {Array.MaxLength} numbers in an index");
            }

            (_metric, Dimension, VectorsOffset) = ((EmbeddingMetric)metric, (int)dimension, HeaderLength + text + padding);
            byte[] texts = new byte[text];
            ReadBytes(texts);
            ReadBytes(new byte[padding]);
            int at = 0;
            _origin = version == 1 ? null : ReadText(texts, ref at);
            Entries = new (string, string?)[count];
            for (long i = 0; i < count; i++)
            {
                string id = ReadText(texts, ref at) ?? throw new EdgeVisionException($"entry {i} has no id");
                Entries[i] = (id, ReadText(texts, ref at));
            }

            if (at != texts.Length)
            {
                throw new EdgeVisionException($"{texts.Length - at} bytes of text remain after the last entry; the file is corrupt");
            }
        }

        /// <summary>Components of an embedding.</summary>
        public int Dimension { get; }

        /// <summary>Offset of the vectors in the file, in bytes.</summary>
        public long VectorsOffset { get; }

        /// <summary>Id and label of each entry, in order of insertion.</summary>
        public (string Id, string? Label)[] Entries { get; }

        /// <summary>Creates an empty store.</summary>
        public EmbeddingStore CreateStore() => new(Dimension, _metric) { Origin = _origin };

        /// <summary>Reads the next bytes and adds them to the hash.</summary>
        public void ReadBytes(Span<byte> bytes)
        {
            _stream.ReadExactly(bytes);
            _hash.Append(bytes);
        }

        /// <summary>Adds bytes to the hash that were read by other means.</summary>
        public void AppendToHash(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

        /// <summary>Verifies the hash of all bytes so far against the one at the end of the file.</summary>
        public void VerifyHash()
        {
            byte[] expected = new byte[HashLength];
            _stream.Position = _stream.Length - HashLength;
            _stream.ReadExactly(expected);
            if (!_hash.Finish().AsSpan().SequenceEqual(expected))
            {
                throw new EdgeVisionException("the checksum does not match; the file is corrupt");
            }
        }
    }
}
