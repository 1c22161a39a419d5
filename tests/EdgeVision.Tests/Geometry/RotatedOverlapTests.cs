using EdgeVision.Geometry;
using Xunit;

namespace EdgeVision.Tests.Geometry;

/// <summary>Overlaps of oriented boxes against counting points, and ProbIoU against its formula in double.</summary>
public sealed class RotatedOverlapTests
{
    [Fact]
    public void The_exact_overlap_is_the_share_of_points_that_lie_in_both()
    {
        var random = new Random(1);
        for (int pair = 0; pair < 60; pair++)
        {
            RotatedBox a = Some(random), b = Some(random);
            int inA = 0, inB = 0, inBoth = 0;
            for (int y = 0; y < 400; y++)
            {
                for (int x = 0; x < 400; x++)
                {
                    bool p = Inside(a, x * 0.1 - 20, y * 0.1 - 20), q = Inside(b, x * 0.1 - 20, y * 0.1 - 20);
                    (inA, inB, inBoth) = (inA + (p ? 1 : 0), inB + (q ? 1 : 0), inBoth + (p && q ? 1 : 0));
                }
            }

            Assert.Equal((double)inBoth / (inA + inB - inBoth), RotatedOverlap.Iou(a, b), 0.02);
            Assert.Equal(RotatedOverlap.Iou(a, b), RotatedOverlap.Iou(b, a), 1e-6f);
            Assert.Equal(EdgeVision.Tests.Suppression.RotatedNmsTests.ProbIou(a, b), RotatedOverlap.ProbIou(a, b), 1e-4);
        }
    }

    [Theory]
    [InlineData(0, 10)] // no width
    [InlineData(-3, 10)]
    [InlineData(float.NaN, 10)]
    [InlineData(float.PositiveInfinity, 10)]
    public void Boxes_without_area_overlap_nothing(float width, float height)
    {
        var box = new RotatedBox(0, 0, width, height, 0.3f);
        Assert.Equal(0, RotatedOverlap.Iou(box, new RotatedBox(0, 0, 10, 10, 0)));
        Assert.Equal(0, RotatedOverlap.Iou(box, box));
    }

    private static RotatedBox Some(Random random) =>
        new(random.NextSingle() * 8 - 4, random.NextSingle() * 8 - 4, 2 + random.NextSingle() * 14, 2 + random.NextSingle() * 14, random.NextSingle() * 7 - 3.5f);

    private static bool Inside(RotatedBox box, double x, double y)
    {
        double dx = x - box.CenterX, dy = y - box.CenterY, cos = Math.Cos(box.Angle), sin = Math.Sin(box.Angle);
        return Math.Abs(dx * cos + dy * sin) <= box.Width / 2 && Math.Abs(dy * cos - dx * sin) <= box.Height / 2;
    }
}
