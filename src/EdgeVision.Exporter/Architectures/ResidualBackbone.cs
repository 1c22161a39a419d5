using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Residual backbone (He et al. 2015, basic blocks): a stem of stride 2 and stages that each halve the size.</summary>
/// <param name="Stem">Channels of the stem.</param>
/// <param name="Stages">Channels and blocks of each stage, from stride 4 on.</param>
public sealed record ResidualBackbone(int Stem, params (int Channels, int Blocks)[] Stages)
{
    /// <summary>Returns the feature maps after each stage: strides 4, 8, 16 …</summary>
    public IReadOnlyList<Value> Forward(Net net, Value image)
    {
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, Stem, stride: 2);
        var features = new List<Value>();
        for (int s = 0; s < Stages.Length; s++)
        {
            for (int b = 0; b < Stages[s].Blocks; b++)
            {
                x = BasicBlock(net, $"stage{s + 1}.block{b + 1}", x, Stages[s].Channels, stride: b == 0 ? 2 : 1);
            }

            features.Add(x);
        }

        return features;
    }

    private static Value BasicBlock(Net net, string name, Value x, int channels, int stride)
    {
        using var scope = net.Scope(name);
        var shortcut = stride == 1 && x.Size(1) == channels
            ? x
            : net.ConvNorm("shortcut", x, channels, kernel: 1, stride: stride, relu: false);
        var y = net.ConvNorm("conv1", x, channels, stride: stride);
        y = net.ConvNorm("conv2", y, channels, relu: false);
        return net.Relu(net.Add(y, shortcut));
    }
}
