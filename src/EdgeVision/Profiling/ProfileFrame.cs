namespace EdgeVision;

/// <summary>
/// What is shown to a model that is measured: a picture it finds something in, as decoding takes as long as there is to decode, at the size that a camera gives,
/// as preprocessing takes as long as there is to read.
/// </summary>
internal static class ProfileFrame
{
    /// <summary>The given picture, or that of the model's self-test, or a drawn pattern; BGR bytes of the frames' size.</summary>
    public static Frame Of(ModelSpec spec, ProfileOptions options, Frame? picture)
    {
        if (picture is not null)
        {
            return Stretch(picture, options.FrameWidth, options.FrameHeight);
        }

        if (spec.Goldens is [{ } golden, ..])
        {
            using var own = Frame.Borrow(GoldenData.Rgb(golden), PixelFormat.Rgb24, golden.Width, golden.Height);
            return Stretch(own, options.FrameWidth, options.FrameHeight);
        }

        var frame = Frame.Rent(PixelFormat.Bgr24, options.FrameWidth, options.FrameHeight);
        try
        {
            new TestPattern(new TestPatternOptions { Width = options.FrameWidth, Height = options.FrameHeight }).Draw(frame, 0);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    // The nearest pixel will do: what is there to be found stays, and its edges are sharp.
    private static Frame Stretch(Frame from, int width, int height)
    {
        var (red, green, blue, step) = from.Format switch
        {
            PixelFormat.Bgr24 => (2, 1, 0, 3),
            PixelFormat.Rgb24 => (0, 1, 2, 3),
            PixelFormat.Bgra32 => (2, 1, 0, 4),
            PixelFormat.Rgba32 => (0, 1, 2, 4),
            PixelFormat.Gray8 => (0, 0, 0, 1),
            var other => throw new FrameFormatException($"a picture to profile with is of packed pixels, not {other}"),
        };
        var frame = Frame.Rent(PixelFormat.Bgr24, width, height);
        var source = from.Data;
        for (int y = 0; y < height; y++)
        {
            var row = frame.MutableData.Slice(y * frame.Stride, width * 3);
            var line = source[((int)((long)y * from.Height / height) * from.Stride)..];
            for (int x = 0; x < width; x++)
            {
                int at = (int)((long)x * from.Width / width) * step;
                (row[3 * x], row[3 * x + 1], row[3 * x + 2]) = (line[at + blue], line[at + green], line[at + red]);
            }
        }

        return frame;
    }
}
