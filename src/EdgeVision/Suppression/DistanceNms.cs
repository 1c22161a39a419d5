using EdgeVision.Geometry;

namespace EdgeVision.Suppression;

/// <summary>Greedy suppression by distance IoU: DIoU-NMS (Zheng et al. 2020, arXiv 1911.08287).</summary>
/// <remarks>
/// It compares boxes by <see cref="BoxOverlap.DistanceIou"/>, so two boxes that overlap strongly are both kept if their centers are far
/// apart. A box is suppressed where DIoU &gt; threshold; the lower index wins a tie. An instance serves one thread at a time and allocates
/// nothing once its buffers have grown.
/// </remarks>
internal sealed class DistanceNms
{
    private ulong[] _keys = [];
    private int[] _kept = [];

    /// <summary>Returns the indices of the boxes that are kept, by descending score.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count]; boxes of different classes do not suppress each other. Empty for suppression across
    /// classes.</param>
    /// <param name="threshold">DIoU above which the lower-scored box is suppressed.</param>
    /// <param name="limit">Maximum number of boxes kept.</param>
    public ReadOnlySpan<int> Run(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds, float threshold, int limit = int.MaxValue)
    {
        if (scores.Length != boxes.Length || !classIds.IsEmpty && classIds.Length != boxes.Length)
        {
            throw new ArgumentException(
                $"boxes, scores and class ids must have the same length; got {boxes.Length}, {scores.Length} and {classIds.Length}");
        }

        if (_keys.Length < boxes.Length)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)boxes.Length);
            (_keys, _kept) = (new ulong[size], new int[size]);
        }

        NonMaxSuppression.SortByScore(scores, _keys);
        int kept = 0;
        for (int k = 0; k < boxes.Length && kept < limit; k++)
        {
            int index = (int)(uint)_keys[k];
            bool stays = true;
            for (int j = 0; j < kept && stays; j++)
            {
                stays = !classIds.IsEmpty && classIds[_kept[j]] != classIds[index]
                    || !(BoxOverlap.DistanceIou(boxes[_kept[j]], boxes[index]) > threshold);
            }

            if (stays)
            {
                _kept[kept++] = index;
            }
        }

        return _kept.AsSpan(0, kept);
    }
}
