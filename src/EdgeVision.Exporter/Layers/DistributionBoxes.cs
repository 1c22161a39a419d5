using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Boxes from distributions over distances (Li et al. 2020, as in Ultralytics), [N,4*Bins,A] to [N,4,A].</summary>
/// <param name="Width">Width of the input in pixels.</param>
/// <param name="Height">Height of the input in pixels.</param>
/// <param name="Strides">Pixels per cell, by level.</param>
/// <remarks>
/// The input is logits for the left, top, right and bottom side of each location; the output is cx, cy, w, h in pixels. A
/// distance is the mean of its distribution over 0 … Bins-1, in strides. Locations are the centers of cells, ordered by level,
/// y, x.
/// </remarks>
public sealed record DistributionBoxes(int Width, int Height, params int[] Strides) : Layer
{
    /// <summary>Bins per distribution.</summary>
    public int Bins { get; init; } = 16;

    /// <summary>Returns the centers of the locations in pixels, and their strides.</summary>
    public (float X, float Y, int Stride)[] GetLocations() =>
    [
        .. from stride in Strides
           from y in Enumerable.Range(0, (Height + stride - 1) / stride)
           from x in Enumerable.Range(0, (Width + stride - 1) / stride)
           select ((x + 0.5f) * stride, (y + 0.5f) * stride, stride),
    ];

    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        int places = Strides.Sum(s => (Height + s - 1) / s * ((Width + s - 1) / s));
        Require(x.Length == 3 && x[1] == 4 * Bins && x[2] == places,
            $"input must be [N,{4 * Bins},{places}] for {Width}x{Height} at strides {string.Join(", ", Strides)}");
        return [x[0], 4, x[2]];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights)
    {
        var x = inputs[0];
        long n = x.shape[0], a = x.shape[2];
        var share = torch.nn.functional.softmax(x.reshape(n, 4, Bins, a), 2).reshape(n, 4 * Bins, a);
        var (projection, scale, offset) = Constants();
        return torch.matmul(torch.tensor(projection, 4, 4 * Bins), share) * torch.tensor(scale) + torch.tensor(offset, 4, a);
    }

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var (projection, scale, offset) = Constants();
        long n = shape[0], a = shape[2];
        OnnxValue Reshaped(string suffix, OnnxValue value, params long[] item) =>
            net.AddNode("Reshape", $"{name}.{suffix}", [value, new OnnxValue(net.GetOrAddIntegers("shape", [0, .. item]))], [n, .. item]);
        OnnxValue Constant(string suffix, float[] values, params long[] dims) =>
            new(net.GetOrAddInitializer($"{name}.{suffix}", () => values, dims));
        var bins = net.AddNode("Softmax", $"{name}.softmax", [Reshaped("bins", inputs[0], 4, Bins, a)], [n, 4, Bins, a],
            OnnxAttribute.Int("axis", 2));
        var box = net.AddNode("MatMul", $"{name}.project",
            [Constant("projection", projection, 4, 4 * Bins), Reshaped("rows", bins, 4 * Bins, a)], shape);
        box = net.AddNode("Mul", $"{name}.pixels", [box, Constant("strides", scale, a)], shape);
        return net.AddNode("Add", name, [box, Constant("points", offset, 4, a)], shape);
    }

    // The mean of a distribution and the conversion from distances to center and size are both linear, so one matrix does both:
    // cx = point + (right - left) / 2, w = left + right.
    private (float[] Projection, float[] Scale, float[] Offset) Constants()
    {
        float[] centre = [-0.5f, 0.5f], size = [1, 1];
        var projection = new float[4 * 4 * Bins];
        for (int axis = 0; axis < 2; axis++)
        {
            for (int side = 0; side < 2; side++)
            {
                for (int bin = 0; bin < Bins; bin++)
                {
                    int column = (2 * side + axis) * Bins + bin;
                    projection[axis * 4 * Bins + column] = centre[side] * bin;
                    projection[(2 + axis) * 4 * Bins + column] = size[side] * bin;
                }
            }
        }

        var places = GetLocations();
        float[] zero = new float[places.Length];
        return (projection, [.. places.Select(p => (float)p.Stride)],
            [.. places.Select(p => p.X), .. places.Select(p => p.Y), .. zero, .. zero]);
    }
}
