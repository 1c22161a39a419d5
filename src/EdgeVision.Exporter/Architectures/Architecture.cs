using EdgeVision.Exporter.Authoring;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>
/// Vision network: its structure, written once in <see cref="Forward"/>, and the spec of its input and outputs.
/// </summary>
public abstract class Architecture
{
    /// <summary>Name on the command line and in bundles.</summary>
    public abstract string Name { get; }

    /// <summary>One-line description for the command <c>list</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Spec for the runtime: task, input, decoders, labels and thresholds.</summary>
    public abstract ModelSpec Spec { get; }

    /// <summary>Applies the network to an image and returns the graph's outputs in order.</summary>
    /// <remarks><paramref name="image"/> is [N,3,H,W] as <see cref="ModelSpec.Input"/> describes it.</remarks>
    public abstract IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image);

    /// <summary>Returns the values that the losses are computed from; the graph's outputs by default.</summary>
    /// <remarks>
    /// Overridden where losses need other values than the exported ones, such as boxes before they are decoded or features for
    /// a second stage. Everything named in <see cref="Forward"/> must come from the same functions.
    /// </remarks>
    public virtual IReadOnlyList<(string Name, Value Value)> TrainingForward(Net net, Value image) => Forward(net, image);

    /// <summary>Heads of the network, one per task, in the order of the spec's outputs.</summary>
    public virtual IReadOnlyList<EdgeVision.Exporter.Training.Head> Heads => [];

    /// <summary>Gets whether the graph accepts sizes other than the spec's, in multiples of its coarsest stride.</summary>
    public virtual bool SupportsDynamicSize => false;

    /// <summary>Names of the outputs whose first axis is not the batch but rows that the network finds.</summary>
    /// <remarks>Each of these outputs has the same number of rows. Their order may change between rows of equal score.</remarks>
    public virtual IReadOnlyList<string> RowOutputs => [];

    /// <summary>Stages from input to output, as prefixes of their weights' names, for freezing and learning rates.</summary>
    public virtual IReadOnlyList<string> Stages => [];

    /// <summary>Counts shapes, parameters and multiply-accumulates without computing values.</summary>
    public AnalysisNet Analyze(int batch = 1)
    {
        var net = new AnalysisNet();
        Forward(net, new Value(batch, 3, Spec.Input.Height, Spec.Input.Width));
        return net;
    }
}
