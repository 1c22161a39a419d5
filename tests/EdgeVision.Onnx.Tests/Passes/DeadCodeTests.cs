using EdgeVision.Onnx.Passes;

namespace EdgeVision.Onnx.Tests.Passes;

/// <summary>Nothing that is read goes, inside graphs of nodes too.</summary>
public class DeadCodeTests
{
    [Fact]
    public void BranchesThatLeadNowhereGoWithTheirConstants()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [2]);
        var used = graph.AddInitializer("used", [1f, 2], 2);
        var lost = graph.AddNode("Mul", "lost", [x, graph.AddInitializer("unused", [1f, 2], 2)], [2]);
        graph.AddNode("Relu", "further", [lost], [2]);
        graph.AddOutput("y", graph.AddNode("Add", "y", [x, used], [2]));
        var model = graph.Build();
        model.Graph.ValueInfo.Add(new ValueInfoProto { Name = "lost" });
        Assert.Equal(3, DeadCodeElimination.Apply(model.Graph));
        Assert.Equal(["y"], model.Graph.Node.Select(n => n.Name));
        Assert.Equal(["used"], model.Graph.Initializer.Select(t => t.Name));
        Assert.Empty(model.Graph.ValueInfo);
        Assert.Equal(0, DeadCodeElimination.Apply(model.Graph));
    }

    [Fact]
    public void WhatAGraphInsideANodeReadsStays()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [2]);
        var condition = graph.AddInput("condition", [1], TensorProto.Types.DataType.Bool);
        graph.AddInitializer("inside", [1f, 2], 2);
        graph.AddNode("Relu", "before", [x], [2]);
        var branch = new GraphProto { Name = "then" };
        var node = new NodeProto { OpType = "Add" };
        node.Input.AddRange(["before", "inside"]);
        node.Output.Add("sum");
        branch.Node.Add(node);
        branch.Output.Add(new ValueInfoProto { Name = "sum" });
        graph.AddOutput("y", graph.AddNode("If", "y", [condition], [2], attributes: [OnnxAttribute.Graph("then_branch", branch), OnnxAttribute.Graph("else_branch", branch.Clone())]));
        var model = graph.Build();
        Assert.Equal(0, DeadCodeElimination.Apply(model.Graph));
        Assert.Equal(["before", "y"], model.Graph.Node.Select(n => n.Name));
        Assert.Equal(["inside"], model.Graph.Initializer.Select(t => t.Name));
    }
}
