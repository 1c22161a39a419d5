using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Bilinear upsampling with half-pixel centers (align_corners false), [N,C,H,W] to [N,C,H*Factor,W*Factor].</summary>
/// <param name="Factor">Scale factor of both sides, at least 1.</param>
public sealed record UpsampleBilinear(int Factor) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(x.Length == 4 && Factor >= 1, "upsampling needs an input [N,C,H,W] and a factor of at least 1");
        return [x[0], x[1], x[2] < 0 ? -1 : x[2] * Factor, x[3] < 0 ? -1 : x[3] * Factor];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.interpolate(inputs[0], scale_factor: [Factor, Factor], mode: torch.InterpolationMode.Bilinear,
            align_corners: false);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var scales = net.GetOrAddInitializer($"scales[{Factor}]", () => [1, 1, Factor, Factor], 4);
        return new OnnxValue(net.Graph.AddNode("Resize", name, [inputs[0].Graph, null, scales], shape, attributes:
        [
            OnnxAttribute.String("mode", "linear"),
            OnnxAttribute.String("coordinate_transformation_mode", "half_pixel"),
        ]));
    }
}

/// <summary>Resizes the first value to the height and width of the second, bilinear with half-pixel centers.</summary>
public sealed record ResizeLike : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count == 2 && inputs[0].Length == 4 && inputs[1].Length == 4, "resizing needs two inputs [N,C,H,W]");
        return [.. inputs[0][..2], .. inputs[1][2..]];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.interpolate(inputs[0], size: inputs[1].shape[2..], mode: torch.InterpolationMode.Bilinear,
            align_corners: false);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        // Batch and channels of the first input, height and width of the second; folded to constants if all but the batch are
        // known.
        var own = net.Graph.AddNode("Shape", $"{name}.own", [inputs[0].Graph], [4], TensorProto.Types.DataType.Int64);
        var like = net.Graph.AddNode("Shape", $"{name}.like", [inputs[1].Graph], [4], TensorProto.Types.DataType.Int64);
        var front = net.Graph.AddNode("Slice", $"{name}.front", [own, net.GetOrAddIntegers("start", 0), net.GetOrAddIntegers("end", 2)], [2],
            TensorProto.Types.DataType.Int64);
        var sides = net.Graph.AddNode("Slice", $"{name}.sides", [like, net.GetOrAddIntegers("start", 2), net.GetOrAddIntegers("end", 4)], [2],
            TensorProto.Types.DataType.Int64);
        var size = net.Graph.AddNode("Concat", $"{name}.size", [front, sides], [4], TensorProto.Types.DataType.Int64,
            OnnxAttribute.Int("axis", 0));
        return new OnnxValue(net.Graph.AddNode("Resize", name, [inputs[0].Graph, null, null, size], shape, attributes:
        [
            OnnxAttribute.String("mode", "linear"),
            OnnxAttribute.String("coordinate_transformation_mode", "half_pixel"),
        ]));
    }
}
