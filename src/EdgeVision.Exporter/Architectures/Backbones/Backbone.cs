using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>Part of a network that turns an image into feature maps, ordered from fine to coarse.</summary>
public abstract record Backbone
{
    /// <summary>Prefixes of the weights' names, from input to output.</summary>
    public abstract IReadOnlyList<string> Stages { get; }

    /// <summary>Returns the feature maps [N,C,H,W] from fine to coarse; classification pools the last one.</summary>
    public abstract IReadOnlyList<Value> Forward(Net net, Value image);

    /// <summary>Returns the features of the whole image [N,C]; by default the mean of the coarsest map.</summary>
    public virtual Value Pool(Net net, IReadOnlyList<Value> features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return net.GlobalPool(features[^1]);
    }

    /// <summary>Gets whether the backbone accepts every input size that is a multiple of its coarsest stride.</summary>
    public virtual bool SupportsDynamicSize => true;
}
