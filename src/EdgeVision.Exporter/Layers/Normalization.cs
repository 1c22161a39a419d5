using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Layer normalization over the last axis (Ba et al. 2016), with a trained scale and shift.</summary>
public sealed record LayerNorm : ElementwiseLayer
{
    /// <summary>Value added to the variance.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs)
    {
        long features = inputs[0][^1];
        return [new("weight", [features], WeightInitializer.Constant(1)), new("bias", [features], WeightInitializer.Constant(0))];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.layer_norm(inputs[0], [inputs[0].shape[^1]], weights[0], weights[1], Epsilon);

    // LayerNormalization exists from operator set 17; below it, the formula is written.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var scale = new OnnxValue(net.GetOrAddInitializer($"{name}.weight", () => OnnxNet.ToFloats(weights[0]), weights[0].shape));
        var shift = new OnnxValue(net.GetOrAddInitializer($"{name}.bias", () => OnnxNet.ToFloats(weights[1]), weights[1].shape));
        if (net.Graph.Opset >= 17)
        {
            return net.AddNode("LayerNormalization", name, [inputs[0], scale, shift], shape, OnnxAttribute.Int("axis", -1),
                OnnxAttribute.Float("epsilon", (float)Epsilon));
        }

        long[] one = [.. shape[..^1], 1];
        var mean = net.AddNode("ReduceMean", $"{name}.mean", [inputs[0]], one, OnnxAttribute.Ints("axes", -1));
        var centred = net.AddNode("Sub", $"{name}.centred", [inputs[0], mean], shape);
        var square = net.AddNode("Mul", $"{name}.square", [centred, centred], shape);
        var variance = net.AddNode("ReduceMean", $"{name}.variance", [square], one, OnnxAttribute.Ints("axes", -1));
        var safe = net.AddNode("Add", $"{name}.safe", [variance, net.Scalar((float)Epsilon)], one);
        var deviation = net.AddNode("Sqrt", $"{name}.deviation", [safe], one);
        var unit = net.AddNode("Div", $"{name}.unit", [centred, deviation], shape);
        var scaled = net.AddNode("Mul", $"{name}.scaled", [unit, scale], shape);
        return net.AddNode("Add", name, [scaled, shift], shape);
    }
}

/// <summary>L2 normalization of the last axis; lengths below <see cref="Epsilon"/> count as <see cref="Epsilon"/>.</summary>
public sealed record L2Normalize : ElementwiseLayer
{
    /// <summary>Minimum length.</summary>
    public const double Epsilon = 1e-12;

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.normalize(inputs[0], 2, -1, Epsilon);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        long[] one = [.. shape[..^1], 1];
        // ReduceL2 has its axes as an input from operator set 18.
        var length = net.Graph.Opset >= 18
            ? net.AddNode("ReduceL2", $"{name}.length", [inputs[0], new OnnxValue(net.GetOrAddIntegers("axes", -1))], one)
            : net.AddNode("ReduceL2", $"{name}.length", [inputs[0]], one, OnnxAttribute.Ints("axes", -1));
        var safe = net.AddNode("Max", $"{name}.safe", [length, net.Scalar((float)Epsilon)], one);
        return net.AddNode("Div", name, [inputs[0], safe], shape);
    }
}

/// <summary>Multiplies each feature of the last axis by a trained number.</summary>
/// <param name="InitialValue">Initial value: small for residual branches (Touvron et al. 2021, layer scale).</param>
public sealed record LayerScale(float InitialValue = 1e-2f) : ElementwiseLayer
{
    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs) =>
        [new("weight", [inputs[0][^1]], WeightInitializer.Constant(InitialValue))];

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0] * weights[0];

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Mul", name,
            [inputs[0], new OnnxValue(net.GetOrAddInitializer($"{name}.weight", () => OnnxNet.ToFloats(weights[0]), weights[0].shape))], shape);
}
