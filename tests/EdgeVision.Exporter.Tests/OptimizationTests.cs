using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Commands;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>What a run is made of: configs, balance of losses, averages, freezing, rates by stage, transfer.</summary>
public sealed class OptimizationTests : IDisposable
{
    private const string Small = """
        name: small
        architecture: tinyresnet
        model: { width: 32, height: 32, channels: 0.25 }
        data: { train: { kind: scenes, count: 8, seed: 1 } }
        training: { epochs: 2, batch: 4 }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-optimization").FullName;

    public OptimizationTests() => TorchSetup.Initialize(2);

    [Theory]
    [InlineData("name: x", "architecture")]
    [InlineData("architecture: yolo", "name")]
    [InlineData("name: x\narchitecture: yolo", "data.train")]
    [InlineData("name: x\narchitecture: yolo\ncolour: red", "line 3")]
    [InlineData("name: x\narchitecture: yolo\ndata: { train: { kind: shelves, count: many } }", "line 3")]
    [InlineData("name: x\narchitecture: yolo\ndata: { train: { kind: shelves } }\ntraining: { epochs: 0 }", "training.epochs")]
    [InlineData("name: x\narchitecture: yolo\ndata: { train: { kind: shelves } }\ntraining: { schedule: sometimes }", "training.schedule")]
    [InlineData("name: x\narchitecture: yolo\ndata: { train: { kind: shelves } }\ntraining: { balance: fair }", "training.balance")]
    [InlineData("name: x/y\narchitecture: yolo\ndata: { train: { kind: shelves } }", "name")]
    [InlineData("", "empty")]
    [InlineData("name: [", "line")]
    public void AWrongConfigSaysWhereAndWhat(string yaml, string part) =>
        Assert.Contains(part, Assert.Throws<EdgeVisionException>(() => TrainConfig.Parse(yaml, "config 'x'")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("kind: unicorns, count: 3", "unicorns")]
    [InlineData("kind: shelves", "count")]
    [InlineData("kind: folder, path: no-such-folder", "no-such-folder")]
    [InlineData("kind: shelves, count: 3, first: 2, take: 5", "3")]
    public void DataThatIsNotThereIsNamed(string source, string part) => Assert.Contains(part,
        Assert.Throws<EdgeVisionException>(() => TrainingRun.Open(TrainConfig.Parse($"name: x\narchitecture: yolo\ndata: {{ train: {{ {source} }} }}", "config"))).Message, StringComparison.Ordinal);

    [Fact]
    public void AConfigSurvivesItsOwnYamlAndJsonIsYaml()
    {
        var config = TrainConfig.Parse("""
            {"name": "x", "architecture": "retinanet", "model": {"channels": 0.5, "options": {"anchors": "8,10,12,14,16,18"}},
             "data": {"train": {"kind": "shelves", "count": 5}}, "augment": {"flip": 0.5, "scale": [0.8, 1.2]},
             "training": {"rates": {"backbone": 0.1}, "unfreezeAt": {"backbone": 3}, "losses": {"detect.boxes": 2}}}
            """, "json");
        var again = TrainConfig.Parse(config.ToYaml(), "again");
        Assert.Equal(config.ToYaml(), again.ToYaml());
        Assert.Equal((0.1, 3, 2.0, 0.5, 1.2), (again.Training.Rates["backbone"], again.Training.UnfreezeAt["backbone"], again.Training.Losses["detect.boxes"], again.Augment!.Flip, again.Augment.Scale[1]));
    }

    [Fact]
    public void FixedWeightsAreThoseOfTheConfig()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var balance = new LossBalancer(new OptimizationConfig { Losses = new() { ["classify"] = 0.5 } }, weights, ["classify", "detect"]);
        Assert.Equal(0.5 * 3 + 4, balance.Combine([torch.tensor(3f), torch.tensor(4f)]).ToDouble(), 1e-6);
        Assert.Equal([0.5, 1], balance.CurrentWeights);
    }

    [Fact]
    public void UncertaintyLearnsToWeighTheGreaterLossLess()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var balance = new LossBalancer(new OptimizationConfig { Balance = "uncertainty" }, weights, ["a", "b"]);
        Assert.Equal(10.5, balance.Combine([torch.tensor(10f), torch.tensor(0.5f)]).ToDouble(), 1e-5); // exp(0) and + 0 at the start
        using var optimizer = new AdamW(weights, weightDecay: 0);
        for (int i = 0; i < 600; i++)
        {
            optimizer.ZeroGradients();
            balance.Combine([torch.tensor(10f), torch.tensor(0.5f)]).backward();
            optimizer.Step(0.02);
        }

        // L exp(-s) + s is least where exp(-s) = 1 / L.
        Assert.Equal(0.1, balance.CurrentWeights[0], 0.005);
        Assert.Equal(2, balance.CurrentWeights[1], 0.05);
    }

    [Fact]
    public void DynamicWeightAverageFollowsTheSpeedOfTheLosses()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var balance = new LossBalancer(new OptimizationConfig { Balance = "dwa" }, weights, ["a", "b"]);
        Dictionary<string, double> Row(double a, double b) => new() { ["a"] = a, ["b"] = b };
        balance.BeginEpoch([Row(4, 4)]);
        Assert.Equal([1, 1], balance.CurrentWeights); // two epochs are needed
        balance.BeginEpoch([Row(4, 4), Row(4, 1)]); // a stands still, b falls to a quarter
        double a = Math.Exp(1 / 2.0), b = Math.Exp(0.25 / 2);
        Assert.Equal(2 * a / (a + b), balance.CurrentWeights[0], 1e-9);
        Assert.Equal(2, balance.CurrentWeights.Sum(), 1e-9);
        Assert.Equal(balance.CurrentWeights[0] * 3 + balance.CurrentWeights[1] * 5, balance.Combine([torch.tensor(3f), torch.tensor(5f)]).ToDouble(), 1e-5);
    }

    [Fact]
    public void TheAverageFollowsTheWeightsAndIsUsedOnlyWhileAsked()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var w = weights.Add("w", new WeightSpec("", [2], WeightInitializer.Constant(0)));
        using var average = new ExponentialMovingAverage(weights, 0.5);
        average.Update(1);
        weights.Set("w", [4, 8]);
        average.Update(1000); // 0.5 of the old, 0.5 of the new
        using (average.UseAverages())
        {
            Assert.Equal([2f, 4f], OnnxNet.ToFloats(w));
        }

        Assert.Equal([4f, 8f], OnnxNet.ToFloats(w));
        var copy = new ExponentialMovingAverage(weights, 0.5);
        copy.Load(average.Snapshot().ToDictionary());
        using (copy.UseAverages())
        {
            Assert.Equal([2f, 4f], OnnxNet.ToFloats(w));
        }

        copy.Dispose();
    }

    [Fact]
    public void AFrozenStageStandsStillWithItsStatisticsUntilItsEpoch()
    {
        var config = TrainConfig.Parse(Small.Replace("batch: 4 }", "batch: 4, unfreezeAt: { backbone.stem: 2 } }", StringComparison.Ordinal), "config");
        var (architecture, source) = TrainingRun.Open(config);
        using var trainer = new Trainer(config, architecture, source.Labels);
        var set = new TrainingSet(source, architecture, null, 1);
        var before = trainer.Weights.Snapshot();
        trainer.RunEpoch(set);
        var during = trainer.Weights.Snapshot();
        Assert.All(before.Keys.Where(k => WeightStore.HasStagePrefix(k, "backbone.stem")), k => Assert.Equal(before[k].Data, during[k].Data));
        Assert.All(before.Keys.Where(k => !WeightStore.HasStagePrefix(k, "backbone.stem")), k => Assert.NotEqual(before[k].Data, during[k].Data));
        trainer.RunEpoch(set);
        var after = trainer.Weights.Snapshot();
        Assert.All(before.Keys, k => Assert.NotEqual(during[k].Data, after[k].Data));
    }

    [Fact]
    public void RatesByStageScaleTheirSteps()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var slow = weights.Add("backbone.w", new WeightSpec("", [1], WeightInitializer.Constant(1)));
        var fast = weights.Add("head.w", new WeightSpec("", [1], WeightInitializer.Constant(1)));
        using var optimizer = new AdamW(weights, weightDecay: 0) { GetRateFactor = n => n.StartsWith("backbone", StringComparison.Ordinal) ? 0.1 : 1 };
        (slow + fast).sum().backward();
        optimizer.Step(0.01);
        Assert.Equal(1 - 0.001, slow.item<float>(), 1e-6); // Adam's first step is the rate itself
        Assert.Equal(1 - 0.01, fast.item<float>(), 1e-6);
    }

    [Fact]
    public void GradientsAreCutToTheLargestNorm()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var w = weights.Add("w", new WeightSpec("", [2], WeightInitializer.Constant(0)));
        using var optimizer = new AdamW(weights);
        (w * torch.tensor(new float[] { 30, 40 })).sum().backward();
        Assert.Equal(50, optimizer.Step(0.01, maxNorm: 5), 1e-4);
        var first = optimizer.Snapshot().Single(m => m.Key == "adam.first/w").Value.ToFloats();
        Assert.Equal([0.3f, 0.4f], first, (a, b) => Math.Abs(a - b) < 1e-6); // a tenth of the gradient of norm 5
    }

    [Fact]
    public void ATransferTakesWhatFitsAndSaysWhatDoesNot()
    {
        var five = ArchitectureCatalog.Create("tinyresnet", new ModelSettings { WidthMultiplier = 0.25, Width = 32, Height = 32 });
        var three = ArchitectureCatalog.Create("tinyresnet", new ModelSettings { WidthMultiplier = 0.25, Width = 32, Height = 32, Labels = new DataLabels { Pictures = ["a", "b", "c"] } });
        using var from = Trainer.CreateWeights(five, 1);
        string path = Path.Combine(_folder, "five.safetensors");
        var tensors = from.Snapshot();
        tensors["more"] = SafeTensor.FromFloats([1], [1]);
        SafeTensorsFile.Save(path, tensors, new Dictionary<string, string>());
        using var to = Trainer.CreateWeights(three, 2);
        var report = WeightTransfer.Load(to, new TransferConfig { From = path, Except = ["backbone.stem"] });
        Assert.Equal(["head.fc.weight", "head.fc.bias"], report.ShapeMismatch);
        Assert.Equal(["more"], report.Unused);
        Assert.All(report.Excluded, n => Assert.StartsWith("backbone.stem", n, StringComparison.Ordinal));
        Assert.Contains("backbone.stage1.block1.conv1.conv.weight", report.Loaded);
        Assert.Equal(OnnxNet.ToFloats(from["backbone.stage2.block1.conv1.conv.weight"]), OnnxNet.ToFloats(to["backbone.stage2.block1.conv1.conv.weight"]));
        Assert.NotEqual(OnnxNet.ToFloats(from["backbone.stem.conv.weight"]), OnnxNet.ToFloats(to["backbone.stem.conv.weight"]));
        Assert.Contains("2 of another shape", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("No weight in", Assert.Throws<EdgeVisionException>(() => WeightTransfer.Load(to, new TransferConfig { From = path, Except = ["backbone", "head"] })).Message, StringComparison.Ordinal);
        Assert.Throws<EdgeVisionException>(() => WeightTransfer.Load(to, new TransferConfig { From = Path.Combine(_folder, "none.onnx") }));
    }

    [Fact]
    public void FromOurOwnOnnxANetworkComputesTheSameWhileItsBatchNormStandsStill()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = ArchitectureCatalog.Create("tinyresnet", new ModelSettings { WidthMultiplier = 0.25, Width = 32, Height = 32 });
        using var from = DetectorHarness.Weights(architecture, randomized: true);
        string path = Path.Combine(_folder, "tiny.onnx");
        OnnxExporter.Write(architecture, from).Save(path);
        using var to = Trainer.CreateWeights(architecture, 9);
        var report = WeightTransfer.Load(to, new TransferConfig { From = path });
        Assert.Empty(report.Missing);
        Assert.Empty(report.ShapeMismatch);
        var x = torch.randn(2, 3, 32, 32);
        using var noGradient = torch.no_grad();
        float[] Run(WeightStore w) => OnnxNet.ToFloats(TorchNet.Unwrap(architecture.Forward(new TorchNet(w, false), TorchNet.Wrap(x))[0].Value));
        Assert.Equal(Run(from), Run(to), (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Fact]
    public void OverfittingLearnsAndMeasuresTheSameFewPicturesWithoutAugmentation()
    {
        var config = TrainConfig.Parse(Small.Replace("data:", "augment: { flip: 0.5 }\ndata:", StringComparison.Ordinal), "config");
        var few = TrainCommand.ApplyOverrides(config, new TrainCommand.Overrides(60, 4, null, 0.01, 4));
        Assert.Null(few.Augment);
        Assert.Equal((4, 4, 60, "small-overfit4"), (few.Data.Train!.Take, few.Data.Validation!.Take, few.Training.Epochs, few.Name));
        var (architecture, source) = TrainingRun.Open(few);
        using var trainer = new Trainer(few, architecture, source.Labels);
        var set = new TrainingSet(source, architecture, null, 1);
        double last = 0;
        while (trainer.History.Count < 60)
        {
            last = trainer.RunEpoch(set).Losses["loss"];
        }

        Assert.True(last < 0.02, $"loss {last} after 60 epochs over 4 pictures");
        Assert.Equal(1, trainer.Evaluate(set)["classify.top1"]);
    }

    [Fact]
    public void DeadAndConstantLayersAreWarnedOf()
    {
        var report = new ActivationReport(
        [
            new("healthy", 0.4, 1, 0.1), new("dying", 0.1, 0.5, 0.7), new("flat", 3, 0, 0), new("broken", double.NaN, 1, 0),
        ]);
        string[] warnings = [.. report.GetWarnings()];
        Assert.Equal(3, warnings.Length);
        Assert.Contains("dying", warnings[0], StringComparison.Ordinal);
        Assert.Contains("flat is", warnings[1].Replace("of flat are", "flat is", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("broken", warnings[2], StringComparison.Ordinal);
        var config = TrainConfig.Parse(Small, "config");
        var (architecture, source) = TrainingRun.Open(config);
        using var trainer = new Trainer(config, architecture, source.Labels);
        trainer.Weights.Set("backbone.stage1.block1.conv1.bn.bias", [.. Enumerable.Repeat(-1000f, 8)]); // nothing gets over the threshold
        var measured = trainer.MeasureActivations(new TrainingSet(source, architecture, null, 1));
        Assert.Contains(measured.GetWarnings(), w => w.Contains("backbone.stage1.block1.conv1", StringComparison.Ordinal));
    }

    [Fact]
    public void BatchesForPairsShowEachIdentityAFewTimes()
    {
        var architecture = new EmbeddingNet(new ModelSettings());
        var set = new TrainingSet(DrawnData.Create("families", 64, 1, 64, 64), architecture, null, 1);
        foreach (var batch in set.GetBatches(0, 16, 4, 0))
        {
            Assert.All(batch.GroupBy(s => s.GroundTruth.Identity), g => Assert.True(g.Count() % 4 == 0));
        }

        Assert.Equal(64, set.GetOrder(0, 4).Distinct().Count());
        Assert.NotEqual(set.GetOrder(0, 4), set.GetOrder(1, 4));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
