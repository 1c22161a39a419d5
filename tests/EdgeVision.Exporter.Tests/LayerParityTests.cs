using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public class LayerParityTests
{
    public LayerParityTests() => TorchSetup.Initialize(2);

    // Reason, layer, item shapes of its inputs. A new kind of layer is a new row; EveryLayerHasARow counts them.
    private static readonly (string Reason, Layer Layer, long[][] Inputs)[] Rows =
    [
        ("plain", new Conv2d(5, 3), [[4, 9, 7]]),
        ("stride, even kernel, no padding, no bias", new Conv2d(6, 2) { Stride = 2, Padding = 0, Bias = false }, [[3, 8, 10]]),
        ("dilated", new Conv2d(4, 3) { Dilation = 2, Padding = 2 }, [[4, 9, 9]]),
        ("depthwise", new Conv2d(6, 3) { Groups = 6 }, [[6, 8, 8]]),
        ("behind no convolution: scale and shift", new BatchNorm(), [[5, 4, 6]]),
        ("of a matrix", new BatchNorm(), [[5]]),
        ("matrix: Gemm", new Linear(7), [[5]]),
        ("matrix without bias", new Linear(7) { Bias = false }, [[5]]),
        ("tokens: MatMul and Add", new Linear(7), [[3, 5]]),
        ("tokens without bias", new Linear(7) { Bias = false }, [[3, 5]]),
        ("", new Relu(), [[3, 4, 5]]),
        ("", new Sigmoid(), [[3, 4, 5]]),
        ("", new Silu(), [[3, 4, 5]]),
        ("last axis", new Softmax(-1), [[3, 5]]),
        ("channels", new Softmax(1), [[3, 4, 5]]),
        ("odd size, padded", new MaxPool(3, 2, 1), [[3, 9, 8]]),
        ("", new MaxPool(2, 2), [[3, 8, 8]]),
        ("", new GlobalAveragePool(), [[3, 5, 7]]),
        ("same shapes", new Add(), [[3, 4, 5], [3, 4, 5]]),
        ("broadcast over pixels", new Add(), [[3, 4, 5], [3, 1, 1]]),
        ("gate of channels", new Multiply(), [[3, 4, 5], [3, 1, 1]]),
        ("channels", new Concat(1), [[3, 4, 5], [2, 4, 5]]),
        ("rows", new Concat(2), [[3, 4, 5], [3, 1, 5]]),
        ("to fewer axes", new Reshape(-1, 5), [[3, 4, 5]]),
        ("to more axes", new Reshape(3, 2, 2, 5), [[3, 4, 5]]),
        ("channels last", new Permute(0, 2, 3, 1), [[3, 4, 5]]),
        ("", new Relu6(), [[3, 4, 5]]),
        ("", new HardSigmoid(), [[3, 4, 5]]),
        ("", new HardSwish(), [[3, 4, 5]]),
        ("", new Gelu(), [[3, 4, 5]]),
        ("", new Softplus(), [[3, 4, 5]]),
        ("tokens", new LayerNorm(), [[3, 6]]),
        ("channels last", new LayerNorm(), [[4, 5, 6]]),
        ("", new L2Normalize(), [[7]]),
        ("channels last", new LayerScale(0.3f), [[5, 3, 4]]),
        ("features of tokens", new LayerScale(0.3f), [[3, 5]]),
        ("heads of attention", new MatMul(), [[2, 5, 3], [2, 3, 4]]),
        ("", new Scale(0.25f), [[3, 5]]),
        ("one more token", new ClassToken(), [[4, 6]]),
        ("", new LearnedPosition(), [[4, 6]]),
        ("some tokens", new Slice(1, 1, 2), [[4, 6]]),
        ("twice the size", new ConvTranspose2d(5), [[3, 4, 6]]),
        ("no overlap, no bias", new ConvTranspose2d(5, 2, 2) { Bias = false }, [[3, 4, 6]]),
        ("", new UpsampleBilinear(2), [[3, 4, 5]]),
        ("by four", new UpsampleBilinear(4), [[3, 4, 5]]),
        ("up and down", new ResizeLike(), [[3, 4, 9], [2, 7, 5]]),
        ("one pixel spread", new ResizeLike(), [[3, 1, 1], [2, 7, 5]]),
        ("", new UpsampleNearest(2), [[3, 4, 5]]),
        ("by three", new UpsampleNearest(3), [[3, 4, 5]]),
        ("two levels, not square, the last cell beyond the edge", new DistributionBoxes(40, 16, 8, 16), [[64, 13]]),
        ("some of a row", new ColumnSlice(1, 3), [[4, 5]]),
        ("two levels, the second with fewer than it may give", new Proposals(SmallAnchors, 48, 32) { MaxPerLevel = 20, MaxProposals = 12 }, [[60], [60, 4]]),
    ];

    private static AnchorGenerator SmallAnchors => new([8, 16], [[12], [24]], [0.5f, 2f]);

    // Rows of random numbers name no item of the batch: these have tests of their own.
    private static readonly Type[] Elsewhere = [typeof(PyramidRoiAlign)];

    public static TheoryData<int> RowNumbers => [.. Enumerable.Range(0, Rows.Length)];

    [Theory]
    [MemberData(nameof(RowNumbers))]
    public void OnnxRuntimeGivesWhatTorchGives(int row)
    {
        var (reason, layer, shapes) = Rows[row];
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        IReadOnlyList<(string, Value)> Forward(Net net, Value[] inputs) => [("y", net.Apply("layer", layer, inputs))];
        torch.Tensor[] Inputs(int batch) => [.. shapes.Select(s => torch.randn([batch, .. s]))];

        Forward(new TorchNet(weights, training: false), [.. Inputs(2).Select(TorchNet.Wrap)]);
        Randomize(weights);
        var graph = new OnnxGraphBuilder("layer");
        var net = new OnnxNet(graph, weights);
        var (name, value) = Forward(net, [.. shapes.Select((s, i) => net.AddInput($"x{i}", s))])[0];
        net.AddOutput(name, value);

        var parity = Parity.Measure(graph.Build().ToBytes(), [Inputs(1), Inputs(3)], Forward, weights);
        Assert.True(parity.MaxRelative <= 1e-5, $"{layer} ({reason}): {parity}");
    }

    [Fact]
    public void EveryLayerHasARow()
    {
        var kinds = typeof(Layer).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Layer)) && !t.IsAbstract);
        Assert.Empty(kinds.Except(Rows.Select(r => r.Layer.GetType())).Except(Elsewhere));
    }

    [Theory]
    [InlineData("conv")]
    [InlineData("conv without bias")]
    [InlineData("linear")]
    [InlineData("transposed conv")]
    public void BatchNormIsFoldedIntoWhatStandsBeforeIt(string kind)
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        long[] shape = kind == "linear" ? [6] : [6, 7, 5];
        Layer first = kind switch { "linear" => new Linear(4), "transposed conv" => new ConvTranspose2d(4), _ => new Conv2d(4, 3) { Bias = kind == "conv" } };
        IReadOnlyList<(string, Value)> Forward(Net net, Value[] x) => [("y", net.Apply("bn", new BatchNorm(), net.Apply("first", first, x[0])))];
        Forward(new TorchNet(weights, training: false), [TorchNet.Wrap(torch.randn([2, .. shape]))]);
        Randomize(weights);
        var graph = new OnnxGraphBuilder("folded");
        var net = new OnnxNet(graph, weights);
        net.AddOutput("y", Forward(net, [net.AddInput("x", shape)])[0].Item2);
        var model = graph.Build();

        Assert.Equal([kind switch { "linear" => "Gemm", "transposed conv" => "ConvTranspose", _ => "Conv" }, "Identity"], model.Graph.Node.Select(n => n.OpType));
        var parity = Parity.Measure(model.ToBytes(), [[torch.randn([3, .. shape])]], Forward, weights);
        Assert.True(parity.MaxAbsolute <= 1e-5, parity.ToString());
    }

    [Fact]
    public void AConvolutionThatSomethingElseReadsTooStaysAsItIs()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        IReadOnlyList<(string, Value)> Forward(Net net, Value[] x)
        {
            var conv = net.Conv("conv", x[0], 4);
            return [("y", net.Add(net.Apply("bn", new BatchNorm(), conv), conv))];
        }

        Forward(new TorchNet(weights, training: false), [TorchNet.Wrap(torch.randn(1, 3, 6, 6))]);
        Randomize(weights);
        var graph = new OnnxGraphBuilder("both");
        var net = new OnnxNet(graph, weights);
        net.AddOutput("y", Forward(net, [net.AddInput("x", 3, 6, 6)])[0].Item2);
        var parity = Parity.Measure(graph.Build().ToBytes(), [[torch.randn(2, 3, 6, 6)]], Forward, weights);
        Assert.True(parity.MaxRelative <= 1e-5, parity.ToString());
    }

    [Fact]
    public void OpenSidesStayOpen()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        IReadOnlyList<(string, Value)> Forward(Net net, Value[] x)
        {
            var fine = net.ConvNorm("fine", x[0], 4, stride: 2);
            var coarse = net.ConvNorm("coarse", fine, 4, stride: 2);
            var sum = net.Add(fine, net.Upsample(coarse));
            return [("y", net.Reshape(net.Permute(sum, 0, 2, 3, 1), -1, 4))];
        }

        Forward(new TorchNet(weights, training: false), [TorchNet.Wrap(torch.randn(1, 3, 8, 8))]);
        var graph = new OnnxGraphBuilder("open");
        var net = new OnnxNet(graph, weights);
        net.AddOutput("y", Forward(net, [net.AddInput("x", 3, -1, -1)])[0].Item2);
        var parity = Parity.Measure(graph.Build().ToBytes(), [[torch.randn(1, 3, 8, 12)], [torch.randn(3, 3, 32, 16)]], Forward, weights);
        Assert.True(parity.MaxRelative <= 1e-5, parity.ToString());
    }

    [Fact]
    public void ASharedLayerIsWrittenWithOneSetOfWeights()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        Value Twice(Net net, Value x) => net.Conv("same", net.Conv("same", x, 3), 3);
        Twice(new TorchNet(weights, training: false), TorchNet.Wrap(torch.randn(1, 3, 6, 6)));
        var graph = new OnnxGraphBuilder("shared");
        var net = new OnnxNet(graph, weights);
        net.AddOutput("y", Twice(net, net.AddInput("x", 3, 6, 6)));
        Assert.Equal(["same.weight", "same.bias"], graph.Build().Graph.Initializer.Select(t => t.Name));
        var analysis = new AnalysisNet();
        Twice(analysis, new Value(1, 3, 6, 6));
        Assert.Equal(weights.ParameterCount, analysis.Parameters);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithTheLayersName()
    {
        var net = new AnalysisNet();
        using var scope = net.Scope("neck");
        var error = Assert.Throws<ArgumentException>(() => net.Add(new Value(1, 3, 4, 4), new Value(1, 3, 8, 8)));
        Assert.StartsWith("neck.add:", error.Message, StringComparison.Ordinal);
    }

    // Running statistics start at 0 and 1, where a mistake would not show.
    private static void Randomize(WeightStore weights)
    {
        using var noGradient = torch.no_grad();
        using var random = new torch.Generator(2);
        foreach (string name in weights.Names)
        {
            if (name.EndsWith("running_var", StringComparison.Ordinal))
            {
                weights[name].uniform_(0.3, 2, random);
            }
            else
            {
                weights[name].normal_(0, 0.5, random);
            }
        }
    }
}
