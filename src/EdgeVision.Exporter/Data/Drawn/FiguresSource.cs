using SkiaSharp;
using static EdgeVision.Exporter.Data.Drawn.Drawing;

namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>One figure of limbs, trunk and head in a random pose, or in motion from image to image.</summary>
/// <remarks>
/// Left limbs have warm and right limbs cold colors, since nothing else distinguishes them. A mirrored image would therefore be
/// wrong, and the set has no mirrored keypoints.
/// </remarks>
internal sealed class FiguresSource(int count, int seed, int width, int height, bool motion)
    : DrawnSource(motion ? "frames of a moving figure" : "figures", count, seed, width, height)
{
    private const float FramesPerSecond = 25;

    public override DataLabels Labels { get; } = new()
    {
        Objects = ["figure"],
        Keypoints =
        [
            "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
            "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
        ],
        Skeleton = [(0, 1), (0, 2), (1, 2), (1, 3), (3, 5), (2, 4), (4, 6), (1, 7), (2, 8), (7, 8), (7, 9), (9, 11), (8, 10), (10, 12)],
    };

    protected override LabelledImage Draw(int index)
    {
        // A moving figure keeps its look and position: they come from one generator for the whole set.
        var random = CreateRandom(motion ? 0 : index);
        using var drawing = new Drawing(Width, Height);
        Ground(drawing, random);
        var pose = motion ? Pose.Moving(random, index / FramesPerSecond) : Pose.Random(random);
        var points = Place(pose.Points(), random);
        var box = Figure(drawing, random, points);
        var keypoints = points.Select(p => new LabelledKeypoint(p.X, p.Y, 2)).ToArray();
        return new LabelledImage(drawing.ToRgb(random), Width, Height) { Objects = [new LabelledObject(0, box) { Keypoints = keypoints }] };
    }

    private void Ground(Drawing drawing, Random random)
    {
        var colour = SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 0, 35), NextFloat(random, 30, 90));
        drawing.FillRectangle(0, 0, Width, Height, colour);
        for (int i = random.Next(3, 9); i > 0; i--)
        {
            var near = NextSimilarColor(random, colour, 45);
            float x = NextFloat(random, 0, Width), y = NextFloat(random, 0, Height);
            if (random.Next(2) == 0)
            {
                drawing.FillRectangle(x, y, x + NextFloat(random, 5, Width * 0.5f), y + NextFloat(random, 5, Height * 0.4f), near);
            }
            else
            {
                drawing.DrawLine(x, y, NextFloat(random, 0, Width), NextFloat(random, 0, Height), NextFloat(random, 1, 5), near);
            }
        }
    }

    // Scales and moves the figure so that all of it lies in the image.
    private SKPoint[] Place(SKPoint[] points, Random random)
    {
        const float margin = 0.09f;
        float left = points.Min(p => p.X), right = points.Max(p => p.X), top = points.Min(p => p.Y), bottom = points.Max(p => p.Y);
        float most = Math.Min(Width * (1 - 2 * margin) / Math.Max(right - left, 0.3f), Height * (1 - 2 * margin) / (bottom - top));
        float scale = most * NextFloat(random, 0.75f, 1);
        float x = NextFloat(random, Width * margin, Width * (1 - margin) - scale * (right - left)),
            y = NextFloat(random, Height * margin, Height * (1 - margin) - scale * (bottom - top));
        return [.. points.Select(p => new SKPoint((p.X - left) * scale + x, (p.Y - top) * scale + y))];
    }

    private static Box Figure(Drawing drawing, Random random, SKPoint[] p)
    {
        float trunk = Distance(Middle(p[1], p[2]), Middle(p[7], p[8]));
        float thick = trunk * NextFloat(random, 0.16f, 0.24f);
        SKColor warm = NextColor(random, -25, 55, 70, 65), cold = NextColor(random, 150, 250, 60, 50),
            cloth = SKColor.FromHsv(NextFloat(random, 0, 360), NextFloat(random, 0, 60), NextFloat(random, 25, 95));
        var skin = SKColor.FromHsv(NextFloat(random, 15, 35), NextFloat(random, 25, 60), NextFloat(random, 40, 95));
        void Limb(int a, int b, SKColor colour, float part) => drawing.DrawLine(p[a].X, p[a].Y, p[b].X, p[b].Y, thick * part, colour);
        bool leftFirst = random.Next(2) == 0;
        void Leg(bool left)
        {
            int o = left ? 0 : 1;
            Limb(7 + o, 9 + o, left ? warm : cold, 1.1f);
            Limb(9 + o, 11 + o, Darken(left ? warm : cold, 0.85f), 0.85f);
        }

        void Arm(bool left)
        {
            int o = left ? 0 : 1;
            Limb(1 + o, 3 + o, left ? warm : cold, 0.85f);
            Limb(3 + o, 5 + o, Darken(left ? warm : cold, 0.85f), 0.7f);
        }

        Leg(leftFirst);
        Arm(leftFirst);
        Leg(!leftFirst);
        using (var body = CreatePath(b =>
        {
            b.MoveTo(p[1]);
            b.LineTo(p[2]);
            b.LineTo(p[8]);
            b.LineTo(p[7]);
            b.Close();
        }))
        {
            drawing.Fill(body, cloth);
            using var seam = new SKPaint
            {
                IsAntialias = true,
                IsStroke = true,
                StrokeWidth = thick * 0.7f,
                StrokeJoin = SKStrokeJoin.Round,
                Color = cloth,
            };
            drawing.Canvas.DrawPath(body, seam);
        }

        Arm(!leftFirst);
        float head = trunk * 0.24f;
        var neck = Middle(p[1], p[2]);
        drawing.DrawLine(neck.X, neck.Y, p[0].X, p[0].Y, thick * 0.6f, skin);
        drawing.FillCircle(p[0].X, p[0].Y, head, skin);
        drawing.FillCircle(p[0].X, p[0].Y, Math.Max(1, head * 0.25f), Darken(skin, 0.4f));
        foreach (int hand in (int[])[5, 6, 11, 12])
        {
            drawing.FillCircle(p[hand].X, p[hand].Y, thick * 0.42f, skin);
        }

        float around = Math.Max(head, thick / 2);
        return new Box(
            Math.Max(0, p.Min(q => q.X) - around), Math.Max(0, p.Min(q => q.Y) - around),
            Math.Min(drawing.Width, p.Max(q => q.X) + around), Math.Min(drawing.Height, p.Max(q => q.Y) + around));
    }

    private static SKPoint Middle(SKPoint a, SKPoint b) => new((a.X + b.X) / 2, (a.Y + b.Y) / 2);

    private static float Distance(SKPoint a, SKPoint b) => MathF.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));

    /// <summary>
    /// Angles of the joints in radians from straight down, away from the center; lengths in units of the trunk's length.
    /// </summary>
    private sealed record Pose(float Lean, float Head, float LeftArm, float LeftElbow, float RightArm, float RightElbow, float LeftLeg,
        float LeftKnee, float RightLeg, float RightKnee, float Turn)
    {
        public static Pose Random(Random r) => new(
            NextFloat(r, -0.3f, 0.3f), NextFloat(r, -0.35f, 0.35f),
            NextFloat(r, -0.2f, 2.8f), NextFloat(r, -0.3f, 2.0f), NextFloat(r, -0.2f, 2.8f), NextFloat(r, -0.3f, 2.0f),
            NextFloat(r, -0.15f, 1.0f), NextFloat(r, -1.1f, 0.15f), NextFloat(r, -0.15f, 1.0f), NextFloat(r, -1.1f, 0.15f),
            NextFloat(r, 0.45f, 1));

        /// <summary>Returns a pose of a motion: ten seconds each of walking, squatting and waving.</summary>
        public static Pose Moving(Random r, float seconds)
        {
            float phase = NextFloat(r, 0, 6.28f), swing = MathF.Sin(seconds * 4 + phase), bend = (1 - MathF.Cos(seconds * 2.5f)) / 2;
            return ((int)(seconds / 10) % 3) switch
            {
                0 => new(0.05f, 0, 0.15f + 0.45f * swing, 0.3f, 0.15f - 0.45f * swing, 0.3f, 0.1f - 0.4f * swing, -0.2f - 0.2f * swing,
                    0.1f + 0.4f * swing, -0.2f + 0.2f * swing, 0.6f),
                1 => new(0, 0, 0.3f + 1.1f * bend, 0.1f, 0.3f + 1.1f * bend, 0.1f, 0.1f + 0.9f * bend, -1.1f * bend, 0.1f + 0.9f * bend,
                    -1.1f * bend, 1),
                _ => new(0, 0.1f * swing, 2.3f + 0.35f * swing, 0.3f - 0.5f * swing, 0.2f, 0.1f, 0.1f, -0.05f, 0.1f, -0.05f, 0.9f),
            };
        }

        /// <summary>Returns the 13 keypoints around the hips.</summary>
        public SKPoint[] Points()
        {
            static SKPoint Go(SKPoint from, float angle, float length) =>
                new(from.X + MathF.Sin(angle) * length, from.Y + MathF.Cos(angle) * length);
            var hips = new SKPoint(0, 0);
            var chest = Go(hips, MathF.PI + Lean, 1);
            // Seen from the front: the figure's left is on the right side of the image.
            SKPoint Side(SKPoint centre, float half, int sign) =>
                new(centre.X + sign * half * Turn * MathF.Cos(Lean), centre.Y - sign * half * Turn * MathF.Sin(Lean));
            var points = new SKPoint[13];
            points[0] = Go(chest, MathF.PI + Lean + Head, 0.42f);
            (float Arm, float Elbow, float Leg, float Knee)[] sides = [(LeftArm, LeftElbow, LeftLeg, LeftKnee),
                (RightArm, RightElbow, RightLeg, RightKnee)];
            for (int s = 0; s < 2; s++)
            {
                int sign = s == 0 ? 1 : -1;
                points[1 + s] = Side(chest, 0.34f, sign);
                points[3 + s] = Go(points[1 + s], sign * sides[s].Arm, 0.58f);
                points[5 + s] = Go(points[3 + s], sign * (sides[s].Arm + sides[s].Elbow), 0.52f);
                points[7 + s] = Side(hips, 0.2f, sign);
                points[9 + s] = Go(points[7 + s], sign * sides[s].Leg, 0.78f);
                points[11 + s] = Go(points[9 + s], sign * (sides[s].Leg + sides[s].Knee), 0.74f);
            }

            return points;
        }
    }
}
