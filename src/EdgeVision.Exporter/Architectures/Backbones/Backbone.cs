using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>The part of a network that turns a picture into features, from fine to coarse.</summary>
public abstract record Backbone
{
    /// <summary>Prefixes of the weights' names, from the input on.</summary>
    public abstract IReadOnlyList<string> Stages { get; }

    /// <summary>Feature maps [N,C,H,W] from fine to coarse, the last one what classification pools.</summary>
    public abstract IReadOnlyList<Value> Forward(Net net, Value image);

    /// <summary>Features of the whole picture [N,C]; the mean of the coarsest map by default.</summary>
    public virtual Value Pool(Net net, IReadOnlyList<Value> features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return net.GlobalPool(features[^1]);
    }

    /// <summary>Whether any input size that is a multiple of the coarsest stride will do.</summary>
    public virtual bool DynamicSize => true;
}
