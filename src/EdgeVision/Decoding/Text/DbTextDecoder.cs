using System.Numerics;
using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Text;

/// <summary>Decodes text regions of Differentiable Binarization (Liao et al. 2020), as PaddleOCR's DBPostProcess.</summary>
/// <remarks>
/// It equals that class with quadrangles and fast scores. Input is a map [N, 1, h, w] of probabilities (logits unless <c>activated</c>).
/// Contours above <c>threshold</c> (0.3), including those of holes, are taken from the bottom up, at most <c>maxCandidates</c> (1000).
/// Around each, the rectangle of minimum area must have a short side of at least <c>minSize</c> (3) cells. Its score, the mean of the map
/// inside, must be at least <c>boxThreshold</c> (0.6) and above the score threshold. The rectangle grows on each side by area *
/// <c>unclip</c> (1.5) / perimeter, and must then have a short side of at least minSize + 2. A cell index times input / map is a pixel of
/// the input, as in the reference; unlike there, corners keep their fractions, before growing and after, and oriented boxes may extend
/// beyond the frame. Class 0; best first.
/// </remarks>
internal sealed class DbTextDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly string _name;
    private readonly bool _activated;
    private readonly float _threshold, _boxThreshold, _unclip, _minSize;
    private readonly int _maxCandidates;
    private readonly DecoderOptions _options;
    private readonly ContourFinder _regions = new();
    private readonly MinAreaRect _rectangle = new();
    private float[] _map = [], _scores = [];
    private OrientedRectangle[] _found = [];
    private ulong[] _keys = [];
    private int[] _left = [], _right = [];

    public DbTextDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "probabilities [N, 1, h, w]");
        inputs.RequireShape(0, "probabilities", -1, 1, -1, -1);
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        _options = inputs.Options;
        _activated = inputs.GetBool("activated", true);
        _threshold = inputs.GetFloat("threshold", 0.3f);
        _boxThreshold = inputs.GetFloat("boxThreshold", 0.6f);
        _unclip = inputs.GetFloat("unclip", 1.5f);
        _minSize = inputs.GetFloat("minSize", 3);
        _maxCandidates = inputs.GetInt("maxCandidates", 1000);
        if (_threshold is not (>= 0 and < 1) || _boxThreshold is not (>= 0 and <= 1) || _unclip is not (>= 0 and <= 100)
            || _minSize is not (>= 0 and <= 10000) || _maxCandidates < 1)
        {
            throw new SpecException(
                "parameters of decoder 'db-text' must be in range: 'threshold' 0 to below 1, 'boxThreshold' 0 to 1, 'unclip' 0 to 100, "
                    + "'minSize' 0 to 10000, 'maxCandidates' at least 1; "
                    + $"got {_threshold}, {_boxThreshold}, {_unclip}, {_minSize} and {_maxCandidates}");
        }

        if (inputs.Labels.Length > 1)
        {
            throw new ModelFormatException($"decoder 'db-text' finds one class, but the spec has {inputs.Labels.Length} labels");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 4 || shape[1] != 1 || batch >= shape[0] || shape[2] < 1 || shape[3] < 1)
        {
            throw new ModelFormatException(
                $"decoder 'db-text' expects [N, 1, h, w]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int h = (int)shape[2], w = (int)shape[3];
        var map = outputs.GetData(_output).Slice(batch * h * w, h * w);
        FiniteCheck.ThrowIfNotFinite(map, _name);
        if (!_activated)
        {
            if (_map.Length < map.Length)
            {
                _map = new float[map.Length];
            }

            TensorPrimitives.Sigmoid(map, _map);
            map = _map.AsSpan(0, map.Length);
        }

        int count = FindCandidates(map, w, h);
        NonMaxSuppression.SortByScore(_scores.AsSpan(0, count), _keys);
        result.Detections.Clear(rotation: true);
        for (int i = 0; i < Math.Min(count, _options.MaxDetections); i++)
        {
            int k = (int)(uint)_keys[i];
            double stepX = (double)transform.InputWidth / w, stepY = (double)transform.InputHeight / h;
            Report(_found[k], _scores[k], stepX, stepY, transform, result.Detections);
        }
    }

    private int FindCandidates(ReadOnlySpan<float> map, int w, int h)
    {
        int contours = Math.Min(_regions.Find(map, w, h, _threshold), _maxCandidates), count = 0;
        if (_found.Length < contours)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)contours);
            (_found, _scores, _keys) = (new OrientedRectangle[size], new float[size], new ulong[size]);
        }

        for (int i = 0; i < contours; i++)
        {
            var rectangle = _rectangle.FromContour(_regions[i]);
            if (Math.Min(rectangle.Width, rectangle.Height) < _minSize)
            {
                continue;
            }

            float score = CandidateList.EnsureFinite(GetMeanInside(map, w, h, rectangle), _name);
            // Growth of both sides.
            double grown = 2 * Math.Max(rectangle.Width * rectangle.Height * _unclip / (2 * (rectangle.Width + rectangle.Height)), 0);
            bool isLargeEnough = Math.Min(rectangle.Width, rectangle.Height) + grown >= _minSize + 2;
            if (!(score >= _boxThreshold && score > _options.Confidence) || !isLargeEnough)
            {
                continue;
            }

            _found[count] = rectangle with { Width = rectangle.Width + grown, Height = rectangle.Height + grown };
            _scores[count++] = score;
        }

        return count;
    }

    // Returns the mean over the cells that cv2.fillPoly fills for corners truncated to whole cells: for a convex polygon, these are the
    // cells of each row from the first to the last cell of the lines of its sides.
    private float GetMeanInside(ReadOnlySpan<float> map, int w, int h, in OrientedRectangle rectangle)
    {
        if (_left.Length < h)
        {
            (_left, _right) = (new int[h], new int[h]);
        }

        Span<int> x = stackalloc int[4], y = stackalloc int[4];
        int top = h, bottom = -1;
        for (int i = 0; i < 4; i++)
        {
            var corner = rectangle.GetCorner(i);
            // Truncated towards 0; the float removes the error that rotating a whole number leaves.
            (x[i], y[i]) = ((int)(float)corner.X, (int)(float)corner.Y);
            (top, bottom) = (Math.Min(top, y[i]), Math.Max(bottom, y[i]));
        }

        (top, bottom) = (Math.Max(top, 0), Math.Min(bottom, h - 1));
        if (bottom < top)
        {
            return 0;
        }

        _left.AsSpan(top, bottom - top + 1).Fill(int.MaxValue);
        _right.AsSpan(top, bottom - top + 1).Fill(int.MinValue);
        for (int i = 0; i < 4; i++)
        {
            TraceLine(x[i], y[i], x[(i + 1) & 3], y[(i + 1) & 3], h);
        }

        double sum = 0;
        long cells = 0;
        for (int row = top; row <= bottom; row++)
        {
            int from = Math.Max(_left[row], 0), to = Math.Min(_right[row], w - 1);
            if (to >= from)
            {
                sum += TensorPrimitives.Sum(map.Slice(row * w + from, to - from + 1));
                cells += to - from + 1;
            }
        }

        return cells > 0 ? (float)(sum / cells) : 0;
    }

    // cv::LineIterator with eight neighbors, from left to right.
    private void TraceLine(int x1, int y1, int x2, int y2, int h)
    {
        if (x1 > x2)
        {
            (x1, y1, x2, y2) = (x2, y2, x1, y1);
        }

        int dx = x2 - x1, dy = Math.Abs(y2 - y1), down = y2 < y1 ? -1 : 1;
        bool steep = dy > dx;
        int major = Math.Max(dx, dy), minor = Math.Min(dx, dy), error = major - 2 * minor;
        for (int i = 0, x = x1, y = y1; i <= major; i++)
        {
            if ((uint)y < (uint)h)
            {
                (_left[y], _right[y]) = (Math.Min(_left[y], x), Math.Max(_right[y], x));
            }

            bool both = error < 0;
            error += (both ? 2 * major : 0) - 2 * minor;
            x += !steep || both ? 1 : 0;
            y += steep || both ? down : 0;
        }
    }

    private static void Report(in OrientedRectangle rectangle, float score, double stepX, double stepY, in FrameTransform t,
        Detections found)
    {
        // A frame resized without its aspect ratio turns the rectangle into a parallelogram, around which a rectangle is fitted.
        Span<double> x = stackalloc double[4], y = stackalloc double[4];
        float x1 = float.PositiveInfinity, y1 = x1, x2 = float.NegativeInfinity, y2 = x2;
        for (int i = 0; i < 4; i++)
        {
            var corner = rectangle.GetCorner(3 - i);
            (x[i], y[i]) = ((corner.X * stepX - t.PadX) / t.ScaleX + t.CropX, (corner.Y * stepY - t.PadY) / t.ScaleY + t.CropY);
        }

        var placed = MinAreaRect.FromHull(x, y);
        for (int i = 0; i < 4; i++)
        {
            var corner = placed.GetCorner(i);
            x1 = MathF.Min(x1, (float)corner.X);
            y1 = MathF.Min(y1, (float)corner.Y);
            x2 = MathF.Max(x2, (float)corner.X);
            y2 = MathF.Max(y2, (float)corner.Y);
        }

        var box = new Box(
            Math.Clamp(x1, 0, t.FrameWidth), Math.Clamp(y1, 0, t.FrameHeight),
            Math.Clamp(x2, 0, t.FrameWidth), Math.Clamp(y2, 0, t.FrameHeight));
        int index = found.Add(box, score, 0);
        found.SetRotatedBox(index, placed.ToRotatedBox());
    }
}
