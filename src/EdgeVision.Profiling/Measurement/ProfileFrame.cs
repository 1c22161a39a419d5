using EdgeVision.Frames;
using EdgeVision.Models.Verification;
using EdgeVision.Specs;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Creates the frame on which a model is measured.</summary>
/// <remarks>
/// The image should contain something to detect, as the time of decoding depends on the detections, and have the size of a camera's
/// frames, as the time of preprocessing depends on it.
/// </remarks>
internal static class ProfileFrame
{
    /// <summary>Returns the given image, that of the model's self-test, or a drawn pattern, as BGR at the frame size.</summary>
    public static Frame Create(ModelSpec spec, ProfileOptions options, Frame? picture)
    {
        if (picture is not null)
        {
            return Stretch(picture, options.FrameWidth, options.FrameHeight);
        }

        if (spec.Goldens is [{ } golden, ..])
        {
            using var own = Frame.Borrow(BundleVerifier.ReadImage(golden), PixelFormat.Rgb24, golden.Width, golden.Height);
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

    // Nearest-neighbour is sufficient: the objects remain, with sharp edges.
    private static Frame Stretch(Frame from, int width, int height)
    {
        var (red, green, blue, step) = from.Format switch
        {
            PixelFormat.Bgr24 => (2, 1, 0, 3),
            PixelFormat.Rgb24 => (0, 1, 2, 3),
            PixelFormat.Bgra32 => (2, 1, 0, 4),
            PixelFormat.Rgba32 => (0, 1, 2, 4),
            PixelFormat.Gray8 => (0, 0, 0, 1),
            var other => throw new FrameFormatException(
                $"the image to profile with must be Bgr24, Rgb24, Bgra32, Rgba32 or Gray8; got {other}"),
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
