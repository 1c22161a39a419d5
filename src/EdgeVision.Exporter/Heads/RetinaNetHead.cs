using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Detection head with anchors: focal loss on classes and smooth L1 on box deltas.</summary>
/// <remarks>
/// Focal loss (Lin et al. 2017) with alpha 0.25 and gamma 2; smooth L1 of the positive anchors. Both are summed and divided by
/// the number of positive anchors in the batch.
/// </remarks>
public sealed class RetinaNetHead : DetectionHead
{
    private const float Foreground = 0.5f;
    private const double Alpha = 0.25;
    private const double Beta = 1.0 / 9; // where smooth L1 changes from quadratic to linear

    private readonly OutputSpec _output;
    private readonly Box[] _anchors;

    /// <summary>Creates a head over the anchors of an input.</summary>
    public RetinaNetHead(OutputSpec output, InputSpec input, AnchorGenerator anchors, int classes)
        : base(input, classes)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(anchors);
        _output = output;
        _anchors = anchors.Generate(input.Width, input.Height);
    }

    /// <inheritdoc/>
    public override string Name => _output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => _output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        var (objects, classIds) = GetTarget(image);
        int[] matches = AnchorMatcher.Match(_anchors, objects);
        List<(int, int)> positives = [];
        List<int> ignored = [];
        List<float> deltas = [];
        for (int a = 0; a < matches.Length; a++)
        {
            if (matches[a] == AnchorMatcher.Ignored)
            {
                ignored.Add(a);
            }
            else if (matches[a] >= 0)
            {
                positives.Add((a, classIds[matches[a]]));
                var (dx, dy, dw, dh) = AnchorBoxCoder.Encode(_anchors[a], objects[matches[a]]);
                deltas.AddRange([dx, dy, dw, dh]);
            }
        }

        return new AnchorTarget([.. positives], [.. ignored], [.. deltas]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var (classes, boxes) = Compute(inputs[_output.Tensors![0]], inputs[_output.Tensors[1]], [.. inputs.Targets.Cast<AnchorTarget>()]);
        return [("classes", classes), ("boxes", boxes)];
    }

    /// <inheritdoc/>
    public override IEnumerable<LabelledObject> GetMatchedAnchors(object target) =>
        ((AnchorTarget)target).Positives.Select(p => new LabelledObject(p.ClassId, _anchors[p.Anchor]));

    /// <inheritdoc/>
    protected override string? GetMismatchReason(in Box box)
    {
        float best = 0;
        foreach (ref readonly var anchor in _anchors.AsSpan())
        {
            best = Math.Max(best, AnchorMatcher.Iou(anchor, box));
        }

        return best < Foreground ? "overlaps no anchor by 0.5, so only its best anchor learns it" : null;
    }

    /// <summary>Computes both losses as scalars.</summary>
    /// <param name="logits">[N,A,C] before the sigmoid.</param>
    /// <param name="deltas">[N,A,4].</param>
    /// <param name="items">Targets of the N images.</param>
    internal static (torch.Tensor Classes, torch.Tensor Boxes) Compute(torch.Tensor logits, torch.Tensor deltas,
        IReadOnlyList<AnchorTarget> items)
    {
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
        var missed = probability + wanted - 2 * probability * wanted; // 1 - p of the correct class
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

    /// <summary>Training target of the anchors of one image.</summary>
    /// <param name="Positives">Anchors that match an object, with its class.</param>
    /// <param name="Ignored">Anchors that do not contribute to the loss.</param>
    /// <param name="Deltas">Four values per positive anchor.</param>
    internal sealed record AnchorTarget((int Anchor, int ClassId)[] Positives, int[] Ignored, float[] Deltas);
}
