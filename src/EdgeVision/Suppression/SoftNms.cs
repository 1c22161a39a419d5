namespace EdgeVision;

/// <summary>How <see cref="SoftNms"/> lowers the score of a box that overlaps a better one.</summary>
public enum SoftNmsDecay
{
    /// <summary>score * (1 - IoU) where IoU is above the threshold.</summary>
    Linear,

    /// <summary>score * exp(-IoU^2 / sigma), whatever the IoU.</summary>
    Gaussian,
}

/// <summary>
/// Soft-NMS (Bodla et al. 2017, arXiv 1704.04503): the best box is taken, the scores of the others decay with their overlap with it, and
/// the best of what is left is sought again. Boxes whose score falls to the threshold or below leave. Sides without +1, float32. One
/// instance serves one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
public sealed class SoftNms
{
    private readonly SoftNmsDecay _decay;
    private readonly float _iou;
    private readonly float _sigma;
    private readonly float _score;
    private int[] _order = [];
    private float[] _scores = [];

    /// <summary>Prepares suppression.</summary>
    /// <param name="decay">How scores are lowered.</param>
    /// <param name="iou">IoU above which <see cref="SoftNmsDecay.Linear"/> lowers a score.</param>
    /// <param name="sigma">Width of <see cref="SoftNmsDecay.Gaussian"/>, above 0.</param>
    /// <param name="score">Score above which a box stays.</param>
    public SoftNms(SoftNmsDecay decay, float iou = 0.3f, float sigma = 0.5f, float score = 0.001f)
    {
        if (!(sigma > 0) || float.IsNaN(iou) || float.IsNaN(score))
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), "sigma lies above 0, and the thresholds are numbers");
        }

        (_decay, _iou, _sigma, _score) = (decay, iou, sigma, score);
    }

    /// <summary>Scores of the boxes that the last run kept, lowered, in its order.</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, Count);

    /// <summary>Boxes that the last run kept.</summary>
    public int Count { get; private set; }

    /// <summary>Indices of the boxes that stay, by descending lowered score, the lower index first where scores tie.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; a NaN leaves at once.</param>
    /// <param name="classIds">Classes, [count], which do not lower each other's scores; empty for all together.</param>
    /// <param name="limit">Most boxes kept.</param>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds = default, int limit = int.MaxValue)
    {
        if (scores.Length != boxes.Length || !classIds.IsEmpty && classIds.Length != boxes.Length)
        {
            throw new ArgumentException("boxes, scores and class ids differ in number");
        }

        if (_order.Length < boxes.Length)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)boxes.Length);
            (_order, _scores) = (new int[size], new float[size]);
        }

        int left = 0;
        for (int i = 0; i < boxes.Length; i++)
        {
            if (scores[i] > _score)
            {
                (_order[left], _scores[left]) = (i, scores[i]);
                left++;
            }
        }

        int kept = 0;
        for (; kept < left && kept < limit; kept++)
        {
            int best = kept;
            for (int i = kept + 1; i < left; i++)
            {
                best = _scores[i] > _scores[best] ? i : best;
            }

            // The best moves to the front and the others keep their order, so that the lower index wins a tie at every step.
            (int index, float score) = (_order[best], _scores[best]);
            Array.Copy(_order, kept, _order, kept + 1, best - kept);
            Array.Copy(_scores, kept, _scores, kept + 1, best - kept);
            (_order[kept], _scores[kept]) = (index, score);
            left = Lower(boxes, classIds, kept, left);
        }

        Count = kept;
        return _order.AsSpan(0, kept);
    }

    private int Lower(ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classIds, int kept, int left)
    {
        int best = _order[kept], to = kept + 1;
        for (int i = kept + 1; i < left; i++)
        {
            int index = _order[i];
            float score = _scores[i];
            if (classIds.IsEmpty || classIds[index] == classIds[best])
            {
                float iou = BoxOverlap.Iou(boxes[best], boxes[index]);
                if (_decay == SoftNmsDecay.Linear)
                {
                    score = iou > _iou ? score * (1 - iou) : score;
                }
                else if (!float.IsNaN(iou)) // two boxes without area
                {
                    score *= MathF.Exp(-(iou * iou) / _sigma);
                }
            }

            if (score > _score)
            {
                (_order[to], _scores[to]) = (index, score);
                to++;
            }
        }

        return to;
    }
}
