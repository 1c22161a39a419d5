using SkiaSharp;
using static EdgeVision.Exporter.Data.Drawn.Drawing;

namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>Shelves of products: two or three boards with price strips and products side by side.</summary>
/// <remarks>Products vary in size, color and label; some stand in front of others.</remarks>
internal sealed class ShelvesSource(int count, int seed, int width, int height) : DrawnSource("shelves", count, seed, width, height)
{
    private static readonly string[] Products = ["bottle", "can", "box", "jar", "carton"];

    public override DataLabels Labels { get; } = new() { Objects = Products, Pixels = ["background", .. Products] };

    protected override LabelledPicture Draw(int index)
    {
        var random = Source(index);
        using var drawing = new Drawing(Width, Height);
        var objects = new List<LabelledObject>();
        Wall(drawing, random);
        int boards = random.Next(2, Height >= 144 ? 4 : 3);
        float top = Height * Between(random, 0.02f, 0.06f), spacing = (Height - top) / boards;
        for (int b = 0; b < boards; b++)
        {
            float floor = top + (b + 1) * spacing - spacing * Between(random, 0.12f, 0.16f);
            Row(drawing, random, floor, spacing * 0.8f, objects);
            Board(drawing, random, floor, spacing * 0.1f);
        }

        Light(drawing, random);
        return new LabelledPicture(drawing.Rgb(random), Width, Height) { Objects = objects, Mask = drawing.Marks() };
    }

    private void Wall(Drawing drawing, Random random)
    {
        var colour = SKColor.FromHsv(Between(random, 0, 360), Between(random, 0, 30), Between(random, 35, 85));
        drawing.Rectangle(0, 0, Width, Height, colour);
        float frequency = Between(random, 0.01f, 0.08f);
        using var noise = SKShader.CreatePerlinNoiseFractalNoise(frequency, frequency, 2, random.Next(1000));
        using var paint = new SKPaint { Shader = noise, BlendMode = SKBlendMode.SoftLight, Color = SKColors.White.WithAlpha(120) };
        drawing.Canvas.DrawRect(0, 0, Width, Height, paint);
    }

    private void Row(Drawing drawing, Random random, float floor, float room, List<LabelledObject> objects)
    {
        float x = Between(random, 1, 8), right = Width - 1.5f;
        int kind = random.Next(Products.Length), left = 0;
        var palette = Colour(random);
        while (x < right)
        {
            // Products stand in groups of one kind, as in a real shelf.
            if (left-- <= 0)
            {
                (kind, left, palette) = (random.Next(Products.Length), random.Next(0, 4), Colour(random));
            }

            float h = room
                * kind switch
                {
                    0 => Between(random, 0.8f, 1),
                    1 => Between(random, 0.48f, 0.62f),
                    2 => Between(random, 0.4f, 0.85f),
                    3 => Between(random, 0.42f, 0.6f),
                    _ => Between(random, 0.75f, 0.95f),
                };
            float w = h
                * kind switch
                {
                    0 => Between(random, 0.3f, 0.38f),
                    1 => Between(random, 0.52f, 0.66f),
                    2 => Between(random, 0.6f, 1.1f),
                    3 => Between(random, 0.75f, 1),
                    _ => Between(random, 0.42f, 0.55f),
                };
            w = Math.Max(w, 10.5f);
            h = Math.Max(h, 10.5f);
            if (x + w > right)
            {
                break;
            }

            Product(drawing, random, kind, Near(random, palette, 25), x, floor, w, h, objects);
            x += w + (random.Next(6) == 0
                ? -w * Between(random, 0.03f, 0.12f)
                : random.Next(8) == 0 ? Between(random, 8, 26) : Between(random, 0.5f, 4));
        }
    }

    private void Product(Drawing drawing, Random random, int kind, SKColor colour, float x, float floor, float w, float h,
        List<LabelledObject> objects)
    {
        float top = floor - h, cx = x + w / 2;
        using var outline = Outline(random, kind, x, top, w, h, floor);
        var tilt = SKMatrix.CreateRotationDegrees(Between(random, -2.5f, 2.5f), cx, floor);
        outline.Transform(tilt);
        drawing.Fill(outline, Dark(colour, 0.75f), Drawing.Light(colour, 0.25f));
        drawing.Canvas.Save();
        drawing.Canvas.ClipPath(outline, SKClipOperation.Intersect, true);
        drawing.Canvas.Concat(tilt);
        var second = Colour(random);
        var pale = SKColor.FromHsv(Between(random, 0, 360), Between(random, 0, 35), Between(random, 75, 100));
        switch (kind)
        {
            case 0: // a cap, and a label round the belly
                drawing.Rectangle(x, top, x + w, top + h * 0.08f, second);
                drawing.Rectangle(x, top + h * 0.5f, x + w, top + h * Between(random, 0.68f, 0.82f), pale);
                break;
            case 1: // a bright lid and rim, a band
                drawing.Rectangle(x, top, x + w, top + h * 0.1f, new SKColor(205, 208, 212));
                drawing.Rectangle(x, floor - h * 0.07f, x + w, floor, new SKColor(180, 183, 188));
                drawing.Rectangle(x, top + h * Between(random, 0.25f, 0.45f), x + w, top + h * Between(random, 0.55f, 0.75f), second);
                break;
            case 2: // a printed front
                drawing.Rectangle(x + w * 0.12f, top + h * 0.12f, x + w * 0.88f, top + h * Between(random, 0.35f, 0.5f), pale);
                drawing.Circle(cx, top + h * 0.7f, Math.Min(w, h) * 0.16f, second);
                break;
            case 3: // a wide lid over glass
                drawing.Rectangle(x, top, x + w, top + h * 0.2f, second);
                drawing.Rectangle(x, top + h * 0.45f, x + w, top + h * 0.8f, pale);
                break;
            default: // a gable and a stripe
                drawing.Rectangle(x, top, x + w, top + h * 0.26f, Drawing.Light(colour, 0.55f));
                drawing.Rectangle(x, top + h * Between(random, 0.4f, 0.5f), x + w, top + h * Between(random, 0.6f, 0.8f), second);
                break;
        }

        drawing.Canvas.Restore();
        drawing.Mark(outline, (byte)(kind + 1));
        var bounds = Bounds(outline);
        objects.Add(
            new LabelledObject(kind,
                new Box(Math.Max(0, bounds.X1), Math.Max(0, bounds.Y1), Math.Min(Width, bounds.X2), Math.Min(Height, bounds.Y2)))
        {
            Polygons = [Polygon(outline)],
        });
    }

    private static SKPath Outline(Random random, int kind, float x, float top, float w, float h, float floor) => Path(p =>
    {
        float cx = x + w / 2;
        switch (kind)
        {
            case 0:
                float neck = w * Between(random, 0.16f, 0.22f), shoulder = top + h * Between(random, 0.3f, 0.4f);
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
        var wood = SKColor.FromHsv(Between(random, 15, 45), Between(random, 5, 60), Between(random, 30, 90));
        drawing.Rectangle(0, floor, Width, floor + thickness, wood);
        drawing.Rectangle(0, floor, Width, floor + 1, Dark(wood, 0.6f));
        for (float x = Between(random, 2, 20); x < Width - 12; x += Between(random, 18, 50))
        {
            drawing.Rectangle(x, floor + thickness * 0.2f, x + Between(random, 8, 14), floor + thickness * 0.9f, SKColors.White);
        }
    }

    private void Light(Drawing drawing, Random random)
    {
        using var light = SKShader.CreateLinearGradient(new SKPoint(Between(random, 0, Width), 0),
            new SKPoint(Between(random, 0, Width), Height),
            [SKColors.White.WithAlpha((byte)random.Next(0, 50)), SKColors.Black.WithAlpha((byte)random.Next(0, 90))],
            SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = light };
        drawing.Canvas.DrawRect(0, 0, Width, Height, paint);
    }
}
