using EdgeVision.Evaluation;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Embedding head: vectors of unit length [N, D], near for equal identities and far apart for others.</summary>
public sealed class EmbeddingHead(OutputSpec output, MetricLoss loss, int dimension) : Head
{
    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Identity >= 0
            ? (long)image.Identity
            : throw new EdgeVisionException($"Image '{image.Name}' must have an identity to train on");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
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
        private readonly List<float> _embeddings = [];
        private readonly List<int> _identities = [];

        public override void Add(VisionResult result, LabelledImage groundTruth)
        {
            _embeddings.AddRange(result.Embedding.Values);
            _identities.Add(groundTruth.Identity);
        }

        public override IReadOnlyList<(string Name, double Value)> GetMetrics()
        {
            var result = RetrievalEvaluator.LeaveOneOut(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_embeddings),
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_identities), _embeddings.Count / Math.Max(1, _identities.Count),
                1, 5);
            return [("recall@1", result.RecallAt[1]), ("recall@5", result.RecallAt[5]), ("mAP@R", result.MapAtR)];
        }
    }
}
