using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>max(x, 0).</summary>
public sealed record Relu : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.relu(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Relu", name, inputs, shape);
}

/// <summary>min(max(x, 0), 6).</summary>
public sealed record Relu6 : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.relu6(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Clip", name, [inputs[0], net.Scalar(0), net.Scalar(6)], shape);
}

/// <summary>1 / (1 + exp(-x)).</summary>
public sealed record Sigmoid : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.sigmoid(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Sigmoid", name, inputs, shape);
}

/// <summary>x * sigmoid(x), also called swish.</summary>
public sealed record Silu : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.silu(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var gate = net.AddNode("Sigmoid", $"{name}.gate", inputs, shape);
        return net.AddNode("Mul", name, [inputs[0], gate], shape);
    }
}

/// <summary>min(max(x / 6 + 1/2, 0), 1), the sigmoid of MobileNetV3.</summary>
public sealed record HardSigmoid : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.hardsigmoid(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("HardSigmoid", name, inputs, shape, OnnxAttribute.Float("alpha", 1 / 6f), OnnxAttribute.Float("beta", 0.5f));
}

/// <summary>x * hard sigmoid(x) (Howard et al. 2019).</summary>
public sealed record HardSwish : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.hardswish(inputs[0]);

    // ONNX has HardSwish from operator set 14; its parts exist in all versions.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        if (net.Graph.Opset >= 14)
        {
            return net.AddNode("HardSwish", name, inputs, shape);
        }

        var gate = new HardSigmoid().Write(net, $"{name}.gate", inputs, shape, weights);
        return net.AddNode("Mul", name, [inputs[0], gate], shape);
    }
}

/// <summary>
/// x times the cumulative distribution function of the normal distribution at x, exact (Hendrycks and Gimpel 2016).
/// </summary>
public sealed record Gelu : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.nn.functional.gelu(inputs[0]);

    // x / 2 * (1 + erf(x / sqrt 2)), the pattern that ONNX Runtime fuses; the operator Gelu exists only from operator set 20.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var scaled = net.AddNode("Div", $"{name}.scaled", [inputs[0], net.Scalar(MathF.Sqrt(2))], shape);
        var erf = net.AddNode("Erf", $"{name}.erf", [scaled], shape);
        var part = net.AddNode("Add", $"{name}.part", [erf, net.Scalar(1)], shape);
        var product = net.AddNode("Mul", $"{name}.product", [inputs[0], part], shape);
        return net.AddNode("Mul", name, [product, net.Scalar(0.5f)], shape);
    }
}

/// <summary>log(1 + exp(x)), which is always above 0, as distances are.</summary>
public sealed record Softplus : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.softplus(inputs[0]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Softplus", name, inputs, shape);
}

/// <summary>exp(x) divided by its sum along an axis.</summary>
/// <param name="Axis">Axis; a negative one counts from the end.</param>
public sealed record Softmax(int Axis) : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.softmax(inputs[0], Axis);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Softmax", name, inputs, shape, OnnxAttribute.Int("axis", Axis));
}
