namespace EdgeVision;

/// <summary>
/// Keypoints from the heatmaps of Keypoint R-CNN, torchvision's heatmaps_to_keypoints in float32: each map is enlarged bicubically
/// (a = -0.75, half-pixel centres) to the box's size rounded up to whole pixels; the first greatest value is the keypoint, its logit the score. The enlarged
/// map is never held: four rows of it are. One instance serves one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
public sealed class KeypointRcnnHeatmaps
{
    private const int MaxSide = 1 << 15;
    private float[] _rows = [];
    private int[] _columns = [];
    private float[] _weights = [];

    /// <summary>Finds the keypoints of one box.</summary>
    /// <param name="maps">Logits, [keypoints, side, side].</param>
    /// <param name="side">Rows and columns of a map.</param>
    /// <param name="box">Corners in pixels; a side below 1 counts as 1.</param>
    /// <param name="output">Filled, [keypoints]: pixels, and the logit as score.</param>
    /// <exception cref="ArgumentException">The maps do not fit the keypoints, or a side of the box is beyond 32768 pixels.</exception>
    public void Locate(ReadOnlySpan<float> maps, int side, in Box box, Span<Keypoint> output)
    {
        float w = MathF.Max(box.X2 - box.X1, 1), h = MathF.Max(box.Y2 - box.Y1, 1);
        if (side < 1 || maps.Length != (long)output.Length * side * side || !(w <= MaxSide && h <= MaxSide))
        {
            throw new ArgumentException($"maps are [{output.Length}, {side}, {side}], and the box has at most {MaxSide} pixels a side; it is {box}");
        }

        int width = (int)MathF.Ceiling(w), height = (int)MathF.Ceiling(h);
        Prepare(side, width);
        float scaleY = (float)side / height, correctX = w / width, correctY = h / height;
        Span<float> weight = stackalloc float[4];
        for (int k = 0; k < output.Length; k++)
        {
            var map = maps.Slice(k * side * side, side * side);
            for (int row = 0; row < side; row++)
            {
                Widen(map.Slice(row * side, side), _rows.AsSpan(row * width, width));
            }

            float best = float.NegativeInfinity;
            int x = 0, y = 0;
            for (int row = 0; row < height; row++)
            {
                float at = scaleY * (row + 0.5f) - 0.5f;
                int first = (int)MathF.Floor(at);
                Cubic(at - first, weight);
                var a = Row(first - 1, side, width);
                var b = Row(first, side, width);
                var c = Row(first + 1, side, width);
                var d = Row(first + 2, side, width);
                for (int column = 0; column < width; column++)
                {
                    float value = a[column] * weight[0] + b[column] * weight[1] + c[column] * weight[2] + d[column] * weight[3];
                    if (value > best)
                    {
                        (best, x, y) = (value, column, row);
                    }
                }
            }

            output[k] = new Keypoint((x + 0.5f) * correctX + box.X1, (y + 0.5f) * correctY + box.Y1, best);
        }
    }

    private ReadOnlySpan<float> Row(int row, int side, int width) => _rows.AsSpan(Math.Clamp(row, 0, side - 1) * width, width);

    private void Widen(ReadOnlySpan<float> from, Span<float> to)
    {
        for (int column = 0; column < to.Length; column++)
        {
            int at = 4 * column;
            to[column] = from[_columns[at]] * _weights[at] + from[_columns[at + 1]] * _weights[at + 1]
                + from[_columns[at + 2]] * _weights[at + 2] + from[_columns[at + 3]] * _weights[at + 3];
        }
    }

    private void Prepare(int side, int width)
    {
        if (_rows.Length < side * width)
        {
            _rows = new float[side * width];
        }

        if (_columns.Length < 4 * width)
        {
            (_columns, _weights) = (new int[4 * width], new float[4 * width]);
        }

        float scale = (float)side / width;
        for (int column = 0; column < width; column++)
        {
            float at = scale * (column + 0.5f) - 0.5f;
            int first = (int)MathF.Floor(at);
            Cubic(at - first, _weights.AsSpan(4 * column, 4));
            for (int i = 0; i < 4; i++)
            {
                _columns[4 * column + i] = Math.Clamp(first - 1 + i, 0, side - 1);
            }
        }
    }

    // Keys' cubic convolution with a = -0.75: taps at distances 1 + t, t, 1 - t, 2 - t.
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
