using EdgeVision.Onnx;
using EdgeVision.Profiling.Operators;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ModelWeightsTests : IDisposable
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float, Half16 = TensorProto.Types.DataType.Float16, Int8 = TensorProto.Types.DataType.Int8, Int32 = TensorProto.Types.DataType.Int32;

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-weights-").FullName;
    private readonly GraphProto _graph = new() { Name = "g" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Of_a_convolution_its_normalization_and_what_is_no_weight()
    {
        Tensor("w", Float, 4, 3, 3, 3);
        Tensor("scale", Float, 4);
        Tensor("shift", Float, 4);
        Tensor("mean", Float, 4); // not learned by descent, and not counted by others either
        Tensor("variance", Float, 4);
        Tensor("shape", TensorProto.Types.DataType.Int64, 2);
        Tensor("low", Float);
        Node("Conv", "x w", "c");
        Node("BatchNormalization", "c scale shift mean variance", "n");
        Node("Clip", "n low", "l");
        Node("Reshape", "l shape", "y");
        Weighs(108 + 8, "fp32");
    }

    [Fact]
    public void Constants_and_initializers_that_are_shared_count_once()
    {
        Tensor("w", Float, 8, 8);
        _graph.Node.Add(new NodeProto { OpType = "Constant", Output = { "k" }, Attribute = { OnnxAttribute.Tensor("value", new TensorProto { DataType = (int)Float, Dims = { 8, 2 }, FloatData = { new float[16] } }) } });
        Node("MatMul", "x w", "a");
        Node("MatMul", "a w", "b");
        Node("MatMul", "b k", "y");
        Weighs(64 + 16, "fp32");
    }

    [Fact]
    public void Quantized_weights_count_once_and_scales_do_not()
    {
        Tensor("w", Int8, 4, 3, 3, 3);
        Tensor("w.scale", Float, 4);
        Tensor("w.zero", Int8, 4);
        Tensor("b", Int32, 4);
        Tensor("b.scale", Float, 4);
        Tensor("s", Float);
        Tensor("z", Int8);
        Node("QuantizeLinear", "x s z", "xq");
        Node("DequantizeLinear", "xq s z", "xd");
        Node("DequantizeLinear", "w w.scale w.zero", "wd");
        Node("DequantizeLinear", "b b.scale", "bd");
        Node("Conv", "xd wd bd", "y");
        Weighs(108 + 4, "int8");
    }

    [Fact]
    public void Integer_operators()
    {
        Tensor("w", Int8, 4, 3, 3, 3);
        Tensor("s", Float);
        Tensor("ws", Float, 4);
        Tensor("z", Int8);
        Tensor("b", Int32, 4);
        Tensor("m", Int8, 16, 4);
        Node("QLinearConv", "x s z w ws z s z b", "c");
        Node("QLinearMatMul", "c s z m s z s z", "y");
        Weighs(108 + 4 + 64, "int8");
    }

    [Fact]
    public void Half_precision_behind_casts()
    {
        Tensor("w", Half16, 8, 8);
        Node("Cast", "w", "wf");
        Node("Transpose", "wf", "wt");
        Node("MatMul", "x wt", "y");
        Weighs(64, "fp16");
    }

    [Theory]
    [InlineData(95, 5, "int8")]
    [InlineData(94, 6, "mixed")]
    public void Ninety_five_per_cent_make_a_kind(int bytes, int floats, string precision)
    {
        Tensor("q", Int8, bytes, 1);
        Tensor("f", Float, floats, 1);
        Node("MatMulInteger", "x q", "a");
        Node("MatMul", "a f", "y");
        Weighs(100, precision);
    }

    [Fact]
    public void Summands_count_beside_layers_and_before_them_and_tables_behind_them_do_not()
    {
        Tensor("mean", Float, 3); // subtracted: no weight
        Tensor("token", Float, 1, 1, 8);
        Tensor("positions", Float, 1, 5, 8);
        Tensor("w", Float, 8, 8);
        Tensor("b", Float, 8);
        Tensor("half", Float, 1); // a number of the formula's
        Tensor("grid", Float, 1, 5, 8);
        Node("Sub", "x mean", "centred");
        Node("Concat", "token centred", "tokens");
        Node("Add", "tokens positions", "placed");
        Node("Mul", "placed half", "halved");
        Node("MatMul", "halved w", "m");
        Node("Add", "m b", "biased"); // the last layer's bias
        Node("Sigmoid", "biased", "s");
        Node("Add", "s grid", "y");
        Weighs(8 + 40 + 64 + 8, "fp32");
    }

    [Fact]
    public void Weights_inside_a_body_and_outside_of_it()
    {
        File.WriteAllBytes(Path.Combine(_folder, "m.onnx"), ProfiledModels.Loop());
        Assert.Equal(ProfiledModels.Side * ProfiledModels.Side, ModelWeights.Read(Path.Combine(_folder, "m.onnx")).ParameterCount);
    }

    [Fact]
    public void A_graph_without_any()
    {
        Node("Relu", "x", "y");
        Weighs(0, "fp32");
    }

    [Fact]
    public void A_file_that_is_no_model()
    {
        string path = Path.Combine(_folder, "m.onnx");
        File.WriteAllText(path, "hello, world");
        Assert.Contains("not an ONNX", Assert.Throws<ModelFormatException>(() => ModelWeights.Read(path)).Message);
    }

    private void Weighs(long parameters, string precision)
    {
        string path = Path.Combine(_folder, "m.onnx");
        File.WriteAllBytes(path, ProfiledModels.Model(_graph));
        var weights = ModelWeights.Read(path);
        Assert.Equal((parameters, precision), (weights.ParameterCount, weights.Precision));
    }

    // Dimensions alone matter: nothing runs this.
    private void Tensor(string name, TensorProto.Types.DataType type, params long[] dims) => _graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)type, Dims = { dims } });

    private void Node(string type, string inputs, string output) => _graph.Node.Add(new NodeProto { OpType = type, Input = { inputs.Split(' ') }, Output = { output } });
}
