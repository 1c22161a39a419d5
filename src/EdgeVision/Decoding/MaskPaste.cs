namespace EdgeVision;

/// <summary>
/// The masks of Mask R-CNN at the size of their boxes, torchvision's paste_masks_in_image in float32: the mask gets a border of zeros,
/// the box grows with it and is cut to whole pixels, and the mask is enlarged bilinearly (half-pixel centres) to it.
/// </summary>
public static class MaskPaste
{
    /// <summary>Pixels of a picture that a pasted mask covers: columns X to X + Width - 1; empty outside the picture.</summary>
    /// <param name="X">First column.</param>
    /// <param name="Y">First row.</param>
    /// <param name="Width">Columns.</param>
    /// <param name="Height">Rows.</param>
    public readonly record struct Region(int X, int Y, int Width, int Height);

    /// <summary>Where the mask of a box lies.</summary>
    /// <param name="box">Corners in pixels of the picture.</param>
    /// <param name="side">Rows and columns of the mask.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="padding">Cells of the border around the mask.</param>
    public static Region RegionOf(in Box box, int side, int width, int height, int padding = 1)
    {
        var (x1, y1, x2, y2) = Expand(box, side, padding);
        long left = Math.Max(x1, 0), top = Math.Max(y1, 0), right = Math.Min(x2 + 1, width), bottom = Math.Min(y2 + 1, height);
        return right > left && bottom > top ? new Region((int)left, (int)top, (int)(right - left), (int)(bottom - top)) : default;
    }

    /// <summary>Writes the mask's values in its region.</summary>
    /// <param name="mask">Probabilities, [side, side].</param>
    /// <param name="side">Rows and columns of the mask.</param>
    /// <param name="box">Corners in pixels of the picture.</param>
    /// <param name="region">From <see cref="RegionOf"/> of the same box.</param>
    /// <param name="output">Filled, [region height, region width].</param>
    /// <param name="padding">Cells of the border around the mask.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Fill(ReadOnlySpan<float> mask, int side, in Box box, in Region region, Span<float> output, int padding = 1)
    {
        if (mask.Length != side * side || output.Length < (long)region.Width * region.Height)
        {
            throw new ArgumentException($"the mask is [{side}, {side}], the output [{region.Height}, {region.Width}]");
        }

        var (x1, y1, x2, y2) = Expand(box, side, padding);
        int padded = side + 2 * padding;
        float scaleX = (float)padded / Math.Max(x2 - x1 + 1, 1), scaleY = (float)padded / Math.Max(y2 - y1 + 1, 1);
        for (int row = 0; row < region.Height; row++)
        {
            var (top, bottom, wy) = Source(region.Y + row - y1, scaleY, padded);
            for (int column = 0; column < region.Width; column++)
            {
                var (left, right, wx) = Source(region.X + column - x1, scaleX, padded);
                output[row * region.Width + column] = (1 - wy) * ((1 - wx) * At(mask, side, left - padding, top - padding) + wx * At(mask, side, right - padding, top - padding))
                    + wy * ((1 - wx) * At(mask, side, left - padding, bottom - padding) + wx * At(mask, side, right - padding, bottom - padding));
            }
        }
    }

    private static float At(ReadOnlySpan<float> mask, int side, int x, int y) => (uint)x < (uint)side && (uint)y < (uint)side ? mask[y * side + x] : 0;

    private static (int Low, int High, float Weight) Source(long place, float scale, int size)
    {
        float at = MathF.Max(scale * (place + 0.5f) - 0.5f, 0);
        int low = Math.Min((int)at, size - 1);
        return (low, Math.Min(low + 1, size - 1), at - low);
    }

    // Halves grow by the part that the border adds; corners are cut towards 0.
    private static (long X1, long Y1, long X2, long Y2) Expand(in Box box, int side, int padding)
    {
        float scale = (float)(side + 2 * padding) / side;
        float w = (box.X2 - box.X1) * 0.5f * scale, h = (box.Y2 - box.Y1) * 0.5f * scale, x = (box.X2 + box.X1) * 0.5f, y = (box.Y2 + box.Y1) * 0.5f;
        return (Whole(x - w), Whole(y - h), Whole(x + w), Whole(y + h));
    }

    private static long Whole(float value) => (long)Math.Clamp(value, -1e9f, 1e9f);
}
