using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Changes the shape of each item; the batch dimension stays as it is.</summary>
/// <param name="ItemShape">Shape of one item; one dimension may be -1 and is inferred.</param>
public sealed record Reshape(params long[] ItemShape) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(ItemShape.Count(d => d < 0) <= 1, $"at most one dimension may be -1; got {Value.FormatShape(ItemShape)}");
        long known = ItemShape.Where(d => d >= 0).Aggregate(1L, (a, d) => a * d);
        if (x.Skip(1).Any(d => d < 0))
        {
            Require(ItemShape.Any(d => d < 0), "the shape must contain -1 for an input with open dimensions");
            return [x[0], .. ItemShape];
        }

        long total = x.Skip(1).Aggregate(1L, (a, d) => a * d);
        Require(known > 0 && (ItemShape.Any(d => d < 0) ? total % known == 0 : total == known),
            $"{total} elements per item do not fit the shape {Value.FormatShape(ItemShape)}");
        return [x[0], .. ItemShape.Select(d => d < 0 ? total / known : d)];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        inputs[0].reshape([inputs[0].shape[0], .. ItemShape]);

    // 0 copies the input's dimension, so the batch stays open.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Reshape", name, [inputs[0], new OnnxValue(net.GetOrAddIntegers("shape", [0, .. ItemShape]))], shape);
}

/// <summary>Changes the order of the axes; axis 0 stays the batch.</summary>
/// <param name="Axes">Input axis for each output axis.</param>
public sealed record Permute(params int[] Axes) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(Axes.Order().SequenceEqual(Enumerable.Range(0, inputs[0].Length)) && Axes[0] == 0,
            $"axes must be a permutation of the input's axes with the batch first; got [{string.Join(',', Axes)}]");
        return [.. Axes.Select(a => inputs[0][a])];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        inputs[0].permute([.. Axes.Select(a => (long)a)]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.AddNode("Transpose", name, inputs, shape, OnnxAttribute.Ints("perm", [.. Axes.Select(a => (long)a)]));
}

/// <summary>Repeats each pixel, [N,C,H,W] to [N,C,H*Factor,W*Factor].</summary>
/// <param name="Factor">Scale factor of both sides, at least 1.</param>
public sealed record UpsampleNearest(int Factor) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(x.Length == 4 && Factor >= 1, "upsampling needs an input [N,C,H,W] and a factor of at least 1");
        return [x[0], x[1], x[2] < 0 ? -1 : x[2] * Factor, x[3] < 0 ? -1 : x[3] * Factor];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.interpolate(inputs[0], scale_factor: [Factor, Factor], mode: torch.InterpolationMode.Nearest);

    // Asymmetric with floor reads the input at output / factor, as torch's nearest does; the default would shift by half a
    // pixel.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var scales = net.GetOrAddInitializer($"scales[{Factor}]", () => [1, 1, Factor, Factor], 4);
        return new OnnxValue(net.Graph.AddNode("Resize", name, [inputs[0].Graph, null, scales], shape, attributes:
        [
            OnnxAttribute.String("mode", "nearest"),
            OnnxAttribute.String("coordinate_transformation_mode", "asymmetric"),
            OnnxAttribute.String("nearest_mode", "floor"),
        ]));
    }
}
