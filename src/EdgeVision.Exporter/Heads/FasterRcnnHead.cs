using System.Text.Json;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Training target of Faster R-CNN for one image.</summary>
/// <param name="Objects">Objects of the image.</param>
/// <param name="Matches">Index of the object of each anchor, where the anchor is positive.</param>
/// <param name="Positives">Anchors that match an object.</param>
/// <param name="Negatives">Anchors that are background.</param>
public sealed record FasterRcnnTarget(DetectionTarget Objects, int[] Matches, int[] Positives, int[] Negatives);

/// <summary>
/// Second stage: maps pyramid levels and rows of item, x1, y1, x2, y2 to class logits [R,C+1] and box deltas [R,(C+1)*4].
/// </summary>
public delegate (Value ClassLogits, Value BoxDeltas) BoxStage(Net net, IReadOnlyList<Value> levels, Value rows);

/// <summary>Head of Faster R-CNN (Ren et al. 2015), trained in one step, as in torchvision.</summary>
/// <remarks>
/// Region proposals: 256 sampled anchors per image, up to half of them positive (IoU of at least 0.7; background below 0.3),
/// binary cross entropy and smooth L1. Boxes: <see cref="SampledBoxes"/> sampled proposals and ground-truth boxes per image, up
/// to a quarter positive (IoU of at least 0.5), cross entropy and smooth L1 of deltas with weights 10, 10, 5, 5. Reads
/// <c>objectness</c> [N,A], <c>anchor_deltas</c> [N,A,4], <c>proposals</c> [R,5] and <c>level0</c>, <c>level1</c> …
/// </remarks>
public sealed class FasterRcnnHead(InputSpec input, int classes, AnchorGenerator anchors, BoxStage stage) : DetectionHead(input, classes)
{
    private const float AnchorForeground = 0.7f, AnchorBackground = 0.3f, BoxForeground = 0.5f;
    private const int SampledAnchors = 256;
    private const double Beta = 1.0 / 9; // where smooth L1 changes from quadratic to linear
    private static readonly float[] Weights = [10, 10, 5, 5];
    private readonly Box[] _anchors = anchors.Generate(input.Width, input.Height);

    /// <summary>Maximum number of boxes per image that the second stage is trained on.</summary>
    public int SampledBoxes { get; init; } = 128;

    /// <inheritdoc/>
    public override OutputSpec Output => new()
    {
        Head = Name,
        Decoder = "faster-rcnn",
        Tensors = ["class_logits", "box_deltas", "proposals", "batch_index"],
        Parameters = new Dictionary<string, JsonElement> { ["weights"] = JsonSerializer.SerializeToElement(Weights) },
    };

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        var target = GetTarget(image);
        int[] matches = AnchorMatcher.Match(_anchors, target.Boxes, AnchorForeground, AnchorBackground);
        return new FasterRcnnTarget(target, matches,
            [.. Enumerable.Range(0, matches.Length).Where(a => matches[a] >= 0)],
            [.. Enumerable.Range(0, matches.Length).Where(a => matches[a] == AnchorMatcher.Background)]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var targets = inputs.Targets.Cast<FasterRcnnTarget>().ToArray();
        var (objectness, anchorBoxes) = AnchorLoss(inputs["objectness"], inputs["anchor_deltas"], targets, inputs.Random);
        var samples = Sample(OnnxNet.ToFloats(inputs["proposals"]), [.. targets.Select(t => t.Objects)], inputs.Random);
        if (samples.Count == 0)
        {
            var none = inputs["objectness"].sum() * 0;
            return [("objectness", objectness), ("anchors", anchorBoxes), ("class", none), ("box", none)];
        }

        Value[] levels = [.. Enumerable.Range(0, anchors.Strides.Length).Select(l => inputs.Outputs[$"level{l}"])];
        var rows = torch.tensor(samples.SelectMany(s => new[] { s.Item, s.Box.X1, s.Box.Y1, s.Box.X2, s.Box.Y2 }).ToArray(), samples.Count,
            5);
        var (logits, deltas) = stage(inputs.Net, levels, TorchNet.Wrap(rows));
        var (classLoss, boxLoss) = BoxLoss(TorchNet.Unwrap(logits), TorchNet.Unwrap(deltas), samples);
        return [("objectness", objectness), ("anchors", anchorBoxes), ("class", classLoss), ("box", boxLoss)];
    }

    /// <inheritdoc/>
    public override IEnumerable<LabelledObject> GetMatchedAnchors(object target) =>
        ((FasterRcnnTarget)target).Positives.Select(a =>
            new LabelledObject(((FasterRcnnTarget)target).Objects.ClassIds[((FasterRcnnTarget)target).Matches[a]], _anchors[a]));

    /// <inheritdoc/>
    protected override string? GetMismatchReason(in Box box)
    {
        foreach (var anchor in _anchors)
        {
            if (AnchorMatcher.Iou(anchor, box) >= 0.5f)
            {
                return null;
            }
        }

        return "overlaps no anchor by 0.5, so that its proposals start far off";
    }

    /// <summary>Box that the second stage is trained on.</summary>
    /// <param name="Item">Item of the batch.</param>
    /// <param name="Box">Box in pixels of the input.</param>
    /// <param name="Label">0 for background, otherwise the class id + 1.</param>
    /// <param name="GroundTruth">Ground-truth box of the object; unused for background.</param>
    internal readonly record struct BoxSample(int Item, Box Box, int Label, Box GroundTruth);

    /// <summary>Samples proposals and ground-truth boxes, item by item.</summary>
    internal List<BoxSample> Sample(float[] proposals, IReadOnlyList<DetectionTarget> targets, Random random)
    {
        var samples = new List<BoxSample>();
        var ofItem = Enumerable.Range(0, proposals.Length / 5).ToLookup(r => (int)proposals[r * 5]);
        for (int n = 0; n < targets.Count; n++)
        {
            var (boxes, classIds) = targets[n];
            var foreground = new List<BoxSample>();
            var background = new List<BoxSample>();
            foreach (var box in ofItem[n]
                .Select(r => new Box(proposals[r * 5 + 1], proposals[r * 5 + 2], proposals[r * 5 + 3], proposals[r * 5 + 4])).Concat(boxes))
            {
                float best = 0;
                int match = -1;
                for (int o = 0; o < boxes.Length; o++)
                {
                    float iou = AnchorMatcher.Iou(box, boxes[o]);
                    (best, match) = iou > best ? (iou, o) : (best, match);
                }

                if (best >= BoxForeground)
                {
                    foreground.Add(new BoxSample(n, box, classIds[match] + 1, boxes[match]));
                }
                else
                {
                    background.Add(new BoxSample(n, box, 0, default));
                }
            }

            int positives = Math.Min(SampledBoxes / 4, foreground.Count);
            samples.AddRange(Choose(foreground, positives, random));
            samples.AddRange(Choose(background, SampledBoxes - positives, random));
        }

        return samples;
    }

    /// <summary>Computes cross entropy over the samples, and smooth L1 over the deltas of each object's own class.</summary>
    /// <remarks>Smooth L1 is divided by the number of samples.</remarks>
    internal (torch.Tensor Classes, torch.Tensor Boxes) BoxLoss(torch.Tensor logits, torch.Tensor deltas, IReadOnlyList<BoxSample> samples)
    {
        var classLoss = torch.nn.functional.cross_entropy(logits, torch.tensor(samples.Select(s => (long)s.Label).ToArray()));
        int[] objects = [.. Enumerable.Range(0, samples.Count).Where(i => samples[i].Label > 0)];
        if (objects.Length == 0)
        {
            return (classLoss, deltas.sum() * 0);
        }

        var own = deltas.reshape(-1, 4)
            .index_select(0, torch.tensor(objects.Select(i => (long)i * (ClassCount + 1) + samples[i].Label).ToArray()));
        var wanted = objects.SelectMany(i => Encode(samples[i].Box, samples[i].GroundTruth).Select((d, k) => d * Weights[k])).ToArray();
        return (classLoss, SmoothL1(own, wanted) / samples.Count);
    }

    /// <summary>Computes the losses of the region proposal network over sampled anchors.</summary>
    internal (torch.Tensor Objectness, torch.Tensor Boxes) AnchorLoss(torch.Tensor objectness, torch.Tensor deltas,
        IReadOnlyList<FasterRcnnTarget> targets, Random random)
    {
        var rows = new List<long>();
        var wantedDeltas = new List<float>();
        var negatives = new List<long>();
        for (int n = 0; n < targets.Count; n++)
        {
            var target = targets[n];
            long first = (long)n * _anchors.Length;
            var positive = Choose(target.Positives, SampledAnchors / 2, random).ToArray();
            foreach (int a in positive)
            {
                rows.Add(first + a);
                wantedDeltas.AddRange(Encode(_anchors[a], target.Objects.Boxes[target.Matches[a]]));
            }

            negatives.AddRange(Choose(target.Negatives, SampledAnchors - positive.Length, random).Select(a => first + a));
        }

        long[] sampled = [.. rows, .. negatives];
        var wanted = new float[sampled.Length];
        Array.Fill(wanted, 1, 0, rows.Count);
        var objectnessLoss = torch.nn.functional.binary_cross_entropy_with_logits(objectness.reshape(-1)
            .index_select(0, torch.tensor(sampled)), torch.tensor(wanted));
        return rows.Count == 0
            ? (objectnessLoss, deltas.sum() * 0)
            : (objectnessLoss,
                SmoothL1(deltas.reshape(-1, 4).index_select(0, torch.tensor(rows.ToArray())), [.. wantedDeltas]) / sampled.Length);
    }

    private static torch.Tensor SmoothL1(torch.Tensor predicted, float[] wanted) =>
        torch.nn.functional.smooth_l1_loss(predicted, torch.tensor(wanted, predicted.shape), reduction: torch.nn.Reduction.Sum, beta: Beta);

    private static float[] Encode(in Box from, in Box to)
    {
        var (dx, dy, dw, dh) = AnchorBoxCoder.Encode(from, to);
        return [dx, dy, dw, dh];
    }

    // Partial shuffle: up to 'count' distinct items.
    private static IEnumerable<T> Choose<T>(IReadOnlyList<T> from, int count, Random random)
    {
        T[] items = [.. from];
        count = Math.Min(count, items.Length);
        for (int i = 0; i < count; i++)
        {
            int other = random.Next(i, items.Length);
            (items[i], items[other]) = (items[other], items[i]);
        }

        return items.Take(count);
    }
}
