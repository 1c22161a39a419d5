using System.Numerics;

namespace EdgeVision;

/// <summary>
/// Semantic segmentation: logits [N, classes, h, w]. The class of the greatest logit at every pixel of the network's input, the lower
/// class at ties; where h and w are smaller than the input, logits are enlarged first, bilinear with half-pixel centres (torch's
/// interpolate, align_corners false), a row at a time: the enlarged logits are never in memory. One class alone is foreground where
/// its sigmoid exceeds <c>threshold</c> (0.5): id 1, and 0 is named background unless labels name both.
/// </summary>
internal sealed class SegmentationDecoder : OutputDecoder
{
    private const int MostClasses = 256;
    private readonly int _output;
    private readonly string _name;
    private readonly float _gate;
    private readonly string[] _labels;
    private int[] _left = [], _right = [];
    private float[] _weight = [];
    private float[] _upper = [], _lower = [], _best = [];
    private int _upperRow, _lowerRow;

    public SegmentationDecoder(DecoderInputs inputs)
    {
        inputs.Expect(1, "logits [N, classes, h, w]");
        inputs.ExpectShape(0, "logits", -1, -1, -1, -1);
        _output = inputs.Indices[0];
        _name = inputs.Info(0).Name;
        int labels = inputs.Labels.Length;
        long classes = inputs.Info(0).Shape[1];
        _labels = classes == 1 && labels == 1 ? ["background", inputs.Labels[0]] : inputs.Labels;
        if (classes > MostClasses || classes > 1 && labels > 0 && classes != labels || classes == 1 && labels > 2)
        {
            throw new ModelFormatException($"decoder 'segmentation' has {labels} labels and reads at most {MostClasses} classes; the graph has {inputs.Info(0)}");
        }

        float threshold = inputs.Float("threshold", 0.5f);
        if (!(threshold is > 0 and < 1))
        {
            throw new SpecException("parameter 'threshold' of decoder 'segmentation' lies between 0 and 1");
        }

        _gate = MathF.Log(threshold / (1 - threshold));
    }

    internal override ResultPart Fills => ResultPart.Segmentation;

    internal override void Name(VisionResult result, string[] labels) => result.Segmentation.Labels = _labels;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_output);
        if (shape.Length != 4 || batch >= shape[0] || shape[1] is < 1 or > MostClasses || shape[2] < 1 || shape[3] < 1)
        {
            throw new ModelFormatException($"decoder 'segmentation' expects [N, classes, h, w]; the network gave [{string.Join(", ", shape.ToArray())}]");
        }

        int classes = (int)shape[1], h = (int)shape[2], w = (int)shape[3], width = transform.InputWidth, height = transform.InputHeight;
        int plane = h * w;
        var logits = outputs.Data(_output).Slice(batch * classes * plane, classes * plane);
        Finite.Check(logits, _name);
        var map = result.Segmentation.Resize(width, height, transform);
        Prepare(classes, w, width);
        (_upperRow, _lowerRow) = (-1, -1);
        for (int y = 0; y < height; y++)
        {
            var row = map.Slice(y * width, width);
            float sy = MathF.Max(0, (y + 0.5f) * h / height - 0.5f);
            int top = Math.Min((int)sy, h - 1), bottom = Math.Min(top + 1, h - 1);
            Load(logits, classes, h, w, width, top, bottom);
            Argmax(classes, width, sy - top, row);
        }
    }

    private void Prepare(int classes, int w, int width)
    {
        if (_best.Length < width)
        {
            _best = new float[width];
        }

        if (_upper.Length < classes * width)
        {
            _upper = new float[classes * width];
            _lower = new float[classes * width];
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

    // Rows of the map come in order, so each row of logits is widened once.
    private void Load(ReadOnlySpan<float> logits, int classes, int h, int w, int width, int top, int bottom)
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
                Widen(logits, classes, h, w, width, top, _upper);
                _upperRow = top;
            }
        }

        if (_lowerRow != bottom)
        {
            Widen(logits, classes, h, w, width, bottom, _lower);
            _lowerRow = bottom;
        }
    }

    private void Widen(ReadOnlySpan<float> logits, int classes, int h, int w, int width, int y, float[] to)
    {
        for (int c = 0; c < classes; c++)
        {
            var from = logits.Slice((c * h + y) * w, w);
            var row = to.AsSpan(c * width, width);
            if (w == width)
            {
                from.CopyTo(row);
                continue;
            }

            for (int x = 0; x < row.Length; x++)
            {
                row[x] = (1 - _weight[x]) * from[_left[x]] + _weight[x] * from[_right[x]];
            }
        }
    }

    private void Argmax(int classes, int width, float weight, Span<byte> row)
    {
        float other = 1 - weight;
        int step = Vector<float>.Count;
        if (classes == 1)
        {
            for (int x = 0; x < width; x++)
            {
                row[x] = other * _upper[x] + weight * _lower[x] > _gate ? (byte)1 : (byte)0;
            }

            return;
        }

        row.Clear();
        for (int x = 0; x < width; x++)
        {
            _best[x] = other * _upper[x] + weight * _lower[x];
        }

        for (int c = 1; c < classes; c++)
        {
            int o = c * width, x = 0;
            for (; x <= width - step; x += step)
            {
                var value = other * new Vector<float>(_upper, o + x) + weight * new Vector<float>(_lower, o + x);
                var greater = Vector.GreaterThan(value, new Vector<float>(_best, x));
                if (Vector.EqualsAll(greater, Vector<int>.Zero))
                {
                    continue;
                }

                Vector.ConditionalSelect(greater, value, new Vector<float>(_best, x)).CopyTo(_best, x);
                for (int k = 0; k < step; k++)
                {
                    row[x + k] = greater[k] != 0 ? (byte)c : row[x + k];
                }
            }

            for (; x < width; x++)
            {
                float value = other * _upper[o + x] + weight * _lower[o + x];
                if (value > _best[x])
                {
                    _best[x] = value;
                    row[x] = (byte)c;
                }
            }
        }
    }
}
