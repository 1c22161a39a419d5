using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Head of a network: the training targets, losses and metrics of one task.</summary>
/// <remarks>A single-task model has one head, a multi-task model several. A head holds settings, no weights.</remarks>
public abstract class Head
{
    /// <summary>Gets the name of the head in specs, logs and loss weights: detect, classify, segment, depth …</summary>
    public abstract string Name { get; }

    /// <summary>Gets the spec of this head's outputs for the runtime.</summary>
    public abstract OutputSpec Output { get; }

    /// <summary>Returns the training target of one image.</summary>
    /// <remarks>
    /// The image's pixels are the network's input and its labels are mapped accordingly (sizes as in the spec). Called on
    /// loader threads, so it must not use tensors; the same image gives the same target.
    /// </remarks>
    public abstract object CreateTarget(LabelledImage image);

    /// <summary>Computes the losses by name, each a scalar; their sum is the head's loss.</summary>
    public abstract IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs);

    /// <summary>Creates the weights that only the loss needs (class centers), under <c>loss.</c>; none by default.</summary>
    public virtual void CreateWeights(WeightStore weights)
    {
    }

    /// <summary>Creates an evaluator of this head's results.</summary>
    public abstract HeadEvaluator CreateEvaluator();

    /// <summary>
    /// Returns warnings about a set of images, such as objects that no anchor matches; called once, before training.
    /// </summary>
    public virtual IEnumerable<string> Inspect(IReadOnlyList<LabelledImage> images) => [];
}

/// <summary>Inputs of a loss.</summary>
/// <param name="Net">Net that computed the outputs; two-stage heads continue with it.</param>
/// <param name="Weights">Weights; losses with weights of their own (class centers) keep them here under "loss.".</param>
/// <param name="Outputs">Outputs of the architecture's training forward pass by name.</param>
/// <param name="Targets">Results of <see cref="Head.CreateTarget"/> for the N images.</param>
/// <param name="Random">Generator for sampling, determined by seed and step.</param>
public sealed record LossInputs(TorchNet Net, WeightStore Weights, IReadOnlyDictionary<string, Value> Outputs,
    IReadOnlyList<object> Targets, Random Random)
{
    /// <summary>Gets the output with the given name as a tensor.</summary>
    public torch.Tensor this[string output] => TorchNet.Unwrap(Outputs[output]);
}

/// <summary>Compares the runtime's results with labels, image by image.</summary>
public abstract class HeadEvaluator
{
    /// <summary>Minimum score of evaluated detections; it is low, since metrics use the full precision-recall curve.</summary>
    public const float MinScore = 0.05f;

    /// <summary>Returns all metrics of several heads, each under <c>head.metric</c>.</summary>
    public static IReadOnlyDictionary<string, double> CollectMetrics(IReadOnlyList<Head> heads, IReadOnlyList<HeadEvaluator> evaluators)
    {
        var metrics = new Dictionary<string, double>();
        for (int h = 0; h < heads.Count; h++)
        {
            foreach (var (name, value) in evaluators[h].GetMetrics())
            {
                metrics[$"{heads[h].Name}.{name}"] = value;
            }
        }

        return metrics;
    }

    /// <summary>Adds an image: results and labels, both in pixels of the original image.</summary>
    public abstract void Add(VisionResult result, LabelledImage groundTruth);

    /// <summary>Returns the metrics by name; the first one decides (mAP@0.5, top-1, mIoU …).</summary>
    public abstract IReadOnlyList<(string Name, double Value)> GetMetrics();
}
