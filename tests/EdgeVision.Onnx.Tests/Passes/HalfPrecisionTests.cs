using System.Runtime.InteropServices;
using EdgeVision.Onnx.Passes;
using Type = EdgeVision.Onnx.TensorProto.Types.DataType;

namespace EdgeVision.Onnx.Tests.Passes;

/// <summary>Which values become float16, where casts stand, and what is refused.</summary>
public class HalfPrecisionTests
{
    [Fact]
    public void TheOutsideStaysFloat32AndTheInsideIsFloat16()
    {
        var model = Scaled(2);
        HalfPrecision.Apply(model);
        Assert.Equal(["Cast", "Mul", "Cast"], model.Graph.Node.Select(n => n.OpType));
        Assert.All(model.Graph.Input.Concat(model.Graph.Output), v => Assert.Equal((int)Type.Float, v.Type.TensorType.ElemType));
        Assert.Equal(["x", "y"], model.Graph.Input.Concat(model.Graph.Output).Select(v => v.Name));
        var weight = Assert.Single(model.Graph.Initializer);
        Assert.Equal((int)Type.Float16, weight.DataType);
        Assert.Equal([(Half)2], MemoryMarshal.Cast<byte, Half>(weight.RawData.Span).ToArray());
    }

    [Fact]
    public void AnOperatorThatStaysHasCastsAroundItAndKeepsItsWeights()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, 1, 2, 2]);
        var relu = graph.AddNode("Relu", "relu", [x], [1, 1, 2, 2]);
        var large = graph.AddNode("Resize", "large", [relu, null, graph.AddInitializer("scales", [1f, 1, 2, 2], 4)], [1, 1, 4, 4]);
        graph.AddOutput("y", graph.AddNode("Relu", "y", [large], [1, 1, 4, 4]));
        var model = graph.Build();
        HalfPrecision.Apply(model);
        Assert.Equal(["Cast", "Relu", "Cast", "Resize", "Cast", "Relu", "Cast"], model.Graph.Node.Select(n => n.OpType));
        Assert.Equal((int)Type.Float, Assert.Single(model.Graph.Initializer).DataType);
        Assert.Contains("Resize", HalfPrecision.Float32Operators.Keys);
        AssertDefined(model.Graph);
    }

    [Fact]
    public void IntegersAndBooleansAreLeftAlone()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [-1, 4]);
        var shape = graph.AddNode("Shape", "shape", [x], [2], Type.Int64);
        var flat = graph.AddNode("Reshape", "flat", [x, shape], [-1, 4]);
        graph.AddOutput("y", flat);
        graph.AddOutput("rows", shape);
        var model = graph.Build();
        HalfPrecision.Apply(model);
        Assert.DoesNotContain(model.Graph.Node, n => n.OpType == "Cast" && n.Input[0] == "shape");
        Assert.Equal((int)Type.Int64, model.Graph.Output[1].Type.TensorType.ElemType);
        AssertDefined(model.Graph);
    }

    [Theory]
    [InlineData(65504f, true, "the largest of float16")]
    [InlineData(65536f, false, "beyond it")]
    [InlineData(-1e9f, false, "beyond it below")]
    public void WeightsBeyondTheRangeAreRefusedByName(float value, bool fits, string reason)
    {
        if (fits)
        {
            HalfPrecision.Apply(Scaled(value));
            return;
        }

        string message = Assert.Throws<InvalidDataException>(() => HalfPrecision.Apply(Scaled(value))).Message;
        Assert.True(message.Contains("'factor'", StringComparison.Ordinal), reason);
    }

    [Theory]
    [InlineData(1e9f, 65504f)]
    [InlineData(-1e9f, -65504f)]
    public void OrTakenToItsEndOnRequest(float value, float end)
    {
        var model = Scaled(value);
        HalfPrecision.Apply(model, clamp: true);
        Assert.Equal([(Half)end], MemoryMarshal.Cast<byte, Half>(model.Graph.Initializer[0].RawData.Span).ToArray());
    }

    [Fact]
    public void AnOperatorThatIsNotKnownIsNamed()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddOutput("y", graph.AddNode("StringNormalizer", "what", [graph.AddInput("x", [1])], [1]));
        Assert.Contains("StringNormalizer", Assert.Throws<InvalidDataException>(() => HalfPrecision.Apply(graph.Build())).Message, StringComparison.Ordinal);
        var other = new OnnxGraphBuilder("g");
        other.ImportOpset("com.example", 1);
        other.AddOutput("y", other.AddNode("Relu", "what", [other.AddInput("x", [1])], [([1], Type.Float)], [], "com.example")[0]);
        Assert.Contains("com.example.Relu", Assert.Throws<InvalidDataException>(() => HalfPrecision.Apply(other.Build())).Message, StringComparison.Ordinal);
    }

    private static OnnxModel Scaled(float factor)
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddOutput("y", graph.AddNode("Mul", "y", [graph.AddInput("x", [2]), graph.AddInitializer("factor", [factor], 1)], [2]));
        return graph.Build();
    }

    // Each value is made before it is read, and once.
    internal static void AssertDefined(GraphProto graph)
    {
        var known = graph.Input.Select(v => v.Name).Concat(graph.Initializer.Select(t => t.Name)).ToHashSet();
        foreach (var node in graph.Node)
        {
            Assert.All(node.Input.Where(i => i.Length > 0), i => Assert.Contains(i, known));
            Assert.All(node.Output.Where(o => o.Length > 0), o => Assert.True(known.Add(o), $"{o} is made twice"));
        }

        Assert.All(graph.Output, o => Assert.Contains(o.Name, known));
        Assert.Equal(graph.Node.Count, graph.Node.Select(n => n.Name).Distinct().Count());
    }
}
