using SkiaSharp;
using static EdgeVision.Exporter.Data.Drawn.Drawing;

namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>Shelves of products: two or three boards with price strips and products side by side.</summary>
/// <remarks>Products vary in size, color and label; some stand in front of others.</remarks>
internal sealed class ShelvesSource(int count, int seed, int width, int height) : DrawnSource("shelves", count, seed, width, height)
{
    private static readonly string[] Products = ["bottle", "can", "box", "jar", "carton"];

    public override DataLabels Labels { get; } = new() { Objects = Products, Pixels = ["background", .. Products] };

    protected override LabelledImage Draw(int index)
    {
        var random = CreateRandom(index);
        using var drawing = new Drawing(Width, Height);
        var objects = new List<LabelledObject>();
        Wall(drawing, random);
        int boards = random.Next(2, Height >= 144 ? 4 : 3);
        float top = Height * NextFloat(random, 0.02f, 0.06f), spacing = (Height - top) / boards;
        for (int b = 0; b < boards; b++)
        {
            float floor = top + (b + 1) * spacing - spacing * NextFloat(random, 0.12f, 0.16f);
            Row(drawing, random, floor, spacing * 0.8f, objects);
            Board(drawing, random, floor, spacing * 0.1f);
        }

        Light(drawing, random);
        return new LabelledImage(drawing.ToRgb(random), Width, Height) { Objects = objects, Mask = drawing.GetMarks() };
    }

    private void Wall(Drawing drawing, Random random)
    {
        var colour = SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 0, 30), NextFloat(random, 35, 85));
        drawing.FillRectangle(0, 0, Width, Height, colour);
        float frequency = NextFloat(random, 0.01f, 0.08f);
        using var noise = SKShader.CreatePerlinNoiseFractalNoise(frequency, frequency, 2, random.Next(1000));
        using var paint = new SKPaint { Shader = noise, BlendMode = SKBlendMode.SoftLight, Color = SKColors.White.WithAlpha(120) };
        drawing.Canvas.DrawRect(0, 0, Width, Height, paint);
    }

    private void Row(Drawing drawing, Random random, float floor, float room, List<LabelledObject> objects)
    {
        float x = NextFloat(random, 1, 8), right = Width - 1.5f;
        int kind = random.Next(Products.Length), left = 0;
        var palette = NextColor(random);
        while (x < right)
        {
            // Products stand in groups of one kind, as in a real shelf.
            if (left-- <= 0)
            {
                (kind, left, palette) = (random.Next(Products.Length), random.Next(0, 4), NextColor(random));
            }

            float h = room
                * kind switch
                {
                    0 => NextFloat(random, 0.8f, 1),
                    1 => NextFloat(random, 0.48f, 0.62f),
                    2 => NextFloat(random, 0.4f, 0.85f),
                    3 => NextFloat(random, 0.42f, 0.6f),
                    _ => NextFloat(random, 0.75f, 0.95f),
                };
            float w = h
                * kind switch
                {
                    0 => NextFloat(random, 0.3f, 0.38f),
                    1 => NextFloat(random, 0.52f, 0.66f),
                    2 => NextFloat(random, 0.6f, 1.1f),
                    3 => NextFloat(random, 0.75f, 1),
                    _ => NextFloat(random, 0.42f, 0.55f),
                };
            w = Math.Max(w, 10.5f);
            h = Math.Max(h, 10.5f);
            if (x + w > right)
            {
                break;
            }

            Product(drawing, random, kind, NextSimilarColor(random, palette, 25), x, floor, w, h, objects);
            x += w + (random.Next(6) == 0
                ? -w * NextFloat(random, 0.03f, 0.12f)
                : random.Next(8) == 0 ? NextFloat(random, 8, 26) : NextFloat(random, 0.5f, 4));
        }
    }

    private void Product(Drawing drawing, Random random, int kind, SKColor colour, float x, float floor, float w, float h,
        List<LabelledObject> objects)
    {
        float top = floor - h, cx = x + w / 2;
        using var outline = Outline(random, kind, x, top, w, h, floor);
        var tilt = SKMatrix.CreateRotationDegrees(NextFloat(random, -2.5f, 2.5f), cx, floor);
        outline.Transform(tilt);
        drawing.Fill(outline, Darken(colour, 0.75f), Drawing.Lighten(colour, 0.25f));
        drawing.Canvas.Save();
        drawing.Canvas.ClipPath(outline, SKClipOperation.Intersect, true);
        drawing.Canvas.Concat(tilt);
        var second = NextColor(random);
        var pale = SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 0, 35), NextFloat(random, 75, 100));
        switch (kind)
        {
            case 0: // a cap, and a label round the belly
                drawing.FillRectangle(x, top, x + w, top + h * 0.08f, second);
                drawing.FillRectangle(x, top + h * 0.5f, x + w, top + h * NextFloat(random, 0.68f, 0.82f), pale);
                break;
            case 1: // a bright lid and rim, a band
                drawing.FillRectangle(x, top, x + w, top + h * 0.1f, new SKColor(205, 208, 212));
                drawing.FillRectangle(x, floor - h * 0.07f, x + w, floor, new SKColor(180, 183, 188));
                drawing.FillRectangle(x, top + h * NextFloat(random, 0.25f, 0.45f), x + w, top + h * NextFloat(random, 0.55f, 0.75f), second);
                break;
            case 2: // a printed front
                drawing.FillRectangle(x + w * 0.12f, top + h * 0.12f, x + w * 0.88f, top + h * NextFloat(random, 0.35f, 0.5f), pale);
                drawing.FillCircle(cx, top + h * 0.7f, Math.Min(w, h) * 0.16f, second);
                break;
            case 3: // a wide lid over glass
                drawing.FillRectangle(x, top, x + w, top + h * 0.2f, second);
                drawing.FillRectangle(x, top + h * 0.45f, x + w, top + h * 0.8f, pale);
                break;
            default: // a gable and a stripe
                drawing.FillRectangle(x, top, x + w, top + h * 0.26f, Drawing.Lighten(colour, 0.55f));
                drawing.FillRectangle(x, top + h * NextFloat(random, 0.4f, 0.5f), x + w, top + h * NextFloat(random, 0.6f, 0.8f), second);
                break;
        }

        drawing.Canvas.Restore();
        drawing.Mark(outline, (byte)(kind + 1));
        var bounds = GetBounds(outline);
        objects.Add(
            new LabelledObject(kind,
                new Box(Math.Max(0, bounds.X1), Math.Max(0, bounds.Y1), Math.Min(Width, bounds.X2), Math.Min(Height, bounds.Y2)))
        {
            Polygons = [ToPolygon(outline)],
        });
    }

    private static SKPath Outline(Random random, int kind, float x, float top, float w, float h, float floor) => CreatePath(p =>
    {
        float cx = x + w / 2;
        switch (kind)
        {
            case 0:
                float neck = w * NextFloat(random, 0.16f, 0.22f), shoulder = top + h * NextFloat(random, 0.3f, 0.4f);
                p.MoveTo(cx - neck, top);
                p.LineTo(cx + neck, top);
                p.LineTo(cx + neck, top + h * 0.2f);
                p.QuadTo(x + w, shoulder - h * 0.06f, x + w, shoulder + h * 0.05f);
                p.LineTo(x + w, floor);
                p.LineTo(x, floor);
                p.LineTo(x, shoulder + h * 0.05f);
                p.QuadTo(x, shoulder - h * 0.06f, cx - neck, top + h * 0.2f);
                p.Close();
                break;
            case 1:
                p.AddRoundRect(new SKRoundRect(new SKRect(x, top, x + w, floor), w * 0.12f, h * 0.06f));
                break;
            case 2:
                p.AddRect(new SKRect(x, top, x + w, floor));
                break;
            case 3:
                p.AddRoundRect(new SKRoundRect(new SKRect(x, top, x + w, floor), w * 0.22f, h * 0.2f));
                break;
            default:
                p.MoveTo(cx - w * 0.3f, top);
                p.LineTo(cx + w * 0.3f, top);
                p.LineTo(x + w, top + h * 0.26f);
                p.LineTo(x + w, floor);
                p.LineTo(x, floor);
                p.LineTo(x, top + h * 0.26f);
                p.Close();
                break;
        }
    });

    private void Board(Drawing drawing, Random random, float floor, float thickness)
    {
        var wood = SKColor.FromHsv(NextFloat(random, 15, 45), NextFloat(random, 5, 60), NextFloat(random, 30, 90));
        drawing.FillRectangle(0, floor, Width, floor + thickness, wood);
        drawing.FillRectangle(0, floor, Width, floor + 1, Darken(wood, 0.6f));
        for (float x = NextFloat(random, 2, 20); x < Width - 12; x += NextFloat(random, 18, 50))
        {
            drawing.FillRectangle(x, floor + thickness * 0.2f, x + NextFloat(random, 8, 14), floor + thickness * 0.9f, SKColors.White);
        }
    }

    private void Light(Drawing drawing, Random random)
    {
        using var light = SKShader.CreateLinearGradient(new SKPoint(NextFloat(random, 0, Width), 0),
            new SKPoint(NextFloat(random, 0, Width), Height),
            [SKColors.White.WithAlpha((byte)random.Next(0, 50)), SKColors.Black.WithAlpha((byte)random.Next(0, 90))],
            SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = light };
        drawing.Canvas.DrawRect(0, 0, Width, Height, paint);
    }
}
