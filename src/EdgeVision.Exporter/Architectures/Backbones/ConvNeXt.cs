using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>ConvNeXt backbone (Liu et al. 2022), tiny variant, as in torchvision; features at strides 4, 8, 16 and 32.</summary>
/// <param name="Settings">Supplies the factor on channels and option <c>blocks</c>, such as <c>1,1,3,1</c>.</param>
/// <remarks>
/// Patches of 4x4; blocks of a depthwise 7x7 convolution, layer normalization and two linear layers with GELU; a learned scale
/// on each branch.
/// </remarks>
public sealed record ConvNeXt(ModelSettings Settings) : Backbone
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4"];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        int[] blocks = [.. Settings.GetOption("blocks", "3,3,9,3").Split(',')
            .Select(b => int.Parse(b, System.Globalization.CultureInfo.InvariantCulture))];
        using var scope = net.Scope("backbone");
        var x = net.Apply("stem.conv", new Conv2d(Settings.ScaleChannels(96), 4) { Stride = 4, Padding = 0 }, image);
        x = Normalize(net, "stem.norm", x);
        var features = new List<Value>();
        for (int s = 0; s < 4; s++)
        {
            int channels = Settings.ScaleChannels(96 << s);
            if (s > 0)
            {
                x = Normalize(net, $"stage{s + 1}.norm", x);
                x = net.Apply($"stage{s + 1}.down", new Conv2d(channels, 2) { Stride = 2, Padding = 0 }, x);
            }

            for (int b = 0; b < blocks[s]; b++)
            {
                x = Block(net, $"stage{s + 1}.block{b + 1}", x, channels);
            }

            features.Add(x);
        }

        return features;
    }

    /// <summary>Returns the mean over the image after layer normalization.</summary>
    public override Value Pool(Net net, IReadOnlyList<Value> features) => net.Apply("head.norm", new LayerNorm(), base.Pool(net, features));

    private static Value Block(Net net, string name, Value x, int channels)
    {
        using var scope = net.Scope(name);
        var y = net.Apply("depthwise", new Conv2d(channels, 7) { Groups = channels }, x);
        y = net.Permute(y, 0, 2, 3, 1);
        y = net.Apply("norm", new LayerNorm(), y);
        y = net.Linear("expand", y, channels * 4, WeightInitializer.Normal(0.02));
        y = net.Apply("gelu", new Gelu(), y);
        y = net.Linear("project", y, channels, WeightInitializer.Normal(0.02));
        y = net.Apply("scale", new LayerScale(0.1f), y);
        return net.Add(x, net.Permute(y, 0, 3, 1, 2));
    }

    // LayerNorm works on the last axis, so the channels are moved there and back.
    private static Value Normalize(Net net, string name, Value x) =>
        net.Permute(net.Apply(name, new LayerNorm(), net.Permute(x, 0, 2, 3, 1)), 0, 3, 1, 2);
}
