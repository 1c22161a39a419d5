using System.Buffers;
using System.Globalization;
using SkiaSharp;

namespace EdgeVision.Imaging;

/// <summary>Draws a segmentation map: one half-transparent colour per class, and a legend of the classes present.</summary>
internal static class SegmentationLayer
{
    private const int MaxLegendRows = 8;
    private const byte Opacity = 128;

    /// <summary>Colours the pixels; those of a class named background stay as they are.</summary>
    public static unsafe void Draw(SKCanvas canvas, int width, int height, VisionResult result)
    {
        var map = result.Segmentation;
        var view = result.Transform.View;
        using var layer = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Unpremul));
        uint* pixels = (uint*)layer.GetPixels();
        int stride = layer.RowBytes / 4;
        new Span<uint>(pixels, stride * height).Clear();
        Span<uint> colours = stackalloc uint[256];
        for (int id = 0; id < colours.Length; id++)
        {
            colours[id] = IsBackground(map, id) ? 0 : (uint)Annotator.GetColor(id).WithAlpha(Opacity);
        }

        int frameWidth = result.Transform.FrameWidth, frameHeight = result.Transform.FrameHeight;
        byte[] ids = ArrayPool<byte>.Shared.Rent(frameWidth * frameHeight);
        map.CopyToFrame(ids.AsSpan(0, frameWidth * frameHeight));

        // Pixels outside the view have no class; a pixel belongs to the view if its centre does, as in the map.
        for (int y = Math.Max(0, (int)MathF.Ceiling(view.Y1 - 0.5f)); y < Math.Min(height, view.Y2 - 0.5f); y++)
        {
            for (int x = Math.Max(0, (int)MathF.Ceiling(view.X1 - 0.5f)); x < Math.Min(width, view.X2 - 0.5f); x++)
            {
                pixels[y * stride + x] = colours[ids[y * frameWidth + x]];
            }
        }

        ArrayPool<byte>.Shared.Return(ids);
        canvas.DrawBitmap(layer, 0, 0, SKSamplingOptions.Default);
    }

    /// <summary>
    /// Draws names and shares of the classes, largest first, in the lower left corner. Returns the area it covers.
    /// </summary>
    public static SKRect DrawLegend(SKCanvas canvas, SKFont font, int height, SegmentationMap map, float unit)
    {
        long[] areas = new long[256];
        var (w, h) = map.CountAreas(areas);
        int[] ids =
        [
            .. Enumerable.Range(0, areas.Length)
                .Where(id => areas[id] > 0 && !IsBackground(map, id))
                .OrderByDescending(id => areas[id])
                .Take(MaxLegendRows),
        ];
        if (ids.Length == 0)
        {
            return SKRect.Empty;
        }

        using var small = new SKFont(font.Typeface, font.Size * 0.8f) { Edging = SKFontEdging.Antialias };
        string[] shares =
            [.. ids.Select(id => (areas[id] / (double)((long)w * h)).ToString("P0", CultureInfo.InvariantCulture).Replace(" ", ""))];
        float pad = unit * 2, row = small.Size * 1.35f;
        float name = ids.Max(id => small.MeasureText(map.GetClassLabel(id))), share = shares.Max(s => small.MeasureText(s));
        float top = height - pad * 2 - ids.Length * row, swatch = small.Size * 0.8f, text = 2.5f * pad + swatch;
        using var back = new SKPaint { IsAntialias = true, Color = new SKColor(12, 16, 24, 190) };
        var panel = new SKRect(pad, top, text + name + share + 2 * pad, height - pad);
        canvas.DrawRoundRect(panel, unit * 1.5f, unit * 1.5f, back);
        using var ink = new SKPaint { IsAntialias = true, Color = SKColors.White };
        for (int i = 0; i < ids.Length; i++)
        {
            float y = top + pad / 2 + i * row;
            using var fill = new SKPaint { IsAntialias = true, Color = Annotator.GetColor(ids[i]) };
            canvas.DrawRoundRect(
                new SKRect(1.75f * pad, y + (row - swatch) / 2, 1.75f * pad + swatch, y + (row + swatch) / 2), unit, unit, fill);
            canvas.DrawText(map.GetClassLabel(ids[i]), text, y + row / 2 + small.Size * 0.36f, SKTextAlign.Left, small, ink);
            canvas.DrawText(shares[i], text + name + pad + share, y + row / 2 + small.Size * 0.36f, SKTextAlign.Right, small, ink);
        }

        return panel;
    }

    private static bool IsBackground(SegmentationMap map, int id) =>
        id == 0 && map.Labels.Count > 0 && map.GetClassLabel(0).Equals("background", StringComparison.OrdinalIgnoreCase);
}
