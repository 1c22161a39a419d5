using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public sealed class TrainingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-train").FullName;
    private readonly FpnDetector _architecture = new();

    public TrainingTests() => TorchSetup.Initialize(2);

    [Fact]
    public void ARunThatResumesEndsAsOneThatNeverStopped()
    {
        var settings = new TrainSettings { Epochs = 2, Samples = 16, BatchSize = 4, LearningRate = 1e-3 };
        var set = DetectionSet.Create(settings.Samples, i => DrawnScenes.Draw(1, i), _architecture.Spec.Input, _architecture.Anchors);
        string path = Path.Combine(_folder, "run.safetensors");
        using var whole = new DetectorTrainer(_architecture, settings);
        whole.RunEpoch(set);
        whole.Snapshot().Save(path);
        var expected = whole.RunEpoch(set);

        var checkpoint = Checkpoint.Load(path);
        Assert.Equal(settings, checkpoint.Settings);
        using var resumed = new DetectorTrainer(_architecture, checkpoint.Settings, checkpoint);
        var actual = resumed.RunEpoch(set);

        Assert.Equal(2, actual.Epoch);
        Assert.Equal(expected.Loss, actual.Loss, 1e-6);
        Assert.Equal(OnnxExporter.WeightsSha256(whole.Weights), OnnxExporter.WeightsSha256(resumed.Weights));
        Assert.True(actual.Loss < whole.History[0].Loss);
    }

    [Fact]
    public void TheLossIsThatOfThePaper()
    {
        using var scope = torch.NewDisposeScope();
        // One picture, three anchors, two classes: an object of class 1, an ignored anchor, background.
        var item = new DetectionSet.Sample([], default, [], [(0, 1)], [1], [0.5f, 0, 0, 0]);
        var logits = torch.tensor(new float[] { -1, 2, 9, 9, 0, -3 }, 1, 3, 2);
        var (classes, boxes) = DetectionLoss.Compute(logits, torch.zeros(1, 3, 4), [item]);
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
        var settings = new TrainSettings { LearningRate = 1, WarmUp = 0.1 };
        Assert.Equal(0.1, settings.LearningRateAt(0, 100), 6);
        Assert.Equal(1, settings.LearningRateAt(10, 100), 6);
        Assert.Equal(0.505, settings.LearningRateAt(55, 100), 6);
        Assert.Equal(0.01, settings.LearningRateAt(100, 100), 6);
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

        SafeTensors.Save(path, new Dictionary<string, SafeTensor> { ["w"] = SafeTensor.FromFloats([1, 2], [2]) }, new Dictionary<string, string>());
        Assert.Equal([1f, 2f], SafeTensors.Load(path).Tensors["w"].ToFloats());
        Assert.Contains("no training run", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
