using EdgeVision.Exporter.Architectures.Backbones;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>DeepLabV3+ (Chen et al. 2018): dilated residual backbone, atrous spatial pyramid pooling and a decoder.</summary>
/// <remarks>
/// The last stage of the backbone is dilated instead of strided (output stride 16). Pooling uses rates 6, 12 and 18 and the
/// mean of the image; the decoder joins its result with the features of stride 4. The output is logits [N, classes, H/4, W/4],
/// which the runtime upsamples while it takes the best class.
/// </remarks>
public sealed class DeepLab : Architecture
{
    private readonly ModelSettings _settings;
    private readonly int _classes;

    /// <summary>Creates a DeepLabV3+ for the pixel classes of the settings, on the stages of ResNet-18.</summary>
    /// <remarks>With a channel factor of 1 the stages have 64 to 512 channels and the decoder 256.</remarks>
    public DeepLab(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        (Spec, Heads) = SegmentationSpec.Create(settings, "deeplabv3plus", 128, 128);
        _classes = Spec.Labels.Length;
    }

    /// <inheritdoc/>
    public override string Name => "deeplabv3plus";

    /// <inheritdoc/>
    public override string Description => "DeepLabV3+: dilated residual backbone, ASPP, decoder";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override bool SupportsDynamicSize => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4", "aspp", "decoder", "head"];

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        var (fine, coarse) = Features(net, image);
        var pyramid = Pyramid(net, coarse);
        using (net.Scope("decoder"))
        {
            var low = net.ConvNorm("low", fine, _settings.ScaleChannels(48), kernel: 1);
            var joined = net.Concat(1, net.UpsampleBilinear(pyramid, 4), low);
            joined = net.ConvNorm("conv1", joined, _settings.ScaleChannels(256));
            fine = net.ConvNorm("conv2", joined, _settings.ScaleChannels(256));
        }

        return [("logits", net.Conv("head.predict", fine, _classes, kernel: 1, initializer: WeightInitializer.Normal(0.01)))];
    }

    // Strides 4 and 16: the fourth stage uses dilation 2 instead of a further stride of 2.
    private (Value Fine, Value Coarse) Features(Net net, Value image)
    {
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, _settings.ScaleChannels(64), stride: 2);
        x = net.Apply("pool", new MaxPool(3, 2, 1), x);
        var fine = x;
        for (int s = 0; s < 4; s++)
        {
            for (int b = 0; b < 2; b++)
            {
                x = ResNet.BasicBlock(net, $"stage{s + 1}.block{b + 1}", x, _settings.ScaleChannels(64 << s),
                    stride: s is 1 or 2 && b == 0 ? 2 : 1, dilation: s == 3 ? 2 : 1);
            }

            if (s == 0)
            {
                fine = x;
            }
        }

        return (fine, x);
    }

    private Value Pyramid(Net net, Value x)
    {
        using var scope = net.Scope("aspp");
        int channels = _settings.ScaleChannels(256);
        var branches = new List<Value> { net.ConvNorm("rate1", x, channels, kernel: 1) };
        foreach (int rate in (int[])[6, 12, 18])
        {
            branches.Add(net.ConvNorm($"rate{rate}", x, channels, new Relu(), dilation: rate));
        }

        // The mean of the whole image at every pixel. Convolution with bias, since one pixel per image is too few for
        // BatchNorm.
        var mean = net.Relu(net.Conv("mean", net.Apply("pool", new GlobalAveragePool(), x), channels, kernel: 1));
        branches.Add(net.Apply("spread", new ResizeLike(), mean, x));
        return net.ConvNorm("project", net.Concat(1, branches), channels, kernel: 1);
    }
}
