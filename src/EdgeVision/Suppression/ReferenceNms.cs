namespace EdgeVision.Suppression;

/// <summary>
/// Runs greedy suppression by the rules of a named implementation and returns the same boxes as that implementation does.
/// </summary>
/// <remarks>An instance serves one thread at a time and allocates nothing once its buffers have grown.</remarks>
internal sealed class ReferenceNms
{
    private readonly NmsOptions _options;
    private readonly NonMaxSuppression _workspace = new();
    private Box[] _boxes = [];
    private float[] _scores = [];
    private int[] _classes = [];
    private int[] _indices = [];

    /// <summary>Initializes suppression with the given options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, a threshold is NaN, or Eta is outside (0, 1].</exception>
    public ReferenceNms(NmsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Limit);
        if (float.IsNaN(options.Iou) || float.IsNaN(options.Score) || !(options.Eta is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                "Iou and Score must not be NaN, and Eta must be above 0 and at most 1; "
                    + $"got Iou {options.Iou}, Score {options.Score} and Eta {options.Eta}");
        }

        _options = options;
    }

    /// <summary>Returns the indices of the boxes that are kept, by descending score.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]. A NaN passes no score gate; without a gate it is sorted last.</param>
    /// <param name="classIds">Classes, [count]; boxes of different classes do not suppress each other. Empty for suppression across
    /// classes.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds = default)
    {
        if (scores.Length != boxes.Length || !classIds.IsEmpty && classIds.Length != boxes.Length)
        {
            throw new ArgumentException(
                $"boxes, scores and class ids must have the same length; got {boxes.Length}, {scores.Length} and {classIds.Length}");
        }

        int n = FilterByScore(boxes, scores, classIds);
        var entered = _boxes.AsSpan(0, n);
        var classes = classIds.IsEmpty ? default : _classes.AsSpan(0, n);
        int limit = _options.Limit == 0 ? int.MaxValue : _options.Limit, topK = _options.TopK == 0 ? int.MaxValue : _options.TopK;
        var kept = _options.Convention == NmsConvention.OpenCv
            ? _workspace.RunOpenCv(entered, _scores.AsSpan(0, n), classes, _options.Iou, _options.Eta, limit, topK)
            : _workspace.Run(entered, _scores.AsSpan(0, n), classes, 0, _options.Iou, limit, topK);
        return ToOriginalIndices(kept);
    }

    // Collects the boxes that pass the score gate, in the order in which ties are resolved.
    private int FilterByScore(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds)
    {
        if (_boxes.Length < boxes.Length)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)boxes.Length);
            (_boxes, _scores, _classes, _indices) = (new Box[size], new float[size], new int[size], new int[size]);
        }

        int n = 0;
        bool backwards = _options.Convention == NmsConvention.Supervision;
        for (int k = 0; k < boxes.Length; k++)
        {
            int i = backwards ? boxes.Length - 1 - k : k;
            bool passes = _options.Convention switch
            {
                NmsConvention.Onnx or NmsConvention.OpenCv => scores[i] > _options.Score,
                NmsConvention.Yolox => scores[i] >= _options.Score,
                _ => true,
            };
            if (!passes)
            {
                continue;
            }

            var box = boxes[i];
            if (_options.Convention == NmsConvention.Onnx)
            {
                box = new Box(MathF.Min(box.X1, box.X2), MathF.Min(box.Y1, box.Y2), MathF.Max(box.X1, box.X2), MathF.Max(box.Y1, box.Y2));
            }

            _boxes[n] = box;
            _scores[n] = float.IsNaN(scores[i]) ? float.NegativeInfinity : scores[i];
            _classes[n] = classIds.IsEmpty ? 0 : classIds[i];
            _indices[n++] = i;
        }

        return n;
    }

    private ReadOnlySpan<int> ToOriginalIndices(ReadOnlySpan<int> kept)
    {
        // _classes is as long as needed and no longer used once suppression has run.
        for (int i = 0; i < kept.Length; i++)
        {
            _classes[i] = _indices[kept[i]];
        }

        return _classes.AsSpan(0, kept.Length);
    }
}
