using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Transposed convolution (deconvolution), [N,C,H,W] to [N,Channels,H*Stride,W*Stride].</summary>
/// <param name="Channels">Output channels.</param>
/// <param name="Kernel">Side of the square kernel; its difference from the stride is even.</param>
/// <param name="Stride">Scale factor of both sides.</param>
/// <remarks>Padding is (Kernel - Stride) / 2.</remarks>
public sealed record ConvTranspose2d(int Channels, int Kernel = 4, int Stride = 2) : Layer
{
    /// <summary>Gets whether a bias is added; not needed before BatchNorm.</summary>
    public bool Bias { get; init; } = true;

    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(x.Length == 4 && Kernel >= Stride && (Kernel - Stride) % 2 == 0,
            "a transposed convolution needs an input [N,C,H,W] and a kernel that exceeds its stride by an even number");
        return [x[0], Channels, x[2] < 0 ? -1 : x[2] * Stride, x[3] < 0 ? -1 : x[3] * Stride];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs)
    {
        var weight = new WeightSpec("weight", [inputs[0][1], Channels, Kernel, Kernel], WeightInitializer.Kaiming);
        return Bias ? [weight, new WeightSpec("bias", [Channels], WeightInitializer.Constant(0))] : [weight];
    }

    /// <inheritdoc/>
    public override long CountMultiplyAccumulates(IReadOnlyList<long[]> inputs, long[] output) =>
        inputs[0][1] * inputs[0][2] * inputs[0][3] * output[1] * Kernel * Kernel;

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.conv_transpose2d(inputs[0], weights[0], Bias ? weights[1] : null, strides: [Stride, Stride],
            padding: [(Kernel - Stride) / 2, (Kernel - Stride) / 2]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        // The output channel is axis 1 of ONNX's weight; folding needs it as axis 0.
        int inChannels = (int)weights[0].shape[0], taps = Kernel * Kernel;
        var linear = new FoldableLinear(name, Swap(OnnxNet.ToFloats(weights[0]), inChannels, Channels, taps),
            [Channels, inChannels, Kernel, Kernel], Bias ? OnnxNet.ToFloats(weights[1]) : null);
        int pad = (Kernel - Stride) / 2;
        return new OnnxValue(shape, linear, l =>
        {
            List<GraphValue?> operands = [inputs[0].Graph,
                net.GetOrAddInitializer($"{l.Name}.weight", () => Swap(l.Weight, Channels, inChannels, taps), inChannels, Channels, Kernel,
                    Kernel)];
            if (l.Bias is { } bias)
            {
                operands.Add(net.GetOrAddInitializer($"{l.Name}.bias", () => bias, bias.Length));
            }

            return net.Graph.AddNode("ConvTranspose", l.Name, operands, shape, attributes:
            [
                OnnxAttribute.Ints("kernel_shape", Kernel, Kernel),
                OnnxAttribute.Ints("strides", Stride, Stride),
                OnnxAttribute.Ints("pads", pad, pad, pad, pad),
            ]);
        });
    }

    private static float[] Swap(float[] values, int rows, int columns, int each)
    {
        var result = new float[values.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                Array.Copy(values, (r * columns + c) * each, result, (c * rows + r) * each, each);
            }
        }

        return result;
    }
}
