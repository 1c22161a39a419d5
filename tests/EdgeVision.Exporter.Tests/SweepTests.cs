using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Commands;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Sweep;
using EdgeVision.Exporter.Training;
using EdgeVision.Models;
using EdgeVision.Onnx;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using Spectre.Console;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>Models of random weights: what is planned, what is skipped and why, what is written, and that its numbers are those of an ordinary network.</summary>
public sealed class SweepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-sweep").FullName;
    private readonly StringWriter _said = new();

    public SweepTests() => TorchSetup.Initialize(2);

    public static TheoryData<string> Names => [.. ArchitectureCatalog.All.Select(a => a.Name)];

    [Fact]
    public void NamesSayAll()
    {
        var request = Ask("resnet18", "vit") with { WidthMultipliers = [0.5, 1], Sizes = [(160, 160), (320, 224)], Half = true };
        Assert.Equal(
            ["resnet18-w0.5-160", "resnet18-w0.5-160-fp16", "resnet18-w0.5-320x224", "resnet18-w0.5-320x224-fp16", "resnet18-w1-160", "resnet18-w1-160-fp16",
             "resnet18-w1-320x224", "resnet18-w1-320x224-fp16", "vit-w0.5-160", "vit-w0.5-160-fp16", "vit-w0.5-320x224", "vit-w0.5-320x224-fp16",
             "vit-w1-160", "vit-w1-160-fp16", "vit-w1-320x224", "vit-w1-320x224-fp16"],
            SweepPlan.Create(request).Items.Select(i => i.Name));

        // Open sides: one file for all sizes, but where positions are part of the graph one a size.
        request = request with { Half = false, WidthMultipliers = [0.25], Options = new ExportOptions { DynamicSize = true, ByteInput = true, Opset = 19 } };
        Assert.Equal(["resnet18-w0.25-dynamic-bytes-opset19", "vit-w0.25-160-bytes-opset19", "vit-w0.25-320x224-bytes-opset19"], SweepPlan.Create(request).Items.Select(i => i.Name));
    }

    [Fact]
    public void WithoutAWishItIsTheFamilyOfClassifiersWithTheirPublishedSizes()
    {
        var plan = SweepPlan.Create(new SweepRequest());
        Assert.Equal(9 * 2 * 3, plan.Items.Count);
        Assert.Empty(plan.Skipped);
        Assert.All(plan.Items, i => Assert.Equal("classify", i.Architecture.Spec.Task));
        var resnet = plan.Items.Single(i => i.Name == "resnet18-w1-224");
        Assert.Equal((11_689_512, 1.81), (resnet.Parameters, Math.Round(resnet.MultiplyAccumulates / 1e9, 2)));
        Assert.Equal(22_050_664, plan.Items.Single(i => i.Name == "vit-w1-224").Parameters);
        Assert.Equal(5_717_416, plan.Items.Single(i => i.Name == "vit-w0.5-224").Parameters); // timm's vit_tiny_patch16_224
    }

    [Theory]
    [InlineData("vit", 1, 100, 100, "patch size 16")]
    [InlineData("yolo", 1, 320, 100, "multiples of 32")]
    [InlineData("unet", 1, 100, 100, "100x100")]
    [InlineData("heatmap-pose", 1, 100, 128, "multiples of 32")]
    [InlineData("embedding", 0.5, 96, 96, "one width")]
    [InlineData("convnext", 4, 224, 224, "")]
    [InlineData("resnet18", 0.1, 37, 211, "")]
    public void WhatAnArchitectureDoesNotTakeIsSkippedWithTheReason(string name, double channels, int width, int height, string reason)
    {
        var plan = SweepPlan.Create(Ask(name) with { WidthMultipliers = [channels], Sizes = [(width, height)] });
        if (reason.Length == 0)
        {
            Assert.Empty(plan.Skipped);
            Assert.Single(plan.Items);
            return;
        }

        Assert.Empty(plan.Items);
        Assert.Contains(reason, Assert.Single(plan.Skipped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void TheFirstSizeThatFitsIsThatOfAFileWithOpenSides()
    {
        var plan = SweepPlan.Create(Ask("unet") with { Sizes = [(100, 100), (64, 64), (96, 96)], Options = new ExportOptions { DynamicSize = true } });
        Assert.Equal((64, 64), (plan.Items.Single().Architecture.Spec.Input.Width, plan.Items.Single().Architecture.Spec.Input.Height));
        Assert.Single(plan.Skipped);
    }

    [Theory]
    [InlineData("tinyresnet")] // BatchNorm's statistics are part of it
    [InlineData("vit")]
    public void TheSameSeedGivesTheSameBytesAndAnotherSeedOthers(string name)
    {
        var request = Ask(name) with { Half = true };
        byte[][] Files(string folder, int seed)
        {
            Write(request with { Seed = seed }, folder);
            return [.. Directory.EnumerateFiles(Path.Combine(_folder, folder)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        }

        var first = Files("a", 1);
        Assert.Equal(2, first.Length);
        torch.randn(100); // whatever else draws random numbers
        Assert.Equal(first, Files("b", 1));
        Assert.All(Files("c", 2).Zip(first), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryArchitectureIsWrittenAndRunsInTheRuntime(string name)
    {
        var narrow = Ask(name) with { WidthMultipliers = [0.25] };
        var result = Assert.Single(Write(SweepPlan.Create(narrow).Items.Count > 0 ? narrow : Ask(name)));
        Assert.True(float.IsFinite(result.MinOutput) && result.MinOutput < result.MaxOutput, $"{result.MinOutput} .. {result.MaxOutput}");
        string path = Path.Combine(_folder, result.Item.Name + ".onnx");
        Assert.Equal(new FileInfo(path).Length, result.Bytes);
        Assert.Equal([path], Directory.GetFiles(_folder)); // nothing half-written beside it

        using var model = VisionModel.Load(path, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        var provenance = model.Spec.Provenance!;
        Assert.Equal((result.Item.Name, name, TimingBundle.TrainedOn), (model.Spec.Name, provenance.Architecture, provenance.TrainedOn));
        Assert.Equal(["multiply_accumulates", "parameters"], provenance.Metrics!.Keys.Order(StringComparer.Ordinal)); // and no figure of accuracy
        Assert.Equal(result.Item.MultiplyAccumulates, provenance.Metrics["multiply_accumulates"]);
        Assert.Null(model.Spec.Goldens);
    }

    // Two thirds of the width: numbers of channels that are no powers of two. ONNX Runtime is compared with TorchSharp, so what is timed is the architecture.
    [Fact]
    public void WhatIsTimedComputesWhatTorchComputes()
    {
        var item = SweepPlan.Create(Ask("mobilenetv3-small") with { WidthMultipliers = [0.67] }).Items.Single();
        using var weights = TimingWeights.Create(item.Architecture, item.Seed);
        using var scope = torch.NewDisposeScope();
        Parity.Measure(item.Architecture, weights, TimingBundle.Build(item).ToBytes(), [TimingWeights.CreateInput(item.Architecture, 1), TimingWeights.CreateInput(item.Architecture, 3)]).ThrowIfAboveLimit();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ActivationsAreNeitherDenormalNorHuge(string name)
    {
        foreach (double channels in (double[])[0.25, 1])
        {
            var plan = SweepPlan.Create(Ask(name) with { WidthMultipliers = [channels] });
            if (plan.Items.Count == 0)
            {
                continue; // of one width
            }

            using var weights = TimingWeights.Create(plan.Items[0].Architecture, 1);
            var (denormal, least, greatest) = Activations(plan.Items[0].Architecture, weights);
            TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant($"{name} x {channels}: deviations from {least:G3}, greatest value {greatest:G4}"));
            Assert.Equal(0, denormal);
            Assert.InRange(least, 1e-4, 1e3); // of one layer; far above the smallest normal number of float16, 6e-5, times what a layer scatters
            Assert.InRange(greatest, 0.1, 60_000); // float16 ends at 65,504
        }
    }

    // Why statistics are taken: with those that BatchNorm starts with, depthwise convolutions make ever smaller numbers.
    [Theory]
    [InlineData("mobilenetv2")]
    [InlineData("mobilenetv3-small")]
    [InlineData("efficientnet-lite0")]
    public void WithoutStatisticsDeepNetworksVanish(string name)
    {
        var architecture = SweepPlan.Create(Ask(name)).Items.Single().Architecture;
        using var weights = Trainer.CreateWeights(architecture, 1);
        Assert.InRange(Activations(architecture, weights).Least, 0, 1e-8);
    }

    // Decoders get what they get from a network that finds nothing, not every box there is: among millions of scores a wide scatter would show.
    [Theory]
    [InlineData("retinanet")]
    [InlineData("multitask")]
    [InlineData("yolo")]
    [InlineData("ssdlite")]
    [InlineData("faster-rcnn")]
    public void DetectorsOfManyPlacesFindNextToNothing(string name)
    {
        var result = Assert.Single(Write(Ask(name) with { Sizes = [(640, 480)] }));
        using var model = VisionModel.Load(Path.Combine(_folder, result.Item.Name + ".onnx"), new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        for (int i = 0; i < 3; i++)
        {
            var picture = DetectorHarness.Picture(i);
            using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
            Assert.InRange(model.Run(frame).Detections.Count, 0, 2);
        }
    }

    [Theory]
    [InlineData("--architectures tinyresnet --byte-input", 6)] // two widths, three sizes
    [InlineData("--channels 0.1 --sizes 32 --classes 3 --seed 5", 9)] // nine backbones
    [InlineData("--architectures tinyresnet,yolo,tinyresnet --channels 0.25 --sizes 32,64x32,32 --half --dynamic-size --opset 18", 6)]
    public void ACommandLineWritesWhatItSays(string options, int files)
    {
        using var errors = new StringWriter();
        Assert.Equal(0, ExporterCommandLine.Run(["sweep", "--out", _folder, .. options.Split(' ')], errors));
        Assert.Equal("", errors.ToString());
        Assert.Equal(files, Directory.GetFiles(_folder, "*.onnx").Length);
        foreach (string file in Directory.GetFiles(_folder))
        {
            var spec = ModelSpecValidator.Parse(OnnxModel.Load(file).GetMetadata(ModelSpec.MetadataKey)!, file);
            Assert.Equal(options.Contains("byte", StringComparison.Ordinal) ? TensorElement.UInt8 : TensorElement.Float32, spec.Input.Element);
            Assert.Equal(options.Contains("--classes 3", StringComparison.Ordinal) ? 3 : spec.Task == "classify" ? 1000 : 80, spec.Labels.Length);
            Assert.Equal(options.Contains("--opset 18", StringComparison.Ordinal) ? 18 : 17, OnnxModel.Load(file).Opset);
        }
    }

    [Fact]
    public void AFileThatIsThereIsKeptUnlessForced()
    {
        Write(Ask("tinyresnet"));
        string path = Directory.GetFiles(_folder).Single();
        byte[] before = File.ReadAllBytes(path);
        var other = Ask("tinyresnet") with { Seed = 9, WidthMultipliers = [0.25, 1] };
        var e = Assert.Throws<EdgeVisionException>(() => Write(other));
        Assert.Contains("--force", e.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(_folder)); // nothing of the others was begun
        Assert.Equal(before, File.ReadAllBytes(path));
        Write(other, force: true);
        Assert.NotEqual(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void ADiskWithoutRoomIsSaidBeforeAnythingIsWritten()
    {
        var e = Assert.Throws<EdgeVisionException>(() => SweepCommand.Run(Console(), Ask("resnet18"), _folder, force: false, TestContext.Current.CancellationToken, freeBytes: 40_000_000));
        Assert.Contains("47 MB", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void AModelThatTheRuntimeRefusesLeavesNothing()
    {
        var item = SweepPlan.Create(Ask("tinyresnet")).Items.Single();
        var model = TimingBundle.Build(item);
        var bias = model.Graph.Initializer.Single(t => t.Name == "head.fc.bias");
        float[] values = OnnxTensor.ReadFloats(bias);
        values[3] = float.NaN;
        bias.RawData = OnnxTensor.Create("x", values, values.Length).RawData;
        string path = Path.Combine(_folder, "x.onnx");
        Assert.Contains("NaN", Assert.ThrowsAny<EdgeVisionException>(() => TimingBundle.Save(model, item, path)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void StoppedItSaysHowFarItCame()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        var e = Assert.Throws<EdgeVisionException>(() => SweepCommand.Run(Console(), Ask("tinyresnet"), _folder, force: false, cancel.Token));
        Assert.Contains("0 of 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTableListsWhatWasWrittenAndWhatWasNot()
    {
        Write(Ask("tinyresnet", "vit") with { Sizes = [(40, 56)] });
        string said = _said.ToString();
        Assert.Contains("tinyresnet-w1-40x56", said, StringComparison.Ordinal);
        Assert.Contains("skipped vit-w1-40x56: Both sides of the input must be multiples of the patch size 16; got 40x56", said, StringComparison.Ordinal);
        Assert.Contains("234,760", said, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _said.Dispose();
    }

    private static SweepRequest Ask(params string[] architectures) => new() { Architectures = architectures, WidthMultipliers = [1], Sizes = [(96, 96)] };

    private IReadOnlyList<SweepResult> Write(SweepRequest request, string folder = "", bool force = false) =>
        SweepCommand.Run(Console(), request, Path.Combine(_folder, folder), force, default);

    private IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(_said) });
        console.Profile.Width = 200;
        return console;
    }

    // Denormal or not finite numbers of all layers, the least deviation of a layer with more than one value, and the greatest magnitude.
    private static (long Denormal, double Least, double Greatest) Activations(Architecture architecture, WeightStore weights)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        long denormal = 0;
        double least = double.PositiveInfinity, greatest = 0;
        var net = new TorchNet(weights, training: false)
        {
            Observer = (_, _, output) =>
            {
                var magnitude = output.abs();
                // Negated, so that what is no number counts too.
                denormal += magnitude.numel() - ((magnitude == 0) | (magnitude >= 1.17549435e-38) & (magnitude <= float.MaxValue)).sum().ToInt64();
                greatest = Math.Max(greatest, magnitude.max().ToDouble());
                if (output.numel() > 100)
                {
                    least = Math.Min(least, output.std().ToDouble());
                }
            },
        };
        architecture.Forward(net, TorchNet.Wrap(TimingWeights.CreateInput(architecture, 2)));
        return (denormal, least, greatest);
    }
}
