using System.Buffers;
using System.Globalization;
using SkiaSharp;

namespace EdgeVision.Imaging;

/// <summary>Draws results on an image: boxes, masks, skeletons, keypoints, labels, classes, segmentation and depth.</summary>
/// <remarks>
/// Pixel classes and masks lie under boxes, oriented boxes, skeletons and keypoints; labels are on top; image classes, a
/// legend and distances are in the corners. Line widths and font size follow the image's size. The font is embedded, so text
/// looks the same on a device without fonts.
/// </remarks>
public sealed class Annotator : IDisposable
{
    private static readonly SKColor[] Palette =
    [
        new(0xFF3B5C), new(0x2F9BFF), new(0x22C55E), new(0xFFB020), new(0xA855F7), new(0x06B6D4), new(0xF97316), new(0xEC4899),
        new(0x84CC16), new(0x6366F1), new(0x14B8A6), new(0xEAB308), new(0xEF4444), new(0x3B82F6), new(0x10B981), new(0xD946EF),
        new(0xF59E0B), new(0x0EA5E9), new(0x65A30D), new(0x8B5CF6),
    ];

    // Maximum share of the image covered by the panel of classes.
    private const float MaxPanelWidth = 0.6f, MaxPanelHeight = 0.4f;

    private readonly SKTypeface _typeface;
    private readonly IReadOnlyList<int[]> _skeleton;

    /// <summary>Initializes drawing.</summary>
    /// <param name="skeleton">Pairs of keypoint indices to connect; those of the result's own model when null.</param>
    public Annotator(IReadOnlyList<int[]>? skeleton = null)
    {
        _skeleton = skeleton ?? [];
        _typeface = LoadTypeface();
    }

    /// <summary>Loads the embedded font; the caller disposes it.</summary>
    public static SKTypeface LoadTypeface()
    {
        using var font = typeof(Annotator).Assembly.GetManifestResourceStream("DejaVuSans-Bold.ttf")!;
        return SKTypeface.FromStream(font);
    }

    /// <summary>Returns the colour of a detection: per object when objects are tracked, else per class.</summary>
    public static SKColor GetColor(Detections d, int index) =>
        GetColor(d.HasTracks && d.TrackIds[index] > 0 ? d.TrackIds[index] - 1 : d.ClassIds[index]);

    /// <summary>Returns the colour of a class.</summary>
    public static SKColor GetColor(int classId) => Palette[(classId % Palette.Length + Palette.Length) % Palette.Length].WithAlpha(255);

    /// <summary>
    /// Draws <paramref name="result"/> on a copy of the image and saves it in the format of the path's extension.
    /// </summary>
    /// <exception cref="EdgeVisionException">The file cannot be written.</exception>
    public void Save(LoadedImage image, VisionResult result, string path)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var copy = new SKBitmap(image.Bitmap.Info.WithAlphaType(SKAlphaType.Opaque));
        unsafe
        {
            Buffer.MemoryCopy((void*)image.Bitmap.GetPixels(), (void*)copy.GetPixels(), copy.ByteCount, image.Bitmap.ByteCount);
        }

        using (var canvas = new SKCanvas(copy))
        {
            Draw(canvas, copy.Width, copy.Height, result);
        }

        using var pixmap = copy.PeekPixels();
        ImageFile.Write(pixmap, path);
    }

    /// <summary>Draws on a BGRA32 frame in place.</summary>
    public unsafe void Draw(Frame frame, VisionResult result)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Format != PixelFormat.Bgra32)
        {
            throw new FrameFormatException($"the frame to draw on must be {PixelFormat.Bgra32}; got {frame.Format}");
        }

        fixed (byte* pixels = frame.MutableData)
        {
            using var surface = SKSurface.Create(
                new SKImageInfo(frame.Width, frame.Height, SKColorType.Bgra8888, SKAlphaType.Opaque), (nint)pixels, frame.Stride);
            Draw(surface.Canvas, frame.Width, frame.Height, result);
            surface.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _typeface.Dispose();

    /// <summary>Returns the line width for an image size; all other sizes are multiples of it.</summary>
    public static float GetLineWidth(int width, int height) => Math.Max(1.5f, MathF.Sqrt((float)width * height) / 360);

    /// <summary>Creates the font for a line width; the caller disposes it.</summary>
    public SKFont CreateFont(float unit) => new(_typeface, Math.Max(11, unit * 6.2f)) { Edging = SKFontEdging.Antialias };

    /// <summary>Draws results.</summary>
    /// <param name="canvas">Canvas to draw on.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="result">Result to draw.</param>
    /// <param name="taken">Areas that labels avoid; the areas of what is drawn are added. Null for none.</param>
    /// <param name="note">Returns further text for a detection's label; null for none.</param>
    public void Draw(
        SKCanvas canvas, int width, int height, VisionResult result, List<SKRect>? taken = null, Func<int, string>? note = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        float unit = GetLineWidth(width, height);
        using var font = CreateFont(unit);
        var d = result.Detections;
        if (result.Segmentation.Width > 0)
        {
            SegmentationLayer.Draw(canvas, width, height, result);
        }

        if (d.HasMasks)
        {
            DrawMasks(canvas, width, height, result);
        }

        using var line = new SKPaint
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = unit,
            StrokeJoin = SKStrokeJoin.Round,
        };
        for (int i = d.Count - 1; i >= 0; i--) // the best detection last, on top
        {
            line.Color = GetColor(d, i);
            var box = d.Boxes[i];
            if (d.HasRotation)
            {
                using var path = Polygon(d.RotatedBoxes[i]);
                canvas.DrawPath(path, line);
            }
            else
            {
                canvas.DrawRoundRect(new SKRect(box.X1, box.Y1, box.X2, box.Y2), unit, unit, line);
            }

            if (d.KeypointCount > 0)
            {
                DrawKeypoints(canvas, d, i, unit);
            }
        }

        taken ??= [];
        if (result.Classification.Count > 0)
        {
            taken.Add(DrawClasses(canvas, font, width, height, result, unit));
        }

        if (result.Segmentation.Width > 0)
        {
            taken.Add(SegmentationLayer.DrawLegend(canvas, font, height, result.Segmentation, unit));
        }

        if (result.Depth.Width > 0)
        {
            taken.Add(DepthInset.Draw(canvas, font, width, height, result, unit, taken));
        }

        for (int i = 0; i < d.Count; i++) // the best detection first: its label gets the preferred position
        {
            string track = d.HasTracks && d.TrackIds[i] > 0 ? FormattableString.Invariant($"#{d.TrackIds[i]} ") : "";
            string score = d.Scores[i].ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "");
            DrawLabel(canvas, font, d.Boxes[i], $"{track}{d.GetLabel(i)} {score}{note?.Invoke(i)}", GetColor(d, i), unit, width, height, taken);
        }
    }

    private static SKPath Polygon(in RotatedBox box)
    {
        float cos = MathF.Cos(box.Angle), sin = MathF.Sin(box.Angle), w = box.Width / 2, h = box.Height / 2;
        var builder = new SKPathBuilder();
        Span<(float X, float Y)> corners = [(-w, -h), (w, -h), (w, h), (-w, h)];
        for (int k = 0; k < 4; k++)
        {
            var p = new SKPoint(
                box.CenterX + corners[k].X * cos - corners[k].Y * sin,
                box.CenterY + corners[k].X * sin + corners[k].Y * cos);
            if (k == 0)
            {
                builder.MoveTo(p);
            }
            else
            {
                builder.LineTo(p);
            }
        }

        builder.Close();
        return builder.Detach();
    }

    /// <summary>Draws the keypoints and the skeleton of a detection.</summary>
    public void DrawKeypoints(SKCanvas canvas, Detections d, int index, float unit)
    {
        var points = d.GetKeypoints(index);
        using var limb = new SKPaint
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = unit * 0.9f,
            StrokeCap = SKStrokeCap.Round,
        };
        var skeleton = _skeleton.Count > 0 ? _skeleton : d.Skeleton;
        for (int k = 0; k < skeleton.Count; k++)
        {
            int a = skeleton[k][0], b = skeleton[k][1];
            if (a < points.Length && b < points.Length && points[a].Score >= 0.5f && points[b].Score >= 0.5f)
            {
                limb.Color = GetColor(k);
                canvas.DrawLine(points[a].X, points[a].Y, points[b].X, points[b].Y, limb);
            }
        }

        using var dot = new SKPaint { IsAntialias = true, Color = SKColors.White };
        using var heart = new SKPaint { IsAntialias = true };
        for (int k = 0; k < points.Length; k++)
        {
            if (points[k].Score >= 0.5f)
            {
                heart.Color = GetColor(k + 1);
                canvas.DrawCircle(points[k].X, points[k].Y, unit * 1.5f, dot);
                canvas.DrawCircle(points[k].X, points[k].Y, unit * 1.1f, heart);
            }
        }
    }

    private static void DrawMasks(SKCanvas canvas, int width, int height, VisionResult result)
    {
        // One layer of the frame's size: each pixel takes the mask of the best detection, and edges are more opaque. Colours
        // are premultiplied, which Skia blends several times as fast as unpremultiplied ones.
        var d = result.Detections;
        using var layer = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Premul));
        var t = result.Transform;
        int[] columns = ArrayPool<int>.Shared.Rent(width + 2);
        unsafe
        {
            uint* pixels = (uint*)layer.GetPixels();
            int stride = layer.RowBytes / 4;
            new Span<uint>(pixels, stride * height).Clear();
            for (int i = d.Count - 1; i >= 0; i--)
            {
                var r = d.GetMaskRegion(i);
                var mask = d.GetMask(i);
                if (mask.IsEmpty)
                {
                    continue;
                }

                uint fill = Premultiplied(GetColor(d, i), 95), edge = Premultiplied(GetColor(d, i), 230);
                int x1 = Math.Clamp((int)t.ToFrameX(r.X), 0, width);
                int x2 = Math.Clamp((int)MathF.Ceiling(t.ToFrameX(r.X + r.Width)), 0, width);
                int y1 = Math.Clamp((int)t.ToFrameY(r.Y), 0, height);
                int y2 = Math.Clamp((int)MathF.Ceiling(t.ToFrameY(r.Y + r.Height)), 0, height);

                // The mask's column for each frame column, with one more on each side; -1 outside.
                for (int x = x1 - 1; x <= x2; x++)
                {
                    int column = (int)MathF.Floor(t.ToInputX(x + 0.5f)) - r.X;
                    columns[x - x1 + 1] = (uint)column < (uint)r.Width ? column : -1;
                }

                for (int y = y1; y < y2; y++)
                {
                    int above = Row(y - 1, r, t), row = Row(y, r, t), below = Row(y + 1, r, t);
                    for (int x = x1; x < x2 && row >= 0; x++)
                    {
                        int column = columns[x - x1 + 1];
                        if (At(mask, row, column))
                        {
                            bool inside = At(mask, row, columns[x - x1]) && At(mask, row, columns[x - x1 + 2])
                                && At(mask, above, column) && At(mask, below, column);
                            pixels[y * stride + x] = inside ? fill : edge;
                        }
                    }
                }
            }
        }

        ArrayPool<int>.Shared.Return(columns);
        canvas.DrawBitmap(layer, 0, 0, SKSamplingOptions.Default);

        // Offset of the mask's row for a frame row; -1 outside.
        static int Row(int y, in MaskRegion r, in FrameTransform t)
        {
            int row = (int)MathF.Floor(t.ToInputY(y + 0.5f)) - r.Y;
            return (uint)row < (uint)r.Height ? row * r.Width : -1;
        }

        static bool At(ReadOnlySpan<byte> mask, int row, int column) => (row | column) >= 0 && mask[row + column] != 0;

        static uint Premultiplied(SKColor color, byte alpha) =>
            (uint)alpha << 24
                | (uint)(color.Red * alpha / 255) << 16
                | (uint)(color.Green * alpha / 255) << 8
                | (uint)(color.Blue * alpha / 255);
    }

    /// <summary>Draws the label of a box, beside labels already drawn where there is room.</summary>
    public static void DrawLabel(
        SKCanvas canvas, SKFont font, in Box box, string text, SKColor color, float unit, int width, int height, List<SKRect> taken)
    {
        float pad = unit * 1.6f, w = font.MeasureText(text) + 2 * pad, h = font.Size * 1.25f + pad * 0.5f;
        float x = Math.Clamp(box.X1 - unit / 2, 0, Math.Max(0, width - w));

        // Above the box, else inside its top, else below it; further down when another label is in the way.
        float y = box.Y1 - h >= 0 ? box.Y1 - h : Math.Clamp(box.Y1, 0, Math.Max(0, height - h));
        var rect = new SKRect(x, y, x + w, y + h);
        for (int tries = 0; tries < 4 && taken.Any(r => r.IntersectsWith(rect)); tries++)
        {
            y = Math.Clamp(y + h, 0, Math.Max(0, height - h));
            rect = new SKRect(x, y, x + w, y + h);
        }

        taken.Add(rect);
        using var back = new SKPaint { IsAntialias = true, Color = color.WithAlpha(235) };
        canvas.DrawRoundRect(rect, unit * 1.2f, unit * 1.2f, back);
        bool isLight = 0.299 * color.Red + 0.587 * color.Green + 0.114 * color.Blue > 150;
        using var ink = new SKPaint { IsAntialias = true, Color = isLight ? SKColors.Black : SKColors.White };
        canvas.DrawText(text, x + pad, y + h / 2 + font.Size * 0.36f, SKTextAlign.Left, font, ink);
    }

    // As many classes as fit without hiding the image, at least one; bars only when there is room for them.
    private static SKRect DrawClasses(SKCanvas canvas, SKFont font, int width, int height, VisionResult result, float unit)
    {
        var c = result.Classification;
        float pad = unit * 3, row = font.Size * 1.5f, w = 0;
        int count = Math.Clamp((int)((height * MaxPanelHeight - pad * 1.4f) / row), 1, c.Count);
        string[] names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = c.GetClassLabel(c.ClassIds[i]);
            w = Math.Max(w, font.MeasureText(names[i]));
        }

        float number = font.MeasureText("100.0%"), bar = font.Size * 6 + pad;
        if (4 * pad + w + bar + number > width * MaxPanelWidth)
        {
            bar = 0;
        }

        using var back = new SKPaint { IsAntialias = true, Color = new SKColor(12, 16, 24, 205) };
        var panel = new SKRect(pad, pad, 4 * pad + w + bar + number, pad + count * row + pad * 1.4f);
        canvas.DrawRoundRect(panel, unit * 2, unit * 2, back);
        using var ink = new SKPaint { IsAntialias = true, Color = SKColors.White };
        for (int i = 0; i < count; i++)
        {
            float y = pad * 1.7f + row * i;
            canvas.DrawText(names[i], 2 * pad, y + font.Size, SKTextAlign.Left, font, ink);
            if (bar > 0)
            {
                using var fill = new SKPaint { IsAntialias = true, Color = GetColor(c.ClassIds[i]) };
                float left = 3 * pad + w, right = 3 * pad + w + Math.Max(unit, (bar - pad) * c.Scores[i]);
                canvas.DrawRoundRect(new SKRect(left, y + font.Size * 0.25f, right, y + font.Size * 1.05f), unit, unit, fill);
            }

            string score = c.Scores[i].ToString("P1", CultureInfo.InvariantCulture).Replace(" ", "");
            canvas.DrawText(score, 3 * pad + w + bar, y + font.Size, SKTextAlign.Left, font, ink);
        }

        return panel;
    }
}
