namespace EdgeVision;

/// <summary>
/// DIoU-NMS (Zheng et al. 2020, arXiv 1911.08287): greedy suppression by <see cref="BoxOverlap.DistanceIou"/>, which lets two boxes that
/// overlap much stay where their centres lie apart. A box goes where DIoU &gt; threshold; the lower index wins a tie. One instance serves
/// one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
public sealed class DistanceNms
{
    private ulong[] _keys = [];
    private int[] _kept = [];

    /// <summary>Indices of the boxes that stay, by descending score.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count], which do not suppress each other; empty for suppression across classes.</param>
    /// <param name="threshold">DIoU above which the lower-scored box goes.</param>
    /// <param name="limit">Most boxes kept.</param>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds, float threshold, int limit = int.MaxValue)
    {
        if (scores.Length != boxes.Length || !classIds.IsEmpty && classIds.Length != boxes.Length)
        {
            throw new ArgumentException("boxes, scores and class ids differ in number");
        }

        if (_keys.Length < boxes.Length)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)boxes.Length);
            (_keys, _kept) = (new ulong[size], new int[size]);
        }

        NmsWorkspace.Order(scores, _keys);
        int kept = 0;
        for (int k = 0; k < boxes.Length && kept < limit; k++)
        {
            int index = (int)(uint)_keys[k];
            bool stays = true;
            for (int j = 0; j < kept && stays; j++)
            {
                stays = !classIds.IsEmpty && classIds[_kept[j]] != classIds[index] || !(BoxOverlap.DistanceIou(boxes[_kept[j]], boxes[index]) > threshold);
            }

            if (stays)
            {
                _kept[kept++] = index;
            }
        }

        return _kept.AsSpan(0, kept);
    }
}
