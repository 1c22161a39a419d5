namespace EdgeVision.Frames;

/// <summary>Copies frames without row padding, plane after plane, as files and pipes hold them.</summary>
public static class PackedFrame
{
    /// <summary>Returns the bytes of a frame without padding.</summary>
    public static int GetByteCount(PixelFormat format, int width, int height) => checked((int)GetLongByteCount(format, width, height));

    /// <summary>Returns the bytes of a frame without padding, for sizes that are not validated yet.</summary>
    public static long GetLongByteCount(PixelFormat format, int width, int height)
    {
        long pixels = (long)width * height;
        return format is PixelFormat.Nv12 or PixelFormat.I420 ? pixels + pixels / 2 : pixels * Frame.GetBytesPerPixel(format);
    }

    /// <summary>Returns whether the frame's rows have no padding, so that <see cref="Copy"/> would copy its memory as it is.</summary>
    public static bool IsPacked(Frame frame) => frame.Stride == frame.Width * Frame.GetBytesPerPixel(frame.Format);

    /// <summary>Copies a frame without padding.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="destination">At least <see cref="GetByteCount"/> bytes.</param>
    public static void Copy(Frame frame, Span<byte> destination)
    {
        if (IsPacked(frame))
        {
            frame.Data.CopyTo(destination);
            return;
        }

        int at = 0;
        for (int plane = 0; plane < frame.PlaneCount; plane++)
        {
            var rows = frame.GetPlane(plane);
            int stride = frame.GetPlaneStride(plane), height = plane == 0 ? frame.Height : frame.Height / 2;
            int width = plane > 0 && frame.Format == PixelFormat.I420 ? frame.Width / 2 : frame.Width * Frame.GetBytesPerPixel(frame.Format);
            for (int y = 0; y < height; y++)
            {
                rows.Slice(y * stride, width).CopyTo(destination[at..]);
                at += width;
            }
        }
    }
}
