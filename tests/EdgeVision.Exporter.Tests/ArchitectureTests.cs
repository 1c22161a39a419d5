using EdgeVision.Decoding;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Models;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>Every architecture: its shapes at every stage, its size, and that its export computes what TorchSharp computes.</summary>
public class ArchitectureTests
{
    public ArchitectureTests() => TorchSetup.Initialize(2);

    public static TheoryData<string> Names => [.. ArchitectureCatalog.All.Select(a => a.Name)];

    private static ModelSettings ImageNet => new() { Labels = new DataLabels { Pictures = [.. Enumerable.Range(0, 1000).Select(i => $"class {i}")] } };

    // Torchvision 0.14's counts with 1000 classes (sum of p.numel()); ViT-S/16 as timm has it, EfficientNet-Lite0 as its authors.
    [Theory]
    [InlineData("resnet18", 11_689_512)]
    [InlineData("resnet34", 21_797_672)]
    [InlineData("resnet50", 25_557_032)]
    [InlineData("mobilenetv2", 3_504_872)]
    [InlineData("mobilenetv3-small", 2_542_856)]
    [InlineData("convnext", 28_589_128)]
    [InlineData("vit", 22_050_664)]
    [InlineData("efficientnet-lite0", 4_652_008)]
    public void AtThePublishedSizeItHasThePublishedParameters(string name, long parameters) =>
        Assert.Equal(parameters, ArchitectureCatalog.Create(name, ImageNet).Analyze().Parameters);

    // Multiply-accumulates of convolutions and matrix products at 224x224, as torchvision's model table gives them (GFLOPS column, two decimals).
    [Theory]
    [InlineData("resnet18", 1.81)]
    [InlineData("resnet34", 3.66)]
    [InlineData("resnet50", 4.09)]
    [InlineData("mobilenetv2", 0.30)]
    [InlineData("mobilenetv3-small", 0.06)]
    [InlineData("convnext", 4.46)]
    public void AtThePublishedSizeItDoesThePublishedWork(string name, double billions) =>
        Assert.Equal(billions, ArchitectureCatalog.Create(name, ImageNet).Analyze().MultiplyAccumulates / 1e9, 0.015);

    [Theory]
    [MemberData(nameof(Names))]
    public void TheExportEqualsTorchAtBatchOneAndThree(string name)
    {
        var architecture = ArchitectureCatalog.Create(name);
        var input = architecture.Spec.Input;
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        Assert.Equal(weights.ParameterCount, architecture.Analyze().Parameters);
        var model = OnnxExporter.Write(architecture, weights);
        Assert.DoesNotContain(model.Graph.Node, n => n.OpType is "BatchNormalization" or "Dropout");
        using var scope = torch.NewDisposeScope();
        torch.random.manual_seed(5);
        Parity.Measure(architecture, weights, model.ToBytes(), [torch.randn(1, 3, input.Height, input.Width), torch.randn(3, 3, input.Height, input.Width)]).ThrowIfAboveLimit();
    }

    // What the outputs do not need is left out of the file, and would stand in its card all the same. Batch norms are folded: weights of one axis are not looked for.
    [Theory]
    [MemberData(nameof(Names))]
    public void EveryWeightIsInTheExport(string name)
    {
        var architecture = ArchitectureCatalog.Create(name);
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var model = OnnxExporter.Write(architecture, weights);
        OnnxExporter.ApplyOptions(model, architecture.Spec, new ExportOptions()); // leaves out what nothing reads
        var exported = model.Graph.Initializer.GroupBy(t => t.Dims.Aggregate(1L, (a, d) => a * d)).ToDictionary(g => g.Key, g => g.Count());
        Assert.Empty(weights.TrainableWeights.Where(w => w.Tensor.dim() > 1).GroupBy(w => w.Tensor.numel())
            .Where(g => exported.GetValueOrDefault(g.Key) < g.Count()).Select(g => string.Join(", ", g.Select(w => w.Name))));
    }

    // Checkpoints from when its backbone had a stage more that nothing looked at.
    [Fact]
    public void SimccLoadsWhatHasAStageMore()
    {
        var architecture = ArchitectureCatalog.Create("simcc-pose");
        using WeightStore weights = DetectorHarness.Weights(architecture, randomized: true), fresh = DetectorHarness.Weights(architecture);
        Assert.Equal(568_338, weights.ParameterCount);
        Assert.Equal(["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "head"], architecture.Stages);
        var checkpoint = weights.Snapshot();
        checkpoint["backbone.stage4.block1.conv1.conv.weight"] = SafeTensor.FromFloats(new float[128 * 96 * 9], [128, 96, 3, 3]);
        fresh.Load(checkpoint);
        Assert.All(weights.Names, n => Assert.True(weights[n].equal(fresh[n]).all().item<bool>(), n));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheExportEqualsTorchAtASecondSize(string name)
    {
        // A graph of open sides takes both sizes; where positions or anchors are part of the graph, each size has its own.
        var settings = new ModelSettings { Width = 160, Height = 96 };
        var architecture = ArchitectureCatalog.Create(name);
        if (!architecture.SupportsDynamicSize)
        {
            architecture = ArchitectureCatalog.Create(name, settings);
        }

        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var model = OnnxExporter.Write(architecture, weights, new ExportOptions { DynamicSize = architecture.SupportsDynamicSize });
        using var scope = torch.NewDisposeScope();
        torch.random.manual_seed(6);
        torch.Tensor[] inputs = [torch.randn(1, 3, settings.Height, settings.Width), torch.randn(3, 3, settings.Height, settings.Width)];
        if (architecture.SupportsDynamicSize)
        {
            inputs = [.. inputs, torch.randn(2, 3, 128, 64)];
        }

        Parity.Measure(architecture, weights, model.ToBytes(), inputs).ThrowIfAboveLimit();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheSpecSurvivesItsJsonAndFitsItsDecoders(string name)
    {
        var architecture = ArchitectureCatalog.Create(name);
        string json = ModelSpecJson.Serialize(architecture.Spec);
        Assert.Equal(json, ModelSpecJson.Serialize(ModelSpecValidator.Parse(json, name)));
        Assert.Equal(architecture.Spec.Outputs.Select(o => o.Head), architecture.Heads.Select(h => h.Name));
        var outputs = architecture.Forward(new AnalysisNet(), new Value(-1, 3, architecture.Spec.Input.Height, architecture.Spec.Input.Width));
        var infos = outputs.Select(o => new TensorInfo(o.Name, [-1, .. o.Value.Shape[1..]], TensorElement.Float32)).ToArray();
        foreach (var output in architecture.Spec.Outputs)
        {
            Assert.NotNull(DecoderRegistry.Create(architecture.Spec, output, infos, new DecoderOptions(0.3f, 0.5f, 100, false)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryWeightBelongsToAStage(string name)
    {
        var architecture = ArchitectureCatalog.Create(name);
        using var weights = Trainer.CreateWeights(architecture, 1);
        Assert.All(weights.Names, n => Assert.Contains(architecture.Stages, s => WeightStore.HasStagePrefix(n, s)));
    }

    [Fact]
    public void TinyResNetAtEveryStage()
    {
        var architecture = ArchitectureCatalog.Create("tinyresnet");
        Shapes(architecture, 4, 128, 128,
            ("backbone.stem.conv", [4, 32, 64, 64]), ("backbone.stage1.block1.conv2.conv", [4, 32, 64, 64]), ("backbone.stage2.block1.shortcut.conv", [4, 64, 32, 32]),
            ("backbone.stage2.block2.conv2.conv", [4, 64, 32, 32]), ("pool", [4, 64, 1, 1]), ("head.fc", [4, 5]));
    }

    [Theory]
    [InlineData("resnet18", "backbone.stage1.block2.add", "backbone.stage4.block2.add", 64, 512)]
    [InlineData("resnet34", "backbone.stage1.block3.add", "backbone.stage4.block3.add", 64, 512)]
    [InlineData("resnet50", "backbone.stage1.block3.add", "backbone.stage4.block3.add", 256, 2048)]
    public void ResNetsAtEveryStage(string name, string first, string last, int channels, int lastChannels) => Shapes(ArchitectureCatalog.Create(name), 2, 224, 224,
        ("backbone.stem.conv", [2, 64, 112, 112]), ("backbone.pool", [2, 64, 56, 56]), (first, [2, channels, 56, 56]), (last, [2, lastChannels, 7, 7]), ("head.fc", [2, 5]));

    [Fact]
    public void MobileNetsAndEfficientNetAtEveryStage()
    {
        Shapes(ArchitectureCatalog.Create("mobilenetv2"), 1, 224, 224,
            ("backbone.stem.conv", [1, 32, 112, 112]), ("backbone.stage2.block1.project.conv", [1, 24, 56, 56]), ("backbone.stage3.block3.project.conv", [1, 32, 28, 28]),
            ("backbone.stage5.block3.project.conv", [1, 96, 14, 14]), ("backbone.stage7.block1.project.conv", [1, 320, 7, 7]), ("backbone.last.conv", [1, 1280, 7, 7]));
        Shapes(ArchitectureCatalog.Create("mobilenetv3-small"), 1, 224, 224,
            ("backbone.stem.conv", [1, 16, 112, 112]), ("backbone.block1.project.conv", [1, 16, 56, 56]), ("backbone.block3.project.conv", [1, 24, 28, 28]),
            ("backbone.block8.project.conv", [1, 48, 14, 14]), ("backbone.block11.project.conv", [1, 96, 7, 7]), ("backbone.last.conv", [1, 576, 7, 7]), ("head.hidden", [1, 1024]));
        Shapes(ArchitectureCatalog.Create("efficientnet-lite0"), 1, 224, 224,
            ("backbone.stage2.block2.project.conv", [1, 24, 56, 56]), ("backbone.stage3.block2.project.conv", [1, 40, 28, 28]), ("backbone.stage5.block3.project.conv", [1, 112, 14, 14]),
            ("backbone.stage7.block1.project.conv", [1, 320, 7, 7]));
    }

    [Fact]
    public void ConvNeXtAtEveryStage() => Shapes(ArchitectureCatalog.Create("convnext"), 1, 224, 224,
        ("backbone.stem.conv", [1, 96, 56, 56]), ("backbone.stage1.block3.add", [1, 96, 56, 56]), ("backbone.stage2.down", [1, 192, 28, 28]),
        ("backbone.stage3.block9.add", [1, 384, 14, 14]), ("backbone.stage4.block3.add", [1, 768, 7, 7]), ("head.norm", [1, 768]));

    [Fact]
    public void TheVisionTransformerAtEveryStage() => Shapes(ArchitectureCatalog.Create("vit"), 2, 224, 224,
        ("backbone.patch", [2, 384, 14, 14]), ("backbone.token", [2, 197, 384]), ("backbone.position", [2, 197, 384]),
        ("backbone.block1.attention.scores", [2, 6, 197, 197]), ("backbone.block12.attention.mix", [2, 6, 197, 64]), ("backbone.block12.mlp.expand", [2, 197, 1536]),
        ("backbone.norm", [2, 197, 384]), ("head.token", [2, 1, 384]), ("head.fc", [2, 5]));

    [Fact]
    public void UNetAtEveryStage() => Shapes(ArchitectureCatalog.Create("unet"), 1, 128, 128,
        ("down0.conv2.conv", [1, 64, 128, 128]), ("down2.conv2.conv", [1, 256, 32, 32]), ("down4.conv2.conv", [1, 1024, 8, 8]),
        ("up3.enlarge", [1, 512, 16, 16]), ("up3.conv1.conv", [1, 512, 16, 16]), ("up0.conv2.conv", [1, 64, 128, 128]), ("head.predict", [1, 2, 128, 128]));

    [Fact]
    public void DeepLabAtEveryStage() => Shapes(ArchitectureCatalog.Create("deeplabv3plus"), 1, 128, 128,
        ("backbone.stage1.block2.add", [1, 64, 32, 32]), ("backbone.stage3.block2.add", [1, 256, 8, 8]), ("backbone.stage4.block2.add", [1, 512, 8, 8]),
        ("aspp.rate18.conv", [1, 256, 8, 8]), ("aspp.mean", [1, 256, 1, 1]), ("aspp.spread", [1, 256, 8, 8]), ("aspp.project.conv", [1, 256, 8, 8]),
        ("decoder.low.conv", [1, 48, 32, 32]), ("decoder.upsample", [1, 256, 32, 32]), ("head.predict", [1, 2, 32, 32]));

    [Fact]
    public void PoseNetsAtEveryStage()
    {
        Shapes(ArchitectureCatalog.Create("heatmap-pose"), 2, 96, 128,
            ("backbone.stem.conv", [2, 24, 64, 48]), ("backbone.stage4.block1.add", [2, 128, 4, 3]), ("head.deconv1.conv", [2, 64, 8, 6]),
            ("head.deconv3.conv", [2, 64, 32, 24]), ("head.predict", [2, 13, 32, 24]));
        Shapes(ArchitectureCatalog.Create("simcc-pose"), 2, 96, 128,
            ("backbone.stage3.block2.add", [2, 96, 8, 6]), ("head.maps", [2, 26, 8, 6]), ("head.hidden", [2, 13, 192]), ("head.x", [2, 13, 192]), ("head.y", [2, 13, 256]));
    }

    [Fact]
    public void TheEmbeddingAtEveryStage() => Shapes(ArchitectureCatalog.Create("embedding"), 3, 64, 64,
        ("backbone.stage4.block1.add", [3, 160, 2, 2]), ("head.fc", [3, 64]), ("head.unit", [3, 64]));

    [Fact]
    public void TheMultiTaskNetAtEveryStage() => Shapes(ArchitectureCatalog.Create("multitask"), 2, 160, 128,
        ("backbone.stage4.block1.add", [2, 96, 4, 5]), ("fpn.output0", [2, 48, 16, 20]), ("classify.fc", [2, 5]),
        ("dense.conv.conv", [2, 48, 32, 40]), ("segment.predict", [2, 2, 32, 40]), ("depth.positive", [2, 1, 32, 40]));

    [Fact]
    public void HeadsCanBeLeftOut()
    {
        var alone = ArchitectureCatalog.Create("multitask", new ModelSettings { Options = new Dictionary<string, string> { ["heads"] = "depth" } });
        Assert.Equal(("depth", 1), (alone.Spec.Task, alone.Heads.Count));
        Assert.Equal(["metres"], alone.Forward(new AnalysisNet(), new Value(1, 3, 128, 160)).Select(o => o.Name));
        var e = Assert.Throws<EdgeVisionException>(() => ArchitectureCatalog.Create("multitask", new ModelSettings { Options = new Dictionary<string, string> { ["heads"] = "fly" } }));
        Assert.Contains("fly", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFactorOnTheChannelsMakesANarrowerNetwork()
    {
        long wide = ArchitectureCatalog.Create("resnet18").Analyze().Parameters, narrow = ArchitectureCatalog.Create("resnet18", new ModelSettings { WidthMultiplier = 0.25 }).Analyze().Parameters;
        Assert.InRange((double)wide / narrow, 14, 17);
    }

    private static void Shapes(Architecture architecture, int batch, int width, int height, params (string Stage, long[] Shape)[] expected)
    {
        var net = new AnalysisNet();
        architecture.Forward(net, new Value(batch, 3, height, width));
        var shapes = net.Layers.ToLookup(l => l.Name, l => l.Shape);
        foreach (var (stage, shape) in expected)
        {
            Assert.True(shapes.Contains(stage), $"there is no stage {stage}; there are {string.Join(", ", net.Layers.Select(l => l.Name).Where(n => n.StartsWith(stage.Split('.')[0], StringComparison.Ordinal)).Distinct().Take(40))}");
            Assert.Equal(shape, shapes[stage].Last());
        }
    }
}
