using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>ResNet backbone (He et al. 2015) as in torchvision; features at strides 4, 8, 16 and 32.</summary>
/// <param name="Depth">18, 34 or 50.</param>
/// <param name="Settings">Supplies the factor on channels.</param>
/// <remarks>
/// A 7x7 stem and max pooling (stride 4), then four stages of basic blocks (18, 34) or of bottlenecks with the stride on the
/// 3x3 convolution (50).
/// </remarks>
public sealed record ResNet(int Depth, ModelSettings Settings) : Backbone
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4"];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        int[] blocks = Depth switch
        {
            18 => [2, 2, 2, 2],
            34 or 50 => [3, 4, 6, 3],
            _ => throw new EdgeVisionException($"ResNet depth must be 18, 34 or 50; got {Depth}"),
        };
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, Settings.ScaleChannels(64), kernel: 7, stride: 2);
        x = net.Apply("pool", new MaxPool(3, 2, 1), x);
        var features = new List<Value>();
        for (int s = 0; s < 4; s++)
        {
            int channels = Settings.ScaleChannels(64 << s);
            for (int b = 0; b < blocks[s]; b++)
            {
                string name = $"stage{s + 1}.block{b + 1}";
                int stride = s > 0 && b == 0 ? 2 : 1;
                x = Depth < 50 ? BasicBlock(net, name, x, channels, stride) : Bottleneck(net, name, x, channels, stride);
            }

            features.Add(x);
        }

        return features;
    }

    /// <summary>Applies two 3x3 convolutions and adds a shortcut.</summary>
    public static Value BasicBlock(Net net, string name, Value x, int channels, int stride, int dilation = 1)
    {
        ArgumentNullException.ThrowIfNull(net);
        ArgumentNullException.ThrowIfNull(x);
        using var scope = net.Scope(name);
        var shortcut = stride == 1 && x.Size(1) == channels
            ? x
            : net.ConvNorm("shortcut", x, channels, kernel: 1, stride: stride, relu: false);
        var y = net.ConvNorm("conv1", x, channels, new Relu(), stride: stride, dilation: dilation);
        y = net.ConvNorm("conv2", y, channels, null, dilation: dilation);
        return net.Relu(net.Add(y, shortcut));
    }

    private static Value Bottleneck(Net net, string name, Value x, int channels, int stride)
    {
        using var scope = net.Scope(name);
        int wide = channels * 4;
        var shortcut = stride == 1 && x.Size(1) == wide
            ? x
            : net.ConvNorm("shortcut", x, wide, kernel: 1, stride: stride, relu: false);
        var y = net.ConvNorm("conv1", x, channels, kernel: 1);
        y = net.ConvNorm("conv2", y, channels, stride: stride);
        y = net.ConvNorm("conv3", y, wide, kernel: 1, relu: false);
        return net.Relu(net.Add(y, shortcut));
    }
}
