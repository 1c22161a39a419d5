using EdgeVision.Onnx.Passes;

namespace EdgeVision.Onnx.Tests.Passes;

/// <summary>The output that suppression leaves, and what it refuses; what it computes is checked where it can run.</summary>
public class SuppressionInGraphTests
{
    [Fact]
    public void RowsTakeThePlaceOfTheOutputAndTheBatchStaysOpen()
    {
        var model = Yolo(9, 630);
        string name = NmsInGraph.Apply(model, "output0", 0.45f, 0.05f, 100);
        var output = Assert.Single(model.Graph.Output);
        Assert.Equal(name, output.Name);
        Assert.Equal("batch", output.Type.TensorType.Shape.Dim[0].DimParam);
        Assert.Equal([0, 100, 6], output.Type.TensorType.Shape.Dim.Select(d => d.DimValue));
        Assert.Single(model.Graph.Node, n => n.OpType == "NonMaxSuppression");
        HalfPrecisionTests.AssertDefined(model.Graph);
        // Float16 around it: NonMaxSuppression and TopK keep their float32.
        HalfPrecision.Apply(model);
        HalfPrecisionTests.AssertDefined(model.Graph);
    }

    [Theory]
    [InlineData("other", 9, 630, 100, "no output 'other'")]
    [InlineData("output0", 4, 630, 100, "must be [N, 4 + classes, anchors]")]
    [InlineData("output0", 9, -1, 100, "must be [N, 4 + classes, anchors]")]
    [InlineData("output0", 9, 630, 0, "number of rows must be between 1 and 3150")]
    [InlineData("output0", 5, 10, 11, "number of rows must be between 1 and 10")]
    public void WhatDoesNotFitIsRefused(string output, int channels, int anchors, int most, string part)
    {
        var error = Assert.Throws<InvalidDataException>(() => NmsInGraph.Apply(Yolo(channels, anchors), output, 0.45f, 0.05f, most));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static OnnxModel Yolo(int channels, int anchors)
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [-1, channels, anchors]);
        graph.AddOutput("output0", graph.AddNode("Relu", "decoded", [x], [-1, channels, anchors]), new Dictionary<int, string> { [0] = "batch" });
        return graph.Build();
    }
}
