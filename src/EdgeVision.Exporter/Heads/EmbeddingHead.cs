using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Vectors of unit length [N, D], near for the same identity and far for others.</summary>
public sealed class EmbeddingHead(OutputSpec output, MetricLoss loss, int dimension) : Head
{
    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object Target(LabelledPicture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return picture.Identity >= 0 ? (long)picture.Identity : throw new EdgeVisionException($"picture {picture.Name} has no identity to learn from");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> Loss(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return [(loss.Kind, loss.Compute(inputs[output.Tensors![0]], inputs.Targets.Cast<long>().ToArray(), inputs.Weights))];
    }

    /// <inheritdoc/>
    public override void CreateWeights(WeightStore weights) => loss.CreateWeights(weights, dimension);

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new Evaluator();

    private sealed class Evaluator : HeadEvaluator
    {
        private readonly RetrievalEvaluator _retrieval = new();

        public override void Add(VisionResult result, LabelledPicture truth) => _retrieval.Add(result.Embedding.Values, truth.Identity);

        public override IReadOnlyList<(string Name, double Value)> Metrics() =>
            [("recall@1", _retrieval.RecallAt(1)), ("recall@5", _retrieval.RecallAt(5)), ("mAP@R", _retrieval.MapAtR())];
    }
}
