using System.Runtime.InteropServices;

namespace EdgeVision.Frames;

/// <summary>Colour in every pixel format; fills rectangles.</summary>
/// <remarks>Sides are even except at the border of the frame, so that subsampled chroma planes are exact.</remarks>
internal readonly record struct PatternColor(byte Red, byte Green, byte Blue)
{
    // BT.601; Gray8 has full range, the luma of YUV limited range.
    private byte Gray => (byte)Math.Round(0.299 * Red + 0.587 * Green + 0.114 * Blue);

    private byte Y => (byte)Math.Round(16 + (65.481 * Red + 128.553 * Green + 24.966 * Blue) / 255);

    private byte U => (byte)Math.Round(128 + (-37.797 * Red - 74.203 * Green + 112.0 * Blue) / 255);

    private byte V => (byte)Math.Round(128 + (112.0 * Red - 93.786 * Green - 18.214 * Blue) / 255);

    /// <summary>
    /// Fills columns <paramref name="x1"/> to before <paramref name="x2"/> of rows <paramref name="y1"/> to before <paramref name="y2"/>.
    /// </summary>
    public void Fill(Frame frame, int x1, int y1, int x2, int y2)
    {
        if (x1 >= x2)
        {
            return;
        }

        var data = frame.MutableData;
        int stride = frame.Stride, height = frame.Height;
        switch (frame.Format)
        {
            case PixelFormat.Gray8:
                FillRows(data, stride, x1, y1, x2, y2, Gray);
                break;
            case PixelFormat.Nv12:
                FillRows(data, stride, x1, y1, x2, y2, Y);
                FillRows(
                    MemoryMarshal.Cast<byte, ushort>(data[(stride * height)..]),
                    stride / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, (ushort)(U | V << 8));
                break;
            case PixelFormat.I420:
                FillRows(data, stride, x1, y1, x2, y2, Y);
                FillRows(data[(stride * height)..], stride / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, U);
                FillRows(data[(stride * height + stride / 2 * (height / 2))..], stride / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, V);
                break;
            case PixelFormat.Yuy2:
                FillRows(
                    MemoryMarshal.Cast<byte, uint>(data),
                    stride / 4, x1 / 2, y1, x2 / 2, y2, (uint)(Y | U << 8 | Y << 16) | (uint)V << 24);
                break;
            case PixelFormat.Bgra32:
                FillRows(MemoryMarshal.Cast<byte, uint>(data), stride / 4, x1, y1, x2, y2, (uint)(Blue | Green << 8 | Red << 16) | 255u << 24);
                break;
            case PixelFormat.Rgba32:
                FillRows(MemoryMarshal.Cast<byte, uint>(data), stride / 4, x1, y1, x2, y2, (uint)(Red | Green << 8 | Blue << 16) | 255u << 24);
                break;
            case PixelFormat.Bgr24:
                FillRows(MemoryMarshal.Cast<byte, Triple>(data), stride / 3, x1, y1, x2, y2, new Triple(Blue, Green, Red));
                break;
            default:
                FillRows(MemoryMarshal.Cast<byte, Triple>(data), stride / 3, x1, y1, x2, y2, new Triple(Red, Green, Blue));
                break;
        }
    }

    private static void FillRows<T>(Span<T> plane, int stride, int x1, int y1, int x2, int y2, T value)
    {
        for (int y = y1; y < y2; y++)
        {
            plane.Slice(y * stride + x1, x2 - x1).Fill(value);
        }
    }

    private readonly record struct Triple(byte First, byte Second, byte Third);
}
