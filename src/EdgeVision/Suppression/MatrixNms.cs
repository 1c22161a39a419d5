using EdgeVision.Geometry;

namespace EdgeVision.Suppression;

/// <summary>
/// Matrix NMS (SOLOv2, Wang et al. 2020, arXiv 2003.10152): lowers all scores at once instead of removing boxes one by one.
/// </summary>
/// <remarks>
/// Every score is multiplied by the minimum over all better boxes of <c>f(IoU with the better box) / f(maximum IoU of the better box with
/// boxes better still)</c>, where f is <c>1 - IoU</c> (linear) or <c>exp(-sigma * IoU^2)</c> (gaussian; sigma 2). Works on boxes, or on any
/// overlaps such as those of masks. An instance serves one thread at a time and allocates nothing once its buffers have grown.
/// </remarks>
internal sealed class MatrixNms
{
    private readonly bool _gaussian;
    private readonly float _sigma;
    private readonly float _score;
    private ulong[] _keys = [];
    private float[] _compensation = [];
    private float[] _lowered = [];
    private int[] _kept = [];
    private float[] _keptScores = [];

    /// <summary>Initializes suppression with a kernel and a score threshold.</summary>
    /// <param name="gaussian">Use the gaussian kernel; otherwise the linear one.</param>
    /// <param name="sigma">Width of the gaussian kernel, above 0.</param>
    /// <param name="score">Lowered score above which a box is kept.</param>
    public MatrixNms(bool gaussian = true, float sigma = 2, float score = 0.05f)
    {
        if (!(sigma > 0) || float.IsNaN(score))
        {
            throw new ArgumentOutOfRangeException(
                nameof(sigma), $"sigma must be above 0 and the score threshold must not be NaN; got {sigma} and {score}");
        }

        (_gaussian, _sigma, _score) = (gaussian, sigma, score);
    }

    /// <summary>Returns the overlap, 0..1, of two items given by their indices.</summary>
    public delegate float Overlap(int a, int b);

    /// <summary>Gets the number of boxes that the last run kept.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the lowered scores of the boxes that the last run kept, in the order of its result.</summary>
    public ReadOnlySpan<float> Scores => _keptScores.AsSpan(0, Count);

    /// <summary>Returns the indices of the boxes that are kept, by descending lowered score.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count]; boxes of different classes do not lower each other's scores. Empty to compare all
    /// boxes.</param>
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
                    UpdateDecay(BoxOverlap.Iou(boxes[better], boxes[index]), j, ref most, ref factor);
                }
            }

            (_compensation[k], _lowered[k]) = (most, scores[index] * factor);
        }

        return End(boxes.Length);
    }

    /// <summary>Returns the indices of the items that are kept, with overlaps given by the caller, such as the IoU of masks.</summary>
    /// <param name="overlap">Overlap of two items.</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="classIds">Classes, [count]; empty to compare all items.</param>
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
                    UpdateDecay(overlap(better, index), j, ref most, ref factor);
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
            throw new ArgumentException(
                $"boxes, scores and class ids must have the same length; got {count}, {scores.Length} and {classIds.Length}");
        }

        if (_keys.Length < count)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
            (_keys, _compensation, _lowered, _kept, _keptScores) =
                (new ulong[size], new float[size], new float[size], new int[size], new float[size]);
        }

        NonMaxSuppression.SortByScore(scores, _keys);
    }

    // A better box that is itself fully covered has no effect (0 / 0 or x / 0 in the formula).
    private void UpdateDecay(float iou, int better, ref float most, ref float factor)
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
        // Indices in the order of the original scores, so that the better box comes first where lowered scores tie.
        for (int k = 0; k < count; k++)
        {
            _kept[k] = (int)(uint)_keys[k];
        }

        NonMaxSuppression.SortByScore(_lowered.AsSpan(0, count), _keys);
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
