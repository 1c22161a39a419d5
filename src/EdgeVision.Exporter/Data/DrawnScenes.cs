using System.Runtime.InteropServices;
using SkiaSharp;

namespace EdgeVision.Exporter.Data;

/// <summary>Draws scenes with Skia: shapes of six classes; the same seed and index give the same image.</summary>
/// <remarks>
/// Shapes vary in color, texture, size, rotation and stretch, over gradients, noise and clutter, under uneven light, with blur
/// and sensor noise.
/// </remarks>
public static class DrawnScenes
{
    private const float MinSide = 0.13f; // of the image's shorter side
    private const float MaxSide = 0.50f;
    private const float MaxCovered = 0.12f;  // of the smaller of two boxes

    /// <summary>Gets the class names by id.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["circle", "square", "triangle", "star", "cross", "ring"];

    /// <summary>Draws scene <paramref name="index"/> of the set <paramref name="seed"/>; its size is random too.</summary>
    public static Scene Draw(int seed, int index)
    {
        var random = CreateRandom(seed, index);
        (int Width, int Height)[] sizes = [(320, 240), (640, 480), (480, 360), (384, 320), (480, 270), (300, 300)];
        var (width, height) = sizes[random.Next(sizes.Length)];
        return Draw(random, width, height);
    }

    /// <summary>Draws scene <paramref name="index"/> of the set <paramref name="seed"/> with a given size.</summary>
    public static Scene Draw(int seed, int index, int width, int height) => Draw(CreateRandom(seed, index), width, height);

    /// <summary>Writes the image as PNG.</summary>
    public static void Save(Scene scene, string path)
    {
        ArgumentNullException.ThrowIfNull(scene);
        using var bitmap = new SKBitmap(new SKImageInfo(scene.Width, scene.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = new byte[scene.Width * scene.Height * 4];
        for (int i = 0, o = 0; o < rgba.Length; i += 3, o += 4)
        {
            (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (scene.Rgb[i], scene.Rgb[i + 1], scene.Rgb[i + 2], 255);
        }

        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }

    /// <summary>
    /// Returns the generator of one item: splitmix64 over both numbers, so that neighboring items are unrelated.
    /// </summary>
    internal static Random CreateRandom(int seed, int index)
    {
        ulong z = unchecked(((ulong)(uint)seed << 32 | (uint)index) + 0x9E3779B97F4A7C15);
        z = unchecked((z ^ z >> 30) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ z >> 27) * 0x94D049BB133111EB);
        return new Random((int)(z ^ z >> 31) & int.MaxValue);
    }

    private static Scene Draw(Random random, int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        var ground = MutedColor(random);
        DrawGround(canvas, random, width, height, ground);
        DrawClutter(canvas, random, width, height, ground);
        var objects = DrawShapes(canvas, random, width, height, ground);
        DrawLight(canvas, random, width, height);
        canvas.Flush();
        return new Scene(Pixels(bitmap, random), width, height, objects);
    }

    private static void DrawGround(SKCanvas canvas, Random random, int width, int height, SKColor ground)
    {
        using var paint = new SKPaint { Color = ground };
        var other = ShiftColor(random, ground, 45);
        using var gradient = random.Next(3) switch
        {
            0 => SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(width * NextUnit(random), height), [ground, other],
                SKShaderTileMode.Clamp),
            1 => SKShader.CreateRadialGradient(new SKPoint(width * NextUnit(random), height * NextUnit(random)), width * 0.8f, [ground, other],
                SKShaderTileMode.Clamp),
            _ => SKShader.CreateColor(ground),
        };
        paint.Shader = gradient;
        canvas.DrawRect(0, 0, width, height, paint);
        if (random.Next(3) > 0)
        {
            float frequency = NextFloat(random, 0.005f, 0.08f);
            using var noise = SKShader.CreatePerlinNoiseFractalNoise(frequency, frequency, random.Next(1, 4), random.Next(1000));
            using var overlay = new SKPaint { Shader = noise, BlendMode = SKBlendMode.SoftLight };
            overlay.Color = SKColors.White.WithAlpha((byte)random.Next(60, 200));
            canvas.DrawRect(0, 0, width, height, overlay);
        }
    }

    // Lines, soft blobs and open curves in colors near the background's: objects that belong to none of the classes.
    private static void DrawClutter(SKCanvas canvas, Random random, int width, int height, SKColor ground)
    {
        int count = random.Next(3, 14);
        float unit = Math.Min(width, height);
        for (int i = 0; i < count; i++)
        {
            using var paint = new SKPaint { IsAntialias = true, Color = ShiftColor(random, ground, 60).WithAlpha((byte)random.Next(60, 190)) };
            float x = width * NextUnit(random), y = height * NextUnit(random);
            using var builder = new SKPathBuilder();
            if (random.Next(3) == 0)
            {
                paint.MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, unit * NextFloat(random, 0.02f, 0.06f));
                canvas.DrawOval(x, y, unit * NextFloat(random, 0.05f, 0.25f), unit * NextFloat(random, 0.05f, 0.25f), paint);
                paint.MaskFilter.Dispose();
                continue;
            }

            paint.IsStroke = true;
            paint.StrokeWidth = unit * NextFloat(random, 0.003f, 0.02f);
            builder.MoveTo(x, y);
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                builder.QuadTo(width * NextUnit(random), height * NextUnit(random), width * NextUnit(random), height * NextUnit(random));
            }

            using var path = builder.Detach();
            canvas.DrawPath(path, paint);
        }
    }

    private static List<LabelledBox> DrawShapes(SKCanvas canvas, Random random, int width, int height, SKColor ground)
    {
        var objects = new List<LabelledBox>();
        int count = random.Next(2, 8);
        float unit = Math.Min(width, height);
        for (int attempt = 0; attempt < count * 8 && objects.Count < count; attempt++)
        {
            int classId = random.Next(Labels.Count);
            float side = unit * MinSide * MathF.Pow(MaxSide / MinSide, NextUnit(random));
            float stretch = NextFloat(random, 0.8f, 1.25f);
            using var outline = Outline(classId, random);
            using var shape = new SKPath(outline);
            shape.Transform(SKMatrix.CreateScale(side / 2 * stretch, side / 2 / stretch));
            shape.Transform(SKMatrix.CreateRotationDegrees(360 * NextUnit(random)));
            shape.Transform(SKMatrix.CreateTranslation(width * NextUnit(random), height * NextUnit(random)));
            shape.GetTightBounds(out var bounds);
            var box = new Box(bounds.Left, bounds.Top, bounds.Right, bounds.Bottom);
            if (box.X1 < 1 || box.Y1 < 1 || box.X2 > width - 1 || box.Y2 > height - 1
                || objects.Any(o => Covered(o.Box, box) > MaxCovered))
            {
                continue;
            }

            objects.Add(new LabelledBox(classId, box));
            Fill(canvas, random, shape, bounds, ground, side);
        }

        return objects;
    }

    private static void Fill(SKCanvas canvas, Random random, SKPath shape, SKRect bounds, SKColor ground, float side)
    {
        if (random.Next(3) == 0)
        {
            using var shadow = new SKPaint { IsAntialias = true, Color = SKColors.Black.WithAlpha(90) };
            shadow.MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, side * 0.04f);
            canvas.Save();
            canvas.Translate(side * 0.05f, side * 0.05f);
            canvas.DrawPath(shape, shadow);
            canvas.Restore();
            shadow.MaskFilter.Dispose();
        }

        var colour = VividColor(random, ground);
        var second = ShiftColor(random, colour, 50);
        using var shader = random.Next(4) switch
        {
            0 => SKShader.CreateLinearGradient(new SKPoint(bounds.Left, bounds.Top), new SKPoint(bounds.Right, bounds.Bottom),
                [colour, second], SKShaderTileMode.Clamp),
            1 => SKShader.CreateRadialGradient(new SKPoint(bounds.MidX, bounds.MidY), side * 0.6f, [colour, second],
                SKShaderTileMode.Clamp),
            2 => Stripes(random, colour, second, side),
            _ => SKShader.CreateColor(colour),
        };
        using var paint = new SKPaint { IsAntialias = true, Shader = shader };
        canvas.DrawPath(shape, paint);
        if (random.Next(3) == 0)
        {
            using var border = new SKPaint
            {
                IsAntialias = true,
                IsStroke = true,
                StrokeWidth = Math.Max(1, side * 0.03f),
                Color = ShiftColor(random, colour, 90),
            };
            canvas.Save();
            canvas.ClipPath(shape, SKClipOperation.Intersect, true); // inside, so that the box does not change
            canvas.DrawPath(shape, border);
            canvas.Restore();
        }
    }

    private static SKShader Stripes(Random random, SKColor a, SKColor b, float side)
    {
        float period = side * NextFloat(random, 0.1f, 0.3f);
        float angle = MathF.PI * NextUnit(random);
        var end = new SKPoint(period * MathF.Cos(angle), period * MathF.Sin(angle));
        return SKShader.CreateLinearGradient(new SKPoint(0, 0), end, [a, a, b, b], [0, 0.5f, 0.5f, 1], SKShaderTileMode.Repeat);
    }

    private static void DrawLight(SKCanvas canvas, Random random, int width, int height)
    {
        byte dark = (byte)random.Next(0, 110), bright = (byte)random.Next(0, 70);
        using var light = SKShader.CreateLinearGradient(
            new SKPoint(width * NextUnit(random), height * NextUnit(random)), new SKPoint(width * NextUnit(random), height * NextUnit(random)),
            [SKColors.White.WithAlpha(bright), SKColors.Black.WithAlpha(dark)], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = light };
        canvas.DrawRect(0, 0, width, height, paint);
    }

    private static byte[] Pixels(SKBitmap bitmap, Random random)
    {
        var source = bitmap.GetPixelSpan();
        var rgb = new byte[bitmap.Width * bitmap.Height * 3];
        int amplitude = random.Next(0, 14);
        for (int i = 0, o = 0; o < rgb.Length; i += 4)
        {
            // The sum of two uniform numbers is triangular: close enough to sensor noise, and cheap.
            int noise = amplitude == 0 ? 0 : random.Next(amplitude) - random.Next(amplitude);
            rgb[o++] = (byte)Math.Clamp(source[i] + noise, 0, 255);
            rgb[o++] = (byte)Math.Clamp(source[i + 1] + noise, 0, 255);
            rgb[o++] = (byte)Math.Clamp(source[i + 2] + noise, 0, 255);
        }

        return rgb;
    }

    // Outlines in a square of side 2 around the origin.
    private static SKPath Outline(int classId, Random random)
    {
        using var builder = new SKPathBuilder();
        switch (Labels[classId])
        {
            case "circle":
                builder.AddCircle(0, 0, 1);
                break;
            case "square":
                builder.AddRect(new SKRect(-0.85f, -0.85f, 0.85f, 0.85f));
                break;
            case "triangle":
                Polygon(builder, 3, _ => 1);
                break;
            case "star":
                float inner = NextFloat(random, 0.38f, 0.5f);
                Polygon(builder, 10, i => i % 2 == 0 ? 1 : inner);
                break;
            case "cross":
                float arm = NextFloat(random, 0.24f, 0.36f);
                builder.MoveTo(-arm, -1);
                foreach (var (x, y) in new[]
                {
                    (arm, -1f), (arm, -arm), (1f, -arm), (1f, arm), (arm, arm), (arm, 1f), (-arm, 1f), (-arm, arm), (-1f, arm), (-1f, -arm),
                    (-arm, -arm),
                })
                {
                    builder.LineTo(x, y);
                }

                builder.Close();
                break;
            default:
                builder.AddCircle(0, 0, 1);
                builder.AddCircle(0, 0, NextFloat(random, 0.5f, 0.68f));
                builder.FillType = SKPathFillType.EvenOdd;
                break;
        }

        return builder.Detach();
    }

    private static void Polygon(SKPathBuilder builder, int corners, Func<int, float> radius)
    {
        for (int i = 0; i < corners; i++)
        {
            float angle = 2 * MathF.PI * i / corners;
            float x = radius(i) * MathF.Cos(angle), y = radius(i) * MathF.Sin(angle);
            if (i == 0)
            {
                builder.MoveTo(x, y);
            }
            else
            {
                builder.LineTo(x, y);
            }
        }

        builder.Close();
    }

    private static float Covered(in Box a, in Box b)
    {
        float w = Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), h = Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1);
        return w <= 0 || h <= 0 ? 0 : w * h / Math.Min(a.Width * a.Height, b.Width * b.Height);
    }

    private static float NextUnit(Random random) => (float)random.NextDouble();

    private static float NextFloat(Random random, float low, float high) => low + (high - low) * NextUnit(random);

    private static SKColor MutedColor(Random random) => SKColor.FromHsv(360 * NextUnit(random), 45 * NextUnit(random), NextFloat(random, 25, 90));

    // A color that differs clearly from the background in RGB.
    private static SKColor VividColor(Random random, SKColor ground)
    {
        SKColor colour;
        do
        {
            colour = SKColor.FromHsv(360 * NextUnit(random), NextFloat(random, 30, 100), NextFloat(random, 30, 100));
        }
        while (Math.Abs(colour.Red - ground.Red) + Math.Abs(colour.Green - ground.Green) + Math.Abs(colour.Blue - ground.Blue) < 170);

        return colour;
    }

    private static SKColor ShiftColor(Random random, SKColor colour, int most)
    {
        byte Near(byte v) => (byte)Math.Clamp(v + random.Next(-most, most + 1), 0, 255);
        return new SKColor(Near(colour.Red), Near(colour.Green), Near(colour.Blue));
    }
}
