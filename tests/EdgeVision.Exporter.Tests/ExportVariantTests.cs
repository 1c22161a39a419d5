using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Models;
using EdgeVision.Models.Verification;
using EdgeVision.Onnx;
using EdgeVision.Onnx.Passes;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>Float16, bytes in, suppression inside, folded constants: each variant, run by the runtime, against the plain export.</summary>
public sealed class ExportVariantTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-variants").FullName;

    public ExportVariantTests() => TorchSetup.Initialize(2);

    [Theory]
    [InlineData("tinyresnet")]
    [InlineData("mobilenetv3-small")]
    [InlineData("convnext")]
    [InlineData("unet")]
    [InlineData("multitask")]
    [InlineData("yolo")]
    [InlineData("faster-rcnn")]
    public void BytesInGiveWhatNormalisedNumbersGive(string name)
    {
        var architecture = Small(name);
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var plain = Outputs(architecture, weights, new ExportOptions());
        var bytes = Outputs(architecture, weights, new ExportOptions { ByteInput = true });
        AssertNear(plain, bytes, 1e-4);
    }

    [Theory]
    [InlineData("tinyresnet")]
    [InlineData("mobilenetv2")]
    [InlineData("vit")]
    [InlineData("unet")]
    [InlineData("deeplabv3plus")]
    [InlineData("simcc-pose")]
    [InlineData("embedding")]
    [InlineData("multitask")]
    [InlineData("yolo")]
    public void HalfIsHalfTheFileAndCloseToTheWhole(string name)
    {
        var architecture = Small(name);
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        var plain = Outputs(architecture, weights, new ExportOptions(), out long whole);
        var half = Outputs(architecture, weights, new ExportOptions { Half = true }, out long halved);
        AssertNear(plain, half, 0.02);
        Assert.InRange((double)halved / whole, 0.45, 0.65);
    }

    [Fact]
    public void AWeightBeyondFloat16IsRefusedByName()
    {
        var architecture = Small("tinyresnet");
        using var weights = DetectorHarness.Weights(architecture);
        weights.Set("head.fc.bias", [1e6f, 0, 0, 0, 0]);
        Assert.Contains("head.fc.bias", Assert.Throws<EdgeVisionException>(() => Outputs(architecture, weights, new ExportOptions { Half = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SuppressionInsideFindsWhatTheRuntimesOwnFinds()
    {
        var architecture = Small("yolo");
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        // Scores around the middle, so that many boxes compete.
        for (int level = 0; level < 3; level++)
        {
            weights.Set($"head.cls{level}.predict.bias", [-1, -1.2f, -0.8f, -1.1f, -0.9f]);
        }

        foreach (bool withBytes in (bool[])[false, true])
        {
            using var plain = Load(architecture, weights, new ExportOptions());
            using var inside = Load(architecture, weights, new ExportOptions { SuppressionInGraph = true, ByteInput = withBytes });
            Assert.Equal("yolo-end2end", inside.Spec.Outputs[0].Decoder);
            int seen = 0;
            for (int i = 0; i < 4; i++)
            {
                var picture = DetectorHarness.Picture(i);
                using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
                var expected = plain.Run(frame).Detections;
                var actual = inside.Run(frame).Detections;
                Assert.Equal(expected.Count, actual.Count);
                seen += actual.Count;
                for (int d = 0; d < expected.Count; d++)
                {
                    Assert.Equal(expected.ClassIds[d], actual.ClassIds[d]);
                    Assert.Equal(expected.Scores[d], actual.Scores[d], 1e-4);
                    Assert.Equal(expected.Boxes[d].X1, actual.Boxes[d].X1, 0.02);
                    Assert.Equal(expected.Boxes[d].Y2, actual.Boxes[d].Y2, 0.02);
                }
            }

            Assert.True(seen > 20, $"{seen} detections are too few to say anything");
        }
    }

    [Fact]
    public void WhatAGraphDoesNotAllowIsSaid()
    {
        var classifier = Small("tinyresnet");
        using var weights = DetectorHarness.Weights(classifier);
        Assert.Contains("YOLO", Assert.Throws<EdgeVisionException>(() => Outputs(classifier, weights, new ExportOptions { SuppressionInGraph = true })).Message, StringComparison.Ordinal);
        var detector = Small("retinanet");
        using var more = DetectorHarness.Weights(detector);
        Assert.Contains("one size", Assert.Throws<EdgeVisionException>(() => OnnxExporter.Write(detector, more, new ExportOptions { DynamicSize = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ConstantsAreFoldedAndWhatNothingReadsGoes()
    {
        var graph = new OnnxGraphBuilder("folding");
        var x = graph.AddInput("x", [-1, 2]);
        var a = graph.AddInitializer("a", [1f, 2], 2);
        var b = graph.AddInitializer("b", [10f, 20], 2);
        graph.AddInitializer("nobody", [5f], 1);
        var sum = graph.AddNode("Add", "sum", [a, b], [2]);
        var doubled = graph.AddNode("Mul", "doubled", [sum, sum], [2]);
        graph.AddOutput("y", graph.AddNode("Mul", "product", [x, doubled], [-1, 2]));
        var model = graph.Build();
        Assert.Equal(2, ConstantFolding.Apply(model, GraphRunner.Run));
        Assert.Equal(["Mul", "Identity"], model.Graph.Node.Select(n => n.OpType));
        Assert.Equal([121f, 484f], OnnxTensor.ReadFloats(model.Graph.Initializer.Single()));
    }

    [Fact]
    public void EveryTargetHasAnOpsetThatTheArchitecturesCanBeWrittenIn()
    {
        foreach (var target in OnnxTarget.All)
        {
            var architecture = Small("vit");
            using var weights = DetectorHarness.Weights(architecture);
            var model = OnnxExporter.Write(architecture, weights, new ExportOptions { Opset = target.Opset });
            Assert.Equal(target.Opset, model.Opset);
            Assert.Equal(target.Opset >= 17, model.Graph.Node.Any(n => n.OpType == "LayerNormalization"));
        }

        Assert.Contains("abacus", Assert.Throws<InvalidDataException>(() => OnnxTarget.Find("abacus")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("mean", "preprocessing")]
    [InlineData("weight", "inference")]
    [InlineData("threshold", "decoding")]
    public void TheSelfTestNamesTheStageThatDiffers(string change, string stage)
    {
        var architecture = Small("retinanet");
        using var weights = DetectorHarness.Weights(architecture, randomized: true);
        weights.Set("head.cls.predict.bias", [.. Enumerable.Repeat(-2f, (int)weights["head.cls.predict.bias"].numel())]);
        string path = Path.Combine(_folder, "golden.onnx");
        Save(architecture, weights, new ExportOptions(), path);
        GoldenWriter.Write(path, DetectorHarness.Picture(1));
        var file = OnnxModel.Load(path);
        var spec = ModelSpecValidator.Parse(file.GetMetadata(ModelSpec.MetadataKey)!, "test");
        switch (change)
        {
            case "mean":
                spec = spec with { Input = spec.Input with { Mean = [0.49f, 0.456f, 0.406f] } };
                break;
            case "weight":
                var tensor = file.Graph.Initializer.First(t => t.Name.StartsWith("backbone.stem", StringComparison.Ordinal) && t.Name.EndsWith("bias", StringComparison.Ordinal));
                float[] values = OnnxTensor.ReadFloats(tensor);
                values[0] += 0.5f;
                tensor.RawData = OnnxTensor.Create("x", values, [.. tensor.Dims]).RawData;
                break;
            case "threshold":
                spec = spec with { Thresholds = spec.Thresholds with { Iou = 0.1f } };
                break;
        }

        file.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
        file.Save(path);
        var report = BundleVerifier.Verify(path);
        Assert.Equal(stage, report.FirstFailure?.Stage ?? "");
        Assert.Equal(change == "nothing" ? ["preprocessing", "inference", "decoding", "results"] : report.Stages.Select(s => s.Stage), report.Stages.Select(s => s.Stage));
    }

    [Theory]
    [InlineData("none", "no self-test")]
    [InlineData("damaged", "damaged")]
    [InlineData("short", "bytes that it declares")]
    [InlineData("huge", "sides from 1 to")]
    [InlineData("shape", "invalid shape")]
    [InlineData("index", "the sample index")]
    [InlineData("json", "not valid JSON")]
    public void AHostileSelfTestIsOneClearError(string kind, string part)
    {
        var architecture = Small("tinyresnet");
        using var weights = DetectorHarness.Weights(architecture);
        string path = Path.Combine(_folder, "hostile.onnx");
        Save(architecture, weights, new ExportOptions(), path);
        GoldenWriter.Write(path, DetectorHarness.Picture(1));
        var file = OnnxModel.Load(path);
        var spec = ModelSpecValidator.Parse(file.GetMetadata(ModelSpec.MetadataKey)!, "test");
        var golden = spec.Goldens![0];
        GoldenSpec[]? changed = kind switch
        {
            "none" => null,
            "damaged" => [golden with { Rgb = "!!!" }],
            "short" => [golden with { Height = golden.Height + 1 }],
            "huge" => [golden with { Width = 2_000_000_000 }],
            "shape" => [golden with { Outputs = [golden.Outputs[0] with { Shape = [long.MaxValue, 4] }] }],
            "index" => [golden with { Input = golden.Input with { Indices = [int.MaxValue, .. golden.Input.Indices![1..]] } }],
            _ => [golden with { Results = "{" }],
        };
        file.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec with { Goldens = changed }));
        file.Save(path);
        var e = Assert.Throws<SpecException>(() => BundleVerifier.Verify(path));
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Architecture Small(string name) => ArchitectureCatalog.Create(name, name is "mobilenetv3-small" or "mobilenetv2" or "convnext" or "vit" or "unet" or "deeplabv3plus"
        ? new ModelSettings { Width = 64, Height = 64, WidthMultiplier = 0.25, Options = new Dictionary<string, string> { ["blocks"] = "1,1,1,1", ["dimension"] = "48", ["depth"] = "2", ["heads"] = "3" } }
        : new ModelSettings());

    private static void Save(Architecture architecture, WeightStore weights, ExportOptions options, string path)
    {
        var model = OnnxExporter.Write(architecture, weights, options);
        var spec = OnnxExporter.ApplyOptions(model, architecture.Spec, options);
        model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
        model.Save(path);
    }

    private VisionModel Load(Architecture architecture, WeightStore weights, ExportOptions options)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.onnx");
        Save(architecture, weights, options, path);
        return VisionModel.Load(path, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu), Confidence = 0.3f });
    }

    private List<float[]> Outputs(Architecture architecture, WeightStore weights, ExportOptions options) => Outputs(architecture, weights, options, out _);

    private List<float[]> Outputs(Architecture architecture, WeightStore weights, ExportOptions options, out long bytes)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.onnx");
        Save(architecture, weights, options, path);
        bytes = new FileInfo(path).Length;
        using var model = VisionModel.Load(path, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        var picture = DetectorHarness.Picture(2);
        using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
        model.Run(frame);
        var results = model.Engine.Results;
        return [.. Enumerable.Range(0, results.Count).Select(i => results.GetData(i).ToArray())];
    }

    private static void AssertNear(List<float[]> expected, List<float[]> actual, double share)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int o = 0; o < expected.Count; o++)
        {
            Assert.Equal(expected[o].Length, actual[o].Length);
            double range = expected[o].Max() - (double)expected[o].Min(), worst = expected[o].Zip(actual[o]).Max(p => Math.Abs((double)p.First - p.Second));
            Assert.True(worst <= share * range, $"output {o}: {worst} of a range of {range}");
        }
    }
}
