using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Layer with two inputs that broadcast against each other as in NumPy.</summary>
public abstract record BroadcastLayer : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count == 2, $"expected two inputs, got {inputs.Count}");
        var (a, b) = (inputs[0], inputs[1]);
        var shape = new long[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long p = i <= a.Length ? a[^i] : 1, q = i <= b.Length ? b[^i] : 1;
            Require(p == q || p == 1 || q == 1, "shapes must be equal or broadcastable");
            shape[^i] = p == 1 ? q : p;
        }

        return shape;
    }
}

/// <summary>Sum of two values.</summary>
public sealed record Add : BroadcastLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0] + inputs[1];

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Add", name, inputs, shape);
}

/// <summary>Element-wise product of two values.</summary>
public sealed record Multiply : BroadcastLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0] * inputs[1];

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Mul", name, inputs, shape);
}

/// <summary>Concatenation of values along an axis.</summary>
/// <param name="Axis">Axis other than the batch.</param>
public sealed record Concat(int Axis) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count > 0 && Axis > 0 && Axis < inputs[0].Length, $"axis must be between 1 and the rank of the inputs; got {Axis}");
        long[] shape = [.. inputs[0]];
        foreach (var next in inputs.Skip(1))
        {
            Require(next.Length == shape.Length, "inputs must have the same rank");
            for (int i = 0; i < shape.Length; i++)
            {
                if (i == Axis)
                {
                    shape[i] = shape[i] < 0 || next[i] < 0 ? -1 : shape[i] + next[i];
                }
                else
                {
                    Require(next[i] == shape[i], $"inputs must have the same size on axis {i}");
                }
            }
        }

        return shape;
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.cat(inputs, Axis);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Concat", name, inputs, shape, OnnxAttribute.Int("axis", Axis));
}
