using System.Numerics;

namespace EdgeVision;

/// <summary>A rectangle in any direction, in double.</summary>
/// <param name="X">Column of the centre.</param>
/// <param name="Y">Row of the centre.</param>
/// <param name="Cos">Direction of the width, horizontally.</param>
/// <param name="Sin">Direction of the width, vertically.</param>
/// <param name="Width">Side along the direction.</param>
/// <param name="Height">Side across it.</param>
internal readonly record struct DirectedRectangle(double X, double Y, double Cos, double Sin, double Width, double Height)
{
    /// <summary>A corner, 0 to 3, around the centre.</summary>
    public (double X, double Y) Corner(int i)
    {
        double u = i is 0 or 3 ? -Width / 2 : Width / 2, v = i < 2 ? -Height / 2 : Height / 2;
        return (X + Cos * u - Sin * v, Y + Sin * u + Cos * v);
    }

    /// <summary>The same rectangle with its width not below its height and an angle from 0 to pi, pi not included.</summary>
    public RotatedBox ToRotatedBox()
    {
        var (w, h, angle) = Width >= Height ? (Width, Height, Math.Atan2(Sin, Cos)) : (Height, Width, Math.Atan2(Sin, Cos) + Math.PI / 2);
        float turned = (float)(angle - Math.Floor(angle / Math.PI) * Math.PI);
        return new RotatedBox((float)X, (float)Y, (float)w, (float)h, turned < MathF.PI ? turned : 0);
    }
}

/// <summary>
/// The rectangle of least area around points, one side on an edge of their convex hull (Freeman and Shapira 1975; rotating calipers, Toussaint 1983): what
/// OpenCV's minAreaRect gives, in double instead of float32. Of rectangles of the same area, it is that of the greatest angle between 0 and a right
/// angle. Serves one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
internal sealed class MinimalRectangle
{
    private double[] _x = [], _y = [];

    /// <summary>The rectangle around the pixels' centres of an outline; sides are 0 for a pixel or a line.</summary>
    public DirectedRectangle Of(in BinaryRegions.Outline outline)
    {
        int rows = outline.Left.Length;
        if (_x.Length < 2 * rows)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * rows));
            (_x, _y) = (new double[size], new double[size]);
        }

        // Down the left side and up the right one; a point that the next one makes concave goes.
        int count = 0;
        for (int row = 0; row < rows; row++)
        {
            count = Push(outline.Left[row], outline.Top + row, 0, count);
        }

        int turn = count - 1;
        for (int row = rows - 1; row >= 0; row--)
        {
            if (count == 0 || _x[count - 1] != outline.Right[row] || _y[count - 1] != outline.Top + row)
            {
                count = Push(outline.Right[row], outline.Top + row, turn, count);
            }
        }

        // The last point may be the first, where the first row is one pixel.
        count -= count > 1 && _x[count - 1] == _x[0] && _y[count - 1] == _y[0] ? 1 : 0;
        return OfHull(_x.AsSpan(0, count), _y.AsSpan(0, count));
    }

    /// <summary>The rectangle around a convex polygon whose corners turn the way (0, 0), (0, 1), (1, 1) does, none of them on a line.</summary>
    public static DirectedRectangle OfHull(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int n = x.Length;
        if (n < 3)
        {
            double dx = x[^1] - x[0], dy = y[^1] - y[0], length = Math.Sqrt(dx * dx + dy * dy);
            return new DirectedRectangle((x[0] + x[^1]) / 2, (y[0] + y[^1]) / 2, length > 0 ? dx / length : 1, length > 0 ? dy / length : 0, length, 0);
        }

        double least = double.PositiveInfinity, angle = -1;
        DirectedRectangle best = default;
        int ahead = 1, far = 1, behind = 1;
        for (int i = 0; i < n; i++)
        {
            int next = i + 1 == n ? 0 : i + 1;
            double ex = x[next] - x[i], ey = y[next] - y[i], square = ex * ex + ey * ey;
            ahead = Climb(x, y, Math.Max(ahead, i + 1), ex, ey);
            far = Climb(x, y, Math.Max(far, ahead), ey, -ex);
            behind = Climb(x, y, Math.Max(behind, far), -ex, -ey);
            double high = Along(x, y, ahead, i, ex, ey), low = Along(x, y, behind, i, ex, ey), across = Along(x, y, far, i, ey, -ex);
            double area = (high - low) * across / square;
            double turned = Math.Atan2(ey, ex) / (Math.PI / 2);
            turned -= Math.Floor(turned);
            bool same = Math.Abs(area - least) <= 1e-9 * area;
            if (same ? turned > angle : area < least)
            {
                (least, angle) = (area, turned);
                double length = Math.Sqrt(square), cos = ex / length, sin = ey / length, u = (high + low) / (2 * length), v = across / (2 * length);
                best = new DirectedRectangle(x[i] + cos * u + sin * v, y[i] + sin * u - cos * v, cos, sin, (high - low) / length, across / length);
            }
        }

        return best;
    }

    // From one corner on as long as the next lies further in a direction.
    private static int Climb(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int from, double dx, double dy)
    {
        int n = x.Length;
        for (int most = from + n; from < most; from++)
        {
            int a = from % n, b = (from + 1) % n;
            if (!((x[b] - x[a]) * dx + (y[b] - y[a]) * dy > 0))
            {
                break;
            }
        }

        return from;
    }

    private static double Along(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int corner, int origin, double dx, double dy)
    {
        int c = corner % x.Length;
        return (x[c] - x[origin]) * dx + (y[c] - y[origin]) * dy;
    }

    private int Push(double x, double y, int floor, int count)
    {
        while (count - floor >= 2 && (_x[count - 1] - _x[count - 2]) * (y - _y[count - 2]) - (_y[count - 1] - _y[count - 2]) * (x - _x[count - 2]) >= 0)
        {
            count--;
        }

        (_x[count], _y[count]) = (x, y);
        return count + 1;
    }
}
