using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Matrix product over the last two axes; the other axes must be equal.</summary>
public sealed record MatMul : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count == 2 && inputs[0].Length >= 3 && inputs[0].Length == inputs[1].Length,
            "a matrix product needs two inputs [N,...,R,C] of the same rank");
        var (a, b) = (inputs[0], inputs[1]);
        Require(a[..^2].AsSpan().SequenceEqual(b[..^2]) && a[^1] == b[^2], "columns of the first matrix must equal rows of the second");
        return [.. a[..^1], b[^1]];
    }

    /// <inheritdoc/>
    public override long CountMultiplyAccumulates(IReadOnlyList<long[]> inputs, long[] output) =>
        output.Skip(1).Aggregate(inputs[0][^1], (a, d) => a * Math.Max(d, 1));

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0].matmul(inputs[1]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("MatMul", name, inputs, shape);
}

/// <summary>Multiplies by a constant.</summary>
/// <param name="Factor">The constant.</param>
public sealed record Scale(float Factor) : ElementwiseLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0] * Factor;

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Mul", name, [inputs[0], net.Scalar(Factor)], shape);
}

/// <summary>Prepends a trained token: [N,T,D] to [N,T+1,D].</summary>
public sealed record ClassToken : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs[0].Length == 3, "input must be tokens [N,T,D]");
        return [inputs[0][0], inputs[0][1] < 0 ? -1 : inputs[0][1] + 1, inputs[0][2]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs) =>
        [new("weight", [1, 1, inputs[0][2]], WeightInitializer.Normal(0.02))];

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.cat([weights[0].expand(inputs[0].shape[0], 1, inputs[0].shape[2]), inputs[0]], 1);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        // One copy per item: the batch size is known only at run time.
        long features = shape[2];
        var token = net.GetOrAddInitializer($"{name}.weight", () => OnnxNet.ToFloats(weights[0]), 1, 1, features);
        var whole = net.Graph.AddNode("Shape", $"{name}.shape", [inputs[0].Graph], [3], TensorProto.Types.DataType.Int64);
        var batch = net.Graph.AddNode("Gather", $"{name}.batch", [whole, net.GetOrAddIntegers("first", 0)], [1], TensorProto.Types.DataType.Int64,
            OnnxAttribute.Int("axis", 0));
        var wanted = net.Graph.AddNode("Concat", $"{name}.wanted", [batch, net.GetOrAddIntegers("rest", 1, features)], [3],
            TensorProto.Types.DataType.Int64, OnnxAttribute.Int("axis", 0));
        var copies = net.Graph.AddNode("Expand", $"{name}.copies", [token, wanted], [shape[0], 1, features]);
        return net.AddNode("Concat", name, [new OnnxValue(copies), inputs[0]], shape, OnnxAttribute.Int("axis", 1));
    }
}

/// <summary>Adds a trained number to every feature of every token: [N,T,D] with T and D known.</summary>
public sealed record LearnedPosition : ElementwiseLayer
{
    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs)
    {
        Require(inputs[0].Length == 3 && inputs[0][1] > 0, "input of learned positions must be [N,T,D] with T known");
        return [new("weight", [1, inputs[0][1], inputs[0][2]], WeightInitializer.Normal(0.02))];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0] + weights[0];

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Add", name,
            [inputs[0], new OnnxValue(net.GetOrAddInitializer($"{name}.weight", () => OnnxNet.ToFloats(weights[0]), weights[0].shape))], shape);
}

/// <summary>Range of consecutive entries along an axis.</summary>
/// <param name="Axis">Axis other than the batch.</param>
/// <param name="Start">Index of the first entry.</param>
/// <param name="Length">Number of entries.</param>
public sealed record Slice(int Axis, int Start, int Length) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(Axis > 0 && Axis < inputs[0].Length && Start >= 0 && Length > 0,
            $"range {Start} to {Start + Length - 1} of axis {Axis} is not in the input");
        Require(inputs[0][Axis] < 0 || Start + Length <= inputs[0][Axis],
            $"range {Start} to {Start + Length - 1} of axis {Axis} is not in the input");
        long[] shape = [.. inputs[0]];
        shape[Axis] = Length;
        return shape;
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        inputs[0].narrow(Axis, Start, Length);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Slice", name,
            [inputs[0], new OnnxValue(net.GetOrAddIntegers("start", Start)), new OnnxValue(net.GetOrAddIntegers("end", Start + Length)),
                new OnnxValue(net.GetOrAddIntegers("axis", Axis))], shape);
}
