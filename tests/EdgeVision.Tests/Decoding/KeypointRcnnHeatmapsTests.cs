using EdgeVision.Decoding.Rcnn;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Keypoints of enlarged heatmaps against sixteen reads a pixel, in double: Keys' convolution with a = -0.75 and torchvision's way back to the box.</summary>
public sealed class KeypointRcnnHeatmapsTests
{
    [Theory]
    [InlineData(56, 10.2f, 20.4f, 210.9f, 330.1f)] // enlarged, with a part of a pixel at the end
    [InlineData(56, 0, 0, 96, 96)] // enlarged little
    [InlineData(56, 0, 0, 64, 80)] // so little that taps of eight columns do not lie in eight cells
    [InlineData(56, 5, 5, 35, 25)] // made smaller
    [InlineData(56, 5, 5, 5, 5)] // a side below 1 counts as 1
    [InlineData(56, 5, 5, 8.5f, 300)] // narrower than a vector
    [InlineData(14, 5, 5, 123, 77)]
    [InlineData(2, 5, 5, 43, 37)]
    [InlineData(1, 5, 5, 43, 37)] // the same value everywhere: the first pixel
    public void Places_and_scores_are_the_formula_s(int side, float x1, float y1, float x2, float y2)
    {
        const int keypoints = 6;
        var random = new Random(side);
        float[] maps = [.. Enumerable.Range(0, keypoints * side * side).Select(_ => random.NextSingle() * 10 - 8)];
        var found = new Keypoint[keypoints];
        var heatmaps = new KeypointRcnnHeatmaps();
        heatmaps.Locate(new float[keypoints * 900], 30, new Box(0, 0, 400, 90), found); // another box's weights are gone
        heatmaps.Locate(maps, side, new Box(x1, y1, x2, y2), found);
        double w = Math.Max(x2 - x1, 1), h = Math.Max(y2 - y1, 1);
        int width = (int)Math.Ceiling(w), height = (int)Math.Ceiling(h);
        for (int k = 0; k < keypoints; k++)
        {
            var map = maps.AsSpan(k * side * side, side * side);
            double best = double.NegativeInfinity;
            double[] values = new double[width * height];
            for (int p = 0; p < values.Length; p++)
            {
                values[p] = Cubic(map, side, (p % width + 0.5) * side / width - 0.5, (p / width + 0.5) * side / height - 0.5);
                best = Math.Max(best, values[p]);
            }

            Assert.Equal(best, found[k].Score, 1e-4);
            int x = (int)Math.Round((found[k].X - x1) * width / w - 0.5), y = (int)Math.Round((found[k].Y - y1) * height / h - 0.5);
            Assert.True(values[y * width + x] >= best - 1e-4, $"keypoint {k}: {values[y * width + x]} at ({x}, {y}), the greatest is {best}");
            Assert.Equal((x + 0.5) * w / width + x1, found[k].X, 1e-3);
            Assert.Equal((y + 0.5) * h / height + y1, found[k].Y, 1e-3);
        }
    }

    [Fact]
    public void Of_equal_values_the_first_is_taken()
    {
        // The same cell twice in a row and once below: at whole ratios their enlarged values are the same numbers.
        float[] map = new float[16 * 16];
        map[4 * 16 + 10] = map[4 * 16 + 5] = map[9 * 16 + 5] = 7;
        var found = new Keypoint[1];
        new KeypointRcnnHeatmaps().Locate(map, 16, new Box(0, 0, 64, 64), found);
        Assert.InRange(found[0].X, 20, 24);
        Assert.InRange(found[0].Y, 16, 20);

        // 0 everywhere: neighbours in a vector are equal too.
        new KeypointRcnnHeatmaps().Locate(new float[16 * 16], 16, new Box(3, 5, 67, 69), found);
        Assert.Equal(new Keypoint(3.5f, 5.5f, 0), found[0]);
    }

    [Theory]
    [InlineData(7, 0, 0, 40, 40)] // maps of another size
    [InlineData(8, 0, 0, 40000, 40)]
    [InlineData(8, 0, 0, float.NaN, 40)]
    public void What_does_not_fit_is_refused(int side, float x1, float y1, float x2, float y2) =>
        Assert.Throws<ArgumentException>(() => new KeypointRcnnHeatmaps().Locate(new float[2 * 64], side, new Box(x1, y1, x2, y2), new Keypoint[2]));

    private static double Cubic(ReadOnlySpan<float> map, int side, double x, double y)
    {
        int left = (int)Math.Floor(x), top = (int)Math.Floor(y);
        double sum = 0;
        for (int i = -1; i <= 2; i++)
        {
            for (int j = -1; j <= 2; j++)
            {
                sum += Kernel(y - (top + i)) * Kernel(x - (left + j)) * map[Math.Clamp(top + i, 0, side - 1) * side + Math.Clamp(left + j, 0, side - 1)];
            }
        }

        return sum;
    }

    private static double Kernel(double t)
    {
        const double a = -0.75;
        t = Math.Abs(t);
        return t <= 1 ? (a + 2) * t * t * t - (a + 3) * t * t + 1 : t < 2 ? a * t * t * t - 5 * a * t * t + 8 * a * t - 4 * a : 0;
    }
}
