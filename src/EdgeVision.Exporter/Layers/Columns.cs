using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Some numbers of each row, [...,C] to [...,Count].</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
public sealed record Columns(int First, int Count) : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        var x = inputs[0];
        Require(First >= 0 && Count >= 1 && x[^1] >= First + Count && x.Length >= 2, $"a row has no numbers {First} to {First + Count - 1}");
        return [.. x[..^1], Count];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) => inputs[0].narrow(-1, First, Count);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights) =>
        new(net.Graph.AddNode("Slice", name,
            [inputs[0].Graph, net.Integers("starts", First), net.Integers("ends", First + Count), net.Integers("axes", -1)], shape));
}
