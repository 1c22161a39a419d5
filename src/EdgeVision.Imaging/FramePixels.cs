using System.Runtime.Intrinsics;

namespace EdgeVision.Imaging;

/// <summary>Pixels of frames in any format as BGRA32, the layout that is drawn on and encoded.</summary>
public static class FramePixels
{
    /// <summary>Writes the pixels of <paramref name="frame"/> into <paramref name="destination"/>, with an alpha of 255. YUV is converted as OpenCV's cvtColor does.</summary>
    /// <param name="frame">Any format.</param>
    /// <param name="destination">A BGRA32 frame of the same size.</param>
    /// <exception cref="FrameFormatException">The destination has another format or size.</exception>
    public static unsafe void ToBgra(Frame frame, Frame destination)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(destination);
        if (destination.Format != PixelFormat.Bgra32 || destination.Width != frame.Width || destination.Height != frame.Height)
        {
            throw new FrameFormatException(
                $"{frame.Width}x{frame.Height} pixels go into {PixelFormat.Bgra32} of that size; the destination is {destination.Format}, {destination.Width}x{destination.Height}");
        }

        bool yuv = frame.Format is PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2;
        var order = BilinearRows.ChannelOrder.Of(frame.Format);
        fixed (byte* from = frame.Data, to = destination.MutableData)
        {
            for (int y = 0; y < frame.Height; y++)
            {
                uint* row = (uint*)(to + (long)y * destination.Stride);
                if (yuv)
                {
                    YuvRows.Convert(frame, from, 0, y, frame.Width, row);
                }
                else
                {
                    Row(from + (long)y * frame.Stride, row, frame.Width, order);
                }
            }
        }
    }

    // Four pixels a step while sixteen bytes may be read; the rest one by one, by the same order of channels.
    private static unsafe void Row(byte* from, uint* to, int width, in BilinearRows.ChannelOrder order)
    {
        int x = 0, bytes = order.BytesPerPixel;
        if (Vector128.IsHardwareAccelerated)
        {
            byte* mask = stackalloc byte[16];
            for (int i = 0; i < 4; i++)
            {
                (mask[i * 4], mask[i * 4 + 1], mask[i * 4 + 2], mask[i * 4 + 3]) =
                    ((byte)(i * bytes + order.Blue), (byte)(i * bytes + order.Green), (byte)(i * bytes + order.Red), (byte)0);
            }

            var shuffle = Vector128.Load(mask);
            var opaque = Vector128.Create(0xFF000000u);
            for (; x * bytes + 16 <= width * bytes && x + 4 <= width; x += 4)
            {
                (Vector128.Shuffle(Vector128.Load(from + x * bytes), shuffle).AsUInt32() | opaque).Store(to + x);
            }
        }

        for (; x < width; x++)
        {
            byte* p = from + x * bytes;
            to[x] = p[order.Blue] | (uint)p[order.Green] << 8 | (uint)p[order.Red] << 16 | 0xFF000000u;
        }
    }
}
