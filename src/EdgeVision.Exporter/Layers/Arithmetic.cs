using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>A layer of two inputs that broadcast against each other as in NumPy.</summary>
public abstract record BroadcastLayer : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count == 2, "two inputs are needed");
        var (a, b) = (inputs[0], inputs[1]);
        var shape = new long[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long p = i <= a.Length ? a[^i] : 1, q = i <= b.Length ? b[^i] : 1;
            Require(p == q || p == 1 || q == 1, "the shapes do not broadcast");
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
        net.Node("Add", name, inputs, shape);
}

/// <summary>Product of two values, element by element.</summary>
public sealed record Multiply : BroadcastLayer
{
    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0] * inputs[1];

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Mul", name, inputs, shape);
}

/// <summary>Values one after the other along an axis.</summary>
/// <param name="Axis">Axis, not the batch.</param>
public sealed record Concat(int Axis) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count > 0 && Axis > 0 && Axis < inputs[0].Length, $"axis {Axis} is not one of the inputs'");
        long[] shape = [.. inputs[0]];
        foreach (var next in inputs.Skip(1))
        {
            Require(next.Length == shape.Length, "the inputs differ in rank");
            for (int i = 0; i < shape.Length; i++)
            {
                if (i == Axis)
                {
                    shape[i] = shape[i] < 0 || next[i] < 0 ? -1 : shape[i] + next[i];
                }
                else
                {
                    Require(next[i] == shape[i], $"the inputs differ on axis {i}");
                }
            }
        }

        return shape;
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => torch.cat(inputs, Axis);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Concat", name, inputs, shape, OnnxAttribute.Int("axis", Axis));
}
