using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>U-Net (Ronneberger et al. 2015) with padded convolutions and BatchNorm; logits [N, classes, H, W].</summary>
/// <remarks>
/// Four downsampling steps; at each size of the upsampling path the features of the downsampling path are concatenated. Both
/// sides of the input are multiples of 16.
/// </remarks>
public sealed class UNet : Architecture
{
    private readonly int[] _channels;
    private readonly int _classes;

    /// <summary>
    /// Creates a U-Net for the pixel classes of the settings; a channel factor of 1 is the published width (64 to 1024).
    /// </summary>
    public UNet(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _channels = [.. Enumerable.Range(0, 5).Select(i => settings.ScaleChannels(64 << i))];
        (Spec, Heads) = SegmentationSpec.Create(settings, "unet", 128, 128);
        _classes = Spec.Labels.Length;
    }

    /// <inheritdoc/>
    public override string Name => "unet";

    /// <inheritdoc/>
    public override string Description => "U-Net with skip connections";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override bool SupportsDynamicSize => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        [.. Enumerable.Range(0, 5).Select(i => $"down{i}"), .. Enumerable.Range(0, 4).Select(i => $"up{3 - i}"), "head"];

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        var skips = new Value[4];
        var x = image;
        for (int i = 0; i < 5; i++)
        {
            if (i > 0)
            {
                x = net.Apply($"down{i}.pool", new MaxPool(2, 2), x);
            }

            x = Double(net, $"down{i}", x, _channels[i]);
            if (i < 4)
            {
                skips[i] = x;
            }
        }

        for (int i = 3; i >= 0; i--)
        {
            x = net.Apply($"up{i}.enlarge", new ConvTranspose2d(_channels[i], 2, 2), x);
            x = Double(net, $"up{i}", net.Concat(1, skips[i], x), _channels[i]);
        }

        return [("logits", net.Conv("head.predict", x, _classes, kernel: 1, initializer: WeightInitializer.Normal(0.01)))];
    }

    private static Value Double(Net net, string name, Value x, int channels)
    {
        using var scope = net.Scope(name);
        return net.ConvNorm("conv2", net.ConvNorm("conv1", x, channels), channels);
    }
}
