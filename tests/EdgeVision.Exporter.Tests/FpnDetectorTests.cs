using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Models;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

public class FpnDetectorTests
{
    public FpnDetectorTests() => TorchSetup.Initialize(2);

    [Fact]
    public void ShapesAtEveryStage()
    {
        var shapes = new FpnDetector(DetectorHarness.Shapes).Analyze(batch: 2).Layers.ToLookup(l => l.Name, l => l.Shape);
        foreach (var (stage, shape) in new (string, long[])[]
        {
            ("backbone.stem.conv", [2, 16, 80, 96]),
            ("backbone.stage1.block1.conv2.conv", [2, 24, 40, 48]),
            ("backbone.stage2.block2.conv2.conv", [2, 48, 20, 24]),
            ("backbone.stage3.block2.conv2.conv", [2, 80, 10, 12]),
            ("backbone.stage4.block1.conv2.conv", [2, 96, 5, 6]),
            ("fpn.output0", [2, 48, 20, 24]),
            ("fpn.output1", [2, 48, 10, 12]),
            ("fpn.output2", [2, 48, 5, 6]),
        })
        {
            Assert.Equal(shape, shapes[stage].Single());
        }

        Assert.Equal([2, 36, 20, 24], shapes["head.cls.predict"].First()); // 6 anchors x 6 classes, stride 8
        Assert.Equal([2, 24, 5, 6], shapes["head.box.predict"].Last());
        Assert.Equal(new long[][] { [2, 3780, 6], [2, 3780, 4] }, shapes["concat"]);
    }

    [Fact]
    public void AnalysisCountsWhatTheWeightsAre()
    {
        var architecture = new FpnDetector(DetectorHarness.Shapes);
        using var weights = Trainer.CreateWeights(architecture, 1);
        Assert.Equal(weights.ParameterCount, architecture.Analyze().Parameters);
    }

    [Fact]
    public void TheSameSeedGivesTheSameWeights()
    {
        using var a = Trainer.CreateWeights(new FpnDetector(DetectorHarness.Shapes), 7);
        using var b = Trainer.CreateWeights(new FpnDetector(DetectorHarness.Shapes), 7);
        using var c = Trainer.CreateWeights(new FpnDetector(DetectorHarness.Shapes), 8);
        Assert.Equal(OnnxExporter.WeightsSha256(a), OnnxExporter.WeightsSha256(b));
        Assert.NotEqual(OnnxExporter.WeightsSha256(a), OnnxExporter.WeightsSha256(c));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(17)]
    [InlineData(22)]
    public void TheExportEqualsTorchAtBatchOneAndThreeAndHoldsNoBatchNorm(int opset)
    {
        using var scope = torch.NewDisposeScope();
        var architecture = new FpnDetector(DetectorHarness.Shapes);
        using var weights = Trainer.CreateWeights(architecture, 1);
        var model = OnnxExporter.Write(architecture, weights, opset);
        Assert.DoesNotContain(model.Graph.Node, n => n.OpType is "BatchNormalization" or "Mul" or "Dropout");
        Assert.Equal("batch", model.Graph.Input.Single().Type.TensorType.Shape.Dim[0].DimParam);
        var input = architecture.Spec.Input;
        var parity = Parity.Measure(architecture, weights, model.ToBytes(), [torch.randn(1, 3, input.Height, input.Width), torch.randn(3, 3, input.Height, input.Width)]);
        parity.ThrowIfAboveLimit();
    }

    [Fact]
    public void TheSpecSurvivesItsJson()
    {
        var spec = new FpnDetector(DetectorHarness.Shapes).Spec;
        var read = ModelSpecValidator.Parse(ModelSpecJson.Serialize(spec), "the spec");
        Assert.Equal(ModelSpecJson.Serialize(spec), ModelSpecJson.Serialize(read));
        Assert.Equal((192, 160, ResizeMode.Letterbox), (read.Input.Width, read.Input.Height, read.Input.Resize.Mode));
    }
}
