using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>Vision Transformer (Dosovitskiy et al. 2021); the result is [N, 1 + patches, dimension].</summary>
/// <param name="Patch">Side of a patch in pixels; both sides of the input must be multiples of it.</param>
/// <param name="Dimension">Features per token; a multiple of the number of heads.</param>
/// <param name="Depth">Encoder blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <remarks>
/// Patches, a class token, learned positions and a pre-norm encoder, composed of linear layers and matrix products so that
/// every runtime supports its operators.
/// </remarks>
public sealed record VisionTransformer(int Patch = 16, int Dimension = 384, int Depth = 12, int Heads = 6) : Backbone
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.patch", "backbone.token", "backbone.position", .. Enumerable.Range(1, Depth).Select(i => $"backbone.block{i}"),
            "backbone.norm"];

    /// <summary>Gets false: positions are learned for a fixed number of patches.</summary>
    public override bool SupportsDynamicSize => false;

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        ArgumentNullException.ThrowIfNull(image);
        if (image.Size(2) % Patch != 0 || image.Size(3) % Patch != 0)
        {
            throw new EdgeVisionException(
                $"Both sides of the input must be multiples of the patch size {Patch}; got {image.Size(3)}x{image.Size(2)}");
        }

        using var scope = net.Scope("backbone");
        var x = net.Apply("patch", new Conv2d(Dimension, Patch) { Stride = Patch, Padding = 0 }, image);
        x = net.Permute(net.Reshape(x, Dimension, -1), 0, 2, 1);
        x = net.Apply("token", new ClassToken(), x);
        x = net.Apply("position", new LearnedPosition(), x);
        for (int b = 1; b <= Depth; b++)
        {
            x = Block(net, $"block{b}", x);
        }

        return [net.Apply("norm", new LayerNorm(), x)];
    }

    /// <summary>Returns the class token.</summary>
    public override Value Pool(Net net, IReadOnlyList<Value> features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return net.Reshape(net.Apply("head.token", new Slice(1, 0, 1), features[^1]), Dimension);
    }

    private Value Block(Net net, string name, Value x)
    {
        using var scope = net.Scope(name);
        x = net.Add(x, Attention(net, net.Apply("norm1", new LayerNorm(), x)));
        var y = net.Linear("mlp.expand", net.Apply("norm2", new LayerNorm(), x), Dimension * 4, WeightInitializer.Normal(0.02));
        y = net.Linear("mlp.project", net.Apply("mlp.gelu", new Gelu(), y), Dimension, WeightInitializer.Normal(0.02));
        return net.Add(x, y);
    }

    private Value Attention(Net net, Value x)
    {
        using var scope = net.Scope("attention");
        int each = Dimension / Heads;
        Value Project(string name, params int[] axes) =>
            net.Permute(net.Reshape(net.Linear(name, x, Dimension, WeightInitializer.Normal(0.02)), -1, Heads, each), axes);
        var query = Project("query", 0, 2, 1, 3);
        var key = Project("key", 0, 2, 3, 1);
        var value = Project("value", 0, 2, 1, 3);
        var scores = net.Apply("scale", new Scale(1 / MathF.Sqrt(each)), net.Apply("scores", new MatMul(), query, key));
        var mixed = net.Apply("mix", new MatMul(), net.Apply("softmax", new Softmax(-1), scores), value);
        return net.Linear("output", net.Reshape(net.Permute(mixed, 0, 2, 1, 3), -1, Dimension), Dimension, WeightInitializer.Normal(0.02));
    }
}
