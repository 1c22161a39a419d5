using EdgeVision.Geometry;

namespace EdgeVision.Suppression;

/// <summary>Function by which <see cref="SoftNms"/> lowers the score of a box that overlaps a better one.</summary>
public enum SoftNmsDecay
{
    /// <summary>score * (1 - IoU) where IoU is above the threshold.</summary>
    Linear,

    /// <summary>score * exp(-IoU^2 / sigma), for any IoU.</summary>
    Gaussian,
}

/// <summary>Soft-NMS (Bodla et al. 2017, arXiv 1704.04503): lowers the scores of overlapping boxes instead of removing the boxes.</summary>
/// <remarks>
/// The best box is taken, the scores of the others decay with their overlap with it, and the next best of the remaining boxes is selected.
/// Boxes whose score falls to the threshold or below are dropped. Sides without +1, float32. An instance serves one thread at a time and
/// allocates nothing once its buffers have grown.
/// </remarks>
public sealed class SoftNms
{
    private readonly SoftNmsDecay _decay;
    private readonly float _iou;
    private readonly float _sigma;
    private readonly float _score;
    private int[] _order = [];
    private float[] _scores = [];

    /// <summary>Initializes suppression with a decay function and thresholds.</summary>
    /// <param name="decay">Decay function of the scores.</param>
    /// <param name="iou">IoU above which <see cref="SoftNmsDecay.Linear"/> lowers a score.</param>
    /// <param name="sigma">Width of <see cref="SoftNmsDecay.Gaussian"/>, above 0.</param>
    /// <param name="score">Score above which a box is kept.</param>
    public SoftNms(SoftNmsDecay decay, float iou = 0.3f, float sigma = 0.5f, float score = 0.001f)
    {
        if (!(sigma > 0) || float.IsNaN(iou) || float.IsNaN(score))
        {
            throw new ArgumentOutOfRangeException(
                nameof(sigma), $"sigma must be above 0 and the thresholds must not be NaN; got sigma {sigma}, IoU {iou} and score {score}");
        }

        (_decay, _iou, _sigma, _score) = (decay, iou, sigma, score);
    }

    /// <summary>Gets the lowered scores of the boxes that the last run kept, in the order of its result.</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, Count);

    /// <summary>Gets the number of boxes that the last run kept.</summary>
    public int Count { get; private set; }

    /// <summary>Returns the indices of the boxes that are kept, by descending lowered score; the lower index comes first at ties.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; a NaN is dropped at once.</param>
    /// <param name="classIds">Classes, [count]; boxes of different classes do not lower each other's scores. Empty to compare all
    /// boxes.</param>
    /// <param name="limit">Maximum number of boxes kept.</param>
    public ReadOnlySpan<int> Run(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds = default, int limit = int.MaxValue)
    {
        if (scores.Length != boxes.Length || !classIds.IsEmpty && classIds.Length != boxes.Length)
        {
            throw new ArgumentException(
                $"boxes, scores and class ids must have the same length; got {boxes.Length}, {scores.Length} and {classIds.Length}");
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

            // The best box moves to the front and the others keep their order, so that the lower index wins a tie at every step.
            (int index, float score) = (_order[best], _scores[best]);
            Array.Copy(_order, kept, _order, kept + 1, best - kept);
            Array.Copy(_scores, kept, _scores, kept + 1, best - kept);
            (_order[kept], _scores[kept]) = (index, score);
            left = DecayScores(boxes, classIds, kept, left);
        }

        Count = kept;
        return _order.AsSpan(0, kept);
    }

    private int DecayScores(ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classIds, int kept, int left)
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
