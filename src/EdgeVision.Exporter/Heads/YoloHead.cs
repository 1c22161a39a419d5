using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Head of an anchor-free detector, trained as Ultralytics trains YOLOv8.</summary>
/// <remarks>
/// Task-aligned targets; binary cross entropy of the classes (weight 0.5), complete IoU (7.5) and distribution focal loss (1.5)
/// of the boxes, each divided by the sum of the target scores. Reads <c>box_distribution</c> [N,4*bins,A] and
/// <c>class_logits</c> [N,C,A].
/// </remarks>
public sealed class YoloHead(InputSpec input, int classes, DistributionBoxes boxes) : DetectionHead(input, classes)
{
    private const double ClassWeight = 0.5, BoxWeight = 7.5, DistributionWeight = 1.5;
    private readonly (float X, float Y, int Stride)[] _places = boxes.GetLocations();
    private readonly (float X, float Y)[] _points = [.. boxes.GetLocations().Select(p => (p.X, p.Y))];

    /// <inheritdoc/>
    public override OutputSpec Output => new() { Head = Name, Decoder = "yolo-dfl", Tensors = ["output0"] };

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image) => GetTarget(image);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        torch.Tensor distribution = inputs["box_distribution"], logits = inputs["class_logits"];
        var positives = Assign(inputs.Net, distribution, logits, inputs.Targets, out var wanted);
        double divisor = Math.Max(1, wanted.Sum());
        var classLoss = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(wanted, logits.shape),
            reduction: torch.nn.Reduction.Sum) * (ClassWeight / divisor);
        if (positives.Count == 0)
        {
            var none = distribution.sum() * 0;
            return [("class", classLoss), ("box", none), ("dfl", none)];
        }

        int count = positives.Count, bins = boxes.Bins;
        var rows = distribution.transpose(1, 2).reshape(-1, 4 * bins).index_select(0, torch.tensor(positives.Select(p => p.Row).ToArray()));
        var logShares = torch.nn.functional.log_softmax(rows.reshape(count, 4, bins), -1);
        var weight = torch.tensor(positives.Select(p => p.Weight).ToArray());

        // Distances in strides from the location to the sides; left and top are subtracted.
        var distances = (logShares.exp() * torch.arange(bins, dtype: torch.ScalarType.Float32)).sum(-1);
        var points = torch.tensor(positives.SelectMany(p => new[] { p.X, p.Y, p.X, p.Y }).ToArray(), count, 4);
        var predicted = points + distances * torch.tensor([-1f, -1f, 1f, 1f]);
        var truth = torch.tensor(positives.SelectMany(p => new[] { p.Box.X1, p.Box.Y1, p.Box.X2, p.Box.Y2 }).ToArray(), count, 4);
        var boxLoss = ((1 - CompleteIou.Compute(predicted, truth)) * weight).sum() * (BoxWeight / divisor);
        var shares = torch.tensor(TargetShares(positives), count, 4, bins);
        var distributionLoss = (-(shares * logShares).sum(-1).mean([1L]) * weight).sum() * (DistributionWeight / divisor);
        return [("class", classLoss), ("box", boxLoss), ("dfl", distributionLoss)];
    }

    /// <inheritdoc/>
    protected override string? GetMismatchReason(in Box box)
    {
        foreach (var (x, y) in _points)
        {
            if (x > box.X1 && x < box.X2 && y > box.Y1 && y < box.Y2)
            {
                return null;
            }
        }

        return "contains the center of no cell";
    }

    // Row of the flattened [N,A]; location and box in strides of its level.
    private readonly record struct Positive(long Row, float X, float Y, Box Box, float Weight);

    private List<Positive> Assign(TorchNet net, torch.Tensor distribution, torch.Tensor logits, IReadOnlyList<object> targets,
        out float[] wanted)
    {
        int count = (int)logits.shape[0], places = _places.Length;
        float[] predicted, scores;
        using (torch.no_grad())
        {
            predicted = OnnxNet.ToFloats(boxes.Run(net, [distribution.detach()], []));
            scores = OnnxNet.ToFloats(torch.sigmoid(logits.detach()));
        }

        wanted = new float[count * ClassCount * places];
        var positives = new List<Positive>();
        var decoded = new Box[places];
        var objects = new int[places];
        var soft = new float[places];
        for (int n = 0; n < count; n++)
        {
            var rows = predicted.AsSpan(n * 4 * places, 4 * places);
            for (int p = 0; p < places; p++)
            {
                float cx = rows[p], cy = rows[places + p], w = rows[2 * places + p] / 2, h = rows[3 * places + p] / 2;
                decoded[p] = new Box(cx - w, cy - h, cx + w, cy + h);
            }

            var target = (DetectionTarget)targets[n];
            TaskAlignedAssigner.Assign(_points, scores.AsSpan(n * ClassCount * places, ClassCount * places), decoded, target, objects, soft);
            for (int p = 0; p < places; p++)
            {
                if (objects[p] >= 0)
                {
                    var (x, y, stride) = _places[p];
                    var box = target.Boxes[objects[p]];
                    wanted[(n * ClassCount + target.ClassIds[objects[p]]) * places + p] = soft[p];
                    positives.Add(new Positive((long)n * places + p, x / stride, y / stride,
                        new Box(box.X1 / stride, box.Y1 / stride, box.X2 / stride, box.Y2 / stride), soft[p]));
                }
            }
        }

        return positives;
    }

    // A distance between two bins is shared by both in proportion; it is clipped to the last bin, as in Ultralytics.
    private float[] TargetShares(List<Positive> positives)
    {
        int bins = boxes.Bins;
        var shares = new float[positives.Count * 4 * bins];
        for (int i = 0; i < positives.Count; i++)
        {
            var p = positives[i];
            Span<float> distances = [p.X - p.Box.X1, p.Y - p.Box.Y1, p.Box.X2 - p.X, p.Box.Y2 - p.Y];
            for (int side = 0; side < 4; side++)
            {
                float distance = Math.Clamp(distances[side], 0, bins - 1 - 0.01f);
                int lower = (int)distance;
                int at = (i * 4 + side) * bins + lower;
                shares[at + 1] = distance - lower;
                shares[at] = 1 - shares[at + 1];
            }
        }

        return shares;
    }
}
