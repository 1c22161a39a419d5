using SkiaSharp;
using static EdgeVision.Exporter.Data.Drawn.Drawing;

namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>Five kinds of scenes with one to five objects standing on the ground.</summary>
/// <remarks>
/// Labels: kind of scene, boxes and outlines, foreground and background, and the distance of each pixel in metres from a camera
/// 1.5 m above level ground (1 to 20 m; sky and walls are at 20 m).
/// </remarks>
internal sealed class ScenesSource(int count, int seed, int width, int height) : DrawnSource("scenes", count, seed, width, height)
{
    private const float CameraHeight = 1.5f, Nearest = 1, Farthest = 20;
    private static readonly string[] Places = ["meadow", "street", "beach", "room", "night"];
    private static readonly string[] Things = ["tree", "car", "barrel", "sign"];
    private static readonly float[] Heights = [3.2f, 1.5f, 1.1f, 2.2f]; // metres
    private static readonly float[] Widths = [1.8f, 2.4f, 0.8f, 0.9f];

    public override DataLabels Labels { get; } = new() { Pictures = Places, Objects = Things, Pixels = ["background", "foreground"] };

    protected override LabelledImage Draw(int index)
    {
        var random = CreateRandom(index);
        using var drawing = new Drawing(Width, Height);
        int place = random.Next(Places.Length);
        float horizon = Height * NextFloat(random, 0.3f, 0.5f);
        // A point on the ground at distance d metres appears pixelsAtOneMetre / d pixels below the horizon.
        float pixelsAtOneMetre = (Height - horizon) * NextFloat(random, 1.25f, 1.7f);
        Backdrop(drawing, random, place, horizon);
        var objects = new List<LabelledObject>();
        var distances = new List<float>();
        foreach (float distance in Enumerable.Range(0, random.Next(1, 6))
            .Select(_ => MathF.Exp(NextFloat(random, MathF.Log(1.9f), MathF.Log(11)))).OrderDescending())
        {
            int kind = random.Next(Things.Length);
            float metre = pixelsAtOneMetre / distance / CameraHeight;
            float h = Heights[kind] * metre * NextFloat(random, 0.85f, 1.15f), w = Widths[kind] * metre * NextFloat(random, 0.85f, 1.15f);
            float foot = horizon + pixelsAtOneMetre / distance, x = NextFloat(random, 0, Width - w);
            var box = new Box(x, foot - h, x + w, foot);
            if (w < 9 || h < 9 || box.Y1 < 1 || foot > Height - 1 || w > Width * 0.7f || objects.Any(o => Overlap(o.Box, box) > 0.35f))
            {
                continue;
            }

            distances.Add(distance);
            objects.Add(Thing(drawing, random, kind, box, place == 4, (byte)distances.Count));
        }

        if (place == 4)
        {
            using var dark = new SKPaint { Color = new SKColor(5, 8, 30, (byte)random.Next(60, 110)) };
            drawing.Canvas.DrawRect(0, 0, Width, Height, dark);
        }

        byte[] marks = drawing.GetMarks();
        var depth = new float[marks.Length];
        for (int i = 0; i < marks.Length; i++)
        {
            float below = i / Width + 0.5f - horizon;
            float ground = below > 0 ? Math.Clamp(pixelsAtOneMetre / below, Nearest, Farthest) : Farthest;
            depth[i] = marks[i] > 0 ? distances[marks[i] - 1] : ground;
            marks[i] = (byte)(marks[i] > 0 ? 1 : 0);
        }

        return new LabelledImage(drawing.ToRgb(random), Width, Height) { ClassId = place, Objects = objects, Mask = marks, Depth = depth };
    }

    private void Backdrop(Drawing drawing, Random random, int place, float horizon)
    {
        (SKColor sky, SKColor ground) = place switch
        {
            0 => (SKColor.FromHsv(NextFloat(random, 195, 220), NextFloat(random, 30, 65), NextFloat(random, 75, 100)),
                SKColor.FromHsv(NextFloat(random, 80, 125), NextFloat(random, 45, 80), NextFloat(random, 35, 75))),
            1 => (SKColor.FromHsv(NextFloat(random, 200, 225), NextFloat(random, 5, 35), NextFloat(random, 65, 95)),
                SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 0, 10), NextFloat(random, 30, 55))),
            2 => (SKColor.FromHsv(NextFloat(random, 190, 215), NextFloat(random, 25, 60), NextFloat(random, 85, 100)),
                SKColor.FromHsv(NextFloat(random, 38, 50), NextFloat(random, 25, 50), NextFloat(random, 75, 98))),
            3 => (SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 8, 35), NextFloat(random, 60, 95)),
                SKColor.FromHsv(NextFloat(random, 15, 35), NextFloat(random, 35, 70), NextFloat(random, 30, 65))),
            _ => (SKColor.FromHsv(NextFloat(random, 225, 260), NextFloat(random, 50, 90), NextFloat(random, 5, 22)),
                SKColor.FromHsv(NextFloat(random, 200, 260), NextFloat(random, 10, 50), NextFloat(random, 10, 28))),
        };
        Gradient(drawing, 0, horizon, Darken(sky, 0.85f), Lighten(sky, place == 4 ? 0.05f : 0.3f));
        Gradient(drawing, horizon, Height, Darken(ground, 0.8f), ground);
        switch (place)
        {
            case 0:
                for (int i = random.Next(20, 60); i > 0; i--)
                {
                    float y = horizon + (Height - horizon) * MathF.Sqrt(NextFloat(random, 0, 1));
                    drawing.FillCircle(NextFloat(random, 0, Width), y, NextFloat(random, 0.5f, 1.6f),
                        random.Next(3) == 0 ? NextColor(random) : NextSimilarColor(random, Darken(ground, 0.7f), 20));
                }

                Clouds(drawing, random, horizon);
                break;
            case 1:
                for (float x = -NextFloat(random, 0, 10); x < Width;)
                {
                    float w = NextFloat(random, 12, 34), top = horizon - NextFloat(random, horizon * 0.25f, horizon * 0.85f);
                    var wall = SKColor.FromHsv(NextFloat(random, 0, 40), NextFloat(random, 5, 45), NextFloat(random, 35, 80));
                    drawing.FillRectangle(x, top, x + w, horizon, wall);
                    for (float wy = top + 3; wy < horizon - 4; wy += 6)
                    {
                        for (float wx = x + 3; wx < x + w - 4; wx += 6)
                        {
                            drawing.FillRectangle(wx, wy, wx + 3, wy + 3, random.Next(4) == 0 ? new SKColor(250, 235, 160) : Darken(wall, 0.6f));
                        }
                    }

                    x += w;
                }

                float vanish = Width * NextFloat(random, 0.35f, 0.65f);
                drawing.DrawLine(vanish, horizon, Width * NextFloat(random, -0.3f, 0.2f), Height, 1.5f, SKColors.White.WithAlpha(170));
                drawing.DrawLine(vanish, horizon, Width * NextFloat(random, 0.8f, 1.3f), Height, 1.5f, SKColors.White.WithAlpha(170));
                break;
            case 2:
                float shore = horizon + (Height - horizon) * NextFloat(random, 0.08f, 0.22f);
                Gradient(drawing, horizon, shore,
                    SKColor.FromHsv(NextFloat(random, 185, 215), NextFloat(random, 55, 90), NextFloat(random, 45, 80)),
                    SKColor.FromHsv(190, 40, 90));
                drawing.DrawLine(0, shore, Width, shore + NextFloat(random, -2, 2), 1.5f, SKColors.White.WithAlpha(200));
                drawing.FillCircle(NextFloat(random, 0, Width), horizon * NextFloat(random, 0.2f, 0.6f), NextFloat(random, 5, 11),
                    new SKColor(255, 240, 170));
                break;
            case 3:
                drawing.FillRectangle(0, horizon - 2.5f, Width, horizon, Lighten(sky, 0.6f));
                float window = Width * NextFloat(random, 0.05f, 0.6f);
                drawing.FillRectangle(window, horizon * 0.15f, window + Width * 0.25f, horizon * 0.7f, SKColors.White);
                drawing.FillRectangle(window + 2, horizon * 0.15f + 2, window + Width * 0.25f - 2, horizon * 0.7f - 2,
                    SKColor.FromHsv(205, 40, 95));
                drawing.DrawLine(window + Width * 0.125f, horizon * 0.15f, window + Width * 0.125f, horizon * 0.7f, 1.5f, SKColors.White);
                for (float y = horizon + 4; y < Height; y += (y - horizon) * 0.45f + 3)
                {
                    drawing.DrawLine(0, y, Width, y, 1, Darken(ground, 0.65f).WithAlpha(150));
                }

                break;
            default:
                for (int i = random.Next(15, 45); i > 0; i--)
                {
                    drawing.FillCircle(NextFloat(random, 0, Width), NextFloat(random, 0, horizon * 0.95f), NextFloat(random, 0.3f, 0.9f),
                        SKColors.White.WithAlpha((byte)random.Next(90, 255)));
                }

                drawing.FillCircle(NextFloat(random, 8, Width - 8), horizon * NextFloat(random, 0.2f, 0.5f), NextFloat(random, 4, 8),
                    new SKColor(245, 245, 220));
                break;
        }
    }

    private void Gradient(Drawing drawing, float top, float bottom, SKColor from, SKColor to)
    {
        using var shader = SKShader.CreateLinearGradient(new SKPoint(0, top), new SKPoint(0, bottom), [from, to], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        drawing.Canvas.DrawRect(new SKRect(0, top, Width, bottom), paint);
    }

    private void Clouds(Drawing drawing, Random random, float horizon)
    {
        for (int i = random.Next(0, 4); i > 0; i--)
        {
            float x = NextFloat(random, 0, Width), y = horizon * NextFloat(random, 0.1f, 0.6f);
            for (int k = 0; k < 4; k++)
            {
                drawing.FillCircle(x + NextFloat(random, -10, 10), y + NextFloat(random, -2.5f, 2.5f), NextFloat(random, 3, 7),
                    SKColors.White.WithAlpha(200));
            }
        }
    }

    private static LabelledObject Thing(Drawing drawing, Random random, int kind, Box box, bool night, byte mark)
    {
        float w = box.Width, h = box.Height, cx = (box.X1 + box.X2) / 2;
        var colour = kind switch
        {
            0 => SKColor.FromHsv(NextFloat(random, 90, 150), NextFloat(random, 50, 95), NextFloat(random, 25, 65)),
            3 => SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 70, 100), NextFloat(random, 60, 100)),
            _ => NextColor(random),
        };
        using var outline = CreatePath(p =>
        {
            switch (kind)
            {
                case 0: // trunk and crown in one
                    p.MoveTo(cx, box.Y1);
                    p.QuadTo(box.X2 + w * 0.12f, box.Y1 + h * 0.35f, box.X2, box.Y1 + h * 0.62f);
                    p.LineTo(cx + w * 0.1f, box.Y1 + h * 0.66f);
                    p.LineTo(cx + w * 0.1f, box.Y2);
                    p.LineTo(cx - w * 0.1f, box.Y2);
                    p.LineTo(cx - w * 0.1f, box.Y1 + h * 0.66f);
                    p.LineTo(box.X1, box.Y1 + h * 0.62f);
                    p.QuadTo(box.X1 - w * 0.12f, box.Y1 + h * 0.35f, cx, box.Y1);
                    p.Close();
                    break;
                case 1:
                    p.MoveTo(box.X1, box.Y1 + h * 0.5f);
                    p.LineTo(box.X1 + w * 0.22f, box.Y1 + h * 0.45f);
                    p.LineTo(box.X1 + w * 0.33f, box.Y1);
                    p.LineTo(box.X1 + w * 0.72f, box.Y1);
                    p.LineTo(box.X1 + w * 0.85f, box.Y1 + h * 0.45f);
                    p.LineTo(box.X2, box.Y1 + h * 0.52f);
                    p.LineTo(box.X2, box.Y2);
                    p.LineTo(box.X1, box.Y2);
                    p.Close();
                    break;
                case 2:
                    p.AddRoundRect(new SKRoundRect(new SKRect(box.X1, box.Y1, box.X2, box.Y2), w * 0.2f, h * 0.08f));
                    break;
                default: // a disc on a post
                    p.MoveTo(box.X1, box.Y1 + h * 0.2f);
                    p.QuadTo(box.X1, box.Y1, cx, box.Y1);
                    p.QuadTo(box.X2, box.Y1, box.X2, box.Y1 + h * 0.2f);
                    p.QuadTo(box.X2, box.Y1 + h * 0.4f, cx + w * 0.08f, box.Y1 + h * 0.4f);
                    p.LineTo(cx + w * 0.08f, box.Y2);
                    p.LineTo(cx - w * 0.08f, box.Y2);
                    p.LineTo(cx - w * 0.08f, box.Y1 + h * 0.4f);
                    p.QuadTo(box.X1, box.Y1 + h * 0.4f, box.X1, box.Y1 + h * 0.2f);
                    p.Close();
                    break;
            }
        });
        drawing.Fill(outline, Darken(colour, 0.75f), Lighten(colour, 0.2f));
        drawing.Canvas.Save();
        drawing.Canvas.ClipPath(outline, SKClipOperation.Intersect, true);
        switch (kind)
        {
            case 0:
                drawing.FillRectangle(cx - w * 0.1f, box.Y1 + h * 0.66f, cx + w * 0.1f, box.Y2,
                    SKColor.FromHsv(28, 60, NextFloat(random, 25, 50)));
                break;
            case 1:
                drawing.FillRectangle(box.X1 + w * 0.35f, box.Y1 + h * 0.12f, box.X1 + w * 0.7f, box.Y1 + h * 0.42f,
                    new SKColor(150, 190, 215));
                drawing.FillCircle(box.X1 + w * 0.22f, box.Y2 - h * 0.12f, h * 0.17f, new SKColor(25, 25, 25));
                drawing.FillCircle(box.X1 + w * 0.78f, box.Y2 - h * 0.12f, h * 0.17f, new SKColor(25, 25, 25));
                if (night)
                {
                    drawing.FillCircle(box.X2 - w * 0.05f, box.Y1 + h * 0.65f, h * 0.1f, new SKColor(255, 250, 190));
                }

                break;
            case 2:
                drawing.FillRectangle(box.X1, box.Y1 + h * 0.22f, box.X2, box.Y1 + h * 0.32f, Darken(colour, 0.4f));
                drawing.FillRectangle(box.X1, box.Y1 + h * 0.68f, box.X2, box.Y1 + h * 0.78f, Darken(colour, 0.4f));
                break;
            default:
                drawing.FillRectangle(cx - w * 0.08f, box.Y1 + h * 0.4f, cx + w * 0.08f, box.Y2, new SKColor(140, 140, 145));
                drawing.FillRectangle(cx - w * 0.28f, box.Y1 + h * 0.15f, cx + w * 0.28f, box.Y1 + h * 0.25f, SKColors.White);
                break;
        }

        drawing.Canvas.Restore();
        drawing.Mark(outline, mark);
        var bounds = GetBounds(outline);
        return new LabelledObject(kind,
            new Box(Math.Max(0, bounds.X1), Math.Max(0, bounds.Y1), Math.Min(drawing.Width, bounds.X2),
                Math.Min(drawing.Height, bounds.Y2))) { Polygons = [ToPolygon(outline)] };
    }

    private static float Overlap(in Box a, in Box b)
    {
        float w = Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), h = Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1);
        return w <= 0 || h <= 0 ? 0 : w * h / Math.Min(a.Width * a.Height, b.Width * b.Height);
    }
}
