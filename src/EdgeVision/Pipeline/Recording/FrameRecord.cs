using System.Buffers.Binary;
using System.Numerics;

namespace EdgeVision;

/// <summary>How the pixels of a <see cref="FrameRecord"/> are stored.</summary>
internal enum FrameEncoding : byte
{
    /// <summary>As they are, rows without padding.</summary>
    Raw,
    /// <summary>As differences to the row above, in Brotli.</summary>
    Brotli,
    /// <summary>Not: a file that the manifest names has them.</summary>
    Reference,
}

/// <summary>
/// The head of a frame in a segment file, 56 bytes, little endian: magic, bytes stored behind it, sequence, timestamp and time of capture in
/// ticks of 100 ns, width, height, format, encoding, two zeros, CRC-32C of what is stored, four zeros, CRC-32C of the head so far.
/// </summary>
internal readonly record struct FrameRecord(long Sequence, TimeSpan Timestamp, long CapturedTicks, PixelFormat Format, int Width, int Height, FrameEncoding Encoding, int Stored, uint Checksum)
{
    /// <summary>Bytes of a head.</summary>
    public const int Size = 56;

    /// <summary>First bytes of a head.</summary>
    public const uint Magic = 0x46525645; // "EVRF"

    /// <summary>First bytes of a segment file, with its version.</summary>
    public static ReadOnlySpan<byte> FileHeader => "EVFRAMES\u0001\0\0\0\0\0\0\0"u8;

    /// <summary>Bytes of the frame without padding; may be more than any frame has where the head was not written by EdgeVision.</summary>
    public long RawBytes => FrameBytes.LongCount(Format, Width, Height);

    /// <summary>Writes the head.</summary>
    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], Stored);
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

    /// <summary>Reads a head; null where the bytes are none.</summary>
    public static FrameRecord? Read(ReadOnlySpan<byte> from)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic || BinaryPrimitives.ReadUInt32LittleEndian(from[52..]) != Crc32C(from[..52]))
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

    /// <summary>What is impossible about the head, which anybody may have written; null where nothing is.</summary>
    /// <param name="maxPixels">Most pixels of a frame.</param>
    public string? Impossible(long maxPixels)
    {
        if (!Enum.IsDefined(Format) || !Enum.IsDefined(Encoding))
        {
            return $"format {(int)Format} or encoding {(int)Encoding} is none";
        }

        if (Width < 1 || Height < 1 || Width > Frame.MaxSide || Height > Frame.MaxSide || (long)Width * Height > maxPixels || RawBytes > Array.MaxLength)
        {
            return $"a frame of {Width}x{Height} is too large";
        }

        bool fits = Encoding switch
        {
            FrameEncoding.Raw => Stored == RawBytes,
            FrameEncoding.Brotli => Stored > 0 && Stored <= RawBytes,
            _ => Stored == 0,
        };
        return fits ? null : $"{Stored} bytes do not go with {Width}x{Height} {Format}";
    }

    /// <summary>CRC-32C (Castagnoli), as iSCSI has it.</summary>
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
