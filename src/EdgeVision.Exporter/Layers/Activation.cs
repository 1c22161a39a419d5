using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>max(x, 0).</summary>
public sealed record Relu : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.relu(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Relu", name, inputs, shape);
}

/// <summary>1 / (1 + exp(-x)).</summary>
public sealed record Sigmoid : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.sigmoid(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Sigmoid", name, inputs, shape);
}

/// <summary>x * sigmoid(x), also called swish.</summary>
public sealed record Silu : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.silu(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var gate = net.Node("Sigmoid", $"{name}.gate", inputs, shape);
        return net.Node("Mul", name, [inputs[0], gate], shape);
    }
}

/// <summary>exp(x) over its sum along an axis.</summary>
/// <param name="Axis">Axis; negative counts from the end.</param>
public sealed record Softmax(int Axis) : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.softmax(inputs[0], Axis);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Softmax", name, inputs, shape, OnnxAttribute.Int("axis", Axis));
}
