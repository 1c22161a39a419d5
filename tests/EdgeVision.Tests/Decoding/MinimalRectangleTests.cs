using EdgeVision.Decoding.Text;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Rectangles of least area against a search over every direction between two points.</summary>
public sealed class MinimalRectangleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(200)]
    public void No_direction_gives_a_smaller_one_and_all_points_lie_inside(int rows)
    {
        var rectangle = new MinAreaRect();
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            int[] left = [.. Enumerable.Range(0, rows).Select(r => 100 + r * (seed % 5 - 2) + random.Next(20))], right = [.. left.Select(l => l + random.Next(25))];
            (int X, int Y)[] points = [.. Enumerable.Range(0, rows).SelectMany(r => ((int, int)[])[(left[r], 9 + r), (right[r], 9 + r)])];
            var found = rectangle.FromContour(new ContourFinder.Contour(9, left, right));
            double least = Least(points);
            Assert.Equal(least, found.Width * found.Height, 1e-9 * least + 1e-9);
            foreach (var (x, y) in points)
            {
                double u = (x - found.X) * found.Cos + (y - found.Y) * found.Sin, v = (y - found.Y) * found.Cos - (x - found.X) * found.Sin;
                Assert.True(Math.Abs(u) <= found.Width / 2 + 1e-9 && Math.Abs(v) <= found.Height / 2 + 1e-9, $"({x}, {y}) lies outside {found}");
            }
        }
    }

    [Theory]
    [InlineData(0, 10, 10, 4, 10, 4, 0)] // lies as it is
    [InlineData(90, 10, 10, 4, 10, 4, 90)]
    [InlineData(30, 10, 10, 4, 10, 4, 30)]
    [InlineData(-30, 10, 10, 4, 10, 4, 150)] // angles are from 0 to 180
    [InlineData(20, 10, 4, 10, 10, 4, 110)] // the width is the longer side
    [InlineData(180, 10, 10, 4, 10, 4, 0)]
    public void Oriented_boxes_are_regular(double degrees, double x, double w, double h, float width, float height, double angle)
    {
        double a = degrees * Math.PI / 180;
        var box = new OrientedRectangle(x, 5, Math.Cos(a), Math.Sin(a), w, h).ToRotatedBox();
        Assert.Equal((width, height, 10f, 5f), (box.Width, box.Height, box.CenterX, box.CenterY));
        double off = Math.Abs(box.Angle * 180 / Math.PI - angle);
        Assert.True(Math.Min(off, 180 - off) < 1e-4 && box.Angle is >= 0 and < MathF.PI, $"{box.Angle}");
    }

    [Fact]
    public void A_pixel_and_lines_have_no_area()
    {
        var rectangle = new MinAreaRect();
        Assert.Equal((7, 9, 0, 0), Sides(rectangle.FromContour(new ContourFinder.Contour(9, [7], [7]))));
        Assert.Equal((9, 9, 4, 0), Sides(rectangle.FromContour(new ContourFinder.Contour(9, [7], [11]))));
        Assert.Equal((7, 11, 4, 0), Sides(rectangle.FromContour(new ContourFinder.Contour(9, [7, 7, 7, 7, 7], [7, 7, 7, 7, 7]))));
        var diagonal = rectangle.FromContour(new ContourFinder.Contour(9, [7, 8, 9], [7, 8, 9]));
        Assert.Equal((8, 10, 0), (diagonal.X, diagonal.Y, diagonal.Height));
        Assert.Equal(Math.Sqrt(8), diagonal.Width, 1e-12);

        static (double, double, double, double) Sides(OrientedRectangle r) => (r.X, r.Y, r.Width, r.Height);
    }

    // Every direction of the hull's sides is one between two points.
    private static double Least((int X, int Y)[] points)
    {
        double least = double.PositiveInfinity;
        var distinct = points.Distinct().ToArray();
        if (distinct.Length > 60)
        {
            // Rows between the ends of a run of rows cannot turn the search into an hour: the hull by marching.
            distinct = March(distinct);
        }

        foreach (var p in distinct)
        {
            foreach (var q in distinct)
            {
                double dx = q.X - p.X, dy = q.Y - p.Y, square = dx * dx + dy * dy;
                if (square > 0)
                {
                    double along = distinct.Max(r => r.X * dx + r.Y * dy) - distinct.Min(r => r.X * dx + r.Y * dy);
                    double across = distinct.Max(r => r.Y * dx - r.X * dy) - distinct.Min(r => r.Y * dx - r.X * dy);
                    least = Math.Min(least, along * across / square);
                }
            }
        }

        return double.IsInfinity(least) ? 0 : least;
    }

    private static (int X, int Y)[] March((int X, int Y)[] points)
    {
        var hull = new List<(int X, int Y)> { points.Min() };
        while (true)
        {
            var at = hull[^1];
            var next = points.First(p => p != at);
            foreach (var p in points)
            {
                long cross = (long)(next.X - at.X) * (p.Y - at.Y) - (long)(next.Y - at.Y) * (p.X - at.X);
                bool further = Math.Pow(p.X - at.X, 2) + Math.Pow(p.Y - at.Y, 2) > Math.Pow(next.X - at.X, 2) + Math.Pow(next.Y - at.Y, 2);
                next = cross < 0 || cross == 0 && further ? p : next;
            }

            if (next == hull[0])
            {
                return [.. hull];
            }

            hull.Add(next);
        }
    }
}
