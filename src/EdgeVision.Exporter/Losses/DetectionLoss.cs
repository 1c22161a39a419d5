using EdgeVision.Exporter.Data;
using TorchSharp;

namespace EdgeVision.Exporter.Losses;

/// <summary>
/// Focal loss on classes (Lin et al. 2017, alpha 0.25, gamma 2) and smooth L1 on box deltas of the positive anchors, each
/// summed and divided by the number of positive anchors in the batch.
/// </summary>
public static class DetectionLoss
{
    private const double Alpha = 0.25;
    private const double Beta = 1.0 / 9; // where smooth L1 turns from square to line

    /// <summary>Both losses as scalars.</summary>
    /// <param name="logits">[N,A,C] before the sigmoid.</param>
    /// <param name="deltas">[N,A,4].</param>
    /// <param name="items">The N pictures' targets.</param>
    public static (torch.Tensor Classes, torch.Tensor Boxes) Compute(torch.Tensor logits, torch.Tensor deltas, IReadOnlyList<DetectionSet.Sample> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        long anchors = logits.shape[1], classes = logits.shape[2];
        var target = new float[items.Count * anchors * classes];
        var counts = new float[items.Count * anchors];
        Array.Fill(counts, 1);
        var positives = new List<long>();
        var boxes = new List<float>();
        for (int n = 0; n < items.Count; n++)
        {
            foreach (var (anchor, classId) in items[n].Positives)
            {
                positives.Add(n * anchors + anchor);
                target[(n * anchors + anchor) * classes + classId] = 1;
            }

            foreach (int anchor in items[n].Ignored)
            {
                counts[n * anchors + anchor] = 0;
            }

            boxes.AddRange(items[n].Deltas);
        }

        double divisor = Math.Max(1, positives.Count);
        var wanted = torch.tensor(target, logits.shape);
        var probability = torch.sigmoid(logits);
        var entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction: torch.nn.Reduction.None);
        var missed = probability + wanted - 2 * probability * wanted; // 1 - p of the right answer
        var weight = (1 - Alpha) + (2 * Alpha - 1) * wanted;
        var classLoss = (entropy * missed * missed * weight * torch.tensor(counts, items.Count, anchors, 1)).sum() / divisor;
        if (positives.Count == 0)
        {
            return (classLoss, deltas.sum() * 0);
        }

        var predicted = deltas.reshape(-1, 4).index_select(0, torch.tensor(positives.ToArray()));
        var boxLoss = torch.nn.functional.smooth_l1_loss(predicted, torch.tensor(boxes.ToArray(), positives.Count, 4),
            reduction: torch.nn.Reduction.Sum, beta: Beta) / divisor;
        return (classLoss, boxLoss);
    }
}
