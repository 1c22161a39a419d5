using EdgeVision.Onnx.Passes;
using Type = EdgeVision.Onnx.TensorProto.Types.DataType;

namespace EdgeVision.Onnx.Tests.Passes;

/// <summary>Normalisation goes into the first convolution where that is exact, and stands before it where it is not.</summary>
public class PreprocessingInGraphTests
{
    private static readonly float[] Mean = [0.5f, 0.25f, 0.125f], Std = [0.5f, 0.25f, 2];

    [Fact]
    public void WithoutPaddingAllOfItIsFolded()
    {
        var model = Convolution(pads: false, bias: true);
        PreprocessingInGraph.Apply(model, "x", 1f / 255, Mean, Std);
        Assert.Equal(["Cast", "Transpose", "Conv"], model.Graph.Node.Select(n => n.OpType));
        // One tap: y = sum w (b / 255 - mean) / std + bias, for bytes 255, 0, 51.
        Assert.Equal(1 * (1 - 0.5) / 0.5 + 2 * (0 - 0.25) / 0.25 + 4 * (0.2 - 0.125) / 2 + 10, Value(model, [255, 0, 51]), 1e-5);
        HalfPrecisionTests.AssertDefined(model.Graph);
    }

    [Fact]
    public void AConvolutionWithoutBiasGetsOne()
    {
        var model = Convolution(pads: false, bias: false);
        PreprocessingInGraph.Apply(model, "x", 1f / 255, Mean, Std);
        Assert.Equal(-1 - 2 - 0.25, Value(model, [0, 0, 0]), 1e-5);
    }

    [Fact]
    public void WithPaddingTheMeanIsTakenBeforeSoThatBordersStayTheMeansColour()
    {
        var model = Convolution(pads: true, bias: true);
        PreprocessingInGraph.Apply(model, "x", 1f / 255, Mean, Std);
        Assert.Equal(["Cast", "Transpose", "Sub", "Conv"], model.Graph.Node.Select(n => n.OpType));
        var mean = model.Graph.Initializer.First(t => t.Name == model.Graph.Node[2].Input[1]);
        Assert.All(OnnxTensor.ReadFloats(mean).Zip((float[])[127.5f, 63.75f, 31.875f]), p => Assert.Equal(p.Second, p.First, 1e-4f)); // 1/255 is no float
        Assert.Equal([1, 3, 1, 1], mean.Dims);
        Assert.Equal("bias", model.Graph.Node[3].Input[2]);
    }

    [Fact]
    public void TheInputIsBytesByRowsAndTheOldWeightsAreGone()
    {
        var model = Convolution(pads: false, bias: true);
        PreprocessingInGraph.Apply(model, "x", 1f / 255, Mean, Std);
        var input = Assert.Single(model.Graph.Input);
        Assert.Equal((int)Type.Uint8, input.Type.TensorType.ElemType);
        Assert.Equal(["N", "", "", ""], input.Type.TensorType.Shape.Dim.Select(d => d.DimParam));
        Assert.Equal([0, 8, 6, 3], input.Type.TensorType.Shape.Dim.Select(d => d.DimValue));
        Assert.DoesNotContain(model.Graph.Initializer, t => t.Name is "weight" or "bias");
    }

    [Fact]
    public void WeightsThatAnotherNodeReadsStayAsTheyAreForIt()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, 3, 8, 6]);
        var weight = graph.AddInitializer("weight", [1f, 2, 4], 1, 3, 1, 1);
        graph.AddOutput("y", graph.AddNode("Conv", "y", [x, weight], [1, 1, 8, 6]));
        graph.AddOutput("z", graph.AddNode("Relu", "z", [weight], [1, 3, 1, 1]));
        var model = graph.Build();
        PreprocessingInGraph.Apply(model, "x", 1f / 255, Mean, Std);
        Assert.Equal([1f, 2, 4], OnnxTensor.ReadFloats(model.Graph.Initializer.First(t => t.Name == "weight")));
    }

    [Theory]
    [InlineData("nobody", "no input 'nobody'")]
    [InlineData("gray", "must be [N,3,H,W]")]
    [InlineData("relu", "must be read by a single convolution")]
    [InlineData("twice", "must be read by a single convolution")]
    [InlineData("bias", "is not a constant")]
    public void WhereItCannotBeExactItIsRefused(string kind, string part)
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [1, kind == "gray" ? 1 : 3, 8, 6]);
        var weight = graph.AddInitializer("weight", [1f, 2, 4], 1, 3, 1, 1);
        GraphValue? bias = kind == "bias" ? graph.AddInput("bias", [1]) : null;
        graph.AddOutput("y", kind == "relu" ? graph.AddNode("Relu", "y", [x], [1, 3, 8, 6]) : graph.AddNode("Conv", "y", bias is null ? [x, weight] : [x, weight, bias], [1, 1, 8, 6]));
        if (kind == "twice")
        {
            graph.AddOutput("z", graph.AddNode("Relu", "z", [x], [1, 3, 8, 6]));
        }

        var error = Assert.Throws<InvalidDataException>(() => PreprocessingInGraph.Apply(graph.Build(), kind == "nobody" ? "nobody" : "x", 1f / 255, Mean, Std));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    // One filter of one tap, or of nine with zeros around.
    private static OnnxModel Convolution(bool pads, bool bias)
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", [-1, 3, 8, 6], dimensionNames: new Dictionary<int, string> { [0] = "N" });
        int side = pads ? 3 : 1;
        float[] taps = [.. new float[] { 1, 2, 4 }.SelectMany(w => Enumerable.Repeat(w, side * side))];
        List<GraphValue?> inputs = [x, graph.AddInitializer("weight", taps, 1, 3, side, side)];
        if (bias)
        {
            inputs.Add(graph.AddInitializer("bias", [10f], 1));
        }

        graph.AddOutput("y", graph.AddNode("Conv", "y", inputs, [-1, 1, 8, 6], attributes: OnnxAttribute.Ints("pads", pads ? [1, 1, 1, 1] : [0, 0, 0, 0])));
        return graph.Build();
    }

    // The convolution of one tap on one pixel.
    private static double Value(OnnxModel model, byte[] pixel)
    {
        var conv = model.Graph.Node.Single(n => n.OpType == "Conv");
        float[] Read(string name) => OnnxTensor.ReadFloats(model.Graph.Initializer.First(t => t.Name == name));
        return Read(conv.Input[1]).Zip(pixel, (w, b) => (double)w * b).Sum() + Read(conv.Input[2])[0];
    }
}
