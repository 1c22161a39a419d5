using EdgeVision.Evaluation;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Segmentation head: a class for each pixel, with cross entropy and Dice loss over logits [N, classes, h, w].</summary>
/// <remarks>
/// Logits are upsampled to the size of the labels first. Dice loss (Milletari et al. 2016) is computed on probabilities and
/// averaged over the classes in the batch. Pixels of <see cref="LabelledImage.IgnoredPixel"/> are ignored.
/// </remarks>
public sealed class SegmentationHead(OutputSpec output, IReadOnlyList<string> labels) : Head
{
    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Mask is null
            ? throw new EdgeVisionException($"Image '{image.Name}' must have a mask to train on")
            : new MaskTarget(image.Mask, image.Width, image.Height);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var logits = inputs[output.Tensors![0]];
        var targets = inputs.Targets.Cast<MaskTarget>().ToArray();
        int width = targets[0].Width, height = targets[0].Height;
        if (logits.shape[2] != height || logits.shape[3] != width)
        {
            logits = torch.nn.functional.interpolate(logits, size: [height, width], mode: torch.InterpolationMode.Bilinear,
                align_corners: false);
        }

        var classes = new byte[targets.Length * width * height];
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i].Classes.CopyTo(classes, i * width * height);
        }

        var wanted = torch.tensor(classes, [targets.Length, height, width], dtype: torch.ScalarType.Byte).to_type(torch.ScalarType.Int64);
        var entropy = torch.nn.functional.cross_entropy(logits, wanted, ignore_index: LabelledImage.IgnoredPixel);
        return [("ce", entropy), ("dice", Dice(logits, wanted))];
    }

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new Evaluator(labels.Count);

    internal static torch.Tensor Dice(torch.Tensor logits, torch.Tensor wanted)
    {
        long classes = logits.shape[1];
        var counts = wanted != LabelledImage.IgnoredPixel;
        var known = torch.where(counts, wanted, torch.zeros_like(wanted));
        var shown = torch.nn.functional.one_hot(known, classes).permute(0, 3, 1, 2).to_type(torch.ScalarType.Float32) * counts.unsqueeze(1);
        var probability = torch.nn.functional.softmax(logits, 1) * counts.unsqueeze(1);
        long[] all = [0, 2, 3];
        var both = (probability * shown).sum(all);
        var size = probability.sum(all) + shown.sum(all);
        var present = (shown.sum(all) > 0).to_type(torch.ScalarType.Float32);
        var dice = 1 - (2 * both + 1) / (size + 1);
        return (dice * present).sum() / present.sum().clamp(min: 1);
    }

    private sealed record MaskTarget(byte[] Classes, int Width, int Height);

    private sealed class Evaluator(int classes) : HeadEvaluator
    {
        private readonly MeanIou _iou = new(classes);
        private byte[] _frame = [];

        public override void Add(VisionResult result, LabelledImage groundTruth)
        {
            if (_frame.Length != groundTruth.Width * groundTruth.Height)
            {
                _frame = new byte[groundTruth.Width * groundTruth.Height];
            }

            result.Segmentation.CopyToFrame(_frame);
            _iou.Add(groundTruth.Mask!, _frame);
        }

        public override IReadOnlyList<(string Name, double Value)> GetMetrics() =>
            [("mIoU", _iou.Value), ("dice", _iou.Dice), ("pixelAccuracy", _iou.PixelAccuracy)];
    }
}
