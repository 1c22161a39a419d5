using System.Buffers.Binary;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.DataSets;

/// <summary>Class ids out of a PNG: grey levels, or indices of a palette as Pascal VOC has them.</summary>
internal static class MaskFile
{
    private const byte Grey = 0, Palette = 3;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Ids, row-major, [Height * Width].</summary>
    /// <exception cref="EdgeVisionException">The file is no PNG of grey levels up to 8 bits or of a palette, or is damaged.</exception>
    public static (byte[] Ids, int Width, int Height) Read(string path)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"mask '{path}' cannot be read: {e.Message}", e);
        }

        // A PNG begins with eight bytes of its own and the chunk IHDR: width, height, bits, kind of colour.
        if (file.Length < 33 || !file.AsSpan(0, 8).SequenceEqual(Signature))
        {
            throw new EdgeVisionException($"mask '{path}' is not a PNG");
        }

        int bits = file[24], kind = file[25];
        if (kind is not (Grey or Palette) || bits > 8)
        {
            throw new EdgeVisionException(
                $"mask '{path}' must be a grey or palette PNG with up to 8 bits per pixel; got colour type {kind} with {bits} bits");
        }

        using var image = ImageFile.Decode(file, path);
        var frame = image.Frame;
        byte[] ids = new byte[frame.Width * frame.Height];
        var indices = kind == Palette ? PaletteIndices(file, path) : null;

        // Grey levels of fewer bits are decoded spread over 0 to 255.
        int step = 255 / ((1 << bits) - 1);
        for (int y = 0; y < frame.Height; y++)
        {
            var row = frame.Data.Slice(y * frame.Stride, frame.Width * 4);
            for (int x = 0; x < frame.Width; x++)
            {
                int b = row[4 * x], g = row[4 * x + 1], r = row[4 * x + 2];
                ids[y * frame.Width + x] = indices is null ? (byte)(b / step)
                    : indices.TryGetValue(r << 16 | g << 8 | b, out byte index) ? index
                    : throw new EdgeVisionException($"mask '{path}' contains a colour that is not in its palette");
            }
        }

        return (ids, frame.Width, frame.Height);
    }

    private static Dictionary<int, byte> PaletteIndices(ReadOnlySpan<byte> file, string path)
    {
        for (int at = 8; at + 12 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - 12)
            {
                break;
            }

            if (file.Slice(at + 4, 4).SequenceEqual("PLTE"u8))
            {
                var colours = file.Slice(at + 8, (int)length);
                var indices = new Dictionary<int, byte>();
                for (int i = 0; i < colours.Length / 3 && i < 256; i++)
                {
                    // A colour that is there twice is the first's: which of them was meant cannot be seen any more.
                    indices.TryAdd(colours[3 * i] << 16 | colours[3 * i + 1] << 8 | colours[3 * i + 2], (byte)i);
                }

                return indices;
            }

            at += 12 + (int)length;
        }

        throw new EdgeVisionException($"mask '{path}' is a palette PNG without a palette");
    }
}
