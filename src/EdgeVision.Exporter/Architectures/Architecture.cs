using EdgeVision.Exporter.Authoring;

namespace EdgeVision.Exporter.Architectures;

/// <summary>
/// A vision network: its structure said once in <see cref="Forward"/>, and what its input and outputs mean.
/// </summary>
public abstract class Architecture
{
    /// <summary>Name on the command line and in bundles.</summary>
    public abstract string Name { get; }

    /// <summary>One line for <c>list</c>.</summary>
    public abstract string Description { get; }

    /// <summary>What the runtime needs to know: task, input, decoders, labels, thresholds.</summary>
    public abstract ModelSpec Spec { get; }

    /// <summary>
    /// The structure. <paramref name="image"/> is [N,3,H,W] as <see cref="ModelSpec.Input"/> makes it; the results are the
    /// graph's outputs in order.
    /// </summary>
    public abstract IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image);

    /// <summary>
    /// What training computes the losses from, where that is not what is exported: boxes before they are decoded, features for
    /// a second stage. Everything named in <see cref="Forward"/> must come from the same functions.
    /// </summary>
    public virtual IReadOnlyList<(string Name, Value Value)> TrainingForward(Net net, Value image) => Forward(net, image);

    /// <summary>The tasks of the network, in the order of the spec's outputs.</summary>
    public virtual IReadOnlyList<Training.Head> Heads => [];

    /// <summary>Whether the graph takes other sizes than the spec's (multiples of its coarsest stride).</summary>
    public virtual bool DynamicSize => false;

    /// <summary>
    /// Outputs whose first axis is not the batch: rows that the network finds, as many in each of these outputs. They stand in
    /// an order that equal scores may change.
    /// </summary>
    public virtual IReadOnlyList<string> RowOutputs => [];

    /// <summary>Stages from the input on, by the prefix of their weights' names, for freezing and learning rates.</summary>
    public virtual IReadOnlyList<string> Stages => [];

    /// <summary>Counts without computing.</summary>
    public AnalysisNet Analyze(int batch = 1)
    {
        var net = new AnalysisNet();
        Forward(net, new Value(batch, 3, Spec.Input.Height, Spec.Input.Width));
        return net;
    }
}
