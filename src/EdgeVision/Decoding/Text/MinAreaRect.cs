using System.Numerics;

namespace EdgeVision.Decoding.Text;

/// <summary>Rectangle in any direction, in double precision.</summary>
/// <param name="X">Column of the center.</param>
/// <param name="Y">Row of the center.</param>
/// <param name="Cos">Horizontal component of the direction of the width.</param>
/// <param name="Sin">Vertical component of the direction of the width.</param>
/// <param name="Width">Side along the direction.</param>
/// <param name="Height">Side perpendicular to the direction.</param>
internal readonly record struct OrientedRectangle(double X, double Y, double Cos, double Sin, double Width, double Height)
{
    /// <summary>Returns a corner, 0 to 3, in order around the center.</summary>
    public (double X, double Y) GetCorner(int i)
    {
        double u = i is 0 or 3 ? -Width / 2 : Width / 2, v = i < 2 ? -Height / 2 : Height / 2;
        return (X + Cos * u - Sin * v, Y + Sin * u + Cos * v);
    }

    /// <summary>Converts to a rotated box whose width is at least its height and whose angle is in [0, pi).</summary>
    public RotatedBox ToRotatedBox()
    {
        var (w, h, angle) = Width >= Height ? (Width, Height, Math.Atan2(Sin, Cos)) : (Height, Width, Math.Atan2(Sin, Cos) + Math.PI / 2);
        float turned = (float)(angle - Math.Floor(angle / Math.PI) * Math.PI);
        return new RotatedBox((float)X, (float)Y, (float)w, (float)h, turned < MathF.PI ? turned : 0);
    }
}

/// <summary>Finds the rectangle of minimum area around points, as OpenCV's minAreaRect but in double instead of float32.</summary>
/// <remarks>
/// One side lies on an edge of the convex hull (Freeman and Shapira 1975; rotating calipers, Toussaint 1983). Among rectangles of the same
/// area, the one with the greatest angle between 0 and a right angle is returned. An instance serves one thread at a time and allocates
/// nothing once its buffers have grown.
/// </remarks>
internal sealed class MinAreaRect
{
    private double[] _x = [], _y = [];

    /// <summary>Returns the rectangle around the cell centers of a contour; a side is 0 for a single cell or a line.</summary>
    public OrientedRectangle FromContour(in ContourFinder.Contour outline)
    {
        int rows = outline.Left.Length;
        if (_x.Length < 2 * rows)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * rows));
            (_x, _y) = (new double[size], new double[size]);
        }

        // Down the left side and up the right side; a point that the next one makes concave is removed.
        int count = 0;
        for (int row = 0; row < rows; row++)
        {
            count = PushHullPoint(outline.Left[row], outline.Top + row, 0, count);
        }

        int turn = count - 1;
        for (int row = rows - 1; row >= 0; row--)
        {
            if (count == 0 || _x[count - 1] != outline.Right[row] || _y[count - 1] != outline.Top + row)
            {
                count = PushHullPoint(outline.Right[row], outline.Top + row, turn, count);
            }
        }

        // If the first row has one cell, the last point may equal the first.
        count -= count > 1 && _x[count - 1] == _x[0] && _y[count - 1] == _y[0] ? 1 : 0;
        return FromHull(_x.AsSpan(0, count), _y.AsSpan(0, count));
    }

    /// <summary>Returns the rectangle around a convex polygon without collinear corners.</summary>
    /// <remarks>The corners must have the orientation of (0, 0), (0, 1), (1, 1).</remarks>
    public static OrientedRectangle FromHull(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int n = x.Length;
        if (n < 3)
        {
            double dx = x[^1] - x[0], dy = y[^1] - y[0], length = Math.Sqrt(dx * dx + dy * dy);
            return new OrientedRectangle(
                (x[0] + x[^1]) / 2, (y[0] + y[^1]) / 2, length > 0 ? dx / length : 1, length > 0 ? dy / length : 0, length, 0);
        }

        double least = double.PositiveInfinity, angle = -1;
        OrientedRectangle best = default;
        int ahead = 1, far = 1, behind = 1;
        for (int i = 0; i < n; i++)
        {
            int next = i + 1 == n ? 0 : i + 1;
            double ex = x[next] - x[i], ey = y[next] - y[i], square = ex * ex + ey * ey;
            ahead = FindExtreme(x, y, Math.Max(ahead, i + 1), ex, ey);
            far = FindExtreme(x, y, Math.Max(far, ahead), ey, -ex);
            behind = FindExtreme(x, y, Math.Max(behind, far), -ex, -ey);
            double high = Project(x, y, ahead, i, ex, ey), low = Project(x, y, behind, i, ex, ey), across = Project(x, y, far, i, ey, -ex);
            double area = (high - low) * across / square;
            double turned = Math.Atan2(ey, ex) / (Math.PI / 2);
            turned -= Math.Floor(turned);
            bool same = Math.Abs(area - least) <= 1e-9 * area;
            if (same ? turned > angle : area < least)
            {
                (least, angle) = (area, turned);
                double length = Math.Sqrt(square), cos = ex / length, sin = ey / length;
                double u = (high + low) / (2 * length), v = across / (2 * length);
                best = new OrientedRectangle(
                    x[i] + cos * u + sin * v, y[i] + sin * u - cos * v, cos, sin, (high - low) / length, across / length);
            }
        }

        return best;
    }

    // Moves on from a corner as long as the next one lies further in a direction.
    private static int FindExtreme(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int from, double dx, double dy)
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

    private static double Project(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int corner, int origin, double dx, double dy)
    {
        int c = corner % x.Length;
        return (x[c] - x[origin]) * dx + (y[c] - y[origin]) * dy;
    }

    private int PushHullPoint(double x, double y, int floor, int count)
    {
        while (count - floor >= 2
            && (_x[count - 1] - _x[count - 2]) * (y - _y[count - 2]) - (_y[count - 1] - _y[count - 2]) * (x - _x[count - 2]) >= 0)
        {
            count--;
        }

        (_x[count], _y[count]) = (x, y);
        return count + 1;
    }
}
