using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>The same numbers in another shape. The batch stays as it is, whatever its size.</summary>
/// <param name="ItemShape">Shape of one item; one dimension may be -1 and takes what is left.</param>
public sealed record Reshape(params long[] ItemShape) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(ItemShape.Count(d => d < 0) <= 1, "one dimension at most may be -1");
        long known = ItemShape.Where(d => d >= 0).Aggregate(1L, (a, d) => a * d);
        if (x.Skip(1).Any(d => d < 0))
        {
            Require(ItemShape.Any(d => d < 0), "an input with open sides needs a -1");
            return [x[0], .. ItemShape];
        }

        long total = x.Skip(1).Aggregate(1L, (a, d) => a * d);
        Require(known > 0 && (ItemShape.Any(d => d < 0) ? total % known == 0 : total == known), $"{total} numbers an item do not fill {Value.ShapeText(ItemShape)}");
        return [x[0], .. ItemShape.Select(d => d < 0 ? total / known : d)];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        inputs[0].reshape([inputs[0].shape[0], .. ItemShape]);

    // 0 copies the input's dimension: the batch stays open.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Reshape", name, [inputs[0], new OnnxValue(net.Integers("shape", [0, .. ItemShape]))], shape);
}

/// <summary>Axes in another order; axis 0 stays the batch.</summary>
/// <param name="Axes">Axis of the input for each axis of the output.</param>
public sealed record Permute(params int[] Axes) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(Axes.Order().SequenceEqual(Enumerable.Range(0, inputs[0].Length)) && Axes[0] == 0, $"[{string.Join(',', Axes)}] is no order of the input's axes with the batch first");
        return [.. Axes.Select(a => inputs[0][a])];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        inputs[0].permute([.. Axes.Select(a => (long)a)]);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        net.Node("Transpose", name, inputs, shape, OnnxAttribute.Ints("perm", [.. Axes.Select(a => (long)a)]));
}

/// <summary>Each pixel repeated, [N,C,H,W] to [N,C,H*Factor,W*Factor].</summary>
/// <param name="Factor">Whole number, at least 1.</param>
public sealed record UpsampleNearest(int Factor) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(x.Length == 4 && Factor >= 1, "upsampling needs [N,C,H,W] and a factor of at least 1");
        return [x[0], x[1], x[2] < 0 ? -1 : x[2] * Factor, x[3] < 0 ? -1 : x[3] * Factor];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.interpolate(inputs[0], scale_factor: [Factor, Factor], mode: torch.InterpolationMode.Nearest);

    // Asymmetric with floor is output / factor, torch's nearest; the default would shift by half a pixel.
    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var scales = net.Initializer($"scales[{Factor}]", () => [1, 1, Factor, Factor], 4);
        return new OnnxValue(net.Graph.AddNode("Resize", name, [inputs[0].Graph, null, scales], shape, attributes:
        [
            OnnxAttribute.String("mode", "nearest"),
            OnnxAttribute.String("coordinate_transformation_mode", "asymmetric"),
            OnnxAttribute.String("nearest_mode", "floor"),
        ]));
    }
}
