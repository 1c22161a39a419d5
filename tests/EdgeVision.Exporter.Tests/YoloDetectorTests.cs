using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public class YoloDetectorTests
{
    private const int Places = 630; // 24x20 + 12x10 + 6x5

    public YoloDetectorTests() => TorchSetup.Initialize(2);

    [Fact]
    public void ShapesAtEveryStage()
    {
        var shapes = new YoloDetector().Analyze(batch: 2).Layers.ToLookup(l => l.Name, l => l.Shape);
        foreach (var (stage, shape) in new (string, long[])[]
        {
            ("backbone.stem.conv", [2, 16, 80, 96]),
            ("fpn.output0", [2, 48, 20, 24]),
            ("fpn.output2", [2, 48, 5, 6]),
            ("head.box0.predict", [2, 64, 20, 24]),
            ("head.cls2.predict", [2, 5, 5, 6]),
            ("boxes", [2, 4, Places]),
            ("scores", [2, 5, Places]),
        })
        {
            Assert.Equal(shape, shapes[stage].Single());
        }

        Assert.Equal([2, 9, Places], shapes["concat"].Last());
    }

    [Fact]
    public void EveryWeightBelongsToAStage()
    {
        var architecture = new YoloDetector();
        using var weights = DetectorHarness.Weights(architecture);
        Assert.All(weights.Names, name => Assert.Single(architecture.Stages, s => name.StartsWith(s + ".", StringComparison.Ordinal)));
        Assert.Equal(weights.ParameterCount, architecture.Analyze().Parameters);
    }

    [Fact]
    public void TheExportEqualsTorchAtBatchOneAndThree()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new YoloDetector();
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var model = OnnxExporter.Write(architecture, weights);
        Assert.DoesNotContain(model.Graph.Node, n => n.OpType == "BatchNormalization");
        Parity.Measure(architecture, weights, model.ToBytes(), [torch.randn(1, 3, 160, 192), torch.randn(3, 3, 160, 192)]).ThrowIfAboveLimit();
    }

    [Fact]
    public void SettingsDecideSizeClassesAndWidth()
    {
        var architecture = new YoloDetector(new ModelSettings { Name = "two", Width = 256, Height = 128, WidthMultiplier = 0.5, Labels = new DataLabels { Objects = ["a", "b"] } });
        var output = architecture.Analyze().Layers[^1].Shape;
        Assert.Equal([1, 6, 32 * 16 + 16 * 8 + 8 * 4], output);
        Assert.Equal(("two", 256, 128), (architecture.Spec.Name, architecture.Spec.Input.Width, architecture.Spec.Input.Height));
        Assert.Contains("multiples of 32", Assert.Throws<EdgeVisionException>(() => new YoloDetector(new ModelSettings { Width = 200 })).Message, StringComparison.Ordinal);
        Assert.Contains("at least one object class; the data has none", Assert.Throws<EdgeVisionException>(() => new YoloDetector(new ModelSettings { Labels = new DataLabels() })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnObjectTakesItsBestPlacesAndAPlaceGoesToWhomItOverlapsMost()
    {
        // Places at 4, 12, 20, 28 on one row. Object 0 covers the first three, object 1 the last two.
        (float, float)[] points = [(4, 4), (12, 4), (20, 4), (28, 4)];
        var target = new DetectionTarget([new Box(0, 0, 24, 8), new Box(16, 0, 32, 8)], [0, 1]);
        Box[] predicted = [new Box(0, 0, 24, 8), new Box(0, 0, 12, 8), new Box(16, 0, 32, 8), new Box(100, 100, 110, 110)];
        float[] scores = [0.25f, 1, 1, 1, /* class 1 */ 1, 1, 0.81f, 1];
        var objects = new int[4];
        var wanted = new float[4];
        TaskAlignedAssigner.Assign(points, scores, predicted, target, objects, wanted);

        Assert.Equal([0, 0, 1, 1], objects);
        Assert.Equal(1, wanted[0], 1e-4f);                  // the best aligned place of its object: its own IoU
        float iou = CompleteIou.Compute(predicted[1], target.Boxes[0]);
        Assert.Equal(Math.Pow(iou, 6) / 0.5, wanted[1], 1e-4); // sqrt(1) iou^6 over sqrt(0.25) 1^6, times the best IoU 1
        Assert.Equal(1, wanted[2], 1e-4f);
        Assert.Equal(0, wanted[3]);                         // inside, yet predicts a box far away
    }

    [Fact]
    public void NoMoreThanTenPlacesAndNoneOutsideTheBox()
    {
        var places = new DistributionBoxes(192, 160, 8, 16, 32).GetLocations();
        var target = (DetectionTarget)new YoloDetector().Heads[0].CreateTarget(DetectorHarness.Labelled((2, new Box(20, 30, 120, 110))));
        var predicted = places.Select(p => new Box(p.X - 30, p.Y - 30, p.X + 30, p.Y + 30)).ToArray();
        var scores = Enumerable.Repeat(0.5f, 5 * places.Length).ToArray();
        var objects = new int[places.Length];
        TaskAlignedAssigner.Assign([.. places.Select(p => (p.X, p.Y))], scores, predicted, target, objects, new float[places.Length]);
        var taken = places.Where((_, i) => objects[i] == 0).ToArray();
        Assert.Equal(10, taken.Length);
        Assert.All(taken, p => Assert.True(p.X > 20 && p.X < 120 && p.Y > 30 && p.Y < 110));
        Assert.Contains(taken, p => Math.Abs(p.X - 70) < 8 && Math.Abs(p.Y - 70) < 8); // the middle overlaps most
    }

    [Fact]
    public void CompleteIouIsThePapersOnBothSides()
    {
        using var scope = torch.NewDisposeScope();
        Box a = new(0, 0, 4, 2), b = new(2, 0, 4, 4);
        // IoU 4 / (8 + 8 - 4); centres (2,1), (3,2); enclosing box 4x4; aspects 2 and 1/2.
        double iou = 4.0 / 12, v = 4 / (Math.PI * Math.PI) * Math.Pow(Math.Atan(0.5) - Math.Atan(2), 2);
        double expected = iou - 2.0 / 32 - v * v / (v - iou + 1);
        Assert.Equal(expected, CompleteIou.Compute(a, b), 1e-5);
        var rows = CompleteIou.Compute(torch.tensor(new float[] { 0, 0, 4, 2, 2, 0, 4, 4 }, 2, 4), torch.tensor(new float[] { 2, 0, 4, 4, 2, 0, 4, 4 }, 2, 4));
        Assert.Equal(expected, rows[0].ToDouble(), 1e-5);
        Assert.Equal(1, rows[1].ToDouble(), 1e-5);
    }

    [Fact]
    public void PerfectOutputsCostNothingAndDecodeToTheirObjects()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new YoloDetector();
        // Sides on centres of cells of stride 8: the distances are whole numbers, so one bin alone is right.
        var picture = DetectorHarness.Labelled((0, new Box(20, 28, 60, 84)), (3, new Box(100, 20, 140, 60)), (3, new Box(140, 20, 180, 60)));
        var target = architecture.Heads[0].CreateTarget(picture);
        float[] boxes = new float[64 * Places], logits = Enumerable.Repeat(-20f, 5 * Places).ToArray();
        foreach (var item in picture.Objects)
        {
            // The cell in the middle and the one right of it, of level 0.
            int column = (int)((item.Box.X1 + item.Box.X2) / 2 / 8), row = (int)((item.Box.Y1 + item.Box.Y2) / 2 / 8);
            for (int x = column; x < column + 2; x++)
            {
                int place = row * 24 + x;
                logits[item.ClassId * Places + place] = 20;
                float[] sides = [x + 0.5f - item.Box.X1 / 8, row + 0.5f - item.Box.Y1 / 8, item.Box.X2 / 8 - x - 0.5f, item.Box.Y2 / 8 - row - 0.5f];
                for (int side = 0; side < 4; side++)
                {
                    boxes[(side * 16 + (int)sides[side]) * Places + place] = 40;
                }
            }
        }

        var distribution = torch.tensor(boxes, 1, 64, Places);
        var classes = torch.tensor(logits, 1, 5, Places);
        var losses = DetectorHarness.Losses(architecture, [target], ("box_distribution", distribution), ("class_logits", classes));
        Assert.Equal(["class", "box", "dfl"], losses.Keys);
        Assert.All(losses.Values, loss => Assert.InRange(loss, -1e-6, 1e-3));

        using var weights = new WeightStore(1);
        var net = new TorchNet(weights, training: false);
        var decoded = TorchNet.Unwrap(net.Apply("boxes", new DistributionBoxes(192, 160, 8, 16, 32), TorchNet.Wrap(distribution)));
        var found = DetectorHarness.Decode(architecture, ("output0", torch.cat([decoded, torch.sigmoid(classes)], 1)));
        DetectorHarness.Same(picture.Objects, found, 0.01f);
    }

    [Fact]
    public void APictureWithoutObjectsHasAClassLossAlone()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new YoloDetector();
        var target = architecture.Heads[0].CreateTarget(DetectorHarness.Labelled());
        var losses = DetectorHarness.Losses(architecture, [target], ("box_distribution", torch.randn(1, 64, Places)), ("class_logits", torch.zeros(1, 5, Places)));
        Assert.Equal(0.5 * 5 * Places * Math.Log(2), losses["class"], 0.01);
        Assert.Equal((0, 0), (losses["box"], losses["dfl"]));
    }

    [Fact]
    public void TheLossFallsOnTwoPictures()
    {
        var losses = DetectorHarness.Train(new YoloDetector(DetectorHarness.Shapes), [DetectorHarness.Picture(0), DetectorHarness.Picture(1)], 30, 3e-3);
        Assert.True(losses[^3..].Average() < 0.5 * losses[..3].Average(), string.Join(' ', losses.Select(l => l.ToString("F2"))));
    }

    [Fact]
    public void InspectNamesWhatCannotBeLearned()
    {
        var head = new YoloDetector().Heads[0];
        Assert.Empty(head.Inspect([DetectorHarness.Picture(0) with { Objects = [new LabelledObject(0, new Box(10, 10, 60, 60))] }]));
        string[] words = [.. head.Inspect([DetectorHarness.Labelled((0, new Box(10, 10, 60, 60)), (1, new Box(5, 5, 10, 7)), (1, new Box(150, 20, 230, 60)))])];
        Assert.Equal(2, words.Length);
        Assert.Contains(words, w => w.StartsWith("1 of 3 objects (33.3 %): the box is empty or reaches beyond the image", StringComparison.Ordinal));
        Assert.Contains(words, w => w.Contains("contains the center of no cell", StringComparison.Ordinal));
        Assert.Contains("class 7", Assert.Throws<EdgeVisionException>(() => head.CreateTarget(DetectorHarness.Labelled((7, new Box(0, 0, 20, 20))))).Message, StringComparison.Ordinal);
    }
}
