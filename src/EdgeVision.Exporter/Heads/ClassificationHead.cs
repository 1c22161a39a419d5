using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>One class for the whole picture: cross entropy over logits [N, classes].</summary>
public sealed class ClassificationHead(OutputSpec output, IReadOnlyList<string> labels) : Head
{
    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object Target(LabelledPicture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return picture.ClassId >= 0 && picture.ClassId < labels.Count
            ? (long)picture.ClassId
            : throw new EdgeVisionException($"picture {picture.Name} has the class {picture.ClassId}; there are {labels.Count}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> Loss(LossInputs inputs)
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

        public override void Add(VisionResult result, LabelledPicture truth) => _matrix.Add(truth.ClassId, result.Classification.ClassIds);

        public override IReadOnlyList<(string Name, double Value)> Metrics() => [("top1", _matrix.Top1), ("top5", _matrix.Top5)];
    }
}
