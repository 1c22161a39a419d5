using EdgeVision.Imaging;
using SkiaSharp;

namespace EdgeVision.Cli.Evaluation;

/// <summary>Draws annotations on the left and predictions on the right, side by side.</summary>
/// <remarks>Both halves have the same height; small images are enlarged until text is legible.</remarks>
public sealed class ComparisonDrawing : IDisposable
{
    private const int MinHeight = 320, MaxHeight = 960, Gap = 8;
    private const byte Tint = 110;
    private readonly SKTypeface _typeface = Annotator.LoadTypeface();

    /// <summary>Draws both halves and saves the image in the format of the path's extension.</summary>
    /// <param name="left">Image with annotations.</param>
    /// <param name="right">Image with predictions.</param>
    /// <param name="path">File to write; it appears only once it is complete.</param>
    /// <exception cref="EdgeVisionException">
    /// The file cannot be written, or the number of pixel classes does not match the image.
    /// </exception>
    public void Save(ComparisonPanel left, ComparisonPanel right, string path)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        int height = Math.Clamp(Math.Max(left.Image.Frame.Height, right.Image.Frame.Height), MinHeight, MaxHeight);
        int leftWidth = Width(left, height), rightWidth = Width(right, height);
        using var font = new SKFont(_typeface, Math.Clamp(height / 32f, 12, 24)) { Edging = SKFontEdging.Antialias };
        int strip = (int)(font.Size * 2);
        using var bitmap = new SKBitmap(
            new SKImageInfo(leftWidth + Gap + rightWidth, strip + height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(new SKColor(12, 16, 24));
            Draw(canvas, font, left, new SKRect(0, strip, leftWidth, strip + height), strip);
            Draw(canvas, font, right, new SKRect(leftWidth + Gap, strip, leftWidth + Gap + rightWidth, strip + height), strip);
        }

        using var pixmap = bitmap.PeekPixels();
        ImageFile.Write(pixmap, path);
    }

    /// <inheritdoc/>
    public void Dispose() => _typeface.Dispose();

    /// <summary>Returns the colour of an outcome.</summary>
    internal static SKColor GetColor(ComparisonOutcome mark) => mark switch
    {
        ComparisonOutcome.MatchedAnnotation => new SKColor(0x22, 0xC5, 0x5E),
        ComparisonOutcome.MissedAnnotation => new SKColor(0xFF, 0x9F, 0x1C),
        ComparisonOutcome.TruePositive => new SKColor(0x2F, 0x9B, 0xFF),
        _ => new SKColor(0xFF, 0x3B, 0x5C),
    };

    private static int Width(ComparisonPanel panel, int height) =>
        Math.Max(1, (int)Math.Round((double)panel.Image.Frame.Width * height / panel.Image.Frame.Height));

    private static void Draw(SKCanvas canvas, SKFont font, ComparisonPanel panel, SKRect place, int strip)
    {
        canvas.Save();
        canvas.ClipRect(new SKRect(place.Left, 0, place.Right, place.Bottom));
        using (var ink = new SKPaint { IsAntialias = true, Color = SKColors.White })
        {
            canvas.DrawText(panel.Title, place.Left + font.Size / 2, strip * 0.68f, SKTextAlign.Left, font, ink);
        }

        var frame = panel.Image.Frame;
        float scaleX = place.Width / frame.Width, scaleY = place.Height / frame.Height;
        canvas.DrawBitmap(panel.Image.Bitmap, place, new SKSamplingOptions(SKFilterMode.Linear));
        DrawLayer(canvas, panel, place);
        using var line = new SKPaint
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = Math.Max(2, place.Height / 240),
            StrokeJoin = SKStrokeJoin.Round,
        };
        using var dash = SKPathEffect.CreateDash([line.StrokeWidth * 4, line.StrokeWidth * 2.5f], 0);
        var taken = new List<SKRect>();
        foreach (var item in panel.Objects)
        {
            line.Color = GetColor(item.Outcome);
            line.PathEffect = item.Outcome is ComparisonOutcome.MissedAnnotation or ComparisonOutcome.FalsePositive ? dash : null;
            float x = place.Left + (float)item.Box.X * scaleX, y = place.Top + (float)item.Box.Y * scaleY;
            canvas.DrawRect(new SKRect(x, y, x + (float)item.Box.Width * scaleX, y + (float)item.Box.Height * scaleY), line);
            using var dot = new SKPaint { IsAntialias = true, Color = line.Color };
            foreach (var point in item.Keypoints ?? [])
            {
                if (point.Visibility > 0)
                {
                    canvas.DrawCircle(
                        place.Left + (float)point.X * scaleX, place.Top + (float)point.Y * scaleY, line.StrokeWidth * 1.6f, dot);
                }
            }
        }

        foreach (var item in panel.Objects.Where(o => o.Text.Length > 0))
        {
            var box = new Box(
                place.Left + (float)item.Box.X * scaleX, place.Top + (float)item.Box.Y * scaleY,
                place.Left + (float)(item.Box.X + item.Box.Width) * scaleX, place.Top + (float)(item.Box.Y + item.Box.Height) * scaleY);
            Annotator.DrawLabel(canvas, font, box, item.Text, GetColor(item.Outcome), line.StrokeWidth, (int)place.Right, (int)place.Bottom, taken);
        }

        canvas.Restore();
    }

    // Tinted pixels in the image's size: classes below, masks above.
    private static void DrawLayer(SKCanvas canvas, ComparisonPanel panel, SKRect place)
    {
        int width = panel.Image.Frame.Width, height = panel.Image.Frame.Height;
        if (panel.ClassIds.IsEmpty && panel.Objects.All(o => o.Mask is null))
        {
            return;
        }

        if (!panel.ClassIds.IsEmpty && panel.ClassIds.Length != width * height)
        {
            throw new EdgeVisionException(
                $"pixel classes of a {width}x{height} image must be {width * height}; got {panel.ClassIds.Length}");
        }

        using var layer = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Unpremul));
        layer.Erase(SKColors.Transparent);
        unsafe
        {
            uint* pixels = (uint*)layer.GetPixels();
            int stride = layer.RowBytes / 4;
            var ids = panel.ClassIds.Span;
            for (int i = 0; i < ids.Length; i++)
            {
                if (ids[i] is not (0 or 255))
                {
                    pixels[i / width * stride + i % width] = (uint)Annotator.GetColor(ids[i]).WithAlpha(Tint);
                }
            }

            foreach (var item in panel.Objects)
            {
                if (item.Mask is not { } mask || mask.Width != width || mask.Height != height)
                {
                    continue;
                }

                uint tint = (uint)GetColor(item.Outcome).WithAlpha(Tint);
                int at = 0;
                for (int r = 0; r < mask.Runs.Length; r++)
                {
                    for (int end = at + mask.Runs[r]; at < end; at++)
                    {
                        if ((r & 1) != 0)
                        {
                            pixels[at % height * stride + at / height] = tint;
                        }
                    }
                }
            }
        }

        canvas.DrawBitmap(layer, place, new SKSamplingOptions(SKFilterMode.Nearest));
    }
}
