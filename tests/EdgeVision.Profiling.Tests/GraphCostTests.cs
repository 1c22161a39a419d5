using System.Globalization;
using System.Text.RegularExpressions;
using EdgeVision.Inference;
using EdgeVision.Inference.OnnxFiles;
using EdgeVision.Profiling.Operators;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

/// <summary>Multiply-accumulates of whole models: counted by hand, by the exporter, and by their authors.</summary>
public sealed class GraphCostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-cost-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_graph_counted_by_hand(int batch)
    {
        using var engine = Engine(ProfiledModels.Layers());
        engine.Resize(0, batch, 4, 6, 6);
        var cost = engine.MeasureCost();
        Assert.Equal((batch * ProfiledModels.LayersMacs, ProfiledModels.LayersParameters, "fp32"), (cost.Macs, cost.Weights.ParameterCount, cost.Weights.Precision));
        Assert.Empty(cost.UncountedNodes);
        Assert.Equal(["Conv", "ConvTranspose", "Einsum", "MatMul"], cost.MacsByOperator.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(batch * 8 * 36 * 18, cost.MacsByOperator["Conv"]);
    }

    [Fact]
    public void What_cannot_be_counted_is_named()
    {
        using var engine = Engine(ProfiledModels.Layers("...ij,...jk->...ik"));
        var cost = engine.MeasureCost();
        Assert.Equal("Einsum square", Assert.Single(cost.UncountedNodes));
        Assert.Equal(ProfiledModels.LayersMacs - 300, cost.Macs);
    }

    [Fact]
    public void A_body_counts_as_often_as_it_ran()
    {
        using var engine = Engine(ProfiledModels.Loop());
        var cost = engine.MeasureCost();
        Assert.Equal(ProfiledModels.Turns * (long)Math.Pow(ProfiledModels.Side, 3), cost.Macs);
        Assert.Equal(ProfiledModels.Side * ProfiledModels.Side, cost.Weights.ParameterCount);
    }

    // The authors count for a picture of 640x640, in FLOPs of a multiplication and an addition each; these files take 320x320, a quarter.
    [Theory]
    [InlineData("yolo11n.onnx", 2_616_248, 6.5)] // docs.ultralytics.com/models/yolo11
    [InlineData("yolov10n.onnx", 2_300_000, 6.7)] // docs.ultralytics.com/models/yolov10
    public void Models_as_their_authors_count_them(string file, double parameters, double gflops)
    {
        using var engine = new InferenceEngine(SharedData.Path("golden", "ultralytics", "models", file), new EngineOptions { InputShapes = new Dictionary<string, long[]> { ["images"] = [1, 3, 320, 320] } });
        var cost = engine.MeasureCost();
        Assert.Empty(cost.UncountedNodes);
        Assert.InRange(cost.Macs, gflops * 1e9 / 8 * 0.99, gflops * 1e9 / 8 * 1.01);
        Assert.InRange(cost.Weights.ParameterCount, parameters * 0.995, parameters * 1.005);
    }

    // The exporter walks the architecture, which has what the file no longer has; each difference has its reason.
    public static TheoryData<string, long, long> Bundles => new()
    {
        { "families-triplet", 2 * 64, 0 }, // the last layer has a bias and a normalization, which are one bias of 64 in the file
        { "figures-heatmap", 0, 0 },
        { "figures-simcc", 0, 0 },
        { "scenes-convnext", 0, 0 },
        { "scenes-efficientnet-lite0", 0, 0 },
        { "scenes-mobilenetv2", 0, 0 },
        { "scenes-mobilenetv3-small", 0, 0 },
        { "scenes-multitask", 0, 0 },
        { "scenes-resnet18", 0, 0 },
        { "scenes-resnet34", 0, 0 },
        { "scenes-resnet50", 0, 0 },
        { "scenes-tinyresnet", 0, 0 },
        { "scenes-unet", 0, 0 },
        { "scenes-vit", 0, 0 },
        { "shapes-fpn", 0, 0 },
        { "shelves-deeplab", 0, 0 },
        { "shelves-retinanet", 0, 0 },
        { "shelves-ssdlite", 0, 0 },
        { "shelves-yolo", -(4 * 64 + 630), -4 * 64 * 630 }, // the graph's decoding sums distributions by a matrix product and scales them by strides: constants, but not learned
    };

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Bundles_as_the_exporter_counts_them(string name, long parametersElsewhere, long macsElsewhere)
    {
        string path = Path.Combine(Repository(), "models", name + ".onnx"), card = File.ReadAllText(Path.ChangeExtension(path, ".md"));
        using var engine = new InferenceEngine(path);
        var cost = engine.MeasureCost();
        Assert.Empty(cost.UncountedNodes);

        // A normalization is folded into its convolution: two numbers a channel become one, the bias.
        var content = OnnxGraphContent.Read(path);
        var tensors = content.Constants.ToDictionary(t => t.Name);
        long folded = content.Nodes.Where(n => n.Name.Contains("+bn")).Sum(n => tensors[n.Inputs[2]].Elements);
        Assert.Equal(long.Parse(Row(card, "Parameters"), NumberStyles.AllowThousands, CultureInfo.InvariantCulture), cost.Weights.ParameterCount + folded + parametersElsewhere);

        // The card rounds.
        string millions = Regex.Match(Row(card, "Multiply-accumulates"), @"^([\d.]+) million").Groups[1].Value;
        Assert.Equal(double.Parse(millions, CultureInfo.InvariantCulture), (cost.Macs + macsElsewhere) * 1e-6, millions.Contains('.') ? 0.0501 : 0.501);
    }

    private static string Row(string card, string name) => Regex.Match(card, $@"^\| {name} \| (.+) \|", RegexOptions.Multiline).Groups[1].Value;

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "EdgeVision.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    private InferenceEngine Engine(byte[] model)
    {
        string path = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(path, model);
        return new InferenceEngine(path, new EngineOptions { Threads = ThreadBudget.FromCores(1) });
    }
}
