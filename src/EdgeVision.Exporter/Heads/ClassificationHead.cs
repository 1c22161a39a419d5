using EdgeVision.Evaluation;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Classification head: one class for the whole image, cross entropy over logits [N, classes].</summary>
public sealed class ClassificationHead(OutputSpec output, IReadOnlyList<string> labels) : Head
{
    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.ClassId >= 0 && image.ClassId < labels.Count
            ? (long)image.ClassId
            : throw new EdgeVisionException(
                $"Class of image '{image.Name}' must be between 0 and {labels.Count - 1}; got class {image.ClassId}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var wanted = torch.tensor(inputs.Targets.Cast<long>().ToArray());
        return [("ce", torch.nn.functional.cross_entropy(inputs[output.Tensors![0]], wanted))];
    }

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new Evaluator(labels.Count);

    private sealed class Evaluator(int classes) : HeadEvaluator
    {
        private readonly ConfusionMatrix _matrix = new(classes);
        private int _amongFive;

        public override void Add(VisionResult result, LabelledImage groundTruth)
        {
            var found = result.Classification.ClassIds;
            _matrix.Add(groundTruth.ClassId, found[0]);
            _amongFive += found[..Math.Min(5, found.Length)].Contains(groundTruth.ClassId) ? 1 : 0;
        }

        public override IReadOnlyList<(string Name, double Value)> GetMetrics() =>
            [("top1", _matrix.Accuracy), ("top5", _matrix.Total == 0 ? double.NaN : (double)_amongFive / _matrix.Total),
                ("balanced", _matrix.BalancedAccuracy)];
    }
}
