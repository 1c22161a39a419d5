using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public class SsdLiteTests
{
    private const int Places = (4 + 6) * 480 + 6 * (120 + 30) + 4 * 9;

    public SsdLiteTests() => TorchSetup.Initialize(2);

    [Fact]
    public void ShapesAtEveryStage()
    {
        var shapes = new SsdLite().Analyze(batch: 2).Layers.ToLookup(l => l.Name, l => l.Shape);
        foreach (var (stage, shape) in new (string, long[])[]
        {
            ("backbone.stem.conv", [2, 16, 80, 96]),
            ("fpn.output0", [2, 48, 20, 24]),
            ("fpn.extra.conv", [2, 48, 3, 3]),
            ("head.cls0.depthwise.conv", [2, 48, 20, 24]),
            ("head.cls1.predict", [2, 36, 20, 24]), // 6 boxes, 5 classes and the background
            ("head.cls2.predict", [2, 36, 10, 12]),
            ("head.box4.predict", [2, 16, 3, 3]),
        })
        {
            Assert.Equal(shape, shapes[stage].Single());
        }

        Assert.Equal(new long[][] { [2, Places, 6], [2, Places, 4] }, shapes["concat"]);
    }

    [Fact]
    public void EveryWeightBelongsToAStage()
    {
        var architecture = new SsdLite();
        using var weights = DetectorHarness.Weights(architecture);
        Assert.All(weights.Names, name => Assert.Single(architecture.Stages, s => name.StartsWith(s + ".", StringComparison.Ordinal)));
        Assert.Equal(weights.ParameterCount, architecture.Analyze().Parameters);
    }

    [Fact]
    public void TheExportEqualsTorchAtBatchOneAndThree()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new SsdLite();
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var model = OnnxExporter.Write(architecture, weights);
        Assert.DoesNotContain(model.Graph.Node, n => n.OpType is "BatchNormalization" or "Mul");
        Parity.Measure(architecture, weights, model.ToBytes(), [torch.randn(1, 3, 160, 192), torch.randn(3, 3, 160, 192)]).ThrowIfAboveLimit();
    }

    [Fact]
    public void DefaultBoxesOfOneCellByHand()
    {
        var boxes = new DefaultBoxes(200, 100, [100], [0.4f, 0.9f], [[4]]).Generate();
        Assert.Equal(8, boxes.Length);
        Box[] expected =
        [
            new(10, 30, 90, 70),   // 0.4 of both sides
            new(-10, 20, 110, 80), // sqrt(0.4 * 0.9) = 0.6
            new(-30, 40, 130, 60), // 0.8 by 0.2
            new(30, 10, 70, 90),   // 0.2 by 0.8
        ];
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(expected[i].X1, boxes[i].X1, 1e-3f);
            Assert.Equal(expected[i].Y1, boxes[i].Y1, 1e-3f);
            Assert.Equal(expected[i].X2, boxes[i].X2, 1e-3f);
            Assert.Equal(expected[i].Y2, boxes[i].Y2, 1e-3f);
        }

        Assert.Equal(150, (boxes[4].X1 + boxes[4].X2) / 2);
        Assert.Equal(200, new DefaultBoxes(200, 100, [100], [0.9f, 1], [[4]]).Generate()[2].Width); // cut to the input
    }

    [Fact]
    public void ABoxBelongsToWhatItOverlapsAndEveryObjectHasItsBest()
    {
        Box[] boxes = [new(0, 0, 10, 10), new(2, 0, 12, 10), new(40, 40, 80, 80), new(100, 100, 110, 110)];
        // Object 0 is box 0 and overlaps box 1 by 80/120; object 1 is far smaller than its best box; object 2 overlaps none.
        Box[] objects = [new(0, 0, 10, 10), new(50, 50, 60, 60), new(200, 200, 210, 210)];
        Assert.Equal([0, 0, 1, -1], SsdHead.Match(boxes, objects));
        // An object's best box is its own, even where it overlaps another object more.
        Assert.Equal([1], SsdHead.Match([new(0, 0, 10, 10)], [new(0, 0, 10, 9), new(0, 0, 10, 5)]));
    }

    [Fact]
    public void TheLossIsThatOfThreeHardNegativesAPositive()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new SsdLite();
        var target = (SsdTarget)architecture.Heads[0].CreateTarget(DetectorHarness.Labelled((1, new Box(60, 50, 100, 90))));
        int positives = target.Positives.Length;
        Assert.InRange(positives, 1, 20);
        // Every negative is right with certainty but 7, which are equally unsure of all 6 classes; so are the positives.
        var logits = torch.zeros(1, Places, 6);
        for (int a = 0, unsure = 0; a < Places; a++)
        {
            if (target.Classes[a] == 0 && unsure++ >= 7)
            {
                logits[0, a, 0] = 50;
            }
        }

        var losses = DetectorHarness.Losses(architecture, [target], ("cls_logits", logits), ("bbox_regression", torch.zeros(1, Places, 4)));
        Assert.Equal((positives + Math.Min(7, 3 * positives)) * Math.Log(6) / positives, losses["class"], 1e-4);
        double smooth = target.Deltas.Sum(d => Math.Abs(d) < 1 ? d * d / 2 : Math.Abs(d) - 0.5);
        Assert.Equal(smooth / positives, losses["box"], 1e-3);
    }

    [Fact]
    public void PerfectOutputsCostNothingAndDecodeToTheirObjects()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new SsdLite();
        var picture = DetectorHarness.Labelled((0, new Box(20, 28, 61, 84)), (3, new Box(100, 20, 140, 66)), (3, new Box(140, 90, 184, 131)), (4, new Box(3, 3, 190, 150)), (1, new Box(8, 120, 22, 140)));
        var target = (SsdTarget)architecture.Heads[0].CreateTarget(picture);
        var logits = new float[Places * 6];
        var deltas = new float[Places * 4];
        for (int a = 0; a < Places; a++)
        {
            logits[a * 6 + target.Classes[a]] = 20;
        }

        for (int p = 0; p < target.Positives.Length; p++)
        {
            target.Deltas.AsSpan(p * 4, 4).CopyTo(deltas.AsSpan(target.Positives[p] * 4));
        }

        (string, torch.Tensor)[] outputs = [("cls_logits", torch.tensor(logits, 1, Places, 6)), ("bbox_regression", torch.tensor(deltas, 1, Places, 4))];
        var losses = DetectorHarness.Losses(architecture, [target], outputs);
        Assert.All(losses.Values, loss => Assert.InRange(loss, 0, 1e-4));
        DetectorHarness.Same(picture.Objects, DetectorHarness.Decode(architecture, outputs), 0.01f);
    }

    [Fact]
    public void TheLossFallsOnTwoPictures()
    {
        var losses = DetectorHarness.Train(new SsdLite(DetectorHarness.Shapes), [DetectorHarness.Picture(0), DetectorHarness.Picture(1)], 30, 3e-3);
        Assert.True(losses[^3..].Average() < 0.5 * losses[..3].Average(), string.Join(' ', losses.Select(l => l.ToString("F2"))));
    }

    [Fact]
    public void InspectNamesWhatNoDefaultBoxMatches()
    {
        string[] words = [.. new SsdLite().Heads[0].Inspect([DetectorHarness.Labelled((0, new Box(60, 50, 100, 90)), (1, new Box(5, 5, 180, 11)))])];
        Assert.Contains("1 of 2 objects (50.0 %): the box overlaps no default box by 0.5", Assert.Single(words), StringComparison.Ordinal);
    }
}
