using System.Text.Json;
using EdgeVision.Onnx;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>edgevision verify</c> as a user calls it.</summary>
public sealed class VerifyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-verify-").FullName;

    private static string Model => Path.Combine(CommandLine.Repository, "models", "shapes-fpn.onnx");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_bundle_repeats_its_self_test()
    {
        var outcome = CommandLine.Run("verify", Model, "--provider", "cpu");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        foreach (string stage in (string[])["preprocessing", "inference", "decoding", "results"])
        {
            Assert.Contains(stage, outcome.Output, StringComparison.Ordinal);
        }

        var json = JsonDocument.Parse(CommandLine.Run("verify", Model, "--json", "-").Output).RootElement;
        Assert.True(json.GetProperty("passed").GetBoolean());
        Assert.Equal(4, json.GetProperty("stages").GetArrayLength());
    }

    [Fact]
    public void A_changed_mean_is_found_in_preprocessing()
    {
        string path = Path.Combine(_folder, "changed.onnx");
        var file = OnnxModel.Load(Model);
        string spec = file.GetMetadata("edgevision.spec")!;
        Assert.Contains("0.485", spec, StringComparison.Ordinal);
        file.SetMetadata("edgevision.spec", spec.Replace("0.485", "0.5", StringComparison.Ordinal));
        file.Save(path);
        var outcome = CommandLine.Run("verify", path);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("differs from its self-test in preprocessing", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_model_without_a_self_test_says_so()
    {
        string path = Path.Combine(_folder, "plain.onnx");
        var file = OnnxModel.Load(Model);
        string spec = file.GetMetadata("edgevision.spec")!;
        using var json = JsonDocument.Parse(spec);
        var without = json.RootElement.EnumerateObject().Where(p => p.Name != "goldens").ToDictionary(p => p.Name, p => p.Value);
        file.SetMetadata("edgevision.spec", JsonSerializer.Serialize(without));
        file.Save(path);
        var outcome = CommandLine.Run("verify", path);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("no self-test", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_wrong_call() => Assert.Equal(2, CommandLine.Run("verify", "none.onnx").ExitCode);
}
