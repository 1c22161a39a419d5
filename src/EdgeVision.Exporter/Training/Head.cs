using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>
/// One task of a network: what it learns from a picture, how far its outputs are from that, how good its results are. A
/// single-task model has one head, a multi-task model several. A head holds settings, no weights.
/// </summary>
public abstract class Head
{
    /// <summary>Name of the head in specs, logs and loss weights: detect, classify, segment, depth …</summary>
    public abstract string Name { get; }

    /// <summary>How the runtime reads this head's outputs.</summary>
    public abstract OutputSpec Output { get; }

    /// <summary>
    /// What the head learns from one picture, whose pixels are the network's input and whose labels have moved with them
    /// (sizes as the spec's). Called on loader threads, so it touches no tensors; the same picture gives the same target.
    /// </summary>
    public abstract object Target(LabelledPicture picture);

    /// <summary>Losses by name, each a scalar; their sum is the head's loss.</summary>
    public abstract IReadOnlyList<(string Name, torch.Tensor Value)> Loss(LossInputs inputs);

    /// <summary>Makes the weights that the loss alone needs (class centres), under <c>loss.</c>; none by default.</summary>
    public virtual void CreateWeights(WeightStore weights)
    {
    }

    /// <summary>A fresh measure of this head's results.</summary>
    public abstract HeadEvaluator CreateEvaluator();

    /// <summary>Words of warning about a set of pictures, such as objects that no anchor matches; given once, before training.</summary>
    public virtual IEnumerable<string> Inspect(IReadOnlyList<LabelledPicture> pictures) => [];
}

/// <summary>What a loss is computed from.</summary>
/// <param name="Net">The net that computed the outputs; two-stage heads go on with it.</param>
/// <param name="Weights">The weights; losses with weights of their own (class centres) keep them here under "loss.".</param>
/// <param name="Outputs">Outputs of the architecture's training forward pass by name.</param>
/// <param name="Targets">What <see cref="Head.Target"/> made of the N pictures.</param>
/// <param name="Random">A source decided by seed and step, for sampling.</param>
public sealed record LossInputs(TorchNet Net, WeightStore Weights, IReadOnlyDictionary<string, Value> Outputs,
    IReadOnlyList<object> Targets, Random Random)
{
    /// <summary>The output of that name as a tensor.</summary>
    public torch.Tensor this[string output] => TorchNet.Unwrap(Outputs[output]);
}

/// <summary>Compares the runtime's results with labels, picture by picture.</summary>
public abstract class HeadEvaluator
{
    /// <summary>Lowest score of detections that are measured: the whole curve counts, not the operating point alone.</summary>
    public const float LowestScore = 0.05f;

    /// <summary>All measures of several heads, each under <c>head.measure</c>.</summary>
    public static IReadOnlyDictionary<string, double> Collect(IReadOnlyList<Head> heads, IReadOnlyList<HeadEvaluator> evaluators)
    {
        var metrics = new Dictionary<string, double>();
        for (int h = 0; h < heads.Count; h++)
        {
            foreach (var (name, value) in evaluators[h].Metrics())
            {
                metrics[$"{heads[h].Name}.{name}"] = value;
            }
        }

        return metrics;
    }

    /// <summary>Adds a picture: results and labels both in its own pixels.</summary>
    public abstract void Add(VisionResult result, LabelledPicture truth);

    /// <summary>Measures by name; the first is the one that decides (mAP@0.5, top-1, mIoU …).</summary>
    public abstract IReadOnlyList<(string Name, double Value)> Metrics();
}
