using System.Buffers.Binary;
using System.Numerics;
using EdgeVision.Frames;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Encoding of the pixels of a <see cref="FrameRecord"/>.</summary>
internal enum FrameEncoding : byte
{
    /// <summary>Raw pixels without row padding.</summary>
    Raw,
    /// <summary>Differences to the row above, compressed with Brotli.</summary>
    Brotli,
    /// <summary>Not stored: the frame is in a file that the manifest names.</summary>
    Reference,
}

/// <summary>Header of a frame in a segment file: 56 bytes, little endian.</summary>
/// <remarks>
/// Layout: magic, number of bytes stored after the header, sequence number, timestamp and capture time in ticks of 100 ns, width, height,
/// format, encoding, two zero bytes, CRC-32C of the stored bytes, four zero bytes, CRC-32C of the header so far.
/// </remarks>
internal readonly record struct FrameRecord(
    long Sequence,
    TimeSpan Timestamp,
    long CapturedTicks,
    PixelFormat Format,
    int Width,
    int Height,
    FrameEncoding Encoding,
    int StoredBytes,
    uint Checksum)
{
    /// <summary>Size of a header in bytes.</summary>
    public const int HeaderSize = 56;

    /// <summary>First bytes of a header.</summary>
    public const uint Magic = 0x46525645; // "EVRF"

    /// <summary>First bytes of a segment file, including its version.</summary>
    public static ReadOnlySpan<byte> FileHeader => "EVFRAMES\u0001\0\0\0\0\0\0\0"u8;

    /// <summary>
    /// Size of the frame in bytes without row padding; may exceed any valid frame if the header was not written by EdgeVision.
    /// </summary>
    public long RawBytes => PackedFrame.GetLongByteCount(Format, Width, Height);

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> to)
    {
        to[..HeaderSize].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], StoredBytes);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], Timestamp.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(to[24..], CapturedTicks);
        BinaryPrimitives.WriteInt32LittleEndian(to[32..], Width);
        BinaryPrimitives.WriteInt32LittleEndian(to[36..], Height);
        to[40] = (byte)Format;
        to[41] = (byte)Encoding;
        BinaryPrimitives.WriteUInt32LittleEndian(to[44..], Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(to[52..], Crc32C(to[..52]));
    }

    /// <summary>Reads a header; null if the bytes are not a valid one.</summary>
    public static FrameRecord? Read(ReadOnlySpan<byte> from)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(from[52..]) != Crc32C(from[..52]))
        {
            return null;
        }

        return new FrameRecord(
            BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
            new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(from[16..])),
            BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
            (PixelFormat)from[40],
            BinaryPrimitives.ReadInt32LittleEndian(from[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[36..]),
            (FrameEncoding)from[41],
            BinaryPrimitives.ReadInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[44..]));
    }

    /// <summary>Returns an error if the header, which is untrusted input, has invalid values; otherwise null.</summary>
    /// <param name="maxPixels">Maximum number of pixels of a frame.</param>
    public string? Validate(long maxPixels)
    {
        if (!Enum.IsDefined(Format) || !Enum.IsDefined(Encoding))
        {
            return $"format {(int)Format} or encoding {(int)Encoding} is unknown";
        }

        if (Width < 1
            || Height < 1
            || Width > Frame.MaxSide
            || Height > Frame.MaxSide
            || (long)Width * Height > maxPixels
            || RawBytes > Array.MaxLength)
        {
            return $"frame size {Width}x{Height} is out of range";
        }

        bool fits = Encoding switch
        {
            FrameEncoding.Raw => StoredBytes == RawBytes,
            FrameEncoding.Brotli => StoredBytes > 0 && StoredBytes <= RawBytes,
            _ => StoredBytes == 0,
        };
        return fits ? null : $"{StoredBytes} bytes do not match {Width}x{Height} {Format}";
    }

    /// <summary>Computes CRC-32C (Castagnoli), as used by iSCSI.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
