using System.Text.Json;
using EdgeVision.Inference;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>What the command line says of providers, their options and their libraries.</summary>
public sealed class ProviderArgumentsTests : IDisposable
{
    private const string Model = "models/scenes-tinyresnet.onnx";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("run", "--model", Model, "--source", "samples/scene.png")]
    [InlineData("inspect", Model)]
    [InlineData("eval", "--model", Model, "--data", "samples/shelves")]
    [InlineData("verify", Model)]
    [InlineData("profile", "--models", Model)]
    [InlineData("pipeline", "run", "samples/pipelines/start.yaml")]
    [InlineData("doctor")]
    public void An_option_that_nobody_knows_is_a_wrong_call_with_a_hint(params string[] call)
    {
        var outcome = CommandLine.Run([.. call, "--provider-option", "gpu_memlimit=1"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("did you mean gpu_mem_limit?", outcome.Error);
    }

    [Theory]
    [InlineData("verify", Model)]
    [InlineData("inspect", Model)]
    [InlineData("pipeline", "run", "samples/pipelines/start.yaml")]
    public void A_library_that_is_not_there_is_a_wrong_call(params string[] call)
    {
        var outcome = CommandLine.Run([.. call, "--provider-library", "nowhere.so"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("'nowhere.so' does not exist", outcome.Error);
    }

    [Fact]
    public void A_library_that_is_none_is_an_error_that_says_so()
    {
        var outcome = CommandLine.Run("verify", Model, "--provider-library", Text());
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("not a library for this system", outcome.Error);
    }

    [Theory]
    [InlineData("run", "--model", Model, "--source", "samples/scene.png")]
    [InlineData("run", "--model", Model, "--source", "test:320x240@30?frames=2")]
    [InlineData("eval", "--model", Model, "--data", "samples/shelves", "--limit", "1")]
    [InlineData("inspect", Model)]
    [InlineData("pipeline", "run")]
    public void A_provider_that_is_passed_over_is_said_once(params string[] call)
    {
        Assert.SkipWhen(OrtLibrary.AvailableProviders.Contains("CoreMLExecutionProvider"), "this library has CoreML");
        if (call is ["pipeline", ..])
        {
            string file = Path.Combine(_folder, "pipeline.yaml");
            File.WriteAllText(file, $"version: 1\nsources: [{{name: door, uri: 'test:320x240@30?frames=2'}}]\nmodels: [{{path: '{Path.Combine(CommandLine.Repository, Model)}', provider: coreml}}]\n");
            call = [.. call, file];
        }
        else
        {
            call = [.. call, "--provider", "coreml"];
        }

        var outcome = CommandLine.Run(call);
        Assert.Single(outcome.Error.Split('\n'), line => line.Contains("coreml is not used: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_for_whom_is_not_there_change_nothing()
    {
        var outcome = CommandLine.Run("verify", Model, "--provider-option", "cuda.gpu_mem_limit=1000000", "--provider-option", "session.intra_op.allow_spinning=0");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    [Fact]
    public void The_doctor_tries_what_is_there()
    {
        var outcome = CommandLine.Run("doctor", "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        var rows = json.RootElement.GetProperty("providers").EnumerateArray().ToDictionary(r => r.GetProperty("provider").GetString()!);
        Assert.Equal(ProviderNames.All.Where(n => n != "plugin"), rows.Keys);
        Assert.True(rows["cpu"].GetProperty("works").GetBoolean());
        Assert.Equal(0, rows["cpu"].GetProperty("difference").GetDouble());
        Assert.All(rows.Values, r => Assert.True(r.GetProperty("there").GetBoolean() == r.TryGetProperty("works", out _)));
        Assert.All(rows.Values.Where(r => !r.GetProperty("there").GetBoolean()), r => Assert.NotEmpty(r.GetProperty("advice").GetString()!));
    }

    [Fact]
    public void The_doctor_survives_a_library_that_is_none()
    {
        var outcome = CommandLine.Run("doctor", "--provider-library", Text());
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("does not work: provider library", outcome.Output);
        Assert.Contains("decoders", outcome.Output);
    }

    private string Text()
    {
        string path = Path.Combine(_folder, "text.so");
        File.WriteAllText(path, "this is a text, and no library: " + new string('.', 100));
        return path;
    }
}
