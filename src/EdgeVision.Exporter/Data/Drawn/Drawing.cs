using SkiaSharp;

namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>Canvas with a second plane that records for each pixel which object was drawn there last.</summary>
/// <remarks>Outlines are filled in both planes; in the second one without antialiasing, so that masks are exact.</remarks>
internal sealed class Drawing : IDisposable
{
    private const int OutlinePoints = 36;
    private readonly SKBitmap _picture, _marks;
    private readonly SKCanvas _markCanvas;

    public Drawing(int width, int height)
    {
        (Width, Height) = (width, height);
        _picture = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        _marks = new SKBitmap(new SKImageInfo(width, height, SKColorType.Alpha8, SKAlphaType.Unpremul));
        _marks.Erase(SKColors.Transparent);
        Canvas = new SKCanvas(_picture);
        _markCanvas = new SKCanvas(_marks);
    }

    public int Width { get; }

    public int Height { get; }

    public SKCanvas Canvas { get; }

    /// <summary>Fills an outline with a gradient between two colors.</summary>
    public void Fill(SKPath outline, SKColor colour, SKColor other)
    {
        outline.GetTightBounds(out var bounds);
        using var shader = SKShader.CreateLinearGradient(new SKPoint(bounds.Left, bounds.Top), new SKPoint(bounds.Right, bounds.Top),
            [colour, other, colour], [0, 0.35f, 1], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { IsAntialias = true, Shader = shader };
        Canvas.DrawPath(outline, paint);
    }

    public void Fill(SKPath outline, SKColor colour)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = colour };
        Canvas.DrawPath(outline, paint);
    }

    public void FillRectangle(float x1, float y1, float x2, float y2, SKColor colour)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = colour };
        Canvas.DrawRect(new SKRect(x1, y1, x2, y2), paint);
    }

    public void DrawLine(float x1, float y1, float x2, float y2, float thickness, SKColor colour)
    {
        using var paint = new SKPaint
        {
            IsAntialias = true,
            Color = colour,
            IsStroke = true,
            StrokeWidth = thickness,
            StrokeCap = SKStrokeCap.Round,
        };
        Canvas.DrawLine(x1, y1, x2, y2, paint);
    }

    public void FillCircle(float x, float y, float radius, SKColor colour)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = colour };
        Canvas.DrawCircle(x, y, radius, paint);
    }

    /// <summary>Sets the mark of an outline's pixels to <paramref name="mark"/>.</summary>
    public void Mark(SKPath outline, byte mark)
    {
        using var paint = new SKPaint { IsAntialias = false, Color = new SKColor(0, 0, 0, mark), BlendMode = SKBlendMode.Src };
        _markCanvas.DrawPath(outline, paint);
    }

    /// <summary>Returns the marks of all pixels, [H*W]; 0 where nothing was marked.</summary>
    public byte[] GetMarks()
    {
        _markCanvas.Flush();
        var source = _marks.GetPixelSpan();
        var marks = new byte[Width * Height];
        for (int y = 0; y < Height; y++)
        {
            source.Slice(y * _marks.RowBytes, Width).CopyTo(marks.AsSpan(y * Width));
        }

        return marks;
    }

    /// <summary>Returns the pixels with sensor noise, [H*W*3].</summary>
    public byte[] ToRgb(Random random, int maxNoise = 12)
    {
        Canvas.Flush();
        var source = _picture.GetPixelSpan();
        var rgb = new byte[Width * Height * 3];
        int amplitude = random.Next(0, maxNoise);
        for (int i = 0, o = 0; o < rgb.Length; i += 4)
        {
            int noise = amplitude == 0 ? 0 : random.Next(amplitude) - random.Next(amplitude);
            rgb[o++] = (byte)Math.Clamp(source[i] + noise, 0, 255);
            rgb[o++] = (byte)Math.Clamp(source[i + 1] + noise, 0, 255);
            rgb[o++] = (byte)Math.Clamp(source[i + 2] + noise, 0, 255);
        }

        return rgb;
    }

    /// <summary>Returns an outline as a polygon, x and y alternating.</summary>
    public static float[] ToPolygon(SKPath outline)
    {
        using var measure = new SKPathMeasure(outline, forceClosed: true);
        float length = measure.Length;
        var points = new float[OutlinePoints * 2];
        for (int i = 0; i < OutlinePoints; i++)
        {
            measure.GetPosition(length * i / OutlinePoints, out var p);
            (points[i * 2], points[i * 2 + 1]) = (p.X, p.Y);
        }

        return points;
    }

    public static Box GetBounds(SKPath outline)
    {
        outline.GetTightBounds(out var b);
        return new Box(b.Left, b.Top, b.Right, b.Bottom);
    }

    public static SKPath CreatePath(Action<SKPathBuilder> draw)
    {
        using var builder = new SKPathBuilder();
        draw(builder);
        return builder.Detach();
    }

    public static float NextFloat(Random random, float low, float high) => low + (high - low) * (float)random.NextDouble();

    public static SKColor NextColor(Random random, float hueLow = 0, float hueHigh = 360, float saturationLow = 45, float valueLow = 45) =>
        SKColor.FromHsv((NextFloat(random, hueLow, hueHigh) + 360) % 360, NextFloat(random, saturationLow, 100),
            NextFloat(random, valueLow, 100));

    public static SKColor NextSimilarColor(Random random, SKColor colour, int maxShift)
    {
        byte Shift(byte v) => (byte)Math.Clamp(v + random.Next(-maxShift, maxShift + 1), 0, 255);
        return new SKColor(Shift(colour.Red), Shift(colour.Green), Shift(colour.Blue));
    }

    public static SKColor Lighten(SKColor colour, float part) => new(
        (byte)(colour.Red + (255 - colour.Red) * part), (byte)(colour.Green + (255 - colour.Green) * part),
        (byte)(colour.Blue + (255 - colour.Blue) * part));

    public static SKColor Darken(SKColor colour, float part) =>
        new((byte)(colour.Red * part), (byte)(colour.Green * part), (byte)(colour.Blue * part));

    public void Dispose()
    {
        Canvas.Dispose();
        _markCanvas.Dispose();
        _picture.Dispose();
        _marks.Dispose();
    }
}
