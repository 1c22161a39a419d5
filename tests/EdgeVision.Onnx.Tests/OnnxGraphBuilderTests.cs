namespace EdgeVision.Onnx.Tests;

public class OnnxGraphBuilderTests
{
    [Fact]
    public void AGraphComesBackAsItWasBuilt()
    {
        var model = OnnxModel.Parse(Build().ToBytes());

        Assert.Equal(17, model.Opset);
        Assert.Equal(8, model.Proto.IrVersion);
        Assert.Equal(["MatMul", "Identity"], model.Graph.Node.Select(n => n.OpType));
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], OnnxTensor.ReadFloats(model.Graph.Initializer.Single()));
        var dims = model.Graph.Input.Single().Type.TensorType.Shape.Dim;
        Assert.Equal("batch", dims[0].DimParam);
        Assert.Equal(3, dims[1].DimValue);
        Assert.Equal("y", model.Graph.Output.Single().Name);
        Assert.Equal(6, model.ParameterCount);
    }

    [Fact]
    public void TheSameGraphGivesTheSameBytes() => Assert.Equal(Build().ToBytes(), Build().ToBytes());

    [Fact]
    public void ATakenNameIsRefusedForValuesAndNumberedForNodes()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, 4]);
        Assert.Throws<ArgumentException>(() => graph.AddInput("x", [1]));
        Assert.Throws<ArgumentException>(() => graph.AddInitializer("x", [1f], 1));
        var first = graph.AddNode("Relu", "relu", [x], [1, 4]);
        var second = graph.AddNode("Relu", "relu", [first], [1, 4]);
        Assert.Equal(("relu", "relu_1"), (first.Name, second.Name));
        Assert.Throws<ArgumentException>(() => graph.AddOutput("relu", second));
        graph.AddOutput("relu_1", second);
        Assert.Throws<ArgumentException>(() => graph.AddOutput("relu_1", second));
        Assert.Single(graph.Build().Graph.Output);
    }

    [Fact]
    public void WhatCannotBeRightIsRefused()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1]);
        Assert.Throws<InvalidOperationException>(graph.Build);
        Assert.Throws<ArgumentException>(() => graph.AddInitializer("w", [1f, 2f], 3));
        Assert.Throws<ArgumentException>(() => graph.AddNode("Relu", "r", [x], [([1], TensorProto.Types.DataType.Float)], [], "com.microsoft"));
        Assert.Throws<ArgumentException>(() => new OnnxGraphBuilder("other").AddNode("Relu", "r", [x], [1]));
    }

    [Fact]
    public void AnOptionalInputThatIsLeftOutIsAnEmptyName()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, 1, 2, 2]);
        var scales = graph.AddInitializer("scales", [1f, 1, 2, 2], 4);
        graph.AddOutput("y", graph.AddNode("Resize", "resize", [x, null, scales], [1, 1, 4, 4], attributes: OnnxAttribute.String("mode", "nearest")));
        Assert.Equal(["x", "", "scales"], graph.Build().Graph.Node[0].Input);
    }

    [Fact]
    public void AnOperatorMayHaveSeveralOutputs()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, 10]);
        var k = graph.AddInitializer("k", [3L], 1);
        var top = graph.AddNode("TopK", "top", [x, k], [([1, 3], TensorProto.Types.DataType.Float), ([1, 3], TensorProto.Types.DataType.Int64)], [OnnxAttribute.Int("axis", 1)]);
        graph.AddOutput("indices", top[1]);
        Assert.Equal(["top_0", "top_1"], graph.Build().Graph.Node[0].Output);
    }

    internal static OnnxModel Build()
    {
        var graph = new OnnxGraphBuilder("matmul");
        var x = graph.AddInput("x", [-1, 3], dimensionNames: new Dictionary<int, string> { [0] = "batch" });
        var w = graph.AddInitializer("w", [1f, 2, 3, 4, 5, 6], 3, 2);
        graph.AddOutput("y", graph.AddNode("MatMul", "product", [x, w], [-1, 2]));
        graph.SetMetadata("about", "a test");
        return graph.Build();
    }
}
