using CsCheck;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Results;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Run-length masks against plain pixels; that polygons fill as the reference's do, the evaluator's statistics show.</summary>
public sealed class CocoMaskTests
{
    private static readonly Gen<(int Width, int Height, byte[] A, byte[] B)> _pairs =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9]).SelectMany((w, h) => Gen.Select(Gen.Byte[0, 1].Array[w * h], Gen.Byte[0, 1].Array[w * h], (a, b) => (w, h, a, b)));

    [Fact]
    public void Counts_what_pixels_have_in_common() => _pairs.Sample(pair =>
    {
        var (width, height, a, b) = pair;
        CocoMask first = CocoMask.FromPixels(a, width, height), second = CocoMask.FromPixels(b, width, height);
        long both = a.Zip(b, (x, y) => x & y).Sum();
        Assert.Equal(both, first.Intersection(second));
        Assert.Equal(a.Sum(x => x), first.Area);
        long either = first.Area + second.Area - both;
        Assert.Equal(both == 0 ? 0 : (double)both / either, CocoOverlap.MaskIou(first, second, crowd: false));
        Assert.Equal(both == 0 ? 0 : (double)both / first.Area, CocoOverlap.MaskIou(first, second, crowd: true));
    }, iter: 500);

    [Fact]
    public void Comes_back_from_every_form() => _pairs.Sample(pair =>
    {
        var (width, height, a, _) = pair;
        var mask = CocoMask.FromPixels(a, width, height);
        Assert.Equal(a, mask.ToPixels());
        Assert.Equal(a, CocoMask.FromRuns(mask.Runs, width, height).ToPixels());
        Assert.Equal(a, CocoMask.FromCompressed(RunLengthMask.Encode(width, height, (x, y) => a[y * width + x] != 0), width, height).ToPixels());
    }, iter: 200);

    [Fact]
    public void Runs_of_nothing_in_between_are_harmless()
    {
        var mask = CocoMask.FromRuns([0, 0, 1, 1, 0, 2, 2], 2, 3);
        Assert.Equal([0, 1, 1, 0, 1, 0], mask.ToPixels());
        Assert.Equal(3, mask.Area);
        Assert.Equal(3, mask.Intersection(mask));
    }

    [Fact]
    public void A_rectangle_on_the_grid_fills_just_its_pixels() => Gen.Select(Gen.Int[-3, 12], Gen.Int[-3, 12], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Bool).Sample((x, y, w, h, clockwise) =>
    {
        double[] corners = clockwise
            ? [x, y, x + w, y, x + w, y + h, x, y + h]
            : [x, y, x, y + h, x + w, y + h, x + w, y];
        byte[] pixels = CocoMask.FromPolygons([corners], 10, 8).ToPixels();
        for (int py = 0; py < 8; py++)
        {
            for (int px = 0; px < 10; px++)
            {
                Assert.Equal(px >= x && px < x + w && py >= y && py < y + h ? 1 : 0, pixels[py * 10 + px]);
            }
        }
    }, iter: 300);

    [Fact]
    public void Polygons_together_are_their_union()
    {
        double[] left = [1, 1, 5, 1, 5, 5, 1, 5], right = [3, 3, 8, 3, 8, 8, 3, 8];
        CocoMask a = CocoMask.FromPolygons([left], 10, 10), b = CocoMask.FromPolygons([right], 10, 10), both = CocoMask.FromPolygons([left, right], 10, 10);
        Assert.Equal(a.ToPixels().Zip(b.ToPixels(), (x, y) => (byte)(x | y)), both.ToPixels());
        Assert.Equal(16 + 25 - 4, both.Area);
    }

    [Fact]
    public void A_triangle_and_its_complement_share_no_pixel_and_leave_none()
    {
        CocoMask lower = CocoMask.FromPolygons([[0, 0, 16, 11, 0, 11]], 16, 11), upper = CocoMask.FromPolygons([[0, 0, 16, 0, 16, 11]], 16, 11);
        Assert.Equal(0, lower.Intersection(upper));
        Assert.Equal(16 * 11, lower.Area + upper.Area);
    }

    [Fact]
    public void Refuses_what_is_no_mask()
    {
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromRuns([1, 2], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromRuns([5, -1], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromRuns([], -1, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromPixels(new byte[3], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromCompressed("\u0001", 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromCompressed("0", 1 << 20, 1 << 20));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromPolygons([[0, 0, 1, 1]], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromPolygons([[0, 0, 1, 1, 2]], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromPolygons([[0, 0, 1, 1, 2, double.NaN]], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromPolygons([[0, 0, 1, 1, 2, 1e9]], 2, 2));
        Assert.Throws<EdgeVisionException>(() => CocoMask.FromPixels([0], 1, 1).Intersection(CocoMask.FromPixels([0, 0], 2, 1)));
    }
}
