namespace EdgeVision.Geometry;

/// <summary>Computes the overlap of two oriented boxes.</summary>
internal static class RotatedOverlap
{
    private const float Epsilon = 1e-7f;

    /// <summary>Computes ProbIoU, 0..1 (arXiv 2106.06072, as Ultralytics' batch_probiou in float32).</summary>
    /// <remarks>Treats the boxes as Gaussians; the result is one minus their Hellinger distance.</remarks>
    public static float ProbIou(in RotatedBox a, in RotatedBox b) => ProbIou(Gaussian.Of(a), Gaussian.Of(b));

    /// <summary>Computes the intersection over union, 0..1, in double precision; boxes without area give 0.</summary>
    /// <remarks>One rectangle is clipped by the other (Sutherland and Hodgman).</remarks>
    public static float Iou(in RotatedBox a, in RotatedBox b)
    {
        double areaA = (double)a.Width * a.Height, areaB = (double)b.Width * b.Height;
        if (!(areaA > 0 && areaB > 0) || !double.IsFinite(areaA + areaB)
            || !float.IsFinite(a.CenterX + a.CenterY + a.Angle + b.CenterX + b.CenterY + b.Angle))
        {
            return 0;
        }

        // Coordinates are relative to the middle of the pair, so that no digits are lost far from the origin.
        double ox = ((double)a.CenterX + b.CenterX) / 2, oy = ((double)a.CenterY + b.CenterY) / 2;
        Span<(double X, double Y)> polygon = stackalloc (double, double)[16];
        Span<(double X, double Y)> next = stackalloc (double, double)[16];
        Span<(double X, double Y)> other = stackalloc (double, double)[4];
        Corners(a, ox, oy, polygon);
        Corners(b, ox, oy, other);
        int count = 4;
        for (int edge = 0; edge < 4 && count > 0; edge++)
        {
            count = Clip(polygon[..count], other[edge], other[(edge + 1) & 3], next);
            var swap = polygon;
            polygon = next;
            next = swap;
        }

        double twice = 0;
        for (int i = 0; i < count; i++)
        {
            var (p, q) = (polygon[i], polygon[i + 1 == count ? 0 : i + 1]);
            twice += p.X * q.Y - q.X * p.Y;
        }

        double inter = Math.Min(Math.Abs(twice) / 2, Math.Min(areaA, areaB));
        return (float)(inter / (areaA + areaB - inter));
    }

    internal static float ProbIou(in Gaussian p, in Gaussian q)
    {
        float a = p.A + q.A, b = p.B + q.B, c = p.C + q.C, dx = p.X - q.X, dy = p.Y - q.Y;
        float denominator = a * b - c * c;
        float t1 = (a * dy * dy + b * dx * dx) / (denominator + Epsilon) * 0.25f;
        float t2 = c * -dx * dy / (denominator + Epsilon) * 0.5f;
        if (t1 + t2 > 100)
        {
            return 0; // far apart, as boxes of different classes always are: the distance saturates
        }

        float t3 = MathF.Log(denominator / (4 * MathF.Sqrt(p.Determinant * q.Determinant) + Epsilon) + Epsilon) * 0.5f;
        float distance = Math.Clamp(t1 + t2 + t3, Epsilon, 100);
        return 1 - MathF.Sqrt(1 - MathF.Exp(-distance) + Epsilon);
    }

    // Corners in clockwise order (y down).
    private static void Corners(in RotatedBox box, double ox, double oy, Span<(double X, double Y)> to)
    {
        double cos = Math.Cos(box.Angle), sin = Math.Sin(box.Angle);
        double w = box.Width / 2.0, h = box.Height / 2.0, x = box.CenterX - ox, y = box.CenterY - oy;
        to[0] = (x - w * cos + h * sin, y - w * sin - h * cos);
        to[1] = (x + w * cos + h * sin, y + w * sin - h * cos);
        to[2] = (x + w * cos - h * sin, y + w * sin + h * cos);
        to[3] = (x - w * cos - h * sin, y - w * sin + h * cos);
    }

    private static int Clip(ReadOnlySpan<(double X, double Y)> polygon, (double X, double Y) a, (double X, double Y) b,
        Span<(double X, double Y)> to)
    {
        int count = 0;
        for (int i = 0; i < polygon.Length; i++)
        {
            var p = polygon[i];
            var q = polygon[i + 1 == polygon.Length ? 0 : i + 1];
            double sp = (b.X - a.X) * (p.Y - a.Y) - (b.Y - a.Y) * (p.X - a.X);
            double sq = (b.X - a.X) * (q.Y - a.Y) - (b.Y - a.Y) * (q.X - a.X);
            if (sp >= 0)
            {
                to[count++] = p;
            }

            if (sp > 0 && sq < 0 || sp < 0 && sq > 0)
            {
                double t = sp / (sp - sq);
                to[count++] = (p.X + t * (q.X - p.X), p.Y + t * (q.Y - p.Y));
            }
        }

        return count;
    }

    /// <summary>Oriented box as a normal distribution: mean and covariance [[A, C], [C, B]].</summary>
    internal readonly record struct Gaussian(float X, float Y, float A, float B, float C, float Determinant)
    {
        public static Gaussian Of(in RotatedBox box)
        {
            float a = box.Width * box.Width / 12, b = box.Height * box.Height / 12;
            float cos = MathF.Cos(box.Angle), sin = MathF.Sin(box.Angle);
            float va = a * cos * cos + b * sin * sin, vb = a * sin * sin + b * cos * cos, vc = (a - b) * cos * sin;
            return new Gaussian(box.CenterX, box.CenterY, va, vb, vc, MathF.Max(va * vb - vc * vc, 0));
        }
    }
}
