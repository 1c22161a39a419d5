using System.Text.Json;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Training target of SSD for one image.</summary>
/// <param name="Classes">0 (background) or the object's class id + 1, for each of the A default boxes.</param>
/// <param name="Positives">Default boxes that match an object.</param>
/// <param name="Deltas">Four values for each of <paramref name="Positives"/>, divided by the variances.</param>
public sealed record SsdTarget(long[] Classes, int[] Positives, float[] Deltas);

/// <summary>Head of SSD (Liu et al. 2016), trained as in torchvision.</summary>
/// <remarks>
/// A default box belongs to the object that it overlaps by 0.5, and every object has its best default box. Cross entropy over
/// the positives and three times as many of the hardest negatives of each image, and smooth L1 on the boxes, both divided by
/// the number of positives. Reads <c>cls_logits</c> [N,A,C+1] and <c>bbox_regression</c> [N,A,4].
/// </remarks>
public sealed class SsdHead(InputSpec input, int classes, DefaultBoxes boxes) : DetectionHead(input, classes)
{
    private const float MatchingIou = 0.5f, CentreVariance = 0.1f, SizeVariance = 0.2f;
    private const int NegativesPerPositive = 3;
    private readonly Box[] _boxes = boxes.Generate();

    /// <inheritdoc/>
    public override OutputSpec Output => new()
    {
        Head = Name,
        Decoder = "ssd",
        Tensors = ["cls_logits", "bbox_regression"],
        Parameters = new Dictionary<string, JsonElement>
        {
            ["strides"] = JsonSerializer.SerializeToElement(boxes.Strides),
            ["scales"] = JsonSerializer.SerializeToElement(boxes.Scales),
            ["ratios"] = JsonSerializer.SerializeToElement(boxes.Ratios),
            ["variances"] = JsonSerializer.SerializeToElement(new[] { CentreVariance, SizeVariance }),
            ["softmax"] = JsonSerializer.SerializeToElement(true),
            ["clip"] = JsonSerializer.SerializeToElement(true),
            ["topk"] = JsonSerializer.SerializeToElement(400),
        },
    };

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        var (objects, classIds) = GetTarget(image);
        int[] matches = Match(_boxes, objects);
        var positives = new List<int>();
        var deltas = new List<float>();
        for (int a = 0; a < matches.Length; a++)
        {
            if (matches[a] >= 0)
            {
                positives.Add(a);
                var (dx, dy, dw, dh) = AnchorBoxCoder.Encode(_boxes[a], objects[matches[a]]);
                deltas.AddRange([dx / CentreVariance, dy / CentreVariance, dw / SizeVariance, dh / SizeVariance]);
            }
        }

        return new SsdTarget([.. matches.Select(m => m < 0 ? 0L : classIds[m] + 1)], [.. positives], [.. deltas]);
    }

    /// <inheritdoc/>
    public override IEnumerable<LabelledObject> GetMatchedAnchors(object target) =>
        ((SsdTarget)target).Positives.Select(p => new LabelledObject((int)((SsdTarget)target).Classes[p] - 1, _boxes[p]));

    /// <summary>Returns the index of the object of each default box, or -1 for background, as torchvision's SSDMatcher.</summary>
    internal static int[] Match(ReadOnlySpan<Box> boxes, ReadOnlySpan<Box> objects)
    {
        var result = new int[boxes.Length];
        Span<float> bestIou = new float[objects.Length];
        Span<int> bestBox = new int[objects.Length];
        for (int a = 0; a < boxes.Length; a++)
        {
            result[a] = -1;
            float best = 0;
            for (int o = 0; o < objects.Length; o++)
            {
                float iou = AnchorMatcher.Iou(boxes[a], objects[o]);
                if (iou > bestIou[o])
                {
                    (bestIou[o], bestBox[o]) = (iou, a);
                }

                if (iou >= MatchingIou && iou > best)
                {
                    (best, result[a]) = (iou, o);
                }
            }
        }

        for (int o = 0; o < objects.Length; o++)
        {
            if (bestIou[o] > 0)
            {
                result[bestBox[o]] = o;
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        torch.Tensor logits = inputs["cls_logits"], regression = inputs["bbox_regression"];
        var targets = inputs.Targets.Cast<SsdTarget>().ToArray();
        int places = _boxes.Length;
        long[] positives = [.. targets.SelectMany((t, n) => t.Positives.Select(p => (long)n * places + p))];
        double divisor = Math.Max(1, positives.Length);
        var wanted = torch.tensor(targets.SelectMany(t => t.Classes).ToArray());
        var entropy = torch.nn.functional.cross_entropy(logits.reshape(-1, ClassCount + 1), wanted, reduction: torch.nn.Reduction.None);
        long[] counted = [.. positives, .. HardNegatives(OnnxNet.ToFloats(entropy), targets)];
        var classLoss = entropy.index_select(0, torch.tensor(counted)).sum() / divisor;
        if (positives.Length == 0)
        {
            return [("class", classLoss), ("box", regression.sum() * 0)];
        }

        var predicted = regression.reshape(-1, 4).index_select(0, torch.tensor(positives));
        var deltas = torch.tensor(targets.SelectMany(t => t.Deltas).ToArray(), positives.Length, 4);
        var boxLoss = torch.nn.functional.smooth_l1_loss(predicted, deltas, reduction: torch.nn.Reduction.Sum) / divisor;
        return [("class", classLoss), ("box", boxLoss)];
    }

    /// <inheritdoc/>
    protected override string? GetMismatchReason(in Box box)
    {
        foreach (var place in _boxes)
        {
            if (AnchorMatcher.Iou(place, box) >= MatchingIou)
            {
                return null;
            }
        }

        return "overlaps no default box by 0.5, so only its nearest one learns it";
    }

    // Rows of the negatives with the highest loss. An image without objects counts as one with a single positive; otherwise it
    // would not contribute.
    private static List<long> HardNegatives(float[] entropy, SsdTarget[] targets)
    {
        var rows = new List<long>();
        for (int n = 0; n < targets.Length; n++)
        {
            var classes = targets[n].Classes;
            int first = n * classes.Length;
            int count = NegativesPerPositive * Math.Max(1, targets[n].Positives.Length);
            rows.AddRange(Enumerable.Range(0, classes.Length).Where(a => classes[a] == 0)
                .OrderByDescending(a => entropy[first + a]).Take(count).Select(a => (long)first + a));
        }

        return rows;
    }
}
