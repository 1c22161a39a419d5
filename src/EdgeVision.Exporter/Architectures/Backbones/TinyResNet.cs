using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>
/// Smallest useful residual network: a stem and two stages of basic blocks (He et al. 2015), strides 2, 2 and 4.
/// </summary>
/// <param name="Channels">Channels of the stem and the first stage; the second stage has twice as many.</param>
/// <param name="Blocks">Blocks per stage.</param>
public sealed record TinyResNet(int Channels = 32, int Blocks = 2) : Backbone
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } = ["backbone.stem", "backbone.stage1", "backbone.stage2"];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, Channels, stride: 2);
        var features = new List<Value>();
        for (int stage = 0; stage < 2; stage++)
        {
            for (int block = 0; block < Blocks; block++)
            {
                x = ResNet.BasicBlock(net, $"stage{stage + 1}.block{block + 1}", x, Channels << stage,
                    stride: stage > 0 && block == 0 ? 2 : 1);
            }

            features.Add(x);
        }

        return features;
    }
}
