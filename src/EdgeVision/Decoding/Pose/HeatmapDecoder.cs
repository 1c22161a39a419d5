using System.Numerics;
using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Pose;

/// <summary>Decodes top-down pose from heatmaps [N, keypoints, h, w]: one detection, the frame or the crop, with its keypoints.</summary>
/// <remarks>
/// The maximum of each map is refined as in mmpose (mmpose/codecs/utils/refinement.py): <c>none</c>; <c>plain</c>, a quarter cell towards
/// the greater neighbor; <c>dark</c> (Zhang et al. 2020) and <c>udp</c> (Huang et al. 2020), a Newton step on the logarithm of the map
/// blurred by <c>kernel</c> (11). A cell is input / h pixels, for udp (input - 1) / (h - 1). A map without a value above 0 yields a score
/// of 0 or below, at position -1.
/// </remarks>
internal sealed class HeatmapDecoder : OutputDecoder
{
    private const double MaxStep = 1024;
    private readonly int _output;
    private readonly string _name;
    private readonly string _refinement;
    private readonly float[] _kernel;
    private float[] _blurred = [], _rows = [], _padded = [];
    private float _scale;

    public HeatmapDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "heatmaps [N, keypoints, h, w]");
        inputs.RequireShape(0, "heatmaps", -1, -1, -1, -1);
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        _refinement = inputs.GetString("refinement", "plain");
        if (_refinement is not ("none" or "plain" or "dark" or "udp"))
        {
            throw new SpecException($"parameter 'refinement' of decoder 'heatmap' must be none, plain, dark or udp; got '{_refinement}'");
        }

        int kernel = inputs.GetInt("kernel", 11);
        if (kernel is < 3 or > 63 || kernel % 2 == 0)
        {
            throw new SpecException($"parameter 'kernel' of decoder 'heatmap' must be an odd number from 3 to 63; got {kernel}");
        }

        _kernel = CreateGaussianKernel(kernel);
    }

    public override bool ProducesKeypoints => true;

    public override bool IsTopDown => true;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 4 || batch >= shape[0] || shape[1] < 1 || shape[2] < 4 || shape[3] < 4)
        {
            throw new ModelFormatException(
                "decoder 'heatmap' expects [N, keypoints, h, w] with sides of at least 4; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int keypoints = (int)shape[1], h = (int)shape[2], w = (int)shape[3];
        var maps = outputs.GetData(_output).Slice(batch * keypoints * h * w, keypoints * h * w);
        FiniteCheck.ThrowIfNotFinite(maps, _name);
        Reserve(w, h);
        bool udp = _refinement == "udp";
        float scaleX = udp ? (transform.InputWidth - 1f) / (w - 1f) : (float)transform.InputWidth / w;
        float scaleY = udp ? (transform.InputHeight - 1f) / (h - 1f) : (float)transform.InputHeight / h;
        var points = PoseKeypoints.AddPose(result, keypoints, transform);
        for (int k = 0; k < keypoints; k++)
        {
            var map = maps.Slice(k * h * w, h * w);
            var (x, y, value) = Locate(map, w, h);
            points[k] = CandidateList.EnsureFinite(PoseKeypoints.ToFrame(x * scaleX, y * scaleY, value, transform), _name);
        }

        PoseKeypoints.SetMeanScore(result);
    }

    /// <summary>Returns the position in cells and the value of a map's refined maximum; (-1, -1) if no value is above 0.</summary>
    internal (float X, float Y, float Value) Locate(ReadOnlySpan<float> map, int w, int h)
    {
        Reserve(w, h);
        int at = TensorPrimitives.IndexOfMax(map); // the first one at ties
        float value = map[at];
        if (value <= 0)
        {
            return (-1, -1, value);
        }

        int x = at % w, y = at / w;
        return _refinement switch
        {
            "plain" => RefinePlain(map, w, h, x, y, value),
            "dark" => RefineDark(map, w, h, x, y, value),
            "udp" => RefineUdp(map, w, h, x, y, value),
            _ => (x, y, value),
        };
    }

    private void Reserve(int w, int h)
    {
        if (_blurred.Length < h * w)
        {
            (_blurred, _rows) = (new float[h * w], new float[h * w]);
        }

        int padded = w + 2 * (_kernel.Length / 2);
        if (_padded.Length != padded)
        {
            _padded = new float[padded]; // zeros at both ends, which are never overwritten
        }
    }

    private static (float, float, float) RefinePlain(ReadOnlySpan<float> map, int w, int h, int x, int y, float value)
    {
        int at = y * w + x;
        float dx = x > 1 && x < w - 1 && y > 0 && y < h ? 0.25f * MathF.Sign(map[at + 1] - map[at - 1]) : 0;
        float dy = y > 1 && y < h - 1 && x > 0 && x < w ? 0.25f * MathF.Sign(map[at + w] - map[at - w]) : 0;
        return (x + dx, y + dy, value);
    }

    private (float, float, float) RefineDark(ReadOnlySpan<float> map, int w, int h, int x, int y, float value)
    {
        if (x <= 1 || x >= w - 2 || y <= 1 || y >= h - 2)
        {
            return (x, y, value);
        }

        Blur(map, w, h, value);
        float At(int column, int row) => MathF.Log(MathF.Max(_blurred[row * w + column] * _scale, 1e-10f));
        float centre = At(x, y);
        float dx = 0.5f * (At(x + 1, y) - At(x - 1, y)), dy = 0.5f * (At(x, y + 1) - At(x, y - 1));
        float dxx = 0.25f * (At(x + 2, y) - 2 * centre + At(x - 2, y)), dyy = 0.25f * (At(x, y + 2) - 2 * centre + At(x, y - 2));
        float dxy = 0.25f * (At(x + 1, y + 1) - At(x + 1, y - 1) - At(x - 1, y + 1) + At(x - 1, y - 1));
        return NewtonStep(x, y, value, dx, dy, dxx, dxy, dyy);
    }

    private (float, float, float) RefineUdp(ReadOnlySpan<float> map, int w, int h, int x, int y, float value)
    {
        Blur(map, w, h, value);
        // The border cells are repeated beyond the map.
        float At(int column, int row) =>
            MathF.Log(Math.Clamp(_blurred[Math.Clamp(row, 0, h - 1) * w + Math.Clamp(column, 0, w - 1)] * _scale, 1e-3f, 50));
        float centre = At(x, y), right = At(x + 1, y), left = At(x - 1, y), below = At(x, y + 1), above = At(x, y - 1);
        float dxx = right - 2 * centre + left, dyy = below - 2 * centre + above;
        float dxy = 0.5f * (At(x + 1, y + 1) - right - below + centre + centre - left - above + At(x - 1, y - 1));
        const float epsilon = 1.1920929e-7f; // numpy's epsilon of float32, which the reference adds
        return NewtonStep(x, y, value, 0.5f * (right - left), 0.5f * (below - above), dxx + epsilon, dxy, dyy + epsilon);
    }

    private static (float, float, float) NewtonStep(int x, int y, float value, double dx, double dy, double dxx, double dxy, double dyy)
    {
        // Where the map is almost flat the step is arbitrary: a step further than the size of a map is no refinement.
        double determinant = dxx * dyy - dxy * dxy;
        double stepX = (dyy * dx - dxy * dy) / determinant, stepY = (dxx * dy - dxy * dx) / determinant;
        return determinant != 0 && Math.Abs(stepX) <= MaxStep && Math.Abs(stepY) <= MaxStep
            ? ((float)(x - stepX), (float)(y - stepY), value)
            : (x, y, value);
    }

    // Zeros surround the map; the result is scaled so that the maximum is unchanged. On every path the taps are summed in order, so that
    // all results are equal.
    private unsafe void Blur(ReadOnlySpan<float> map, int w, int h, float maximum)
    {
        int radius = _kernel.Length / 2;
        fixed (float* padded = _padded, rows = _rows, blurred = _blurred, kernel = _kernel)
        {
            for (int y = 0; y < h; y++)
            {
                map.Slice(y * w, w).CopyTo(_padded.AsSpan(radius));
                Convolve(padded, 1, kernel, _kernel.Length, rows + y * w, w);
            }

            for (int y = 0; y < h; y++)
            {
                int first = Math.Max(0, y - radius), last = Math.Min(h - 1, y + radius);
                Convolve(rows + first * w, w, kernel + (first - y + radius), last - first + 1, blurred + y * w, w);
            }
        }

        float highest = TensorPrimitives.Max(_blurred.AsSpan(0, w * h));
        _scale = highest > 0 ? maximum / highest : 1;
    }

    // to[i] = sum of kernel[k] * from[i + k * distance]; the sums of three vectors at a time stay in registers.
    private static unsafe void Convolve(float* from, int distance, float* kernel, int taps, float* to, int count)
    {
        int step = Vector<float>.Count, i = 0;
        for (; i <= count - 3 * step; i += 3 * step)
        {
            Vector<float> a = default, b = default, c = default;
            float* at = from + i;
            for (int k = 0; k < taps; k++, at += distance)
            {
                var tap = new Vector<float>(kernel[k]);
                a += Vector.Load(at) * tap;
                b += Vector.Load(at + step) * tap;
                c += Vector.Load(at + 2 * step) * tap;
            }

            a.Store(to + i);
            b.Store(to + i + step);
            c.Store(to + i + 2 * step);
        }

        for (; i < count; i++)
        {
            float sum = 0;
            float* at = from + i;
            for (int k = 0; k < taps; k++, at += distance)
            {
                sum += *at * kernel[k];
            }

            to[i] = sum;
        }
    }

    // OpenCV's getGaussianKernel with the sigma that it derives from the size.
    private static float[] CreateGaussianKernel(int size)
    {
        double sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8;
        double[] values = [.. Enumerable.Range(0, size).Select(i => Math.Exp(-(i - size / 2) * (i - size / 2) / (2 * sigma * sigma)))];
        double sum = values.Sum();
        return [.. values.Select(v => (float)(v / sum))];
    }
}
