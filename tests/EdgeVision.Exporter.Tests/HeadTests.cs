using EdgeVision.Decoding;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>Losses against values worked out by hand, and targets that lead back to their labels through the runtime's decoders.</summary>
public class HeadTests
{
    public HeadTests() => TorchSetup.Initialize(2);

    [Fact]
    public void ClassificationIsTheMeanNegativeLogarithmOfTheRightClass()
    {
        using var scope = torch.NewDisposeScope();
        var head = new ClassificationHead(new OutputSpec { Head = "classify", Tensors = ["logits"] }, ["a", "b", "c"]);
        object[] targets = [head.CreateTarget(Picture(classId: 2)), head.CreateTarget(Picture(classId: 0))];
        var loss = Loss(head, targets, ("logits", torch.tensor(new float[] { 1, 2, 3, 0, 0, 0 }, 2, 3)))["ce"];
        double first = -Math.Log(Math.Exp(3) / (Math.Exp(1) + Math.Exp(2) + Math.Exp(3)));
        Assert.Equal((first + Math.Log(3)) / 2, loss, 1e-5);
        Assert.Contains("class 3", Assert.Throws<EdgeVisionException>(() => head.CreateTarget(Picture(classId: 3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DiceIsOneMinusTwiceTheCommonPartAndIgnoredPixelsCountForNothing()
    {
        using var scope = torch.NewDisposeScope();
        var head = new SegmentationHead(new OutputSpec { Head = "segment", Tensors = ["logits"] }, ["background", "thing"]);
        // Two pixels count: one of each class, both found with probability 1/2; the third is ignored however wrong it is.
        object[] targets = [head.CreateTarget(new LabelledImage([], 3, 1) { Mask = [0, 1, LabelledImage.IgnoredPixel] })];
        var losses = Loss(head, targets, ("logits", torch.tensor(new float[] { 0, 0, 50, 0, 0, -50 }, 1, 2, 1, 3)));
        Assert.Equal(Math.Log(2), losses["ce"], 1e-5);
        // Each class: common 0.5, sizes 1 and 1, smoothed by 1: 1 - (2 * 0.5 + 1) / (2 + 1).
        Assert.Equal(1 - 2 / 3.0, losses["dice"], 1e-5);
    }

    [Fact]
    public void LogitsOfAQuarterAreEnlargedToTheLabels()
    {
        using var scope = torch.NewDisposeScope();
        var head = new SegmentationHead(new OutputSpec { Head = "segment", Tensors = ["logits"] }, ["background", "thing"]);
        object[] targets = [head.CreateTarget(new LabelledImage([], 8, 4) { Mask = [.. Enumerable.Repeat((byte)1, 32)] })];
        Assert.Equal(0, Loss(head, targets, ("logits", torch.tensor(new float[] { -20, -20, 20, 20 }, 1, 2, 1, 2)))["ce"], 1e-5);
    }

    [Fact]
    public void DepthIsTheMeanDifferenceOfLogarithmsWhereDistancesAreKnown()
    {
        using var scope = torch.NewDisposeScope();
        var head = new DepthHead(new OutputSpec { Head = "depth", Tensors = ["metres"] });
        object[] targets = [head.CreateTarget(new LabelledImage([], 2, 2) { Depth = [2, 4, float.NaN, 8] })];
        var loss = Loss(head, targets, ("metres", torch.tensor(new float[] { 2, 8, 99, 4 }, 1, 1, 2, 2)))["log"];
        Assert.Equal(2 * Math.Log(2) / 3, loss, 1e-5);
    }

    [Theory]
    [InlineData("plain", 0.5)]
    [InlineData("dark", 0.15)]
    [InlineData("udp", 0.15)]
    public void HeatmapsOfATargetDecodeToItsKeypoints(string refinement, double cells)
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new HeatmapPose(new ModelSettings { Options = new Dictionary<string, string> { ["refinement"] = refinement } });
        var picture = Figure();
        var head = architecture.Heads[0];
        object target = head.CreateTarget(picture);
        // The loss is 0 at the target itself: that is how its maps are read out here.
        var maps = torch.zeros([1, 13, 32, 24], requires_grad: true);
        for (int i = 0; i < 3; i++)
        {
            maps.grad?.zero_();
            head.ComputeLosses(Inputs([target], ("heatmaps", maps)))[0].Value.backward();
            using var noGradient = torch.no_grad();
            maps.sub_(maps.grad! * (13 * 32 * 24 / 100.0)); // the gradient is 100 (m - t) / count
        }

        Assert.Equal(0, Loss(head, [target], ("heatmaps", maps))["heatmap"], 1e-6);
        AssertDecodesTo(architecture, picture, [("heatmaps", maps)], cells * 4);
    }

    [Fact]
    public void SimccOfATargetDecodesToItsKeypointsWithinHalfABin()
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new SimccPose(new ModelSettings());
        var picture = Figure();
        var points = picture.Objects[0].Keypoints;
        // Logits whose softmax is the Gaussian of the target: the divergence must vanish.
        torch.Tensor Logits(Func<LabelledKeypoint, float> of, int bins) => torch.tensor(
            points.SelectMany(p => Enumerable.Range(0, bins).Select(i => -(i - 2 * of(p)) * (i - 2 * of(p)) / 32f + 50)).ToArray(), 1, points.Length, bins);
        var (x, y) = (Logits(p => p.X, 192), Logits(p => p.Y, 256));
        var losses = Loss(architecture.Heads[0], [architecture.Heads[0].CreateTarget(picture)], ("simcc_x", x), ("simcc_y", y));
        Assert.Equal(0, losses["x"], 1e-4);
        Assert.Equal(0, losses["y"], 1e-4);
        AssertDecodesTo(architecture, picture, [("simcc_x", x), ("simcc_y", y)], 0.26);
    }

    [Fact]
    public void PicturesWithoutTheLabelsAHeadNeedsAreRefusedByName()
    {
        var picture = Picture(classId: -1);
        foreach (var head in new Head[]
        {
            new SegmentationHead(new OutputSpec { Head = "segment" }, ["a", "b"]), new DepthHead(new OutputSpec { Head = "depth" }),
            new EmbeddingNet(new ModelSettings()).Heads[0], new HeatmapPose(new ModelSettings()).Heads[0],
        })
        {
            Assert.Contains("made", Assert.Throws<EdgeVisionException>(() => head.CreateTarget(picture)).Message, StringComparison.Ordinal);
        }
    }

    private static void AssertDecodesTo(Architecture architecture, LabelledImage picture, (string Name, torch.Tensor Value)[] outputs, double pixels)
    {
        var spec = architecture.Spec;
        var tensors = new ArrayTensorSet([.. outputs.Select(o => (o.Name, o.Value.shape, OnnxNet.ToFloats(o.Value)))]);
        var decoder = DecoderRegistry.Create(spec, spec.Outputs[0], [.. outputs.Select(o => new TensorInfo(o.Name, [-1, .. o.Value.shape[1..]], TensorElement.Float32))], new DecoderOptions(0.1f, 0.5f, 1, false));
        var result = new VisionResult();
        decoder.Decode(tensors, 0, FrameTransform.Identity(picture.Width, picture.Height), result);
        var found = result.Detections.GetKeypoints(0);
        var wanted = picture.Objects[0].Keypoints;
        Assert.Equal(wanted.Length, found.Length);
        for (int k = 0; k < wanted.Length; k++)
        {
            Assert.Equal(wanted[k].X, found[k].X, pixels);
            Assert.Equal(wanted[k].Y, found[k].Y, pixels);
        }
    }

    // Away from the edges, where refinements stand back.
    private static LabelledImage Figure()
    {
        var random = new Random(5);
        LabelledKeypoint[] points = [.. Enumerable.Range(0, 13).Select(_ => new LabelledKeypoint(24 + 48 * (float)random.NextDouble(), 24 + 80 * (float)random.NextDouble(), 2))];
        return new LabelledImage([], 96, 128) { Objects = [new LabelledObject(0, new Box(20, 20, 80, 110)) { Keypoints = points }] };
    }

    private static LabelledImage Picture(int classId) => new([], 4, 4) { Name = "made", ClassId = classId };

    private static LossInputs Inputs(object[] targets, params (string Name, torch.Tensor Value)[] outputs)
    {
        var weights = new WeightStore(1);
        return new LossInputs(new TorchNet(weights, true), weights, outputs.ToDictionary(o => o.Name, o => TorchNet.Wrap(o.Value)), targets, new Random(1));
    }

    private static Dictionary<string, double> Loss(Head head, object[] targets, params (string Name, torch.Tensor Value)[] outputs) =>
        head.ComputeLosses(Inputs(targets, outputs)).ToDictionary(l => l.Name, l => l.Value.ToDouble());
}
