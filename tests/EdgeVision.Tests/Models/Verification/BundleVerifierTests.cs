using EdgeVision.TestSupport.Inference;
using EdgeVision.Models;
using EdgeVision.Models.Verification;
using EdgeVision.Specs;
using Xunit;

namespace EdgeVision.Tests.Models.Verification;

/// <summary>A self-test agrees with the model it was recorded of, names the stage that differs from another, and is no way to harm whoever repeats it.</summary>
public sealed class BundleVerifierTests : IDisposable
{
    private const int Width = 12, Height = 10;
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-verify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AModelAgreesWithItsOwnSelfTest()
    {
        string path = Write("Abs", Spec());
        var report = Verify(path, Record(path));
        Assert.True(report.Passed, report.FirstFailure?.Detail);
        Assert.Equal(["preprocessing", "inference", "decoding", "results"], report.Stages.Select(s => s.Stage));
        Assert.Contains("bit for bit", report.Stages[0].Detail, StringComparison.Ordinal);
        Assert.All(report.Stages, s => Assert.Equal((0, "chessboard"), (s.Difference, s.Golden)));
    }

    [Fact]
    public void WhatItKeepsOfTheOutputsLeadsToTheSameResultsThoughTheNetworkIsAnother()
    {
        string path = Write("Abs", Spec());
        var golden = Record(path);
        var report = Verify(Write("Exp", Spec()), golden);
        Assert.Equal([true, false, true, false], report.Stages.Select(s => s.Passed));
        Assert.Equal("inference", report.FirstFailure!.Stage);
    }

    [Fact]
    public void ANetworkThatGivesNoNumbersFailsInInferenceWithoutStoppingTheTest()
    {
        string path = Write("Abs", Spec());
        var report = Verify(Write("Log", Spec()), Record(path)); // of black pixels
        Assert.Equal("inference", report.FirstFailure!.Stage);
        Assert.Equal(double.PositiveInfinity, report.FirstFailure.Difference);
        Assert.False(report.Stages[^1].Passed);
        Assert.Contains("NaN", report.Stages[^1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void AChangeOfTheInputIsFoundInPreprocessing()
    {
        string path = Write("Abs", Spec());
        var golden = Record(path);
        Assert.Equal("preprocessing", Verify(Write("Abs", Spec("\"mean\": [0.1],")), golden).FirstFailure!.Stage);
        Assert.Equal("preprocessing", Verify(Write("Abs", Spec("\"mean\": [0.25], \"resize\": { \"padValue\": 7 },")), golden).FirstFailure!.Stage);
        Assert.Equal("preprocessing", Verify(Write("Abs", Spec("\"mean\": [0.25], \"resize\": { \"mode\": \"stretch\" },")), golden).FirstFailure!.Stage);
    }

    [Fact]
    public void AChangeOfTheDecoderIsFoundInDecoding()
    {
        string path = Write("Abs", Spec());
        var golden = Record(path);
        Assert.Equal("decoding", Verify(Write("Abs", Spec(parameters: "\"scale\": 1.05")), golden).FirstFailure!.Stage);
    }

    [Fact]
    public void AnOutputMoreOrOfAnotherShapeIsADifferenceOfTheNetwork()
    {
        string path = Write("Abs", Spec());
        var golden = Record(path);
        foreach (var changed in (GoldenSpec[])[golden with { Outputs = [] }, golden with { Outputs = [golden.Outputs[0] with { Name = "z" }] }, golden with { Outputs = [golden.Outputs[0] with { Shape = [1, 64] }] }])
        {
            var failure = Verify(path, changed).FirstFailure!;
            Assert.Equal(("inference", double.PositiveInfinity), (failure.Stage, failure.Difference));
            Assert.Contains("'", failure.Detail, StringComparison.Ordinal); // names it
        }
    }

    [Fact]
    public void OutputsThatAreTooManyToKeepAreComparedBySamples()
    {
        string path = Write("Abs", Spec());
        var golden = Record(path);
        var sampled = golden with { Outputs = [golden.Outputs[0] with { Data = null, Indices = [0, 5], Values = [Values(golden)[0], Values(golden)[5]] }] };
        var report = Verify(path, sampled);
        Assert.True(report.Passed, report.FirstFailure?.Detail);
        Assert.Equal(["preprocessing", "inference", "results"], report.Stages.Select(s => s.Stage)); // nothing to decode
        Assert.False(Verify(path, sampled with { Outputs = [sampled.Outputs[0] with { MeanAbsolute = 2 }] }).Passed);
    }

    [Theory]
    [InlineData("no goldens", "no self-test")]
    [InlineData("empty", "empty")]
    [InlineData("many", "at most 16")]
    [InlineData("empty output", "empty")]
    [InlineData("twice", "duplicated")]
    [InlineData("no values", "holds no values")]
    [InlineData("no samples", "holds no values")]
    [InlineData("range", "finite mean and a finite range")]
    [InlineData("tolerances", "tolerances are invalid")]
    [InlineData("no base64", "damaged")]
    [InlineData("no deflate", "damaged")]
    [InlineData("cut", "bytes that it declares")]
    [InlineData("bomb", "bytes that it declares")]
    [InlineData("tensor bomb", "bytes that it declares")]
    [InlineData("sides", "sides from 1 to")]
    [InlineData("shape", "invalid shape")]
    [InlineData("negative", "invalid shape")]
    [InlineData("index", "the sample index -1")]
    [InlineData("results", "not valid JSON")]
    public void AHostileSelfTestIsOneClearError(string kind, string part)
    {
        string path = Write("Abs", Spec());
        var golden = Record(path);
        var y = golden.Outputs[0];
        string bomb = GoldenData.Deflate(new byte[8 << 20]);
        GoldenSpec[] goldens = kind switch
        {
            "no goldens" => [],
            "empty" => [null!],
            "many" => [.. Enumerable.Repeat(golden, 17)],
            "empty output" => [golden with { Outputs = [null!] }],
            "twice" => [golden with { Outputs = [y, y] }],
            "no values" => [golden with { Outputs = [y with { Data = null }] }],
            "no samples" => [golden with { Outputs = [y with { Data = null, Indices = [], Values = [] }] }],
            "range" => [golden with { Outputs = [y with { Range = -1 }] }],
            "tolerances" => [golden with { Tolerances = new GoldenTolerances { Outputs = 1e300 } }],
            "no base64" => [golden with { Rgb = "?" }],
            "no deflate" => [golden with { Rgb = Convert.ToBase64String([255, 255, 255, 255]) }],
            "cut" => [golden with { Rgb = golden.Rgb[..8] }],
            "bomb" => [golden with { Rgb = bomb }],
            "tensor bomb" => [golden with { Outputs = [y with { Data = bomb }] }],
            "sides" => [golden with { Width = int.MaxValue, Height = int.MaxValue }],
            "shape" => [golden with { Outputs = [y with { Shape = [long.MaxValue, long.MaxValue] }] }],
            "negative" => [golden with { Outputs = [y with { Shape = [-1, -64] }] }],
            "index" => [golden with { Input = golden.Input with { Indices = [-1], Values = [0] } }],
            _ => [golden with { Results = "{\"detections\":" }],
        };
        var error = Assert.Throws<SpecException>(() => Verify(path, goldens));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    // y = op(x) of one plane of 8x8, read as distances. Half of the inputs are below zero.
    private string Write(string op, string spec)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName() + ".onnx");
        File.WriteAllBytes(path, TinyOnnx.Unary(op, [1, 1, 8, 8], [1, 1, 8, 8]));
        File.WriteAllText(Path.ChangeExtension(path, ".spec.json"), spec);
        return path;
    }

    private static string Spec(string input = "\"mean\": [0.25],", string parameters = "") => $$"""
        { "task": "depth", "input": { "colorOrder": "gray", {{input}} "width": 8, "height": 8 }, "outputs": [ { "decoder": "depth", "parameters": { {{parameters}} } } ] }
        """;

    private static GoldenSpec Record(string path)
    {
        using var model = VisionModel.Load(path);
        var rgb = new byte[Width * Height * 3];
        for (int i = 0; i < rgb.Length; i++)
        {
            rgb[i] = (byte)((i / 3 % Width + i / 3 / Width) % 2 == 0 ? 0 : i * 7 % 256);
        }

        return GoldenRecorder.Record(model, rgb, Width, Height, "chessboard");
    }

    private static float[] Values(GoldenSpec golden) => GoldenData.ReadValues(golden.Outputs[0])!;

    // The self-tests into the model's spec, and repeated.
    private static VerificationReport Verify(string path, params GoldenSpec[] goldens)
    {
        string sidecar = Path.ChangeExtension(path, ".spec.json");
        var spec = ModelSpecValidator.Parse(File.ReadAllText(sidecar), "test");
        File.WriteAllText(sidecar, ModelSpecJson.Serialize(spec with { Goldens = goldens }));
        return BundleVerifier.Verify(path);
    }
}
