using EdgeVision.Geometry;

namespace EdgeVision.Suppression;

/// <summary>Implementation whose rules <see cref="RotatedNms"/> follows.</summary>
public enum RotatedNmsConvention
{
    /// <summary>Ultralytics' nms_rotated (fast_nms): ProbIoU; a box is suppressed where it is at or above the threshold.</summary>
    /// <remarks>A box that is itself suppressed still suppresses others. The lower index wins a tie.</remarks>
    Ultralytics,

    /// <summary>Greedy suppression by the exact IoU of the rectangles (mmcv's and Detectron2's nms_rotated).</summary>
    /// <remarks>A box is suppressed where its IoU with a kept box is above the threshold.</remarks>
    Greedy,
}

/// <summary>Non-maximum suppression of oriented boxes.</summary>
/// <remarks>An instance serves one thread at a time and allocates nothing once its buffers have grown.</remarks>
public sealed class RotatedNms
{
    private readonly RotatedNmsConvention _convention;
    private ulong[] _keys = [];
    private int[] _kept = [];
    private RotatedOverlap.Gaussian[] _gaussians = [];

    /// <summary>Initializes suppression by the rules of a named implementation.</summary>
    public RotatedNms(RotatedNmsConvention convention = RotatedNmsConvention.Ultralytics) => _convention = convention;

    /// <summary>Returns the indices of the boxes that are kept, by descending score.</summary>
    /// <param name="boxes">Oriented boxes, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count]; empty for suppression across classes.</param>
    /// <param name="classOffset">Pixels by which classes are moved apart before the overlap (Ultralytics: 7680); 0 compares
    /// classes.</param>
    /// <param name="threshold">Overlap at which a box is suppressed.</param>
    /// <param name="limit">Maximum number of boxes kept.</param>
    /// <param name="maxCandidates">Maximum number of boxes considered, best first.</param>
    public ReadOnlySpan<int> Run(
        ReadOnlySpan<RotatedBox> boxes,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<int> classIds,
        float classOffset,
        float threshold,
        int limit = int.MaxValue,
        int maxCandidates = int.MaxValue)
    {
        int n = boxes.Length;
        if (scores.Length != n || !classIds.IsEmpty && classIds.Length != n)
        {
            throw new ArgumentException(
                $"boxes, scores and class ids must have the same length; got {boxes.Length}, {scores.Length} and {classIds.Length}");
        }

        if (_keys.Length < n)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)n);
            (_keys, _kept, _gaussians) = (new ulong[size], new int[size], new RotatedOverlap.Gaussian[size]);
        }

        NonMaxSuppression.SortByScore(scores, _keys);
        n = Math.Min(n, maxCandidates);
        bool compare = !classIds.IsEmpty && classOffset == 0;
        for (int i = 0; _convention == RotatedNmsConvention.Ultralytics && i < n; i++)
        {
            int index = (int)(uint)_keys[i];
            float shift = classIds.IsEmpty ? 0 : classIds[index] * classOffset;
            var box = boxes[index];
            _gaussians[i] = RotatedOverlap.Gaussian.Of(box with { CenterX = box.CenterX + shift, CenterY = box.CenterY + shift });
        }

        int kept = 0;
        for (int i = 0; i < n && kept < limit; i++)
        {
            int index = (int)(uint)_keys[i];
            bool stays = true;
            int against = _convention == RotatedNmsConvention.Ultralytics ? i : kept;
            for (int j = 0; j < against && stays; j++)
            {
                int better = _convention == RotatedNmsConvention.Ultralytics ? (int)(uint)_keys[j] : _kept[j];
                if (compare && classIds[better] != classIds[index])
                {
                    continue;
                }

                stays = _convention == RotatedNmsConvention.Ultralytics
                    ? !(RotatedOverlap.ProbIou(_gaussians[j], _gaussians[i]) >= threshold)
                    : !(Overlap(boxes, classIds, classOffset, better, index) > threshold);
            }

            if (stays)
            {
                _kept[kept++] = index;
            }
        }

        return _kept.AsSpan(0, kept);
    }

    private static float Overlap(ReadOnlySpan<RotatedBox> boxes, ReadOnlySpan<int> classIds, float classOffset, int a, int b)
    {
        bool apart = !classIds.IsEmpty && classIds[a] != classIds[b]; // moved apart by the offset, so they do not overlap
        return apart && classOffset != 0 ? 0 : RotatedOverlap.Iou(boxes[a], boxes[b]);
    }
}
