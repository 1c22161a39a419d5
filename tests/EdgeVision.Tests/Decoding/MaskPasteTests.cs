using EdgeVision.Decoding.Rcnn;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Pasted masks against the formula, pixel by pixel: torchvision's expand_boxes, paste_mask_in_image and torch's bilinear interpolation.</summary>
public sealed class MaskPasteTests
{
    [Theory]
    [InlineData(28, 20.3f, 30.7f, 90.2f, 77.1f, 1)]
    [InlineData(28, -30, -20, 50, 40, 1)] // cut at the upper left
    [InlineData(28, 180, 100, 330.5f, 260, 1)] // cut at the lower right
    [InlineData(14, 10, 10, 17, 13, 1)] // a vector's lanes or fewer
    [InlineData(28, 50, 50, 50.2f, 50.3f, 1)] // less than a pixel
    [InlineData(28, -40, 20, 900, 60, 1)] // columns in more than one stripe
    [InlineData(7, 3, 3, 120, 90, 0)] // no border
    [InlineData(5, 3, 3, 120, 90, 3)]
    [InlineData(1, 3, 3, 40, 50, 1)]
    [InlineData(90, 3, 3, 60, 50, 1)] // made smaller
    public void Values_are_the_formula_s(int side, float x1, float y1, float x2, float y2, int padding)
    {
        const int width = 640, height = 200;
        var random = new Random(side);
        float[] mask = [.. Enumerable.Range(0, side * side).Select(_ => random.NextSingle())];
        var box = new Box(x1, y1, x2, y2);
        var region = MaskPaster.GetRegion(box, side, width, height, padding);
        Assert.True(region.Width > 0 && region.Height > 0);
        float[] values = new float[region.Width * region.Height];
        MaskPaster.Paste(mask, side, box, region, values, padding);

        // The box grows as the mask with its border did, in float32 as there, and is cut to whole pixels.
        int padded = side + 2 * padding;
        float scale = (float)padded / side, w = (x2 - x1) * 0.5f * scale, h = (y2 - y1) * 0.5f * scale, cx = (x2 + x1) * 0.5f, cy = (y2 + y1) * 0.5f;
        int left = (int)(cx - w), top = (int)(cy - h), right = (int)(cx + w), bottom = (int)(cy + h);
        double Padded(int x, int y) => x >= padding && y >= padding && x < side + padding && y < side + padding ? mask[(y - padding) * side + x - padding] : 0;
        for (int i = 0; i < values.Length; i++)
        {
            int x = region.X + i % region.Width - left, y = region.Y + i / region.Width - top;
            double sx = Math.Max((x + 0.5) * padded / Math.Max(right - left + 1, 1) - 0.5, 0), sy = Math.Max((y + 0.5) * padded / Math.Max(bottom - top + 1, 1) - 0.5, 0);
            int ax = (int)sx, ay = (int)sy, bx = Math.Min(ax + 1, padded - 1), by = Math.Min(ay + 1, padded - 1);
            double fx = sx - ax, fy = sy - ay;
            double expected = (1 - fy) * ((1 - fx) * Padded(ax, ay) + fx * Padded(bx, ay)) + fy * ((1 - fx) * Padded(ax, by) + fx * Padded(bx, by));
            Assert.Equal(expected, values[i], 2e-5);
        }
    }

    [Theory]
    [InlineData(700, 10, 800, 60)] // beside the picture
    [InlineData(10, -80, 60, -20)]
    public void A_box_beside_the_picture_covers_nothing(float x1, float y1, float x2, float y2)
    {
        var region = MaskPaster.GetRegion(new Box(x1, y1, x2, y2), 28, 640, 200);
        Assert.Equal(0, region.Width * region.Height);
        MaskPaster.Paste(new float[28 * 28], 28, new Box(x1, y1, x2, y2), region, []);
    }

    [Fact]
    public void Spans_that_do_not_fit_are_refused()
    {
        var box = new Box(10, 10, 40, 30);
        var region = MaskPaster.GetRegion(box, 28, 640, 200);
        Assert.Throws<ArgumentException>(() => MaskPaster.Paste(new float[27 * 28], 28, box, region, new float[region.Width * region.Height]));
        Assert.Throws<ArgumentException>(() => MaskPaster.Paste(new float[28 * 28], 28, box, region, new float[region.Width * region.Height - 1]));
    }
}
