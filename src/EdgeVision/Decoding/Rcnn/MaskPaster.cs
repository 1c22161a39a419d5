using System.Numerics;

namespace EdgeVision.Decoding.Rcnn;

/// <summary>Pastes the masks of Mask R-CNN at the size of their boxes: torchvision's paste_masks_in_image in float32.</summary>
/// <remarks>
/// The mask gets a border of zeros, the box grows with it and is truncated to whole pixels, and the mask is enlarged bilinearly (half-pixel
/// centers) to the box.
/// </remarks>
public static class MaskPaster
{
    private const int Stripe = 256;

    /// <summary>Pixels of an image that a pasted mask covers: columns X to X + Width - 1; empty outside the image.</summary>
    /// <param name="X">First column.</param>
    /// <param name="Y">First row.</param>
    /// <param name="Width">Number of columns.</param>
    /// <param name="Height">Number of rows.</param>
    public readonly record struct Region(int X, int Y, int Width, int Height);

    /// <summary>Returns the region of an image that the mask of a box covers.</summary>
    /// <param name="box">Corners in pixels of the image.</param>
    /// <param name="side">Number of rows and columns of the mask.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="padding">Number of cells of the border around the mask.</param>
    public static Region GetRegion(in Box box, int side, int width, int height, int padding = 1)
    {
        var (x1, y1, x2, y2) = Expand(box, side, padding);
        long left = Math.Max(x1, 0), top = Math.Max(y1, 0), right = Math.Min(x2 + 1, width), bottom = Math.Min(y2 + 1, height);
        return right > left && bottom > top ? new Region((int)left, (int)top, (int)(right - left), (int)(bottom - top)) : default;
    }

    /// <summary>Writes the mask's values in its region.</summary>
    /// <param name="mask">Probabilities, [side, side].</param>
    /// <param name="side">Number of rows and columns of the mask.</param>
    /// <param name="box">Corners in pixels of the image.</param>
    /// <param name="region">Result of <see cref="GetRegion"/> for the same box.</param>
    /// <param name="output">Receives the values, [region height, region width].</param>
    /// <param name="padding">Number of cells of the border around the mask.</param>
    /// <exception cref="ArgumentException">The length of a span does not match.</exception>
    public static void Paste(ReadOnlySpan<float> mask, int side, in Box box, in Region region, Span<float> output, int padding = 1)
    {
        if (mask.Length != side * side || output.Length < (long)region.Width * region.Height)
        {
            throw new ArgumentException(
                $"the mask must be [{side}, {side}] and the output at least [{region.Height}, {region.Width}]; "
                    + $"got {mask.Length} and {output.Length} values");
        }

        var (x1, y1, x2, y2) = Expand(box, side, padding);
        int padded = side + 2 * padding;
        float scaleX = (float)padded / Math.Max(x2 - x1 + 1, 1), scaleY = (float)padded / Math.Max(y2 - y1 + 1, 1);

        // One stripe of columns at a time: each row of the mask is widened once, and the rows between two of them are blended several
        // pixels at a time.
        Span<int> left = stackalloc int[Stripe], right = stackalloc int[Stripe];
        Span<float> weight = stackalloc float[Stripe], upper = stackalloc float[Stripe], lower = stackalloc float[Stripe];
        for (int first = 0; first < region.Width; first += Stripe)
        {
            int columns = Math.Min(Stripe, region.Width - first), above = -1, below = -1;
            for (int column = 0; column < columns; column++)
            {
                (left[column], right[column], weight[column]) = GetSource(region.X + first + column - x1, scaleX, padded);
                (left[column], right[column]) = (left[column] - padding, right[column] - padding);
            }

            for (int row = 0; row < region.Height; row++)
            {
                var (top, bottom, wy) = GetSource(region.Y + row - y1, scaleY, padded);
                if (top != above)
                {
                    if (top == below)
                    {
                        var widened = lower;
                        lower = upper;
                        upper = widened;
                        below = above;
                    }
                    else
                    {
                        ResizeRow(mask, side, top - padding, left[..columns], right, weight, upper);
                    }

                    above = top;
                }

                if (bottom != below)
                {
                    ResizeRow(mask, side, bottom - padding, left[..columns], right, weight, lower);
                    below = bottom;
                }

                Blend(upper[..columns], lower, wy, output.Slice(row * region.Width + first, columns));
            }
        }
    }

    // Interpolates a row of the mask at the columns of a stripe; 0 outside the mask.
    private static void ResizeRow(ReadOnlySpan<float> mask, int side, int row, ReadOnlySpan<int> left, ReadOnlySpan<int> right,
        ReadOnlySpan<float> weight, Span<float> to)
    {
        if ((uint)row >= (uint)side)
        {
            to[..left.Length].Clear();
            return;
        }

        var from = mask.Slice(row * side, side);
        for (int i = 0; i < left.Length; i++)
        {
            float a = (uint)left[i] < (uint)from.Length ? from[left[i]] : 0, b = (uint)right[i] < (uint)from.Length ? from[right[i]] : 0;
            to[i] = (1 - weight[i]) * a + weight[i] * b;
        }
    }

    private static void Blend(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float weight, Span<float> to)
    {
        int lanes = Vector<float>.Count, i = 0;
        var low = new Vector<float>(1 - weight);
        var high = new Vector<float>(weight);
        while (to.Length >= lanes && i < to.Length)
        {
            i = Math.Min(i, to.Length - lanes); // the last vector overlaps the one before it
            (low * new Vector<float>(upper[i..]) + high * new Vector<float>(lower[i..])).CopyTo(to[i..]);
            i += lanes;
        }

        for (; i < to.Length; i++)
        {
            to[i] = (1 - weight) * upper[i] + weight * lower[i];
        }
    }

    private static (int Low, int High, float Weight) GetSource(long place, float scale, int size)
    {
        float at = MathF.Max(scale * (place + 0.5f) - 0.5f, 0);
        int low = Math.Min((int)at, size - 1);
        return (low, Math.Min(low + 1, size - 1), at - low);
    }

    // Half sides grow by the share of the border; corners are truncated towards 0.
    private static (long X1, long Y1, long X2, long Y2) Expand(in Box box, int side, int padding)
    {
        float scale = (float)(side + 2 * padding) / side;
        float w = (box.X2 - box.X1) * 0.5f * scale, h = (box.Y2 - box.Y1) * 0.5f * scale;
        float x = (box.X2 + box.X1) * 0.5f, y = (box.Y2 + box.Y1) * 0.5f;
        return (TruncateToInt64(x - w), TruncateToInt64(y - h), TruncateToInt64(x + w), TruncateToInt64(y + h));
    }

    private static long TruncateToInt64(float value) => (long)Math.Clamp(value, -1e9f, 1e9f);
}
