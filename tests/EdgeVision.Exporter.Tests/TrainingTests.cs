using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public sealed class TrainingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-train").FullName;

    public TrainingTests() => TorchSetup.Initialize(2);

    [Fact]
    public void ARunThatResumesInTheMiddleOfAnEpochEndsAsOneThatNeverStopped()
    {
        // Augmentation, averaged weights and a second head's balance all carry state or draw numbers.
        var config = TrainConfig.Parse("""
            name: resume
            architecture: multitask
            model: { width: 64, height: 64, options: { heads: "classify,segment" } }
            data: { train: { kind: scenes, count: 12, seed: 1 }, validation: { kind: scenes, count: 4, seed: 2 } }
            augment: { flip: 0.5, colour: 0.2 }
            training: { epochs: 3, batch: 4, learningRate: 0.001, ema: 0.9, balance: uncertainty }
            """, "the test");
        string path = Path.Combine(_folder, "run.safetensors");
        var (architecture, source) = TrainingRun.Open(config);
        var set = new TrainingSet(source, architecture, config.Augment, config.Training.Seed);
        var validation = new TrainingSet(TrainingRun.OpenSource(config.Data.Validation!, architecture), architecture, null, 1);
        var curve = new List<double>();
        using var whole = new Trainer(config, architecture, source.Labels) { OnStep = (_, _, losses) => curve.Add(losses["loss"]) };
        whole.RunEpoch(set, validation);
        int stepsTaken = 0;
        whole.RunEpoch(set, validation, () =>
        {
            if (++stepsTaken == 2)
            {
                whole.Snapshot().Save(path);
            }
        });
        var expected = whole.RunEpoch(set, validation);

        var checkpoint = Checkpoint.Load(path);
        Assert.Equal((1, 2, 5L), (checkpoint.Progress.History.Count, checkpoint.Progress.StepInEpoch, checkpoint.Progress.Steps));
        var rest = new List<double>();
        using var resumed = new Trainer(config, architecture, source.Labels, checkpoint) { OnStep = (_, _, losses) => rest.Add(losses["loss"]) };
        var again = resumed.RunEpoch(set, validation);
        var actual = resumed.RunEpoch(set, validation);

        Assert.Equal(curve.Skip(5), rest); // to the last bit
        Assert.Equal(whole.History[1].Losses, again.Losses);
        Assert.Equal(expected.Metrics, actual.Metrics);
        Assert.Equal(OnnxExporter.WeightsSha256(whole.Weights), OnnxExporter.WeightsSha256(resumed.Weights));
    }

    [Fact]
    public void TheLossIsThatOfThePaper()
    {
        using var scope = torch.NewDisposeScope();
        // One picture, three anchors, two classes: an object of class 1, an ignored anchor, background.
        var item = new RetinaNetHead.AnchorTarget([(0, 1)], [1], [0.5f, 0, 0, 0]);
        var logits = torch.tensor(new float[] { -1, 2, 9, 9, 0, -3 }, 1, 3, 2);
        var (classes, boxes) = RetinaNetHead.Compute(logits, torch.zeros(1, 3, 4), [item]);
        double Focal(double x, bool positive)
        {
            double p = 1 / (1 + Math.Exp(-x));
            return positive ? -0.25 * Math.Pow(1 - p, 2) * Math.Log(p) : -0.75 * p * p * Math.Log(1 - p);
        }

        Assert.Equal(Focal(-1, false) + Focal(2, true) + Focal(0, false) + Focal(-3, false), classes.ToDouble(), 1e-5);
        Assert.Equal(0.5 - 0.5 / 9, boxes.ToDouble(), 1e-5); // smooth L1 beyond beta: |d| - beta / 2
    }

    [Fact]
    public void TheLearningRateRisesAndFalls()
    {
        var cosine = new LearningRateSchedule(new OptimizationConfig { LearningRate = 1, WarmUp = 0.1 }, 100);
        Assert.Equal([0.1, 1, 0.505, 0.01], new long[] { 0, 10, 55, 100 }.Select(cosine.GetRate), (a, b) => Math.Abs(a - b) < 1e-6);
        var step = new LearningRateSchedule(new OptimizationConfig { LearningRate = 1, WarmUp = 0, Schedule = "step", Milestones = [0.5, 0.75] }, 100);
        Assert.Equal([1, 1, 0.1, 0.01], new long[] { 1, 49, 50, 75 }.Select(step.GetRate), (a, b) => Math.Abs(a - b) < 1e-9);
        // torch's OneCycleLR with pct_start 0.3 over 101 steps.
        var cycle = new LearningRateSchedule(new OptimizationConfig { LearningRate = 1, Schedule = "one-cycle" }, 100);
        Assert.Equal([0.04, 1, 1e-4], new long[] { 0, 30, 99 }.Select(cycle.GetRate), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void AFileThatIsNoCheckpointIsRefused()
    {
        string path = Path.Combine(_folder, "bad.safetensors");
        foreach (byte[] bytes in new byte[][] { [], [1, 2, 3], [.. BitConverter.GetBytes(long.MaxValue), 1], [.. BitConverter.GetBytes(2L), (byte)'{', (byte)'x'] })
        {
            File.WriteAllBytes(path, bytes);
            Assert.Throws<InvalidDataException>(() => Checkpoint.Load(path));
        }

        SafeTensorsFile.Save(path, new Dictionary<string, SafeTensor> { ["w"] = SafeTensor.FromFloats([1, 2], [2]) }, new Dictionary<string, string>());
        Assert.Equal([1f, 2f], SafeTensorsFile.Load(path).Tensors["w"].ToFloats());
        Assert.Contains("no training run", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
