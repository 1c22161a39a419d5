using EdgeVision.Onnx.Passes;
using Type = EdgeVision.Onnx.TensorProto.Types.DataType;

namespace EdgeVision.Onnx.Tests.Passes;

/// <summary>What is folded, what is left alone, and that nothing is computed which would be too large to keep.</summary>
public class ConstantFoldingTests
{
    [Fact]
    public void ChainsOfConstantsBecomeOneInitializer()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [2]);
        var constant = graph.AddNode("Constant", "c", [], [2], attributes: OnnxAttribute.Tensor("value", OnnxTensor.Create("t", [3f, 4], 2)));
        var sum = graph.AddNode("Add", "sum", [constant, graph.AddInitializer("a", [1f, 2], 2)], [2]);
        var twice = graph.AddNode("Add", "twice", [sum, sum], [2]);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, twice], [2]));
        var model = graph.Build();

        Assert.Equal(3, ConstantFolding.Apply(model, AddAll));
        Assert.Equal(["Add"], model.Graph.Node.Select(n => n.OpType));
        Assert.Equal("twice", Assert.Single(model.Graph.Initializer).Name);
        Assert.Equal([8f, 12], OnnxTensor.ReadFloats(model.Graph.Initializer[0]));
    }

    [Theory]
    [InlineData("RandomNormalLike", "another result each time")]
    [InlineData("Dropout", "random in training")]
    [InlineData("DequantizeLinear", "small as it is")]
    public void SomeOperatorsAreNeverFolded(string op, string reason)
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [2]);
        var node = graph.AddNode(op, "n", [graph.AddInitializer("a", [1f, 2], 2)], [2]);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, node], [2]));
        var model = graph.Build();
        Assert.True(ConstantFolding.Apply(model, _ => throw new InvalidOperationException("must not run")) == 0, reason);
        Assert.Equal(2, model.Graph.Node.Count);
    }

    public static TheoryData<string, long[], long[]> Large => new()
    {
        { "ConstantOfShape", [1L << 40], [] },
        { "Expand", [1], [1 << 20, 1 << 20] },
        { "Tile", [1 << 12], [1 << 12] },
    };

    [Theory]
    [MemberData(nameof(Large))]
    public void WhatWouldBeTooLargeIsNotEvenComputed(string op, long[] first, long[] second)
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [-1]);
        var data = second.Length == 0 ? graph.AddInitializer("shape", first, first.Length) : graph.AddInitializer("data", new float[first[0]], first);
        var node = graph.AddNode(op, "n", second.Length == 0 ? [data] : [data, graph.AddInitializer("shape", second, second.Length)], [-1]);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, node], [-1]));
        Assert.Equal(0, ConstantFolding.Apply(graph.Build(), _ => throw new InvalidOperationException("must not run")));
    }

    [Fact]
    public void AnExpansionThatStaysSmallIsFoldedThoughItsShapesMultiply()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, 4096, 2]);
        var node = graph.AddNode("Expand", "n", [graph.AddInitializer("data", new float[8192], 1, 4096, 2), graph.AddInitializer("shape", [1L, 4096, 2], 3)], [1, 4096, 2]);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, node], [1, 4096, 2]));
        Assert.Equal(1, ConstantFolding.Apply(graph.Build(), _ => [OnnxTensor.Create("r", new float[8192], 1, 4096, 2)]));
    }

    [Fact]
    public void AnInitializerThatCallersMayReplaceIsNoConstant()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [2]);
        var a = graph.AddInitializer("a", [1f, 2], 2);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, graph.AddNode("Add", "sum", [a, a], [2])], [2]));
        var model = graph.Build();
        model.Graph.Input.Add(new ValueInfoProto { Name = "a", Type = model.Graph.Input[0].Type.Clone() });
        Assert.Equal(0, ConstantFolding.Apply(model, AddAll));
    }

    [Fact]
    public void OptionalOutputsThatAreLeftOutStayOut()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [2]);
        var parts = graph.AddNode("Split", "parts", [graph.AddInitializer("a", [1f, 2, 3, 4], 4)], [([2], Type.Float), ([2], Type.Float)], []);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, parts[1]], [2]));
        var model = graph.Build();
        model.Graph.Node[0].Output[0] = "";
        OnnxModel? seen = null;
        Assert.Equal(1, ConstantFolding.Apply(model, m =>
        {
            seen = m;
            return [OnnxTensor.Create("r", [3f, 4], 2)];
        }));
        Assert.Equal(parts[1].Name, Assert.Single(seen!.Graph.Output).Name);
        Assert.Equal(parts[1].Name, Assert.Single(model.Graph.Initializer).Name);
    }

    // The only operator of these graphs.
    private static IReadOnlyList<TensorProto> AddAll(OnnxModel model)
    {
        var node = Assert.Single(model.Graph.Node);
        Assert.Equal("Add", node.OpType);
        Assert.Empty(model.Graph.Input);
        var values = node.Input.Select(i => OnnxTensor.ReadFloats(model.Graph.Initializer.First(t => t.Name == i))).ToArray();
        return [OnnxTensor.Create("sum", [.. values[0].Zip(values[1], (a, b) => a + b)], values[0].Length)];
    }
}
