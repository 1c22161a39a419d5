namespace EdgeVision.Exporter.Data;

/// <summary>
/// Fits a picture into the network's input as the runtime does for <see cref="ResizeMode.Letterbox"/>: aspect kept,
/// centred, bilinear with half-pixel centres, sides rounded half to even, padded grey. Bytes out, so that a set of
/// thousands stays in memory; the runtime keeps fractions of a grey level that a byte rounds.
/// </summary>
internal static class Letterbox
{
    /// <summary>Planar RGB [3,height,width] and the map back to the picture.</summary>
    public static (byte[] Planes, FrameTransform Transform) Fit(Scene scene, InputSpec input)
    {
        int width = input.Width, height = input.Height;
        double ratio = Math.Min((double)height / scene.Height, (double)width / scene.Width);
        int fitWidth = (int)Math.Round(scene.Width * ratio), fitHeight = (int)Math.Round(scene.Height * ratio);
        int left = (int)Math.Round((width - fitWidth) / 2.0 - 0.1), top = (int)Math.Round((height - fitHeight) / 2.0 - 0.1);
        var planes = new byte[3 * width * height];
        Array.Fill(planes, (byte)input.Resize.PadValue);
        float stepX = (float)scene.Width / fitWidth, stepY = (float)scene.Height / fitHeight;
        for (int y = 0; y < fitHeight; y++)
        {
            var (y0, y1, fy) = Taps(y, stepY, scene.Height);
            for (int x = 0; x < fitWidth; x++)
            {
                var (x0, x1, fx) = Taps(x, stepX, scene.Width);
                for (int c = 0; c < 3; c++)
                {
                    float upper = Lerp(scene.Rgb[(y0 * scene.Width + x0) * 3 + c], scene.Rgb[(y0 * scene.Width + x1) * 3 + c], fx);
                    float lower = Lerp(scene.Rgb[(y1 * scene.Width + x0) * 3 + c], scene.Rgb[(y1 * scene.Width + x1) * 3 + c], fx);
                    planes[(c * height + top + y) * width + left + x] = (byte)(Lerp(upper, lower, fy) + 0.5f);
                }
            }
        }

        return (planes, new FrameTransform((float)ratio, (float)ratio, left, top, 0, 0, width, height, scene.Width, scene.Height));
    }

    private static (int First, int Second, float Fraction) Taps(int position, float step, int size)
    {
        float source = Math.Clamp((position + 0.5f) * step - 0.5f, 0, size - 1);
        int first = (int)source;
        return (first, Math.Min(first + 1, size - 1), source - first);
    }

    private static float Lerp(float a, float b, float t) => a + (b - a) * t;
}
