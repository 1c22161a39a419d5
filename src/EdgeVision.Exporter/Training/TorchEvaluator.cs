using EdgeVision.Decoding;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Models;
using EdgeVision.Tensors;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Evaluates weights during training with TorchSharp and the runtime's own decoders, as in deployment.</summary>
internal sealed class TorchEvaluator(Architecture architecture, WeightStore weights)
{
    private const int Batch = 16;
    private HeadRunner? _heads;

    /// <summary>Returns the metrics of every head, <c>head.metric</c>.</summary>
    public IReadOnlyDictionary<string, double> Run(TrainingSet set)
    {
        var evaluators = architecture.Heads.Select(h => h.CreateEvaluator()).ToArray();
        Each(set, set.Count, HeadEvaluator.MinScore, architecture.Spec.Thresholds.Iou, (result, sample) =>
        {
            foreach (var evaluator in evaluators)
            {
                evaluator.Add(result, sample.GroundTruth);
            }
        }, fresh: false);
        return HeadEvaluator.CollectMetrics(architecture.Heads, evaluators);
    }

    /// <summary>
    /// Returns the results of the first <paramref name="count"/> images at the spec's thresholds, optionally without
    /// suppression.
    /// </summary>
    public IReadOnlyList<VisionResult> Predict(TrainingSet set, int count, bool suppress)
    {
        var results = new List<VisionResult>();
        Each(set, Math.Min(count, set.Count), architecture.Spec.Thresholds.Confidence, suppress ? architecture.Spec.Thresholds.Iou : 1,
            (result, _) => results.Add(result), fresh: true);
        return results;
    }

    private void Each(TrainingSet set, int count, float confidence, float iou, Action<VisionResult, TrainingSample> each, bool fresh)
    {
        var spec = architecture.Spec;
        var result = new VisionResult();
        for (int start = 0; start < count; start += Batch)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            var items = Enumerable.Range(start, Math.Min(Batch, count - start)).Select(i => set.GetSample(i, 0)).ToArray();
            var outputs = architecture.Forward(new TorchNet(weights, training: false),
                TorchNet.Wrap(TrainingSet.ToTensor(items, spec.Input)));
            var tensors = new ArrayTensorSet([.. outputs.Select(o => (o.Name, o.Value.Shape, OnnxNet.ToFloats(TorchNet.Unwrap(o.Value))))]);
            _heads ??= new HeadRunner(
                spec,
                [.. outputs.Select(t => new TensorInfo(t.Name, [-1, .. t.Value.Shape[1..]], TensorElement.Float32))],
                new DecoderOptions(confidence, iou, spec.Thresholds.MaxDetections, spec.Thresholds.ClassAgnostic));
            for (int i = 0; i < items.Length; i++)
            {
                if (fresh)
                {
                    result = new VisionResult();
                }

                result.Clear();
                _heads.Decode(tensors, i, items[i].Transform, result);
                each(result, items[i]);
            }
        }
    }
}
