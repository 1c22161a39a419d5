using EdgeVision.Imaging;
using Xunit;

namespace EdgeVision.Tests;

/// <summary>Frames of every format become the same BGRA, whatever their width and stride.</summary>
public sealed class FramePixelsTests
{
    // Whole vectors, a remainder, less than a vector; padding at the row's end.
    public static TheoryData<PixelFormat, int, int> Packed()
    {
        var rows = new TheoryData<PixelFormat, int, int>();
        foreach (var format in (PixelFormat[])[PixelFormat.Gray8, PixelFormat.Bgr24, PixelFormat.Rgb24, PixelFormat.Bgra32, PixelFormat.Rgba32])
        {
            foreach (int width in (int[])[1, 3, 4, 5, 15, 16, 17, 64])
            {
                rows.Add(format, width, 0);
                rows.Add(format, width, 7);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public void Packed_pixels_keep_their_channels(PixelFormat format, int width, int padding)
    {
        int bytes = Frame.BytesPerPixel(format), stride = width * bytes + padding;
        byte[] data = new byte[stride * 3];
        new Random(1).NextBytes(data);
        using var frame = Frame.Borrow(data, format, width, 3, stride);
        using var bgra = Frame.Rent(PixelFormat.Bgra32, width, 3);
        FramePixels.ToBgra(frame, bgra);
        (int b, int g, int r) = format switch
        {
            PixelFormat.Gray8 => (0, 0, 0),
            PixelFormat.Bgr24 or PixelFormat.Bgra32 => (0, 1, 2),
            _ => (2, 1, 0),
        };
        for (int y = 0; y < 3; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int from = y * stride + x * bytes;
                Assert.Equal([data[from + b], data[from + g], data[from + r], 255], bgra.Data.Slice((y * width + x) * 4, 4).ToArray());
            }
        }
    }

    // BT.601, limited range: Y 81, U 90, V 240 is pure red; Y 41, U 240, V 110 pure blue.
    [Theory]
    [InlineData(PixelFormat.Nv12, 81, 90, 240, 0, 0, 254)]
    [InlineData(PixelFormat.I420, 81, 90, 240, 0, 0, 254)]
    [InlineData(PixelFormat.Yuy2, 81, 90, 240, 0, 0, 254)]
    [InlineData(PixelFormat.Nv12, 41, 240, 110, 255, 0, 0)]
    [InlineData(PixelFormat.I420, 41, 240, 110, 255, 0, 0)]
    [InlineData(PixelFormat.Yuy2, 41, 240, 110, 255, 0, 0)]
    public void Luma_and_chroma_become_colours(PixelFormat format, byte y, byte u, byte v, byte blue, byte green, byte red)
    {
        using var frame = Frame.Rent(format, 18, 4);
        var data = frame.MutableData;
        data.Fill(y);
        for (int i = 18 * 4; format == PixelFormat.Nv12 && i < data.Length; i++)
        {
            data[i] = i % 2 == 0 ? u : v;
        }

        if (format == PixelFormat.I420)
        {
            data[(18 * 4)..(18 * 5)].Fill(u);
            data[(18 * 5)..].Fill(v);
        }

        for (int i = 1; format == PixelFormat.Yuy2 && i < data.Length; i += 2)
        {
            data[i] = i % 4 == 1 ? u : v;
        }

        using var bgra = Frame.Rent(PixelFormat.Bgra32, 18, 4);
        FramePixels.ToBgra(frame, bgra);
        for (int i = 0; i < bgra.Data.Length; i += 4)
        {
            Assert.InRange(bgra.Data[i], Math.Max(0, blue - 2), Math.Min(255, blue + 2));
            Assert.InRange(bgra.Data[i + 1], Math.Max(0, green - 2), Math.Min(255, green + 2));
            Assert.InRange(bgra.Data[i + 2], Math.Max(0, red - 2), Math.Min(255, red + 2));
            Assert.Equal(255, bgra.Data[i + 3]);
        }
    }

    [Fact]
    public void Another_size_is_refused()
    {
        using var frame = Frame.Rent(PixelFormat.Gray8, 4, 4);
        using var other = Frame.Rent(PixelFormat.Bgra32, 4, 5);
        Assert.Throws<FrameFormatException>(() => FramePixels.ToBgra(frame, other));
    }
}
