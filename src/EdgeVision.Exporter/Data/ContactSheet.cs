using System.Runtime.InteropServices;
using SkiaSharp;

namespace EdgeVision.Exporter.Data;

/// <summary>
/// Draws images side by side with their labels: outlines, boxes with names, keypoints, pixel classes and distances.
/// </summary>
public static class ContactSheet
{
    private const int MaxSide = 320;
    private static readonly SKSamplingOptions Sampling = new(SKFilterMode.Linear);
    private static readonly SKColor[] Palette =
    [
        new(230, 60, 60), new(60, 140, 240), new(60, 180, 75), new(245, 160, 40), new(170, 80, 220), new(40, 200, 200), new(240, 90, 180),
        new(150, 200, 40),
    ];

    /// <summary>Writes a PNG.</summary>
    /// <param name="path">File to write.</param>
    /// <param name="images">Images of any size; each is enlarged to fill its cell.</param>
    /// <param name="labels">Names of the classes and keypoints.</param>
    /// <param name="columns">Images per row.</param>
    public static void Save(string path, IReadOnlyList<LabelledImage> images, DataLabels labels, int columns)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        if (images.Count == 0)
        {
            return;
        }

        float scale = (float)MaxSide / images.Max(p => Math.Max(p.Width, p.Height));
        int cellWidth = (int)Math.Ceiling(images.Max(p => p.Width) * scale),
            cellHeight = (int)Math.Ceiling(images.Max(p => p.Height) * scale) + 18;
        int rows = (images.Count + columns - 1) / columns;
        using var sheet = new SKBitmap(cellWidth * Math.Min(columns, images.Count), cellHeight * rows);
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(new SKColor(32, 32, 36));
        using var font = new SKFont(EdgeVision.Exporter.Reports.EmbeddedFont.Instance.Typeface, 11);
        for (int i = 0; i < images.Count; i++)
        {
            canvas.Save();
            canvas.Translate(i % columns * cellWidth, i / columns * cellHeight);
            canvas.ClipRect(new SKRect(0, 0, cellWidth, cellHeight));
            Draw(canvas, images[i], labels, scale, cellHeight - 18, font);
            canvas.Restore();
        }

        canvas.Flush();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var data = sheet.Encode(SKEncodedImageFormat.Png, 90);
        using var file = File.Create(path);
        data.SaveTo(file);
    }

    private static SKColor ColourOf(int id) => Palette[(id % Palette.Length + Palette.Length) % Palette.Length];

    private static void Draw(SKCanvas canvas, LabelledImage picture, DataLabels labels, float scale, float textTop, SKFont font)
    {
        using (var pixels = Pixels(picture))
        {
            canvas.DrawBitmap(pixels, new SKRect(0, 0, picture.Width * scale, picture.Height * scale), Sampling);
        }

        if (picture.Depth is not null)
        {
            using var depth = Depth(picture);
            float w = picture.Width * scale / 3, h = picture.Height * scale / 3;
            canvas.DrawBitmap(depth, new SKRect(picture.Width * scale - w, 0, picture.Width * scale, h), Sampling);
        }

        foreach (var item in picture.Objects)
        {
            Draw(canvas, item, labels, scale, font);
        }

        string caption = picture.Name;
        if (picture.ClassId >= 0)
        {
            caption += $": {(picture.ClassId < labels.Pictures.Count ? labels.Pictures[picture.ClassId] : picture.ClassId)}";
        }

        if (picture.Identity >= 0)
        {
            caption += $" #{picture.Identity}";
        }

        using var ink = new SKPaint { Color = SKColors.White, IsAntialias = true };
        canvas.DrawText(caption, 3, textTop + 13, SKTextAlign.Left, font, ink);
    }

    private static void Draw(SKCanvas canvas, LabelledObject item, DataLabels labels, float scale, SKFont font)
    {
        var colour = ColourOf(item.ClassId);
        using var line = new SKPaint { IsStroke = true, StrokeWidth = 1.5f, Color = colour, IsAntialias = true };
        var b = item.Box;
        canvas.DrawRect(new SKRect(b.X1 * scale, b.Y1 * scale, b.X2 * scale, b.Y2 * scale), line);
        foreach (float[] polygon in item.Polygons)
        {
            using var builder = new SKPathBuilder();
            builder.MoveTo(polygon[0] * scale, polygon[1] * scale);
            for (int i = 2; i + 1 < polygon.Length; i += 2)
            {
                builder.LineTo(polygon[i] * scale, polygon[i + 1] * scale);
            }

            builder.Close();
            using var path = builder.Detach();
            canvas.DrawPath(path, line);
        }

        foreach (var (from, to) in item.Keypoints.Length > 0 ? labels.Skeleton : [])
        {
            var (p, q) = (item.Keypoints[from], item.Keypoints[to]);
            if (p.Visibility > 0 && q.Visibility > 0)
            {
                canvas.DrawLine(p.X * scale, p.Y * scale, q.X * scale, q.Y * scale, line);
            }
        }

        foreach (var point in item.Keypoints.Where(p => p.Visibility > 0))
        {
            using var dot = new SKPaint { Color = point.Visibility == 2 ? SKColors.White : SKColors.Gray, IsAntialias = true };
            canvas.DrawCircle(point.X * scale, point.Y * scale, 2.5f, dot);
        }

        if (item.ClassId >= 0 && item.ClassId < labels.Objects.Count && labels.Objects.Count > 1)
        {
            using var ground = new SKPaint { Color = colour.WithAlpha(200) };
            using var ink = new SKPaint { Color = SKColors.White, IsAntialias = true };
            string name = labels.Objects[item.ClassId];
            canvas.DrawRect(new SKRect(b.X1 * scale, b.Y1 * scale, b.X1 * scale + font.MeasureText(name) + 4, b.Y1 * scale + 13), ground);
            canvas.DrawText(name, b.X1 * scale + 2, b.Y1 * scale + 11, SKTextAlign.Left, font, ink);
        }
    }

    private static SKBitmap Pixels(LabelledImage picture)
    {
        var rgba = new byte[picture.Width * picture.Height * 4];
        for (int i = 0; i < picture.Width * picture.Height; i++)
        {
            var tint = picture.Mask is { } mask && mask[i] != 0
                ? mask[i] == LabelledImage.IgnoredPixel ? SKColors.Black
                : ColourOf(mask[i] - 1) : (SKColor?)null;
            for (int c = 0; c < 3; c++)
            {
                int value = picture.Rgb[i * 3 + c];
                if (tint is { } t)
                {
                    value = (value * 3 + (c == 0 ? t.Red : c == 1 ? t.Green : t.Blue) * 2) / 5;
                }

                rgba[i * 4 + c] = (byte)value;
            }

            rgba[i * 4 + 3] = 255;
        }

        return FromRgba(rgba, picture.Width, picture.Height);
    }

    // Near pixels are bright; unknown ones are black.
    private static SKBitmap Depth(LabelledImage picture)
    {
        float[] depth = picture.Depth!;
        float nearest = depth.Where(d => d > 0).DefaultIfEmpty(1).Min();
        var rgba = new byte[depth.Length * 4];
        for (int i = 0; i < depth.Length; i++)
        {
            byte level = depth[i] > 0 ? (byte)(255 * nearest / depth[i]) : (byte)0;
            (rgba[i * 4], rgba[i * 4 + 1], rgba[i * 4 + 2], rgba[i * 4 + 3]) = (level, level, level, 255);
        }

        return FromRgba(rgba, picture.Width, picture.Height);
    }

    private static SKBitmap FromRgba(byte[] rgba, int width, int height)
    {
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        return bitmap;
    }
}
