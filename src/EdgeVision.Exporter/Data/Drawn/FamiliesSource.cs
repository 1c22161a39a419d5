using SkiaSharp;
using static EdgeVision.Exporter.Data.Drawn.Drawing;

namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>Near-duplicate families: each run of <see cref="PerFamily"/> images shows one emblem.</summary>
/// <remarks>
/// An emblem is a plate of one of six forms with a few shapes and colors of its own. Its position, rotation, light, blur and
/// noise differ in every image; sometimes it is partly covered.
/// </remarks>
internal sealed class FamiliesSource(int count, int seed, int width, int height)
    : DrawnSource("pictures of emblems", count, seed, width, height)
{
    /// <summary>Images per emblem.</summary>
    public const int PerFamily = 8;

    private static readonly string[] Plates = ["disc", "square", "hexagon", "diamond", "shield", "ring"];

    public override DataLabels Labels { get; } = new() { Pictures = Plates };

    protected override LabelledImage Draw(int index)
    {
        int identity = index / PerFamily;
        var design = new Design(CreateRandom(1_000_000 + identity));
        var random = CreateRandom(index);
        using var drawing = new Drawing(Width, Height);
        var ground = SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 0, 60), NextFloat(random, 20, 90));
        using (var shader = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(Width * NextFloat(random, 0, 1), Height),
            [ground, NextSimilarColor(random, ground, 60)], SKShaderTileMode.Clamp))
        using (var paint = new SKPaint { Shader = shader })
        {
            drawing.Canvas.DrawRect(0, 0, Width, Height, paint);
        }

        float unit = Math.Min(Width, Height) / 2f * NextFloat(random, 0.72f, 0.95f);
        drawing.Canvas.Save();
        drawing.Canvas.Translate(Width * NextFloat(random, 0.45f, 0.55f), Height * NextFloat(random, 0.45f, 0.55f));
        drawing.Canvas.RotateDegrees(NextFloat(random, -25, 25));
        drawing.Canvas.Scale(unit * NextFloat(random, 0.92f, 1.08f), unit);
        design.Draw(drawing);
        drawing.Canvas.Restore();
        if (random.Next(4) == 0)
        {
            float x = NextFloat(random, 0, Width), y = NextFloat(random, 0, Height);
            drawing.FillCircle(x, y, unit * NextFloat(random, 0.15f, 0.3f), NextColor(random));
        }

        using (var light = new SKPaint
        {
            Color = (random.Next(2) == 0 ? SKColors.White : SKColors.Black).WithAlpha((byte)random.Next(0, 70)),
        })
        {
            drawing.Canvas.DrawRect(0, 0, Width, Height, light);
        }

        using (var cast = new SKPaint { Color = NextColor(random).WithAlpha((byte)random.Next(0, 35)) })
        {
            drawing.Canvas.DrawRect(0, 0, Width, Height, cast);
        }

        return new LabelledImage(drawing.ToRgb(random, 20), Width, Height) { Identity = identity, ClassId = design.Plate };
    }

    /// <summary>Design that all images of a family share, in a square of side 2 around the origin.</summary>
    private sealed class Design
    {
        private readonly SKColor _plate, _rim;
        private readonly (int Form, float X, float Y, float Size, float Turn, SKColor Colour)[] _shapes;

        public Design(Random random)
        {
            Plate = random.Next(Plates.Length);
            (_plate, _rim) = (NextColor(random), NextColor(random));
            _shapes = [.. Enumerable.Range(0, random.Next(2, 5))
                .Select(_ => (random.Next(6), NextFloat(random, -0.45f, 0.45f), NextFloat(random, -0.45f, 0.45f),
                NextFloat(random, 0.18f, 0.4f), NextFloat(random, 0, 360), NextColor(random)))];
        }

        public int Plate { get; }

        public void Draw(Drawing drawing)
        {
            using var plate = Form(Plate switch { 0 or 5 => 0, 1 => 1, 2 => 2, 3 => 3, _ => 4 });
            drawing.Fill(plate, _plate);
            using (var rim = new SKPaint { IsAntialias = true, IsStroke = true, StrokeWidth = Plate == 5 ? 0.3f : 0.1f, Color = _rim })
            {
                drawing.Canvas.DrawPath(plate, rim);
            }

            foreach (var (form, x, y, size, turn, colour) in _shapes)
            {
                using var shape = Form(form);
                shape.Transform(SKMatrix.CreateScale(size, size));
                shape.Transform(SKMatrix.CreateRotationDegrees(turn));
                shape.Transform(SKMatrix.CreateTranslation(x, y));
                drawing.Fill(shape, colour);
            }
        }

        private static SKPath Form(int form) => CreatePath(p =>
        {
            switch (form)
            {
                case 0:
                    p.AddCircle(0, 0, 0.9f);
                    break;
                case 1:
                    p.AddRect(new SKRect(-0.8f, -0.8f, 0.8f, 0.8f));
                    break;
                case 2:
                    Corners(p, 6, 0.95f, 0.95f);
                    break;
                case 3:
                    Corners(p, 4, 0.98f, 0.98f);
                    break;
                case 4:
                    p.MoveTo(-0.8f, -0.8f);
                    p.LineTo(0.8f, -0.8f);
                    p.QuadTo(0.8f, 0.6f, 0, 0.95f);
                    p.QuadTo(-0.8f, 0.6f, -0.8f, -0.8f);
                    p.Close();
                    break;
                default:
                    Corners(p, 10, 0.95f, 0.4f);
                    break;
            }
        });

        private static void Corners(SKPathBuilder p, int count, float outer, float inner)
        {
            for (int i = 0; i < count; i++)
            {
                float angle = 2 * MathF.PI * i / count - MathF.PI / 2, r = i % 2 == 0 ? outer : inner;
                var at = new SKPoint(r * MathF.Cos(angle), r * MathF.Sin(angle));
                if (i == 0)
                {
                    p.MoveTo(at);
                }
                else
                {
                    p.LineTo(at);
                }
            }

            p.Close();
        }
    }
}
