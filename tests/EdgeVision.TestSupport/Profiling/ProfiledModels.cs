using EdgeVision.Onnx;

namespace EdgeVision.TestSupport.Profiling;

/// <summary>Small graphs whose costs are known.</summary>
internal static class ProfiledModels
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float, Int64 = TensorProto.Types.DataType.Int64, Bool = TensorProto.Types.DataType.Bool;

    /// <summary>Turns of the loop.</summary>
    public const int Turns = 3;

    /// <summary>Side of the loop's matrices.</summary>
    public const int Side = 96;

    /// <summary>y = x, multiplied by w in a loop's body; outer and inner nodes have the same name.</summary>
    public static byte[] Loop()
    {
        var body = new GraphProto { Name = "body" };
        body.Input.Add(Value("i", Int64));
        body.Input.Add(Value("go_on", Bool));
        body.Input.Add(Value("v", Float, Side, Side));
        body.Node.Add(new NodeProto { OpType = "Identity", Name = "again", Input = { "go_on" }, Output = { "again" } });
        body.Node.Add(new NodeProto { OpType = "MatMul", Name = "work", Input = { "v", "w" }, Output = { "product" } });
        body.Output.Add(Value("again", Bool));
        body.Output.Add(Value("product", Float, Side, Side));

        var graph = new GraphProto { Name = "graph" };
        graph.Input.Add(Value("x", Float, Side, Side));
        graph.Output.Add(Value("y", Float, Side, Side));
        graph.Initializer.Add(OnnxTensor.Create("turns", [Turns]));
        graph.Initializer.Add(new TensorProto { Name = "true", DataType = (int)Bool, Int32Data = { 1 } });
        graph.Initializer.Add(OnnxTensor.Create("w", new float[Side * Side], Side, Side));
        graph.Node.Add(new NodeProto { OpType = "Loop", Name = "loop", Input = { "turns", "true", "x" }, Output = { "looped" }, Attribute = { OnnxAttribute.Graph("body", body) } });
        graph.Node.Add(new NodeProto { OpType = "Neg", Name = "work", Input = { "looped" }, Output = { "y" } });
        return Model(graph);
    }

    /// <summary>A convolution with padding and groups, its transpose, a matrix product and an Einsum, for pictures of 1x4x6x6.</summary>
    public static byte[] Layers(string einsum = "bij,bjk->bik")
    {
        var builder = new OnnxGraphBuilder("layers");
        var x = builder.AddInput("x", [-1, 4, 6, 6]);
        var conv = builder.AddNode("Conv", "conv", [x, builder.AddInitializer("conv.w", new float[8 * 2 * 3 * 3], 8, 2, 3, 3), builder.AddInitializer("conv.b", new float[8], 8)], [-1, 8, 6, 6],
            attributes: [OnnxAttribute.Int("group", 2), OnnxAttribute.Ints("pads", 1, 1, 1, 1)]);
        var up = builder.AddNode("ConvTranspose", "up", [conv, builder.AddInitializer("up.w", new float[8 * 3 * 2 * 2], 8, 3, 2, 2)], [-1, 3, 12, 12], attributes: [OnnxAttribute.Ints("strides", 2, 2)]);
        var rows = builder.AddNode("Reshape", "rows", [up, builder.AddInitializer("shape", [-1L, 12, 36], 3)], [-1, 12, 36]);
        var product = builder.AddNode("MatMul", "product", [rows, builder.AddInitializer("product.w", new float[36 * 5], 36, 5)], [-1, 12, 5]);
        var biased = builder.AddNode("Add", "bias", [product, builder.AddInitializer("bias.b", new float[5], 5)], [-1, 12, 5]);
        var turned = builder.AddNode("Transpose", "turned", [biased], [-1, 5, 12], attributes: [OnnxAttribute.Ints("perm", 0, 2, 1)]);
        var square = builder.AddNode("Einsum", "square", [turned, biased], [-1, 5, 5], attributes: [OnnxAttribute.String("equation", einsum)]);
        var table = builder.AddNode("Add", "anchors", [builder.AddNode("Sigmoid", "sigmoid", [square], [-1, 5, 5]), builder.AddInitializer("table", new float[25], 1, 5, 5)], [-1, 5, 5]);
        builder.AddOutput("y", builder.AddNode("Mul", "half", [table, builder.AddInitializer("scalar", new float[1], 1)], [-1, 5, 5]));
        return builder.Build().ToBytes();
    }

    /// <summary>Multiply-accumulates of one item of <see cref="Layers"/>: 8·6·6 outputs with 2·9 each, 8·6·6 inputs with 3·4 each, 12·5 sums of 36, 5·5 sums of 12.</summary>
    public const long LayersMacs = 8 * 36 * 18 + 8 * 36 * 12 + 12 * 5 * 36 + 25 * 12;

    /// <summary>Weights of <see cref="Layers"/>: no shape, no table behind the last layer, no scalar.</summary>
    public const long LayersParameters = 8 * 18 + 8 + 8 * 12 + 36 * 5 + 5;

    public static byte[] Model(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return new OnnxModel(model).ToBytes();
    }

    public static ValueInfoProto Value(string name, TensorProto.Types.DataType type, params int[] shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto() };
        tensor.Shape.Dim.AddRange(shape.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
