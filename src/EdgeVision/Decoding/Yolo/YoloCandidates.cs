using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Shared parts of the YOLO decoders: scan over class-major scores, boxes of the candidates, and suppression by class.</summary>
/// <remarks>
/// Scores are [4 + classes + extra, anchors]. Suppression is that of Ultralytics' non_max_suppression (one label per box, score above the
/// threshold, classes moved apart by 7680 pixels in float32, at most 30,000 candidates).
/// </remarks>
internal sealed class YoloCandidates(string name, DecoderOptions options)
{
    public const float ClassOffset = 7680;
    public const int MaxCandidates = 30_000;
    private readonly NonMaxSuppression _nms = new();
    private float[] _best = [];
    private int[] _bestClass = [];

    public int Count { get; private set; }

    public int[] AnchorIndices { get; private set; } = [];

    public Box[] Boxes { get; private set; } = [];

    public float[] Scores { get; private set; } = [];

    public int[] ClassIds { get; private set; } = [];

    /// <summary>
    /// Finds the anchors of <paramref name="data"/>, [4 + classes + extra, anchors], whose best class is above the threshold.
    /// </summary>
    public void Scan(ReadOnlySpan<float> data, int classes, int anchors)
    {
        Reserve(anchors);
        var best = _best.AsSpan(0, anchors);
        var bestClass = _bestClass.AsSpan(0, anchors);
        bool finite = ClassArgMax.FindAbove(data.Slice(4 * anchors, classes * anchors), classes, anchors, options.Confidence, best, bestClass);
        if (!finite)
        {
            throw new InvalidOutputException($"output '{name}' contains NaN or infinite scores; the model or its input is broken");
        }

        Count = FindPassing(best, options.Confidence, AnchorIndices);
        for (int k = 0; k < Count; k++)
        {
            int i = AnchorIndices[k];
            float x = data[i], y = data[anchors + i], hw = data[2 * anchors + i] / 2, hh = data[3 * anchors + i] / 2;
            if (!float.IsFinite(x + y + hw + hh))
            {
                throw new InvalidOutputException($"output '{name}' contains NaN or infinite boxes; the model or its input is broken");
            }

            Boxes[k] = new Box(x - hw, y - hh, x + hw, y + hh);
            Scores[k] = best[i];
            ClassIds[k] = bestClass[i];
        }
    }

    // Indices of the scores that pass, in order; without a branch, which the processor would mispredict for scattered scores.
    private static int FindPassing(ReadOnlySpan<float> scores, float threshold, Span<int> indices)
    {
        int count = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            indices[count] = i;
            count += scores[i] > threshold ? 1 : 0;
        }

        return count;
    }

    /// <summary>Returns the candidates that are kept, best first.</summary>
    public ReadOnlySpan<int> Suppress() => _nms.Run(Boxes.AsSpan(0, Count), Scores.AsSpan(0, Count),
        options.ClassAgnostic ? default : ClassIds.AsSpan(0, Count), ClassOffset, options.Iou, options.MaxDetections, MaxCandidates);

    /// <summary>Converts a box of the network's input to pixels of the frame, clipped to the frame (Ultralytics' scale_boxes).</summary>
    public static Box ToFrame(in Box box, in FrameTransform t)
    {
        float x1 = Math.Clamp(t.ToFrameX(box.X1), 0, t.FrameWidth), y1 = Math.Clamp(t.ToFrameY(box.Y1), 0, t.FrameHeight);
        float x2 = Math.Clamp(t.ToFrameX(box.X2), 0, t.FrameWidth), y2 = Math.Clamp(t.ToFrameY(box.Y2), 0, t.FrameHeight);
        return new Box(x1, y1, x2, y2);
    }

    private void Reserve(int anchors)
    {
        if (_best.Length >= anchors)
        {
            return;
        }

        _best = new float[anchors];
        _bestClass = new int[anchors];
        AnchorIndices = new int[anchors];
        Boxes = new Box[anchors];
        Scores = new float[anchors];
        ClassIds = new int[anchors];
    }
}
