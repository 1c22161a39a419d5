using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Convolution, [N,C,H,W] to [N,Channels,H',W'].</summary>
/// <param name="Channels">Output channels.</param>
/// <param name="Kernel">Side of the square kernel.</param>
/// <remarks>H' = (H + 2 Padding - Dilation (Kernel - 1) - 1) / Stride + 1.</remarks>
public sealed record Conv2d(int Channels, int Kernel) : Layer
{
    /// <summary>Stride on both axes.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Zero padding on each side; half the kernel by default.</summary>
    public int Padding { get; init; } = Kernel / 2;

    /// <summary>Distance between kernel elements.</summary>
    public int Dilation { get; init; } = 1;

    /// <summary>Number of independent groups of channels; a depthwise convolution has as many groups as input channels.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Gets whether a bias is added; not needed before BatchNorm.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Initial values of the kernel.</summary>
    public WeightInitializer WeightInitializer { get; init; } = WeightInitializer.Kaiming;

    /// <summary>Initial value of the bias.</summary>
    public float InitialBias { get; init; }

    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(x.Length == 4, "input of a convolution must be [N,C,H,W]");
        Require(x[1] % Groups == 0 && Channels % Groups == 0,
            $"input and output channels must be multiples of the number of groups {Groups}");
        return [x[0], Channels, Out(x[2]), Out(x[3])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs)
    {
        var weight = new WeightSpec("weight", [Channels, inputs[0][1] / Groups, Kernel, Kernel], WeightInitializer);
        return Bias ? [weight, new WeightSpec("bias", [Channels], WeightInitializer.Constant(InitialBias))] : [weight];
    }

    /// <inheritdoc/>
    public override long CountMultiplyAccumulates(IReadOnlyList<long[]> inputs, long[] output) =>
        output[1] * output[2] * output[3] * (inputs[0][1] / Groups) * Kernel * Kernel;

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.conv2d(inputs[0], weights[0], Bias ? weights[1] : null,
            strides: [Stride, Stride], padding: [Padding, Padding], dilation: [Dilation, Dilation], groups: Groups);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var linear = new FoldableLinear(name, OnnxNet.ToFloats(weights[0]), weights[0].shape, Bias ? OnnxNet.ToFloats(weights[1]) : null);
        return new OnnxValue(shape, linear, l =>
        {
            List<GraphValue?> operands = [inputs[0].Graph, net.GetOrAddInitializer($"{l.Name}.weight", () => l.Weight, l.WeightShape)];
            if (l.Bias is { } bias)
            {
                operands.Add(net.GetOrAddInitializer($"{l.Name}.bias", () => bias, bias.Length));
            }

            return net.Graph.AddNode("Conv", l.Name, operands, shape, attributes:
            [
                OnnxAttribute.Ints("kernel_shape", Kernel, Kernel),
                OnnxAttribute.Ints("strides", Stride, Stride),
                OnnxAttribute.Ints("pads", Padding, Padding, Padding, Padding),
                OnnxAttribute.Ints("dilations", Dilation, Dilation),
                OnnxAttribute.Int("group", Groups),
            ]);
        });
    }

    private long Out(long side) => side < 0 ? -1 : (side + 2 * Padding - Dilation * (Kernel - 1) - 1) / Stride + 1;
}
