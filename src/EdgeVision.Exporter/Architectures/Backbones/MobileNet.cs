using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures.Backbones;

/// <summary>Inverted residual block shared by the mobile backbones.</summary>
internal static class InvertedResidual
{
    /// <summary>Applies an inverted residual block (Sandler et al. 2018).</summary>
    /// <remarks>
    /// Expansion by 1x1, depthwise convolution, optional squeeze and excitation, and projection by 1x1 without activation; the
    /// input is added where the shapes allow it.
    /// </remarks>
    public static Value Block(Net net, string name, Value x, int expanded, int channels, int kernel, int stride, Layer activation,
        int squeezed = 0)
    {
        using var scope = net.Scope(name);
        var y = x;
        if (expanded != x.Size(1))
        {
            y = net.ConvNorm("expand", y, expanded, activation, kernel: 1);
        }

        y = net.ConvNorm("depthwise", y, expanded, activation, kernel, stride, groups: expanded);
        if (squeezed > 0)
        {
            y = net.SqueezeExcite("squeeze", y, squeezed, new Relu(), new HardSigmoid());
        }

        y = net.ConvNorm("project", y, channels, null, kernel: 1);
        return stride == 1 && x.Size(1) == channels ? net.Add(x, y) : y;
    }
}

/// <summary>MobileNetV2 (Sandler et al. 2018) as in torchvision; features at strides 4, 8, 16 and 32.</summary>
/// <param name="Settings">Supplies the factor on channels.</param>
public sealed record MobileNetV2(ModelSettings Settings) : Backbone
{
    private static readonly (int Expansion, int Channels, int Blocks, int Stride)[] Rows =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", .. Enumerable.Range(1, Rows.Length).Select(i => $"backbone.stage{i}"), "backbone.last"];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, Settings.ScaleChannels(32), new Relu6(), stride: 2);
        var features = new List<Value>();
        for (int r = 0; r < Rows.Length; r++)
        {
            var row = Rows[r];
            if (row.Stride == 2 && r > 1)
            {
                features.Add(x);
            }

            for (int b = 0; b < row.Blocks; b++)
            {
                x = InvertedResidual.Block(net, $"stage{r + 1}.block{b + 1}", x, (int)x.Size(1) * row.Expansion,
                    Settings.ScaleChannels(row.Channels), 3, b == 0 ? row.Stride : 1, new Relu6());
            }
        }

        features.Add(net.ConvNorm("last", x, Settings.ScaleChannels(1280), new Relu6(), kernel: 1));
        return features;
    }
}

/// <summary>EfficientNet-Lite0 (Tan and Le 2019); features at strides 4, 8, 16 and 32.</summary>
/// <param name="Settings">Supplies the factor on channels.</param>
/// <remarks>It has no squeeze and excitation and uses ReLU6 throughout, so it quantizes well and runs on every device.</remarks>
public sealed record EfficientNetLite(ModelSettings Settings) : Backbone
{
    private static readonly (int Expansion, int Channels, int Blocks, int Stride, int Kernel)[] Rows =
        [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", .. Enumerable.Range(1, Rows.Length).Select(i => $"backbone.stage{i}"), "backbone.last"];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, Settings.ScaleChannels(32), new Relu6(), stride: 2);
        var features = new List<Value>();
        for (int r = 0; r < Rows.Length; r++)
        {
            var row = Rows[r];
            if (row.Stride == 2 && r > 1)
            {
                features.Add(x);
            }

            for (int b = 0; b < row.Blocks; b++)
            {
                x = InvertedResidual.Block(net, $"stage{r + 1}.block{b + 1}", x, (int)x.Size(1) * row.Expansion,
                    Settings.ScaleChannels(row.Channels), row.Kernel, b == 0 ? row.Stride : 1, new Relu6());
            }
        }

        features.Add(net.ConvNorm("last", x, Settings.ScaleChannels(1280), new Relu6(), kernel: 1));
        return features;
    }
}

/// <summary>MobileNetV3-small (Howard et al. 2019) as in torchvision; features at strides 4, 8, 16 and 32.</summary>
/// <param name="Settings">Supplies the factor on channels.</param>
public sealed record MobileNetV3Small(ModelSettings Settings) : Backbone
{
    private static readonly (int Kernel, int Expanded, int Channels, bool Squeeze, bool Swish, int Stride)[] Rows =
    [
        (3, 16, 16, true, false, 2), (3, 72, 24, false, false, 2), (3, 88, 24, false, false, 1), (5, 96, 40, true, true, 2),
        (5, 240, 40, true, true, 1), (5, 240, 40, true, true, 1), (5, 120, 48, true, true, 1), (5, 144, 48, true, true, 1),
        (5, 288, 96, true, true, 2), (5, 576, 96, true, true, 1), (5, 576, 96, true, true, 1),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", .. Enumerable.Range(1, Rows.Length).Select(i => $"backbone.block{i}"), "backbone.last"];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        using var scope = net.Scope("backbone");
        var x = net.ConvNorm("stem", image, Settings.ScaleChannels(16), new HardSwish(), stride: 2);
        var features = new List<Value>();
        for (int i = 0; i < Rows.Length; i++)
        {
            var row = Rows[i];
            if (row.Stride == 2 && i > 0)
            {
                features.Add(x);
            }

            int expanded = Settings.ScaleChannels(row.Expanded);
            Layer activation = row.Swish ? new HardSwish() : new Relu();
            x = InvertedResidual.Block(net, $"block{i + 1}", x, expanded, Settings.ScaleChannels(row.Channels), row.Kernel, row.Stride, activation,
                row.Squeeze ? Divisible(expanded / 4.0) : 0);
        }

        features.Add(net.ConvNorm("last", x, 6 * (int)x.Size(1), new HardSwish(), kernel: 1));
        return features;
    }

    /// <summary>Returns the pooled features after a hidden layer of 1024, as in the paper's head.</summary>
    public override Value Pool(Net net, IReadOnlyList<Value> features)
    {
        var pooled = base.Pool(net, features);
        return net.Apply("head.swish", new HardSwish(), net.Linear("head.hidden", pooled, Settings.ScaleChannels(1024)));
    }

    // torchvision's _make_divisible: rounds to the nearest multiple of 8, but not below 90 % of the value.
    private static int Divisible(double value)
    {
        int rounded = Math.Max(8, (int)(value + 4) / 8 * 8);
        return rounded < 0.9 * value ? rounded + 8 : rounded;
    }
}
