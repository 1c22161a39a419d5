namespace EdgeVision.Tracking;

/// <summary>Finds corners and follows them to the next frame by sparse optical flow.</summary>
/// <remarks>
/// Corners by the smaller eigenvalue of the gradient matrix (Shi and Tomasi 1994), one per grid cell so that they cover the image,
/// followed by pyramidal Lucas-Kanade (Bouguet 2001).
/// </remarks>
internal sealed class LucasKanadeFlow
{
    private const int GridColumns = 20, GridRows = 14, Radius = 7, Side = 2 * Radius + 1, MaxIterations = 20, CornerRadius = 2;
    private const float MinQuality = 0.01f, ConvergenceThreshold = 0.01f, MinEigenvalue = 1f, MaxResidual = 20f;
    private readonly float[] _patch = new float[Side * Side], _gradientX = new float[Side * Side], _gradientY = new float[Side * Side];
    private readonly (float Quality, int X, int Y)[] _corners = new (float, int, int)[GridColumns * GridRows];

    /// <summary>Follows corners and returns their number, at most <see cref="MaxPoints"/>.</summary>
    /// <param name="from">The previous frame.</param>
    /// <param name="to">This frame.</param>
    /// <param name="moving">Boxes whose corners are left out, in pixels of the frame.</param>
    /// <param name="before">Positions in the previous frame, in pixels of level 0.</param>
    /// <param name="after">Positions in this frame, in pixels of level 0.</param>
    public int TrackPoints(
        GrayPyramid from, GrayPyramid to, ReadOnlySpan<Box> moving, Span<(float X, float Y)> before, Span<(float X, float Y)> after)
    {
        float best = FindCorners(from, moving);
        int found = 0;
        foreach (var (quality, x, y) in _corners)
        {
            if (quality > 0 && quality >= MinQuality * best && TrackPoint(from, to, x, y, out var there))
            {
                before[found] = (x, y);
                after[found++] = there;
            }
        }

        return found;
    }

    /// <summary>Maximum number of points, which is the buffer length that <see cref="TrackPoints"/> requires.</summary>
    public static int MaxPoints => GridColumns * GridRows;

    // The boxes, in pixels of the frame, hold objects that move on their own, so corners inside them are left out.
    private float FindCorners(GrayPyramid pyramid, ReadOnlySpan<Box> moving)
    {
        var picture = pyramid.GetLevel(0);
        var (width, height) = pyramid.GetSize(0);
        var (scaleX, scaleY) = pyramid.Scale;
        float best = 0;
        for (int cell = 0; cell < _corners.Length; cell++)
        {
            int left = Math.Max(Radius + 1, width * (cell % GridColumns) / GridColumns);
            int right = Math.Min(width - Radius - 2, width * (cell % GridColumns + 1) / GridColumns);
            int top = Math.Max(Radius + 1, height * (cell / GridColumns) / GridRows);
            int bottom = Math.Min(height - Radius - 2, height * (cell / GridColumns + 1) / GridRows);
            (float Quality, int X, int Y) corner = default;
            for (int y = top; y < bottom; y += 2)
            {
                for (int x = left; x < right; x += 2)
                {
                    float quality = Quality(picture, width, x, y);
                    if (quality > corner.Quality && !IsInsideAny(moving, (x + 0.5) * scaleX, (y + 0.5) * scaleY))
                    {
                        corner = (quality, x, y);
                    }
                }
            }

            _corners[cell] = corner;
            best = Math.Max(best, corner.Quality);
        }

        return best;
    }

    private static bool IsInsideAny(ReadOnlySpan<Box> boxes, double x, double y)
    {
        foreach (var b in boxes)
        {
            if (x >= b.X1 && x <= b.X2 && y >= b.Y1 && y <= b.Y2)
            {
                return true;
            }
        }

        return false;
    }

    private static float Quality(ReadOnlySpan<float> picture, int width, int x, int y)
    {
        float xx = 0, yy = 0, xy = 0;
        for (int v = y - CornerRadius; v <= y + CornerRadius; v++)
        {
            for (int u = x - CornerRadius; u <= x + CornerRadius; u++)
            {
                int at = v * width + u;
                float gx = picture[at + 1] - picture[at - 1], gy = picture[at + width] - picture[at - width];
                xx += gx * gx;
                yy += gy * gy;
                xy += gx * gy;
            }
        }

        return SmallerEigenvalue(xx, yy, xy);
    }

    private static float SmallerEigenvalue(float xx, float yy, float xy) => (xx + yy - MathF.Sqrt((xx - yy) * (xx - yy) + 4 * xy * xy)) / 2;

    private bool TrackPoint(GrayPyramid from, GrayPyramid to, float x, float y, out (float X, float Y) there)
    {
        float dx = 0, dy = 0;
        there = default;
        for (int level = from.LevelCount - 1; level >= 0; level--)
        {
            // Pixel centres: x of level 0 is (x + 1/2) / 2^level - 1/2 in a level.
            float reduction = 1 << level;
            var (px, py) = ((x + 0.5f) / reduction - 0.5f, (y + 0.5f) / reduction - 0.5f);
            if (level < from.LevelCount - 1)
            {
                (dx, dy) = (dx * 2, dy * 2);
            }

            if (!Refine(from, to, level, px, py, ref dx, ref dy) && level == 0)
            {
                return false;
            }
        }

        there = (x + dx, y + dy);
        return true;
    }

    // Newton steps with the gradients of the first image. On a coarse level a point at the border keeps its current displacement.
    private bool Refine(GrayPyramid from, GrayPyramid to, int level, float x, float y, ref float dx, ref float dy)
    {
        var (width, height) = from.GetSize(level);
        var first = from.GetLevel(level);
        var second = to.GetLevel(level);
        if (!ContainsPoint(x, y, width, height, Radius + 1))
        {
            return false;
        }

        float xx = 0, yy = 0, xy = 0;
        for (int v = 0, i = 0; v < Side; v++)
        {
            for (int u = 0; u < Side; u++, i++)
            {
                float px = x + u - Radius, py = y + v - Radius;
                _patch[i] = Sample(first, width, px, py);
                float gx = (Sample(first, width, px + 1, py) - Sample(first, width, px - 1, py)) / 2;
                float gy = (Sample(first, width, px, py + 1) - Sample(first, width, px, py - 1)) / 2;
                (_gradientX[i], _gradientY[i]) = (gx, gy);
                xx += gx * gx;
                yy += gy * gy;
                xy += gx * gy;
            }
        }

        float determinant = xx * yy - xy * xy;
        if (SmallerEigenvalue(xx, yy, xy) < MinEigenvalue * Side * Side)
        {
            return false;
        }

        (float tx, float ty) = (dx, dy);
        float residual = 0;
        for (int step = 0; step < MaxIterations; step++)
        {
            if (!ContainsPoint(x + tx, y + ty, width, height, Radius))
            {
                return false;
            }

            float bx = 0, by = 0;
            residual = 0;
            for (int v = 0, i = 0; v < Side; v++)
            {
                for (int u = 0; u < Side; u++, i++)
                {
                    float difference = _patch[i] - Sample(second, width, x + tx + u - Radius, y + ty + v - Radius);
                    bx += difference * _gradientX[i];
                    by += difference * _gradientY[i];
                    residual += MathF.Abs(difference);
                }
            }

            float mx = (yy * bx - xy * by) / determinant, my = (xx * by - xy * bx) / determinant;
            (tx, ty) = (tx + mx, ty + my);
            if (mx * mx + my * my < ConvergenceThreshold * ConvergenceThreshold)
            {
                break;
            }
        }

        if (!float.IsFinite(tx + ty) || residual > MaxResidual * Side * Side)
        {
            return false;
        }

        (dx, dy) = (tx, ty);
        return ContainsPoint(x + dx, y + dy, width, height, 0);
    }

    private static bool ContainsPoint(float x, float y, int width, int height, int margin) =>
        x >= margin && y >= margin && x < width - 1 - margin && y < height - 1 - margin;

    private static float Sample(ReadOnlySpan<float> picture, int width, float x, float y)
    {
        int left = (int)x, top = (int)y, at = top * width + left;
        float across = x - left, down = y - top;
        float upper = picture[at] + across * (picture[at + 1] - picture[at]);
        float lower = picture[at + width] + across * (picture[at + width + 1] - picture[at + width]);
        return upper + down * (lower - upper);
    }
}
