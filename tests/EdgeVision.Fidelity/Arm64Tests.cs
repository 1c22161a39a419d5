using System.Diagnostics;
using EdgeVision.Models.Verification;
using EdgeVision.Specs;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Fidelity;

/// <summary>
/// The ahead-of-time command line for ARM64, emulated, against the x64 one: bundles pass their own self-test, and pictures give the same results within
/// the tolerances of a self-test. EDGEVISION_ARM64 names the processors to emulate, as the target Arm64 of build.cake does; without it the tests are skipped.
/// </summary>
public sealed class Arm64Tests
{
    private const string Processors = "EDGEVISION_ARM64";

    // Boxes by anchors, boxes of a dense head, keypoints, embeddings, several heads at once; a class map among the pictures. One bundle runs on every processor.
    // ONNX Runtime takes convolutions with SVE where a processor has it, which costs eight times as much when emulated (44 s for a self-test, 5 s without): "max" has it
    // for its picture alone.
    public static TheoryData<string, string> Bundles() => Each(
        ["shapes-fpn", "shelves-yolo", "figures-simcc", "families-triplet", "scenes-multitask"], "max,sve=off");

    public static TheoryData<string, string> Pictures() => Each(["shapes-fpn", "shelves-yolo", "scenes-unet", "scenes-multitask", "families-triplet"], "max");

    [Theory]
    [MemberData(nameof(Bundles))]
    public void A_bundle_passes_its_self_test(string processor, string model)
    {
        var outcome = Run(processor, "verify", Model(model));
        Assert.True(outcome.ExitCode == 0, $"{outcome.Output}\n{outcome.Error}");
        Assert.Contains("inference", outcome.Output);
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void A_picture_gives_what_x64_gives(string processor, string model)
    {
        const float Confidence = 0.3f;
        string[] arguments = ["run", "--model", Model(model), "--source", Path.Combine(CommandLine.Repository, "samples", "scene.png"), "--conf", "0.3", "--json", "-"];
        var expected = CommandLine.Run(arguments);
        Assert.True(expected.ExitCode == 0, expected.Error);
        var actual = Run(processor, arguments);
        Assert.True(actual.ExitCode == 0, actual.Error);
        var (worst, where) = ResultComparer.Compare(expected.Output, actual.Output, new GoldenTolerances(), Confidence);
        TestContext.Current.TestOutputHelper?.WriteLine($"{model} on {processor}: {worst:0.0E+00} of the tolerance{where}");
        Assert.True(worst <= 1, $"{worst:0.###} tolerances{where}\nx64:   {expected.Output}\nARM64: {actual.Output}");
    }

    private static TheoryData<string, string> Each(string[] models, string max)
    {
        string[] processors = (Environment.GetEnvironmentVariable(Processors) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var data = new TheoryData<string, string>();
        foreach (var (i, processor) in processors.DefaultIfEmpty("").Index())
        {
            foreach (string model in i == 0 && processor != "" ? models : models[..1])
            {
                data.Add(processor == "max" ? max : processor, model);
            }
        }

        return data;
    }

    private static string Model(string name) => Path.Combine(CommandLine.Repository, "models", name + ".onnx");

    private static CommandLine.Outcome Run(string processor, params string[] arguments)
    {
        Assert.SkipWhen(processor == "", $"{Processors} names no processors; dotnet cake --target=Arm64 does");
        var start = new ProcessStartInfo(Path.Combine(CommandLine.Repository, "tools", "arm64-run.sh"))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = CommandLine.Repository,
        };
        foreach (string argument in (string[])[processor, Path.Combine(CommandLine.Repository, "artifacts", "edgevision-linux-arm64", "edgevision"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return CommandLine.Finish(Process.Start(start)!);
    }
}
