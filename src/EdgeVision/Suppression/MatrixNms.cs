namespace EdgeVision;

/// <summary>
/// Matrix NMS (SOLOv2, Wang et al. 2020, arXiv 2003.10152): every score is lowered at once, by the least of
/// <c>f(IoU with a better one) / f(the greatest IoU of that better one with one better still)</c>, where f is <c>1 - IoU</c>
/// (linear) or <c>exp(-sigma * IoU^2)</c> (gaussian; sigma 2). Works on boxes, or on any overlaps such as those of masks. One instance
/// serves one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
public sealed class MatrixNms
{
    private readonly bool _gaussian;
    private readonly float _sigma;
    private readonly float _score;
    private ulong[] _keys = [];
    private float[] _compensation = [];
    private float[] _lowered = [];
    private int[] _kept = [];
    private float[] _keptScores = [];

    /// <summary>Prepares suppression.</summary>
    /// <param name="gaussian">The gaussian kernel; else the linear one.</param>
    /// <param name="sigma">Width of the gaussian kernel, above 0.</param>
    /// <param name="score">Lowered score above which a box stays.</param>
    public MatrixNms(bool gaussian = true, float sigma = 2, float score = 0.05f)
    {
        if (!(sigma > 0) || float.IsNaN(score))
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), "sigma lies above 0, and the threshold is a number");
        }

        (_gaussian, _sigma, _score) = (gaussian, sigma, score);
    }

    /// <summary>Gives the overlap, 0..1, of two items by their indices.</summary>
    public delegate float Overlap(int a, int b);

    /// <summary>Boxes that the last run kept.</summary>
    public int Count { get; private set; }

    /// <summary>Lowered scores of what the last run kept, in its order.</summary>
    public ReadOnlySpan<float> Scores => _keptScores.AsSpan(0, Count);

    /// <summary>Indices of the boxes that stay, by descending lowered score.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count], which do not lower each other's scores; empty for all together.</param>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds = default)
    {
        Begin(boxes.Length, scores, classIds);
        for (int k = 0; k < boxes.Length; k++)
        {
            int index = (int)(uint)_keys[k];
            float most = 0, factor = 1;
            for (int j = 0; j < k; j++)
            {
                int better = (int)(uint)_keys[j];
                if (classIds.IsEmpty || classIds[better] == classIds[index])
                {
                    Against(BoxOverlap.Iou(boxes[better], boxes[index]), j, ref most, ref factor);
                }
            }

            (_compensation[k], _lowered[k]) = (most, scores[index] * factor);
        }

        return End(boxes.Length);
    }

    /// <summary>The same with overlaps of the caller's, such as the IoU of masks.</summary>
    /// <param name="overlap">Overlap of two items.</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count]; empty for all together.</param>
    public ReadOnlySpan<int> Run(Overlap overlap, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds = default)
    {
        ArgumentNullException.ThrowIfNull(overlap);
        Begin(scores.Length, scores, classIds);
        for (int k = 0; k < scores.Length; k++)
        {
            int index = (int)(uint)_keys[k];
            float most = 0, factor = 1;
            for (int j = 0; j < k; j++)
            {
                int better = (int)(uint)_keys[j];
                if (classIds.IsEmpty || classIds[better] == classIds[index])
                {
                    Against(overlap(better, index), j, ref most, ref factor);
                }
            }

            (_compensation[k], _lowered[k]) = (most, scores[index] * factor);
        }

        return End(scores.Length);
    }

    private void Begin(int count, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds)
    {
        if (scores.Length != count || !classIds.IsEmpty && classIds.Length != count)
        {
            throw new ArgumentException("boxes, scores and class ids differ in number");
        }

        if (_keys.Length < count)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
            (_keys, _compensation, _lowered, _kept, _keptScores) = (new ulong[size], new float[size], new float[size], new int[size], new float[size]);
        }

        NmsWorkspace.Order(scores, _keys);
    }

    // A better one that is itself covered wholly says nothing (0 / 0 and x / 0 in the formula).
    private void Against(float iou, int better, ref float most, ref float factor)
    {
        if (float.IsNaN(iou))
        {
            return;
        }

        most = MathF.Max(most, iou);
        float covered = _compensation[better];
        float decay = _gaussian ? MathF.Exp(-_sigma * (iou * iou - covered * covered)) : covered >= 1 ? 1 : (1 - iou) / (1 - covered);
        factor = MathF.Min(factor, decay);
    }

    private ReadOnlySpan<int> End(int count)
    {
        // Indices in the order of their former scores, so that the better one comes first where lowered scores tie.
        for (int k = 0; k < count; k++)
        {
            _kept[k] = (int)(uint)_keys[k];
        }

        NmsWorkspace.Order(_lowered.AsSpan(0, count), _keys);
        int kept = 0;
        for (int k = 0; k < count && _lowered[(uint)_keys[k]] > _score; k++)
        {
            int at = (int)(uint)_keys[k];
            _keptScores[kept] = _lowered[at];
            _keys[kept++] = (ulong)_kept[at];
        }

        for (int k = 0; k < kept; k++)
        {
            _kept[k] = (int)_keys[k];
        }

        Count = kept;
        return _kept.AsSpan(0, kept);
    }
}
