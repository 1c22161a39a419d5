using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Dense;

/// <summary>Decodes semantic segmentation: logits [N, classes, h, w] to the class of every pixel of the network's input.</summary>
/// <remarks>
/// The class with the greatest logit is taken, the lower class at ties. Where h and w are smaller than the input, logits are enlarged
/// first, bilinearly with half-pixel centers (torch's interpolate, align_corners false), one row at a time: the enlarged logits are never
/// stored. A single class is foreground where its sigmoid exceeds <c>threshold</c> (0.5): id 1; id 0 is named background unless labels name
/// both.
/// </remarks>
internal sealed class SegmentationDecoder : OutputDecoder
{
    private const int MaxClasses = 256;

    // Maximum number of rows of the map that are computed at once from the same two rows of logits.
    private const int MaxRows = 16;
    private readonly int _output;
    private readonly string _name;
    private readonly float _gate;
    private readonly string[] _labels;
    private int[] _left = [], _right = [];
    private float[] _weight = [];
    private float[] _upper = [], _lower = [];
    private int _upperRow, _lowerRow, _stride;

    public SegmentationDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "logits [N, classes, h, w]");
        inputs.RequireShape(0, "logits", -1, -1, -1, -1);
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        int labels = inputs.Labels.Length;
        long classes = inputs.GetTensorInfo(0).Shape[1];
        _labels = classes == 1 && labels == 1 ? ["background", inputs.Labels[0]] : inputs.Labels;
        if (classes > MaxClasses || classes > 1 && labels > 0 && classes != labels || classes == 1 && labels > 2)
        {
            throw new ModelFormatException(
                $"decoder 'segmentation' expects at most {MaxClasses} classes that match {labels} labels; the graph has {inputs.GetTensorInfo(0)}");
        }

        float threshold = inputs.GetFloat("threshold", 0.5f);
        if (!(threshold is > 0 and < 1))
        {
            throw new SpecException($"parameter 'threshold' of decoder 'segmentation' must be between 0 and 1, exclusive; got {threshold}");
        }

        _gate = MathF.Log(threshold / (1 - threshold));
    }

    public override OutputKind Produces => OutputKind.Segmentation;

    public override void SetLabels(VisionResult result, string[] labels) => result.Segmentation.Labels = _labels;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 4 || batch >= shape[0] || shape[1] is < 1 or > MaxClasses || shape[2] < 1 || shape[3] < 1)
        {
            throw new ModelFormatException(
                $"decoder 'segmentation' expects [N, classes, h, w] with at most {MaxClasses} classes; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int classes = (int)shape[1], h = (int)shape[2], w = (int)shape[3], width = transform.InputWidth, height = transform.InputHeight;
        int plane = h * w;
        var logits = outputs.GetData(_output).Slice(batch * classes * plane, classes * plane);
        FiniteCheck.ThrowIfNotFinite(logits, _name);
        var map = result.Segmentation.Resize(width, height, transform);
        Prepare(classes, w, width);
        (_upperRow, _lowerRow) = (-1, -1);
        Span<float> weights = stackalloc float[MaxRows];
        for (int y = 0, rows; y < height; y += rows)
        {
            (int top, weights[0]) = GetSource(y, h, height);
            for (rows = 1; rows < MaxRows && y + rows < height && GetSource(y + rows, h, height) is var (other, weight)
                && other == top; rows++)
            {
                weights[rows] = weight;
            }

            LoadRows(logits, classes, h, w, width, top, Math.Min(top + 1, h - 1));
            Argmax(classes, width, weights[..rows], map.Slice(y * width, rows * width));
        }
    }

    private static (int Top, float Weight) GetSource(int y, int h, int height)
    {
        float sy = MathF.Max(0, (y + 0.5f) * h / height - 0.5f);
        int top = Math.Min((int)sy, h - 1);
        return (top, sy - top);
    }

    private void Prepare(int classes, int w, int width)
    {
        _stride = GetStride(width);
        if (_upper.Length < classes * _stride)
        {
            _upper = new float[classes * _stride];
            _lower = new float[classes * _stride];
        }

        if (_left.Length != width)
        {
            (_left, _right, _weight) = (new int[width], new int[width], new float[width]);
        }

        for (int x = 0; x < width; x++)
        {
            float sx = MathF.Max(0, (x + 0.5f) * w / width - 0.5f);
            _left[x] = Math.Min((int)sx, w - 1);
            _right[x] = Math.Min(_left[x] + 1, w - 1);
            _weight[x] = sx - _left[x];
        }
    }

    // An odd number of cache lines, so that the same column of different classes does not map to only a few cache sets.
    private static int GetStride(int width) => ((width + 15) / 16 | 1) * 16;

    // Rows of the map are computed in order, so each row of logits is widened once.
    private void LoadRows(ReadOnlySpan<float> logits, int classes, int h, int w, int width, int top, int bottom)
    {
        if (_upperRow != top)
        {
            if (_lowerRow == top)
            {
                (_upper, _lower) = (_lower, _upper);
                (_upperRow, _lowerRow) = (_lowerRow, _upperRow);
            }
            else
            {
                ResizeRow(logits, classes, h, w, width, top, _upper);
                _upperRow = top;
            }
        }

        if (_lowerRow != bottom)
        {
            ResizeRow(logits, classes, h, w, width, bottom, _lower);
            _lowerRow = bottom;
        }
    }

    private void ResizeRow(ReadOnlySpan<float> logits, int classes, int h, int w, int width, int y, float[] to)
    {
        for (int c = 0; c < classes; c++)
        {
            var from = logits.Slice((c * h + y) * w, w);
            var row = to.AsSpan(c * _stride, width);
            if (w == width)
            {
                from.CopyTo(row);
                continue;
            }

            int x = Avx2.IsSupported ? ResizeRowAvx2(from, row) : 0;
            for (; x < row.Length; x++)
            {
                row[x] = (1 - _weight[x]) * from[_left[x]] + _weight[x] * from[_right[x]];
            }
        }
    }

    // Eight pixels at a time; left and right lie inside the row of logits.
    private unsafe int ResizeRowAvx2(ReadOnlySpan<float> from, Span<float> row)
    {
        int x = 0, last = from.Length - 8;
        fixed (float* source = from, to = row, weights = _weight)
        fixed (int* left = _left, right = _right)
        {
            for (; x <= row.Length - 8; x += 8)
            {
                var weight = Vector256.Load(weights + x);
                var (l, r) = (Vector256.Load(left + x), Vector256.Load(right + x));
                int start = Math.Min(left[x], last);
                Vector256<float> a, b;
                if (start >= 0 && right[x + 7] - start < 8)
                {
                    // When enlarged at least twice, the neighbors of eight pixels lie within eight logits, so one load and a permutation
                    // suffice.
                    var eight = Vector256.Load(source + start);
                    a = Avx2.PermuteVar8x32(eight, l - Vector256.Create(start));
                    b = Avx2.PermuteVar8x32(eight, r - Vector256.Create(start));
                }
                else
                {
                    a = Avx2.GatherVector256(source, l, 4);
                    b = Avx2.GatherVector256(source, r, 4);
                }

                ((Vector256<float>.One - weight) * a + weight * b).Store(to + x);
            }
        }

        return x;
    }

    // The outer loop runs over columns and the inner one over rows: the logits that the first row loads for all classes are in the L1 cache
    // for the other rows.
    private void Argmax(int classes, int width, ReadOnlySpan<float> weights, Span<byte> map)
    {
        int step = 4 * Vector<float>.Count;
        if (!Vector.IsHardwareAccelerated || classes == 1 || width < step)
        {
            for (int row = 0; row < weights.Length; row++)
            {
                ArgmaxScalar(classes, weights[row], map.Slice(row * width, width));
            }

            return;
        }

        for (int at = 0; ; at = Math.Min(at + step, width - step))
        {
            for (int row = 0; row < weights.Length; row++)
            {
                ArgmaxStep(classes, at, weights[row], map.Slice(row * width + at, step));
            }

            // The last step is moved back so that it ends with the row, and writes some classes a second time.
            if (at == width - step)
            {
                return;
            }
        }
    }

    // Four vectors of pixels at a time, so that their classes fill one vector of bytes; maximum and class stay in registers.
    private void ArgmaxStep(int classes, int at, float weight, Span<byte> row)
    {
        float other = 1 - weight;
        int step = Vector<float>.Count;
        ReadOnlySpan<float> upper = _upper.AsSpan(at), lower = _lower.AsSpan(at);
        var best0 = Mixed(upper, lower);
        var best1 = Mixed(upper[step..], lower[step..]);
        var best2 = Mixed(upper[(2 * step)..], lower[(2 * step)..]);
        var best3 = Mixed(upper[(3 * step)..], lower[(3 * step)..]);
        Vector<int> class0 = default, class1 = default, class2 = default, class3 = default;
        for (int c = 1; c < classes; c++)
        {
            var u = upper.Slice(c * _stride, 4 * step);
            var l = lower.Slice(c * _stride, 4 * step);
            var id = new Vector<int>(c);
            Take(Mixed(u, l), id, ref best0, ref class0);
            Take(Mixed(u[step..], l[step..]), id, ref best1, ref class1);
            Take(Mixed(u[(2 * step)..], l[(2 * step)..]), id, ref best2, ref class2);
            Take(Mixed(u[(3 * step)..], l[(3 * step)..]), id, ref best3, ref class3);
        }

        Vector.Narrow(
            Vector.Narrow(Vector.AsVectorUInt32(class0), Vector.AsVectorUInt32(class1)),
            Vector.Narrow(Vector.AsVectorUInt32(class2), Vector.AsVectorUInt32(class3))).CopyTo(row);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector<float> Mixed(ReadOnlySpan<float> u, ReadOnlySpan<float> l) => other * new Vector<float>(u) + weight * new Vector<float>(l);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Take(Vector<float> value, Vector<int> id, ref Vector<float> best, ref Vector<int> classes)
        {
            var greater = Vector.GreaterThan(value, best);
            best = Vector.MaxNative(value, best); // the logits contain no NaN, as checked before
            classes = Vector.ConditionalSelect(greater, id, classes);
        }
    }

    private void ArgmaxScalar(int classes, float weight, Span<byte> row)
    {
        float other = 1 - weight;
        for (int x = 0; x < row.Length; x++)
        {
            float best = other * _upper[x] + weight * _lower[x];
            row[x] = classes == 1 && best > _gate ? (byte)1 : (byte)0;
            for (int c = 1, o = _stride + x; c < classes; c++, o += _stride)
            {
                float value = other * _upper[o] + weight * _lower[o];
                (best, row[x]) = value > best ? (value, (byte)c) : (best, row[x]);
            }
        }
    }
}
