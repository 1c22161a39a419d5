using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public class PyramidRoiAlignTests
{
    // Boxes of both levels, one at the edge, one of less than a cell, one of the whole input; two items of three.
    private static readonly float[] Boxes =
    [
        0, 3, 5, 20, 21,
        0, 40, 10, 64, 48,
        0, 0, 0, 64, 48,
        2, 30.5f, 12.25f, 31, 13,
        2, 1, 2, 50, 47,
    ];

    public PyramidRoiAlignTests() => TorchSetup.Initialize(2);

    [Fact]
    public void OnnxRuntimeGivesWhatTorchGives()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var layer = new PyramidRoiAlign(5, 8, 16) { CanonicalSize = 32 };
        IReadOnlyList<(string, Value)> Forward(Net net, Value[] x) => [("y", net.Apply("roi", layer, x))];
        var graph = new OnnxGraphBuilder("roi");
        var net = new OnnxNet(graph, weights);
        net.AddOutput("y", Forward(net, [net.AddInput("a", 6, 6, 8), net.AddInput("b", 6, 3, 4), net.AddInput("rows", 5)])[0].Item2, "rows");
        torch.Tensor Rows(int first) => torch.tensor(Boxes[first..], Boxes[first..].Length / 5, 5);
        var parity = Parity.Measure(graph.Build().ToBytes(),
            [[torch.randn(3, 6, 6, 8), torch.randn(3, 6, 3, 4), Rows(0)], [torch.randn(4, 6, 6, 8), torch.randn(4, 6, 3, 4), Rows(15)]], Forward, weights);
        Assert.True(parity.MaxRelative <= 1e-5, parity.ToString());

        foreach (int opset in new[] { 13, 22 })
        {
            var other = new OnnxNet(new OnnxGraphBuilder("other", opset), weights);
            var error = Assert.Throws<EdgeVisionException>(() => Forward(other, [other.AddInput("a", 6, 6, 8), other.AddInput("b", 6, 3, 4), other.AddInput("rows", 5)]));
            Assert.Contains("opset 16 to 21", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ABinIsTheMeanOfItsSamples()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        // One level of stride 1 whose value is its column: bins have the columns of their middles.
        var columns = torch.arange(8, dtype: torch.ScalarType.Float32).expand(1, 1, 8, 8).contiguous();
        var rows = torch.tensor(new float[] { 0, 1, 1, 5, 5 }, 1, 5);
        var pooled = TorchNet.Unwrap(new TorchNet(weights, training: false).Apply("roi", new PyramidRoiAlign(2, 1), TorchNet.Wrap(columns), TorchNet.Wrap(rows)));
        Assert.Equal([1.5f, 3.5f, 1.5f, 3.5f], OnnxNet.ToFloats(pooled)); // middles at 2 and 4, half a cell back
    }

    [Theory]
    [InlineData(31.9f, 0)]
    [InlineData(32, 1)]
    [InlineData(63.9f, 1)]
    [InlineData(64, 2)]
    [InlineData(500, 2)]
    public void TheLevelFollowsTheSize(float side, int level) =>
        Assert.Equal(level, new PyramidRoiAlign(7, 8, 16, 32) { CanonicalSize = 32 }.GetLevel(side * side));

    [Fact]
    public void GradientsAreThoseOfDifferences()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        using var random = new torch.Generator(4);
        var layer = new PyramidRoiAlign(3, 8, 16) { CanonicalSize = 32 };
        var rows = torch.tensor(Boxes, Boxes.Length / 5, 5);
        var fine = torch.randn([3, 2, 6, 8], generator: random);
        var coarse = torch.randn([3, 2, 3, 4], generator: random);
        var factor = torch.randn([5, 2, 3, 3], generator: random);
        torch.Tensor Loss(torch.Tensor a, torch.Tensor b) =>
            (TorchNet.Unwrap(new TorchNet(weights, training: true).Apply("roi", layer, TorchNet.Wrap(a), TorchNet.Wrap(b), TorchNet.Wrap(rows))) * factor).sum();
        fine.requires_grad = true;
        coarse.requires_grad = true;
        Loss(fine, coarse).backward();

        // The layer is linear in the features: the gradient along a direction is the loss of the direction.
        var (alongFine, alongCoarse) = (torch.randn([3, 2, 6, 8], generator: random), torch.randn([3, 2, 3, 4], generator: random));
        Assert.Equal(Loss(alongFine, torch.zeros_like(coarse)).ToDouble(), (fine.grad! * alongFine).sum().ToDouble(), 1e-4);
        Assert.Equal(Loss(torch.zeros_like(fine), alongCoarse).ToDouble(), (coarse.grad! * alongCoarse).sum().ToDouble(), 1e-4);
        Assert.True(fine.grad!.abs().sum().ToDouble() > 1 && coarse.grad!.abs().sum().ToDouble() > 1);
        Assert.Equal(0, fine.grad![1].abs().sum().ToDouble()); // no box looks at item 1
    }
}
