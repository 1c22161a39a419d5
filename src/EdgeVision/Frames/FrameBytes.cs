namespace EdgeVision;

/// <summary>The bytes of frames without the padding of their rows: planes one after the other, as files and pipes hold them.</summary>
internal static class FrameBytes
{
    /// <summary>Bytes of a frame without padding.</summary>
    public static int Count(PixelFormat format, int width, int height) => checked((int)LongCount(format, width, height));

    /// <summary>Bytes of a frame without padding, of sizes that nobody has checked yet.</summary>
    public static long LongCount(PixelFormat format, int width, int height)
    {
        long pixels = (long)width * height;
        return format is PixelFormat.Nv12 or PixelFormat.I420 ? pixels + pixels / 2 : pixels * Frame.BytesPerPixel(format);
    }

    /// <summary>Whether the frame's rows have no padding, so that its memory is what <see cref="Copy"/> gives.</summary>
    public static bool IsTight(Frame frame) => frame.Stride == frame.Width * Frame.BytesPerPixel(frame.Format);

    /// <summary>Copies a frame without padding.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="destination">At least <see cref="Count"/> bytes.</param>
    public static void Copy(Frame frame, Span<byte> destination)
    {
        if (IsTight(frame))
        {
            frame.Data.CopyTo(destination);
            return;
        }

        int at = 0;
        for (int plane = 0; plane < frame.PlaneCount; plane++)
        {
            var rows = frame.Plane(plane);
            int stride = frame.PlaneStride(plane), height = plane == 0 ? frame.Height : frame.Height / 2;
            int width = plane > 0 && frame.Format == PixelFormat.I420 ? frame.Width / 2 : frame.Width * Frame.BytesPerPixel(frame.Format);
            for (int y = 0; y < height; y++)
            {
                rows.Slice(y * stride, width).CopyTo(destination[at..]);
                at += width;
            }
        }
    }
}
