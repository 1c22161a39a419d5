using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;
using DataType = EdgeVision.Onnx.TensorProto.Types.DataType;

namespace EdgeVision.Exporter.Layers;

/// <summary>RoIAlign over pyramid levels (He et al. 2017; torchvision's <c>roi_align</c> with <c>aligned</c>).</summary>
/// <param name="Side">Bins per axis.</param>
/// <param name="Strides">Pixels per cell, by level.</param>
/// <remarks>
/// Inputs: levels [N,C,H,W] from fine to coarse and rows [R,5] of item, x1, y1, x2, y2 in pixels; output [R,C,Side,Side]. Each
/// bin is the mean of <see cref="Samples"/> x <see cref="Samples"/> bilinear samples on the level that fits the size of the
/// box: floor(log2(sqrt(w h) / <see cref="CanonicalSize"/>)) above the second (Lin et al. 2017, equation 1).
/// </remarks>
public sealed record PyramidRoiAlign(int Side, params int[] Strides) : Layer
{
    /// <summary>Samples per bin and axis.</summary>
    public int Samples { get; init; } = 2;

    /// <summary>Side in pixels of the smallest box on the second level; doubled for each further level.</summary>
    public float CanonicalSize { get; init; } = 64;

    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count == Strides.Length + 1 && inputs[^1].Length == 2 && inputs[^1][1] == 5,
            $"inputs must be {Strides.Length} levels and rows [R,5]");
        Require(inputs.SkipLast(1).All(x => x.Length == 4 && x[1] == inputs[0][1]),
            "levels must be [N,C,H,W] with the same number of channels");
        return [inputs[^1][0], inputs[0][1], Side, Side];
    }

    /// <summary>Returns the level of a box with the given area in square pixels.</summary>
    public int GetLevel(float area)
    {
        int level = 0;
        while (level + 1 < Strides.Length && area >= SmallestArea(level + 1))
        {
            level++;
        }

        return level;
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights)
    {
        // Channels last, so that a sample is contiguous.
        var levels = inputs[..^1].Select(x => x.permute(0, 2, 3, 1).contiguous()).ToArray();
        var sampler = new RoiSampler(this, OnnxNet.ToFloats(inputs[^1]), (int)levels[0].shape[0], [.. levels.Select(l => l.shape)]);
        return RoiAlignFunction.apply([sampler, .. levels]).reshape(sampler.Count, Side, Side, inputs[0].shape[1]).permute(0, 3, 1, 2);
    }

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var graph = net.Graph;
        if (graph.Opset is < 16 or > 21)
        {
            // Half-pixel coordinates exist from operator set 16; ONNX Runtime does not implement the definition of operator set
            // 22.
            throw new EdgeVisionException($"RoiAlign needs ONNX opset 16 to 21; got {graph.Opset}");
        }

        var rows = inputs[^1].Graph;
        long count = inputs[^1].Shape[0];
        GraphValue Part(string suffix, params long[] columns) =>
            graph.AddNode("Gather", $"{name}.{suffix}", [rows, net.GetOrAddIntegers("columns", columns)], [count, columns.Length],
                attributes: [OnnxAttribute.Int("axis", 1)]);
        GraphValue Flat(string suffix, GraphValue value, DataType type, params long[] item) =>
            graph.AddNode("Reshape", $"{name}.{suffix}", [value, net.GetOrAddIntegers("shape", [0, .. item])], [count, .. item], type);
        var boxes = Part("boxes", 1, 2, 3, 4);
        var batch = graph.AddNode("Cast", $"{name}.item", [Flat("item_flat", Part("item_column", 0), DataType.Float)], [count],
            DataType.Int64,
            OnnxAttribute.Int("to", (long)DataType.Int64));
        var sides = graph.AddNode("Sub", $"{name}.sides", [Part("far", 3, 4), Part("near", 1, 2)], [count, 2]);
        GraphValue One(int i) =>
            graph.AddNode("Gather", $"{name}.side", [sides, net.GetOrAddIntegers("columns", i)], [count, 1],
                attributes: [OnnxAttribute.Int("axis", 1)]);
        var area = Flat("area_flat", graph.AddNode("Mul", $"{name}.area", [One(0), One(1)], [count, 1]), DataType.Float, 1, 1, 1);

        // All boxes are pooled on every level, and the result of the right level is selected: boxes are few, and the rows keep
        // their order.
        GraphValue? pooled = null;
        for (int l = 0; l < Strides.Length; l++)
        {
            var here = graph.AddNode("RoiAlign", $"{name}.level{l}", [inputs[l].Graph, boxes, batch], shape, attributes:
            [
                OnnxAttribute.String("coordinate_transformation_mode", "half_pixel"),
                OnnxAttribute.String("mode", "avg"),
                OnnxAttribute.Int("output_height", Side),
                OnnxAttribute.Int("output_width", Side),
                OnnxAttribute.Int("sampling_ratio", Samples),
                OnnxAttribute.Float("spatial_scale", 1f / Strides[l]),
            ]);
            if (pooled is null)
            {
                pooled = here;
                continue;
            }

            float smallest = SmallestArea(l);
            var belongs = graph.AddNode("GreaterOrEqual", $"{name}.is_level{l}",
                [area, net.GetOrAddInitializer($"{name}.area{l}", () => [smallest], 1)], [count, 1, 1, 1], DataType.Bool);
            pooled = graph.AddNode("Where", $"{name}.upto_level{l}", [belongs, here, pooled], shape);
        }

        return new OnnxValue(pooled!);
    }

    private float SmallestArea(int level)
    {
        float side = CanonicalSize * MathF.Pow(2, level - 1);
        return side * side;
    }
}
