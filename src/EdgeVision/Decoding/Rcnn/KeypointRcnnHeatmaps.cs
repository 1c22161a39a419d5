using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EdgeVision.Decoding.Rcnn;

/// <summary>Locates keypoints in the heatmaps of Keypoint R-CNN: torchvision's heatmaps_to_keypoints in float32.</summary>
/// <remarks>
/// Each map is enlarged bicubically (a = -0.75, half-pixel centers) to the size of the box, rounded up to whole pixels; the first maximum
/// is the keypoint, and its logit is the score. The enlarged map is never stored: rows are widened and then blended several columns at a
/// time; each sum has the order of a plain loop. An instance serves one thread at a time and allocates nothing once its buffers have grown.
/// </remarks>
public sealed class KeypointRcnnHeatmaps
{
    private const int MaxSide = 1 << 15;
    // Lanes of the vectors that widen rows; where a map is enlarged, the four taps of as many columns lie within eight cells.
    private const int Lanes = 8;
    private float[] _rows = [], _padded = [];
    private int[] _first = [], _offsets = [];
    private float[] _weights = [];

    /// <summary>Locates the keypoints of one box.</summary>
    /// <param name="maps">Logits, [keypoints, side, side].</param>
    /// <param name="side">Number of rows and columns of a map.</param>
    /// <param name="box">Corners in pixels; a side below 1 is treated as 1.</param>
    /// <param name="output">Receives the keypoints, [keypoints]: pixels, and the logit as score.</param>
    /// <exception cref="ArgumentException">The maps do not match the keypoints, or a side of the box exceeds 32768 pixels.</exception>
    public void Locate(ReadOnlySpan<float> maps, int side, in Box box, Span<Keypoint> output)
    {
        float w = MathF.Max(box.X2 - box.X1, 1), h = MathF.Max(box.Y2 - box.Y1, 1);
        if (side < 1 || maps.Length != (long)output.Length * side * side || !(w <= MaxSide && h <= MaxSide))
        {
            throw new ArgumentException(
                $"maps must be [{output.Length}, {side}, {side}] and the box at most {MaxSide} pixels a side; "
                    + $"got {maps.Length} values and {box}");
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
                ResizeRow(map.Slice(row * side, side), _rows.AsSpan(row * width, width));
            }

            float best = float.NegativeInfinity;
            int x = 0, y = 0;
            for (int row = 0; row < height; row++)
            {
                float at = scaleY * (row + 0.5f) - 0.5f;
                int first = (int)MathF.Floor(at);
                GetCubicWeights(at - first, weight);
                int column = FindMaximum(
                    GetRow(first - 1, side, width), GetRow(first, side, width), GetRow(first + 1, side, width), GetRow(first + 2, side, width),
                    weight, ref best);
                (x, y) = column < 0 ? (x, y) : (column, row);
            }

            output[k] = new Keypoint((x + 0.5f) * correctX + box.X1, (y + 0.5f) * correctY + box.Y1, best);
        }
    }

    private ReadOnlySpan<float> GetRow(int row, int side, int width) => _rows.AsSpan(Math.Clamp(row, 0, side - 1) * width, width);

    // Returns the column of the first maximum of a row that exceeds the best value so far and updates that value; -1 if there is none.
    private static int FindMaximum(
        ReadOnlySpan<float> a,
        ReadOnlySpan<float> b,
        ReadOnlySpan<float> c,
        ReadOnlySpan<float> d,
        ReadOnlySpan<float> weight,
        ref float best)
    {
        int lanes = Vector<float>.Count, found = -1, i = 0;
        Vector<float> wa = new(weight[0]), wb = new(weight[1]), wc = new(weight[2]), wd = new(weight[3]), gate = new(best);
        ref float ra = ref MemoryMarshal.GetReference(a), rb = ref MemoryMarshal.GetReference(b), rc = ref MemoryMarshal.GetReference(c),
            rd = ref MemoryMarshal.GetReference(d);
        for (; i <= a.Length - lanes; i += lanes)
        {
            nuint at = (nuint)i;
            var values = Vector.LoadUnsafe(ref ra, at) * wa + Vector.LoadUnsafe(ref rb, at) * wb + Vector.LoadUnsafe(ref rc, at) * wc
                + Vector.LoadUnsafe(ref rd, at) * wd;
            if (!Vector.GreaterThanAny(values, gate))
            {
                continue;
            }

            for (int lane = 0; lane < lanes; lane++)
            {
                if (values[lane] > best)
                {
                    (best, found) = (values[lane], i + lane);
                }
            }

            gate = new Vector<float>(best);
        }

        for (; i < a.Length; i++)
        {
            float value = a[i] * weight[0] + b[i] * weight[1] + c[i] * weight[2] + d[i] * weight[3];
            if (value > best)
            {
                (best, found) = (value, i);
            }
        }

        return found;
    }

    private void ResizeRow(ReadOnlySpan<float> from, Span<float> to)
    {
        // The border value is repeated, so that the four taps of a column are adjacent.
        var padded = _padded.AsSpan(0, from.Length + 4 + Lanes);
        padded[..2].Fill(from[0]);
        from.CopyTo(padded[2..]);
        padded[(from.Length + 2)..].Fill(from[^1]);
        int width = to.Length, column = 0;
        ReadOnlySpan<float> wa = _weights.AsSpan(0, width), wb = _weights.AsSpan(width, width);
        ReadOnlySpan<float> wc = _weights.AsSpan(2 * width, width), wd = _weights.AsSpan(3 * width, width);
        if (Vector256.IsHardwareAccelerated && width >= Lanes)
        {
            for (int block = 0; block <= width - Lanes; block += Lanes)
            {
                int first = _first[block];
                var place = Vector256.LoadUnsafe(ref _offsets[block]);
                if (_offsets[block + Lanes - 1] > Lanes - 4)
                {
                    break;
                }

                var cells = Vector256.Create<float>(padded.Slice(first, Lanes));
                var sum = Vector256.Shuffle(cells, place) * Vector256.Create<float>(wa.Slice(block, Lanes))
                    + Vector256.Shuffle(cells, place + Vector256<int>.One) * Vector256.Create<float>(wb.Slice(block, Lanes))
                    + Vector256.Shuffle(cells, place + Vector256.Create(2)) * Vector256.Create<float>(wc.Slice(block, Lanes))
                    + Vector256.Shuffle(cells, place + Vector256.Create(3)) * Vector256.Create<float>(wd.Slice(block, Lanes));
                sum.CopyTo(to[block..]);
                column = block + Lanes;
            }
        }

        for (; column < width; column++)
        {
            var taps = padded.Slice(_first[column], 4);
            to[column] = taps[0] * wa[column] + taps[1] * wb[column] + taps[2] * wc[column] + taps[3] * wd[column];
        }
    }

    private void Prepare(int side, int width)
    {
        if (_rows.Length < side * width)
        {
            _rows = new float[side * width];
        }

        if (_padded.Length < side + 4 + Lanes)
        {
            _padded = new float[side + 4 + Lanes];
        }

        if (_first.Length < width)
        {
            (_first, _offsets, _weights) = (new int[width], new int[width], new float[4 * width]);
        }

        float scale = (float)side / width;
        Span<float> weight = stackalloc float[4];
        for (int column = 0; column < width; column++)
        {
            float at = scale * (column + 0.5f) - 0.5f;
            int first = (int)MathF.Floor(at);
            GetCubicWeights(at - first, weight);
            _first[column] = first + 1; // index of the first tap in the padded row
            _offsets[column] = _first[column] - _first[column - column % Lanes];
            for (int i = 0; i < 4; i++)
            {
                _weights[i * width + column] = weight[i];
            }
        }
    }

    // Keys' cubic convolution with a = -0.75: taps at distances 1 + t, t, 1 - t, 2 - t.
    private static void GetCubicWeights(float t, Span<float> weights)
    {
        const float a = -0.75f;
        float far = t + 1, back = 1 - t, beyond = back + 1;
        weights[0] = ((a * far - 5 * a) * far + 8 * a) * far - 4 * a;
        weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
        weights[2] = ((a + 2) * back - (a + 3)) * back * back + 1;
        weights[3] = ((a * beyond - 5 * a) * beyond + 8 * a) * beyond - 4 * a;
    }
}
