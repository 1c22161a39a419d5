using EdgeVision.Decoding.Rcnn;

namespace EdgeVision.Bench;

/// <summary>What is read inside boxes, pixel by pixel and without vectors: what the runtime's own is measured against.</summary>
internal static class PlainRegions
{
    /// <summary>Mask R-CNN's mask at the size of its box: four reads a pixel.</summary>
    public static void PasteMask(ReadOnlySpan<float> mask, int side, in Box box, in MaskPaster.Region region, Span<float> output)
    {
        int padded = side + 2;
        float grow = (float)padded / side, w = (box.X2 - box.X1) * 0.5f * grow, h = (box.Y2 - box.Y1) * 0.5f * grow, cx = (box.X2 + box.X1) * 0.5f, cy = (box.Y2 + box.Y1) * 0.5f;
        int x1 = (int)(cx - w), y1 = (int)(cy - h), x2 = (int)(cx + w), y2 = (int)(cy + h);
        float scaleX = (float)padded / (x2 - x1 + 1), scaleY = (float)padded / (y2 - y1 + 1);
        for (int row = 0; row < region.Height; row++)
        {
            float sy = MathF.Max(scaleY * (region.Y + row - y1 + 0.5f) - 0.5f, 0);
            int top = (int)sy, bottom = Math.Min(top + 1, padded - 1);
            for (int column = 0; column < region.Width; column++)
            {
                float sx = MathF.Max(scaleX * (region.X + column - x1 + 0.5f) - 0.5f, 0);
                int left = (int)sx, right = Math.Min(left + 1, padded - 1);
                float wx = sx - left, wy = sy - top;
                output[row * region.Width + column] = (1 - wy) * ((1 - wx) * At(mask, side, left - 1, top - 1) + wx * At(mask, side, right - 1, top - 1))
                    + wy * ((1 - wx) * At(mask, side, left - 1, bottom - 1) + wx * At(mask, side, right - 1, bottom - 1));
            }
        }
    }

    /// <summary>RoIAlign with two samples a cell and axis, aligned: four reads a sample.</summary>
    public static void Align(ReadOnlySpan<float> features, int channels, int rows, int columns, float scale, in Box region, int side, Tap[] taps, Span<float> output)
    {
        float x = region.X1 * scale - 0.5f, y = region.Y1 * scale - 0.5f, binW = (region.X2 - region.X1) * scale / side, binH = (region.Y2 - region.Y1) * scale / side;
        for (int i = 0; i < taps.Length; i++)
        {
            int cell = i / 4;
            float sx = Math.Clamp(x + cell % side * binW + (i % 2 + 0.5f) * binW / 2, 0, columns - 1.001f), sy = Math.Clamp(y + cell / side * binH + (i / 2 % 2 + 0.5f) * binH / 2, 0, rows - 1.001f);
            int left = (int)sx, top = (int)sy;
            float lx = sx - left, ly = sy - top;
            taps[i] = new Tap(top * columns + left, (1 - ly) * (1 - lx), (1 - ly) * lx, ly * (1 - lx), ly * lx);
        }

        int plane = rows * columns, cells = side * side;
        for (int c = 0; c < channels; c++)
        {
            var map = features.Slice(c * plane, plane);
            for (int cell = 0; cell < cells; cell++)
            {
                float sum = 0;
                foreach (ref readonly var t in taps.AsSpan(4 * cell, 4))
                {
                    sum += t.A * map[t.At] + t.B * map[t.At + 1] + t.C * map[t.At + columns] + t.D * map[t.At + columns + 1];
                }

                output[c * cells + cell] = sum / 4;
            }
        }
    }

    /// <summary>Keypoint R-CNN's heatmaps: rows widened by four reads a column, blended by four reads a pixel.</summary>
    public static void Locate(ReadOnlySpan<float> maps, int side, int width, int height, float[] widened, Span<Keypoint> output)
    {
        Span<float> weight = stackalloc float[4];
        for (int k = 0; k < output.Length; k++)
        {
            var map = maps.Slice(k * side * side, side * side);
            for (int column = 0; column < width; column++)
            {
                float at = (float)side / width * (column + 0.5f) - 0.5f;
                int first = (int)MathF.Floor(at);
                Cubic(at - first, weight);
                int a = Math.Clamp(first - 1, 0, side - 1), b = Math.Clamp(first, 0, side - 1), c = Math.Clamp(first + 1, 0, side - 1), d = Math.Clamp(first + 2, 0, side - 1);
                for (int row = 0; row < side; row++)
                {
                    var from = map.Slice(row * side, side);
                    widened[row * width + column] = from[a] * weight[0] + from[b] * weight[1] + from[c] * weight[2] + from[d] * weight[3];
                }
            }

            float best = float.NegativeInfinity;
            int x = 0, y = 0;
            for (int row = 0; row < height; row++)
            {
                float at = (float)side / height * (row + 0.5f) - 0.5f;
                int first = (int)MathF.Floor(at);
                Cubic(at - first, weight);
                int a = Math.Clamp(first - 1, 0, side - 1) * width, b = Math.Clamp(first, 0, side - 1) * width, c = Math.Clamp(first + 1, 0, side - 1) * width, d = Math.Clamp(first + 2, 0, side - 1) * width;
                for (int column = 0; column < width; column++)
                {
                    float value = widened[a + column] * weight[0] + widened[b + column] * weight[1] + widened[c + column] * weight[2] + widened[d + column] * weight[3];
                    if (value > best)
                    {
                        (best, x, y) = (value, column, row);
                    }
                }
            }

            output[k] = new Keypoint(x, y, best);
        }
    }

    /// <summary>Ultralytics' masks of one box: sums cell by cell, then four reads a pixel.</summary>
    public static void Prototypes(ReadOnlySpan<float> prototypes, ReadOnlySpan<float> coefficients, int cells, int side, in Box box, float[] sums, Span<byte> output)
    {
        float ratio = (float)cells / side;
        int c1 = (int)MathF.Ceiling(box.X1 * ratio), c2 = (int)MathF.Ceiling(box.X2 * ratio), r1 = (int)MathF.Ceiling(box.Y1 * ratio), r2 = (int)MathF.Ceiling(box.Y2 * ratio), width = c2 - c1;
        for (int row = r1; row < r2; row++)
        {
            for (int column = c1; column < c2; column++)
            {
                float sum = 0;
                for (int k = 0; k < coefficients.Length; k++)
                {
                    sum += prototypes[(k * cells + row) * cells + column] * coefficients[k];
                }

                sums[(row - r1) * width + column - c1] = sum;
            }
        }

        int at = 0;
        for (int y = (int)box.Y1 - 2; y < (int)box.Y2 + 2; y++)
        {
            float sy = Math.Max((y + 0.5f) * ratio - 0.5f, 0);
            int top = (int)sy, bottom = Math.Min(top + 1, cells - 1);
            float fy = sy - top;
            for (int x = (int)box.X1 - 2; x < (int)box.X2 + 2; x++)
            {
                float sx = Math.Max((x + 0.5f) * ratio - 0.5f, 0);
                int left = (int)sx, right = Math.Min(left + 1, cells - 1);
                float fx = sx - left;
                float upper = (1 - fx) * Cell(left, top) + fx * Cell(right, top), lower = (1 - fx) * Cell(left, bottom) + fx * Cell(right, bottom);
                output[at++] = (1 - fy) * upper + fy * lower > 0 ? (byte)1 : (byte)0;
            }
        }

        float Cell(int x, int y) => x >= c1 && x < c2 && y >= r1 && y < r2 ? sums[(y - r1) * width + x - c1] : 0;
    }

    /// <summary>A sample: where it reads and the weights of the four cells.</summary>
    public readonly record struct Tap(int At, float A, float B, float C, float D);

    private static float At(ReadOnlySpan<float> mask, int side, int x, int y) => (uint)x < (uint)side && (uint)y < (uint)side ? mask[y * side + x] : 0;

    private static void Cubic(float t, Span<float> weights)
    {
        const float a = -0.75f;
        float far = t + 1, back = 1 - t, beyond = back + 1;
        weights[0] = ((a * far - 5 * a) * far + 8 * a) * far - 4 * a;
        weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
        weights[2] = ((a + 2) * back - (a + 3)) * back * back + 1;
        weights[3] = ((a * beyond - 5 * a) * beyond + 8 * a) * beyond - 4 * a;
    }
}
