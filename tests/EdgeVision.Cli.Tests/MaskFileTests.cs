using System.Buffers.Binary;
using System.IO.Compression;
using EdgeVision.Cli.DataSets;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>Class ids come out of PNGs as they were put in, whatever the number of bits and with a palette too.</summary>
public sealed class MaskFileTests : IDisposable
{
    private const byte Grey = 0, Rgb = 2, Palette = 3;
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-mask-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Grey_levels_of_any_number_of_bits(int bits)
    {
        byte[] ids = [.. Enumerable.Range(0, 16 * 16).Select(i => (byte)(i % (1 << bits)))];
        Assert.Equal(ids, Read(Png(ids, 16, 16, bits, Grey)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Indices_of_a_palette(int bits)
    {
        byte[] ids = [.. Enumerable.Range(0, 16 * 16).Select(i => (byte)(i % (1 << bits)))];
        byte[] palette = [.. Enumerable.Range(0, 1 << bits).SelectMany(i => new[] { (byte)(255 - i), (byte)(i * 7), (byte)(i * 31) })];
        Assert.Equal(ids, Read(Png(ids, 16, 16, bits, Palette, palette)));
    }

    [Fact]
    public void Colours_and_16_bits_are_refused()
    {
        Assert.Contains("colour type 2 with 8 bits", Assert.Throws<EdgeVisionException>(() => Read(Png(new byte[3 * 4], 2, 2, 8, Rgb))).Message);
        Assert.Contains("colour type 0 with 16 bits", Assert.Throws<EdgeVisionException>(() => Read(Png(new byte[2 * 4], 2, 2, 16, Grey))).Message);
    }

    [Fact]
    public void What_is_no_png_or_is_cut_off_is_refused()
    {
        byte[] whole = Png([1, 2, 3, 4], 2, 2, 8, Grey);
        foreach (int length in new[] { 0, 7, 20, 32, 40, whole.Length / 2 })
        {
            Assert.ThrowsAny<EdgeVisionException>(() => Read(whole[..length]));
        }

        Assert.Throws<EdgeVisionException>(() => Read([.. "no picture at all, but long enough to be one"u8]));
        Assert.Throws<EdgeVisionException>(() => MaskFile.Read(Path.Combine(_folder, "absent.png")));
    }

    /// <summary>Writes class ids as grey levels.</summary>
    internal static void WriteGrey(string path, byte[] ids, int width, int height)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Png(ids, width, height, 8, Grey));
    }

    private byte[] Read(byte[] png)
    {
        string path = Path.Combine(_folder, "mask.png");
        File.WriteAllBytes(path, png);
        return MaskFile.Read(path).Ids;
    }

    private static byte[] Png(byte[] values, int width, int height, int bits, byte kind, byte[]? palette = null)
    {
        byte[] header = [0, 0, 0, (byte)width, 0, 0, 0, (byte)height, (byte)bits, kind, 0, 0, 0];
        int perRow = values.Length / height;
        var rows = new MemoryStream();
        for (int y = 0; y < height; y++)
        {
            rows.WriteByte(0); // no filter
            int held = 0, used = 0;
            for (int x = 0; x < perRow; x++)
            {
                int valueBits = Math.Min(bits, 8);
                held = held << valueBits | values[y * perRow + x];
                used += valueBits;
                if (used == 8)
                {
                    rows.WriteByte((byte)held);
                    (held, used) = (0, 0);
                }
            }
        }

        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows.ToArray());
        }

        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR"u8, header), .. palette is null ? [] : Chunk("PLTE"u8, palette), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> name, byte[] content)
    {
        byte[] chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        name.CopyTo(chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        uint crc = ~0u;
        foreach (byte b in chunk.AsSpan(4, 4 + content.Length))
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc >> 1) ^ (0xEDB88320u & (uint)-(int)(crc & 1));
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), ~crc);
        return chunk;
    }
}
