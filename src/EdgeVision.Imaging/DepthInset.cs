using System.Globalization;
using SkiaSharp;

namespace EdgeVision.Imaging;

/// <summary>
/// Draws a depth map as a small image in the lower right corner, near in red and far in blue, with the range below.
/// </summary>
internal static class DepthInset
{
    private const float MaxShare = 0.32f; // maximum share of the image's width and height

    // Google's turbo colour map at eighths, from far to near.
    private static readonly SKColor[] Ramp =
    [
        new(0x30123B), new(0x4669DF), new(0x26BCE1), new(0x3FF38A), new(0xA4FC3C),
        new(0xEED33A), new(0xFB8022), new(0xD02F05), new(0x7A0403),
    ];

    /// <summary>Draws the depth map, above any panel in <paramref name="taken"/> that is in its way. Returns the area it covers.</summary>
    public static unsafe SKRect Draw(
        SKCanvas canvas, SKFont font, int width, int height, VisionResult result, float unit, IReadOnlyList<SKRect> taken)
    {
        var view = result.Transform.View;
        var range = result.Depth.ComputeRange();
        if (!(view.Width >= 1 && view.Height >= 1 && range.Minimum <= range.Maximum))
        {
            return SKRect.Empty;
        }

        float scale = Math.Min(width * MaxShare / view.Width, height * MaxShare / view.Height), pad = unit * 2;
        int w = Math.Max(1, (int)(view.Width * scale)), h = Math.Max(1, (int)(view.Height * scale));
        using var inset = new SKBitmap(new SKImageInfo(w, h, SKColorType.Bgra8888, SKAlphaType.Opaque));
        uint* pixels = (uint*)inset.GetPixels();
        int stride = inset.RowBytes / 4;
        float span = range.Maximum - range.Minimum;
        for (int y = 0; y < h; y++)
        {
            for (int x = 0; x < w; x++)
            {
                float metres = result.Depth.GetDepthAt((int)(view.X1 + (x + 0.5f) / scale), (int)(view.Y1 + (y + 0.5f) / scale));
                pixels[y * stride + x] = (uint)GetColor(span > 0 ? (range.Maximum - metres) / span : 0.5f);
            }
        }

        using var small = new SKFont(font.Typeface, font.Size * 0.8f) { Edging = SKFontEdging.Antialias };
        string near = Text(range.Minimum), far = Text(range.Maximum);
        float bar = small.Size * 0.5f, row = small.Size * 1.3f, room = Math.Max(w, small.MeasureText(near) + small.MeasureText(far) + pad);
        float left = width - pad * 2 - room, top = height - pad * 2 - row - bar - unit - h;
        using var back = new SKPaint { IsAntialias = true, Color = new SKColor(12, 16, 24, 205) };
        var panel = new SKRect(left - pad, top - pad, width - pad, height - pad);
        foreach (var other in taken)
        {
            // Only a panel in the lower half (the legend) moves the inset up.
            if (other.IntersectsWith(panel) && other.Top > height / 2)
            {
                float up = Math.Min(panel.Bottom - other.Top, panel.Top);
                panel.Offset(0, -up);
                top -= up;
            }
        }

        canvas.DrawRoundRect(panel, unit * 1.5f, unit * 1.5f, back);
        canvas.DrawBitmap(inset, left + (room - w) / 2, top, SKSamplingOptions.Default);
        using var shader = SKShader.CreateLinearGradient(
            new SKPoint(left, 0), new SKPoint(left + room, 0), [.. Ramp.Reverse().Select(c => c.WithAlpha(255))], SKShaderTileMode.Clamp);
        using var gradient = new SKPaint { Shader = shader };
        canvas.DrawRect(new SKRect(left, top + h + unit, left + room, top + h + unit + bar), gradient);
        using var ink = new SKPaint { IsAntialias = true, Color = SKColors.White };
        float line = top + h + unit + bar + row * 0.5f + small.Size * 0.42f;
        canvas.DrawText(near, left, line, SKTextAlign.Left, small, ink);
        canvas.DrawText(far, left + room, line, SKTextAlign.Right, small, ink);
        return panel;
    }

    /// <summary>Returns the colour of a nearness, from 0 for the farthest to 1 for the nearest.</summary>
    internal static SKColor GetColor(float nearness)
    {
        float at = Math.Clamp(nearness, 0, 1) * (Ramp.Length - 1);
        int i = Math.Min((int)at, Ramp.Length - 2);
        float t = at - i;
        SKColor a = Ramp[i], b = Ramp[i + 1];
        return new SKColor(Mix(a.Red, b.Red), Mix(a.Green, b.Green), Mix(a.Blue, b.Blue));
        byte Mix(byte from, byte to) => (byte)MathF.Round(from + (to - from) * t);
    }

    private static string Text(float metres) => metres.ToString(MathF.Abs(metres) < 10 ? "F2" : "F1", CultureInfo.InvariantCulture) + " m";
}
