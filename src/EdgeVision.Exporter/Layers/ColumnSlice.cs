using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Range of consecutive columns of each row, [...,C] to [...,Count].</summary>
/// <param name="First">Index of the first column.</param>
/// <param name="Count">Number of columns.</param>
public sealed record ColumnSlice(int First, int Count) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(First >= 0 && Count >= 1 && x[^1] >= First + Count && x.Length >= 2,
            $"columns {First} to {First + Count - 1} must exist in rows of {x[^1]}");
        return [.. x[..^1], Count];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0].narrow(-1, First, Count);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        new(net.Graph.AddNode("Slice", name,
            [inputs[0].Graph, net.GetOrAddIntegers("starts", First), net.GetOrAddIntegers("ends", First + Count), net.GetOrAddIntegers("axes", -1)], shape));
}
