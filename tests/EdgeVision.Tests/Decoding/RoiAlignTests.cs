using EdgeVision.Decoding.Rcnn;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Pooled regions against four reads a sample, in double: the paper's definition with torchvision's rules at the edges.</summary>
public sealed class RoiAlignTests
{
    [Theory]
    [InlineData(7, 7, 2, false, 40, 30, 12.3f, 20.7f, 150.2f, 110.9f)]
    [InlineData(7, 7, 2, true, 40, 30, 12.3f, 20.7f, 150.2f, 110.9f)]
    [InlineData(14, 14, 0, true, 40, 30, 5, 5, 300, 220)] // as many samples as cells
    [InlineData(7, 7, -1, false, 40, 30, 5, 5, 300, 220)]
    [InlineData(3, 5, 1, false, 40, 30, 5, 5, 300, 220)] // samples far apart: cells between them are not read
    [InlineData(7, 7, 2, false, 40, 30, -60, -40, 60, 50)] // reaches outside on the left
    [InlineData(7, 7, 2, true, 40, 30, 290, 210, 400, 300)] // and on the right
    [InlineData(7, 7, 2, true, 40, 30, 500, 500, 600, 600)] // wholly outside
    [InlineData(7, 7, 2, false, 40, 30, 50, 50, 50, 50)] // a point is one cell
    [InlineData(7, 7, 2, true, 40, 30, 50, 50, 50, 50)] // or nothing
    [InlineData(7, 7, 2, true, 40, 30, 120, 90, 40, 30)] // turned round
    [InlineData(7, 7, 0, true, 40, 30, 120, 90, 40, 30)] // turned round, and no sample then
    [InlineData(4, 4, 3, false, 5, 3, 2, 2, 36, 20)] // a map narrower than a vector
    [InlineData(2, 2, 2, true, 1, 1, 0, 0, 8, 8)]
    [InlineData(7, 7, 2, true, 17, 9, 118, 50, 135, 71)] // the last columns: the vector begins before them
    [InlineData(2, 3, 64, false, 40, 30, 100, 100, 104, 103)] // many samples in one cell
    public void Means_are_those_of_the_samples(int height, int width, int ratio, bool aligned, int columns, int rows, float x1, float y1, float x2, float y2)
    {
        const int channels = 3;
        var random = new Random(columns);
        float[] features = [.. Enumerable.Range(0, channels * rows * columns).Select(_ => random.NextSingle() * 2 - 1)], pooled = new float[channels * height * width];
        pooled.AsSpan().Fill(float.NaN);
        var align = new RoiAlign(0.125f, height, width, ratio, aligned);
        align.Run(new float[channels * rows * columns], channels, rows, columns, new Box(0, 0, 200, 200), pooled); // another region's taps are gone
        align.Run(features, channels, rows, columns, new Box(x1, y1, x2, y2), pooled);

        double offset = aligned ? 0.5 : 0, x = x1 * 0.125 - offset, y = y1 * 0.125 - offset, w = (x2 - x1) * 0.125, h = (y2 - y1) * 0.125;
        (w, h) = aligned ? (w, h) : (Math.Max(w, 1), Math.Max(h, 1));
        double binW = w / width, binH = h / height;
        int gridX = ratio > 0 ? ratio : Math.Max((int)Math.Ceiling(binW), 0), gridY = ratio > 0 ? ratio : Math.Max((int)Math.Ceiling(binH), 0);
        for (int i = 0; i < pooled.Length; i++)
        {
            int c = i / (height * width), row = i / width % height, column = i % width;
            double sum = 0;
            for (int k = 0; k < gridX * gridY; k++)
            {
                sum += Sample(features.AsSpan(c * rows * columns, rows * columns), columns, rows,
                    x + (column + (k % gridX + 0.5) / gridX) * binW, y + (row + (k / gridX + 0.5) / gridY) * binH);
            }

            Assert.Equal(sum / Math.Max(gridX * gridY, 1), pooled[i], 2e-5);
        }
    }

    [Fact]
    public void What_no_sample_reads_may_be_anything()
    {
        // One sample in the middle of each of 2 x 2 cells of 10: columns and rows 5, 6 and 15, 16 are read.
        float[] features = [.. Enumerable.Range(0, 24 * 24).Select(i => i % 24 % 10 is 4 or 5 or 6 && i / 24 % 10 is 4 or 5 or 6 ? 1 : float.NaN)];
        float[] pooled = new float[4];
        new RoiAlign(1, 2, 2, 1, aligned: false).Run(features, 1, 24, 24, new Box(0, 0, 20, 20), pooled);
        Assert.Equal([1f, 1, 1, 1], pooled);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(3e9f)] // needs more samples than there is memory for
    public void A_region_that_cannot_be_is_refused(float x2) =>
        Assert.Throws<ArgumentException>(() => new RoiAlign(0.125f, 7, 7, 0, true).Run(new float[100], 1, 10, 10, new Box(0, 0, x2, 3e6f), new float[49]));

    private static double Sample(ReadOnlySpan<float> map, int columns, int rows, double x, double y)
    {
        if (y < -1 || y > rows || x < -1 || x > columns)
        {
            return 0;
        }

        (x, y) = (Math.Clamp(x, 0, columns - 1), Math.Clamp(y, 0, rows - 1));
        int left = (int)x, top = (int)y, right = Math.Min(left + 1, columns - 1), bottom = Math.Min(top + 1, rows - 1);
        double fx = x - left, fy = y - top;
        return (1 - fy) * ((1 - fx) * map[top * columns + left] + fx * map[top * columns + right])
            + fy * ((1 - fx) * map[bottom * columns + left] + fx * map[bottom * columns + right]);
    }
}
