using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Maximum of each window, [N,C,H,W]; windows are padded with minus infinity at the edges.</summary>
/// <param name="Kernel">Side of the window.</param>
/// <param name="Stride">Stride on both axes.</param>
/// <param name="Padding">Padding on each side, at most half the kernel.</param>
public sealed record MaxPool(int Kernel, int Stride, int Padding = 0) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(x.Length == 4, "input of pooling must be [N,C,H,W]");
        return [x[0], x[1], Out(x[2]), Out(x[3])];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.max_pool2d(inputs[0], Kernel, Stride, Padding, 1, false);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("MaxPool", name, inputs, shape,
            OnnxAttribute.Ints("kernel_shape", Kernel, Kernel),
            OnnxAttribute.Ints("strides", Stride, Stride),
            OnnxAttribute.Ints("pads", Padding, Padding, Padding, Padding));

    private long Out(long side) => side < 0 ? -1 : (side + 2 * Padding - Kernel) / Stride + 1;
}

/// <summary>Mean over rows and columns, [N,C,H,W] to [N,C,1,1].</summary>
public sealed record GlobalAveragePool : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs[0].Length == 4, "input of pooling must be [N,C,H,W]");
        return [inputs[0][0], inputs[0][1], 1, 1];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        inputs[0].mean([2L, 3L], keepdim: true);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("GlobalAveragePool", name, inputs, shape);
}
