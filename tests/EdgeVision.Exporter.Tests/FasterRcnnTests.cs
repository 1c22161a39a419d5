using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Onnx;
using EdgeVision.Suppression;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public class FasterRcnnTests
{
    private const int Places = 6 * (480 + 120 + 30);

    public FasterRcnnTests() => TorchSetup.Initialize(2);

    private static FasterRcnnHead Head(FasterRcnn architecture) => (FasterRcnnHead)architecture.Heads.Single();

    [Fact]
    public void ShapesAtEveryStage()
    {
        var shapes = new FasterRcnn().Analyze(batch: 2).Layers.ToLookup(l => l.Name, l => l.Shape);
        foreach (var (stage, shape) in new (string, long[])[]
        {
            ("backbone.stem.conv", [2, 16, 80, 96]),
            ("fpn.output1", [2, 48, 10, 12]),
            ("proposals", [-1, 5]),
            ("head.box.roi_align", [-1, 48, 7, 7]),
            ("head.box.fc2", [-1, 128]),
            ("head.box.classes", [-1, 6]),
            ("head.box.deltas", [-1, 24]),
            ("proposal_boxes", [-1, 4]),
        })
        {
            Assert.Equal(shape, shapes[stage].Single());
        }

        Assert.Equal([2, 6, 20, 24], shapes["head.rpn.objectness"].First());
        Assert.Equal(new long[][] { [2, Places], [2, Places, 4] }, shapes["concat"]);
    }

    [Fact]
    public void EveryWeightBelongsToAStage()
    {
        var architecture = new FasterRcnn();
        using var weights = DetectorHarness.Weights(architecture);
        Assert.All(weights.Names, name => Assert.Single(architecture.Stages, s => name.StartsWith(s + ".", StringComparison.Ordinal)));
        Assert.Equal(weights.ParameterCount, architecture.Analyze().Parameters);
    }

    // Rows may change places where scores are equal but for a rounding; Parity then compares each with its nearest.
    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(21)]
    public void TheExportEqualsTorchAtBatchOneAndThree(int opset)
    {
        using var scope = torch.NewDisposeScope();
        using var random = new torch.Generator(5);
        var architecture = new FasterRcnn();
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var model = OnnxExporter.Write(architecture, weights, opset);
        Assert.All(model.Graph.Output, o => Assert.Equal("rows", o.Type.TensorType.Shape.Dim[0].DimParam));
        Parity.Measure(architecture, weights, model.ToBytes(),
            [torch.randn([1, 3, 160, 192], generator: random), torch.randn([3, 3, 160, 192], generator: random)]).ThrowIfAboveLimit();
    }

    [Fact]
    public void ProposalsByHand()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        // One anchor a cell: 4x2 cells of stride 16, 2x1 of stride 32.
        var layer = new Proposals(new AnchorGenerator([16, 32], [[20], [20]], [1f]), 64, 32) { MaxProposals = 3, MaxPerLevel = 3, MinSide = 4 };
        int places = 4 * 2 + 2 * 1;
        var score = torch.full([2, places], -5f);
        var delta = torch.zeros(2, places, 4);
        score[0, 0] = 1;         // fourth of its level, of which three are looked at
        score[0, 1] = 4;
        delta[0, 1, 0] = -0.75f; // from 16 to 1, and cut to the input: 0..11
        score[0, 2] = 3;         // 22..42
        score[0, 9] = 2;         // the same box on the other level: suppression leaves it
        score[0, 3] = 9;
        delta[0, 3, 2] = -3;     // a pixel wide: too small
        var rows = TorchNet.Unwrap(new TorchNet(weights, training: false).Apply("p", layer, TorchNet.Wrap(score[..1]), TorchNet.Wrap(delta[..1])));
        Assert.Equal([0f, 0, 0, 11, 10, 0, 22, 0, 42, 10, 0, 22, 0, 42, 10], OnnxNet.ToFloats(rows));
    }

    [Fact]
    public void ProposalsStandByItemAndScore()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        using var random = new torch.Generator(6);
        var layer = new Proposals(new FasterRcnn().Anchors, 192, 160);
        var score = torch.randn([3, Places], generator: random);
        var rows = OnnxNet.ToFloats(TorchNet.Unwrap(new TorchNet(weights, training: false).Apply("p", layer, TorchNet.Wrap(score), TorchNet.Wrap(torch.randn([3, Places, 4], generator: random) * 0.2))));
        float[] items = [.. rows.Where((_, i) => i % 5 == 0)];
        Assert.Equal([.. Enumerable.Repeat(0f, 100), .. Enumerable.Repeat(1f, 100), .. Enumerable.Repeat(2f, 100)], items);
        Assert.All(Enumerable.Range(0, 300), r => Assert.True(rows[r * 5 + 1] >= 0 && rows[r * 5 + 2] >= 0 && rows[r * 5 + 3] <= 192 && rows[r * 5 + 4] <= 160
            && rows[r * 5 + 3] - rows[r * 5 + 1] >= 1 && rows[r * 5 + 4] - rows[r * 5 + 2] >= 1));
    }

    [Fact]
    public void NoProposalIsAResultToo()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var anchors = new AnchorGenerator([16, 32], [[20], [20]], [1f]);
        IReadOnlyList<(string, Value)> Forward(Net net, Value[] x)
        {
            var rows = net.Apply("proposals", new Proposals(anchors, 64, 32) { MinSide = 1000 }, x[0], x[1]);
            var pooled = net.Apply("roi", new PyramidRoiAlign(2, 16, 32), x[2], x[3], rows);
            return [("logits", net.Apply("classes", new Linear(3), net.Reshape(pooled, 4 * 5))), ("items", net.Reshape(net.Apply("item", new ColumnSlice(0, 1), rows)))];
        }

        torch.Tensor[] inputs = [torch.randn(2, 10), torch.randn(2, 10, 4), torch.randn(2, 5, 2, 4), torch.randn(2, 5, 1, 2)];
        var expected = Forward(new TorchNet(weights, training: false), [.. inputs.Select(TorchNet.Wrap)]);
        Assert.Equal([0, 3], expected[0].Item2.Shape);
        var graph = new OnnxGraphBuilder("none");
        var net = new OnnxNet(graph, weights);
        foreach (var (name, value) in Forward(net, [net.AddInput("a", 10), net.AddInput("b", 10, 4), net.AddInput("c", 5, 2, 4), net.AddInput("d", 5, 1, 2)]))
        {
            net.AddOutput(name, value, "rows");
        }

        Assert.Equal(0, Parity.Measure(graph.Build().ToBytes(), [inputs], Forward, weights, ["logits", "items"]).MaxAbsolute);
    }

    [Fact]
    public void SamplesAreAQuarterObjectsAndHoldTheTrueBoxes()
    {
        var architecture = new FasterRcnn();
        var target = ((FasterRcnnTarget)Head(architecture).CreateTarget(DetectorHarness.Labelled((2, new Box(20, 20, 60, 60))))).Objects;
        var near = Enumerable.Range(0, 60).SelectMany(i => new[] { 1f, 20, 20, 60 + i * 0.1f, 60 });
        var far = Enumerable.Range(0, 200).SelectMany(i => new[] { 1f, 100 + i * 0.1f, 100, 140 + i * 0.1f, 140 });
        var samples = Head(architecture).Sample([.. near, .. far], [new DetectionTarget([], []), target], new Random(1));
        Assert.Equal(128, samples.Count);
        Assert.All(samples, s => Assert.Equal(1, s.Item)); // item 0 has neither proposals nor objects
        Assert.Equal(32, samples.Count(s => s.Label == 3));
        Assert.Equal(96, samples.Count(s => s.Label == 0));
        var alone = Head(architecture).Sample([], [target], new Random(1));
        Assert.Equal((new Box(20, 20, 60, 60), 3), (Assert.Single(alone).Box, alone[0].Label));
    }

    [Fact]
    public void RightAnchorsCostNothingAndLeadToTheirObjects()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new FasterRcnn();
        var picture = DetectorHarness.Labelled((0, new Box(20, 28, 61, 84)), (3, new Box(100, 20, 140, 66)), (4, new Box(30, 90, 190, 150)));
        var target = (FasterRcnnTarget)Head(architecture).CreateTarget(picture);
        var objectness = Enumerable.Repeat(-20f, Places).ToArray();
        var deltas = new float[Places * 4];
        var anchors = architecture.Anchors.Generate(192, 160);
        foreach (int a in target.Positives)
        {
            objectness[a] = 20;
            var (dx, dy, dw, dh) = AnchorBoxCoder.Encode(anchors[a], target.Objects.Boxes[target.Matches[a]]);
            float[] row = [dx, dy, dw, dh];
            row.CopyTo(deltas, a * 4);
        }

        var (score, delta) = (torch.tensor(objectness, 1, Places), torch.tensor(deltas, 1, Places, 4));
        var (objectnessLoss, boxLoss) = Head(architecture).AnchorLoss(score, delta, [target], new Random(1));
        Assert.InRange(objectnessLoss.ToDouble(), 0, 1e-4);
        Assert.InRange(boxLoss.ToDouble(), 0, 1e-4);
        var (worse, far) = Head(architecture).AnchorLoss(-score, delta + 1, [target], new Random(1));
        Assert.True(worse.ToDouble() > 10 && far.ToDouble() > 0.01);

        using var weights = new WeightStore(1);
        var rows = OnnxNet.ToFloats(TorchNet.Unwrap(new TorchNet(weights, training: false).Apply("p", new Proposals(architecture.Anchors, 192, 160), TorchNet.Wrap(score), TorchNet.Wrap(delta))));
        Assert.All(target.Objects.Boxes, box => Assert.Contains(Enumerable.Range(0, rows.Length / 5), r =>
            AnchorMatcher.Iou(box, new Box(rows[r * 5 + 1], rows[r * 5 + 2], rows[r * 5 + 3], rows[r * 5 + 4])) > 0.999f));
    }

    [Fact]
    public void RightBoxesCostNothing()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new FasterRcnn();
        FasterRcnnHead.BoxSample[] samples = [new(0, new Box(10, 10, 50, 50), 2, new Box(14, 10, 54, 50)), new(0, new Box(0, 0, 9, 9), 0, default)];
        var logits = torch.zeros(2, 6);
        logits[0, 2] = 30;
        logits[1, 0] = 30;
        var deltas = torch.zeros(2, 24);
        deltas[0, 8] = 10 * 4f / 40; // dx of class 2: a tenth of the width, weight 10
        var (classes, boxes) = Head(architecture).BoxLoss(logits, deltas, samples);
        Assert.InRange(classes.ToDouble(), 0, 1e-6);
        Assert.InRange(boxes.ToDouble(), 0, 1e-6);
        (classes, boxes) = Head(architecture).BoxLoss(torch.zeros(2, 6), torch.zeros(2, 24), samples);
        Assert.Equal(Math.Log(6), classes.ToDouble(), 1e-5);
        Assert.Equal((1 - 0.5 / 9) / 2, boxes.ToDouble(), 1e-5); // |1| beyond beta, over two samples
    }

    [Fact]
    public void RightOutputsLeadToTheirObjects()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new FasterRcnn();
        var picture = DetectorHarness.Labelled((0, new Box(20, 28, 61, 84)), (3, new Box(100, 20, 140, 66)), (4, new Box(30, 90, 190, 150)));
        var target = ((FasterRcnnTarget)Head(architecture).CreateTarget(picture)).Objects;

        // Two proposals of each object, moved and stretched, and one of nothing.
        float[] proposals = [.. target.Boxes.SelectMany(b => new[] { 0, b.X1 - 4, b.Y1 + 3, b.X2, b.Y2 + 5, 0, b.X1 + 2, b.Y1 - 3, b.X2 + 4, b.Y2 }), 0, 0, 0, 15, 15];
        var samples = Head(architecture).Sample(proposals, [target], new Random(1)).Where(s => s.Box != s.GroundTruth).ToArray();
        Assert.Equal(7, samples.Length);
        var logits = torch.zeros(7, 6);
        var deltas = torch.zeros(7, 24);
        for (int i = 0; i < 7; i++)
        {
            logits[i, samples[i].Label] = 20 - i * 0.1f;
            if (samples[i].Label > 0)
            {
                var (dx, dy, dw, dh) = AnchorBoxCoder.Encode(samples[i].Box, samples[i].GroundTruth);
                deltas[i, torch.TensorIndex.Slice(samples[i].Label * 4, samples[i].Label * 4 + 4)] = torch.tensor(new[] { 10 * dx, 10 * dy, 5 * dw, 5 * dh });
            }
        }

        var (classes, boxes) = Head(architecture).BoxLoss(logits, deltas, samples);
        Assert.InRange(classes.ToDouble() + boxes.ToDouble(), 0, 1e-5);
        DetectorHarness.Same(picture.Objects, Decode(OnnxNet.ToFloats(logits), OnnxNet.ToFloats(deltas), [.. samples.Select(s => s.Box)], 5, 0.5f), 0.01f);

        // And the runtime reads the same from what the graph puts out.
        var rows = torch.tensor(samples.SelectMany(s => new[] { s.Box.X1, s.Box.Y1, s.Box.X2, s.Box.Y2 }).ToArray(), 7, 4);
        DetectorHarness.Same(picture.Objects, DetectorHarness.Decode(architecture, ("class_logits", logits), ("box_deltas", deltas), ("proposals", rows), ("batch_index", torch.zeros(7))), 0.01f);
    }

    // torchvision's postprocess_detections for one item, by its plain words.
    internal static Detections Decode(float[] logits, float[] deltas, Box[] proposals, int classes, float confidence)
    {
        var boxes = new List<Box>();
        var scores = new List<float>();
        var ids = new List<int>();
        for (int r = 0; r < proposals.Length; r++)
        {
            double sum = Enumerable.Range(0, classes + 1).Sum(c => Math.Exp(logits[r * (classes + 1) + c]));
            for (int c = 1; c <= classes; c++)
            {
                float score = (float)(Math.Exp(logits[r * (classes + 1) + c]) / sum);
                float[] d = deltas[((r * (classes + 1) + c) * 4)..][..4];
                if (score > confidence)
                {
                    var box = AnchorBoxCoder.Decode(proposals[r], [d[0] / 10, d[1] / 10, d[2] / 5, d[3] / 5]);
                    boxes.Add(new Box(Math.Clamp(box.X1, 0, 192), Math.Clamp(box.Y1, 0, 160), Math.Clamp(box.X2, 0, 192), Math.Clamp(box.Y2, 0, 160)));
                    scores.Add(score);
                    ids.Add(c - 1);
                }
            }
        }

        var found = new Detections();
        foreach (int k in new NonMaxSuppression().Run(boxes.ToArray(), scores.ToArray(), ids.ToArray(), 0, 0.5f, 100))
        {
            found.Add(boxes[k], scores[k], ids[k]);
        }

        return found;
    }

    [Fact]
    public void TheLossFallsOnTwoPicturesAndReachesTheBoxHead()
    {
        var losses = DetectorHarness.Train(new FasterRcnn(DetectorHarness.Shapes), [DetectorHarness.Picture(0), DetectorHarness.Picture(1)], 30, 3e-3);
        Assert.True(losses[^3..].Average() < 0.5 * losses[..3].Average(), string.Join(' ', losses.Select(l => l.ToString("F2"))));
    }
}
