using System.Diagnostics;
using System.Text.Json;
using EdgeVision.Inference;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>tools/gpu-check in its CPU mode, as it runs on a machine with a GPU.</summary>
public sealed class GpuCheckTests : IDisposable
{
    private const string Model = "models/scenes-resnet18.onnx";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-gpu-check-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_script_writes_json_and_a_table()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it is a script for Linux");
        var outcome = Script("--device", "cpu", "--models", $"{Model},models/shelves-yolo.onnx", "--runs", "3", "--warmup", "1", "--out", _folder);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "gpu-check.json")));
        var rows = json.RootElement.GetProperty("models").EnumerateArray().ToArray();
        Assert.Equal(["scenes-resnet18", "shelves-yolo"], rows.Select(r => r.GetProperty("model").GetString()));
        Assert.All(rows, r =>
        {
            Assert.True(r.GetProperty("agrees").GetBoolean());
            Assert.Equal(3, r.GetProperty("bound").GetProperty("runs").GetInt32());
            Assert.True(r.GetProperty("unbound").GetProperty("p50_ms").GetDouble() > 0);
            Assert.False(r.TryGetProperty("cuda_graph", out _));
        });
        string table = File.ReadAllText(Path.Combine(_folder, "gpu-check.md"));
        Assert.Contains("| scenes-resnet18 |", table);
        Assert.Contains(table.TrimEnd(), outcome.Output);
        Assert.Contains("works: loads in", File.ReadAllText(Path.Combine(_folder, "doctor.txt")));
    }

    [Theory]
    [InlineData("--colour", "red")]
    [InlineData("--device")]
    public void The_script_says_what_it_does_not_know(params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it is a script for Linux");
        Assert.Equal(2, Script(arguments).ExitCode);
    }

    [Fact]
    public void A_device_that_is_not_there_is_in_the_table_and_the_exit_code()
    {
        Assert.SkipWhen(OrtLibrary.AvailableProviders.Contains("CUDAExecutionProvider"), "this library has CUDA");
        var outcome = CommandLine.Run("gpu-check", "--models", Model, "--out", _folder);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("cuda was required", File.ReadAllText(Path.Combine(_folder, "gpu-check.md")));
    }

    [Fact]
    public void Pytorch_s_times_stand_beside()
    {
        string list = Path.Combine(_folder, "list.json"), torch = Path.Combine(_folder, "torch.json");
        Assert.Equal(0, CommandLine.Run("gpu-check", "--models", Model, "--list", list).ExitCode);
        using var listed = JsonDocument.Parse(File.ReadAllText(list));
        var (architecture, width) = (listed.RootElement[0].GetProperty("architecture").GetString(), listed.RootElement[0].GetProperty("width").GetInt32());
        Assert.Equal("resnet18", architecture);
        File.WriteAllText(torch, $$"""
            {"torch": "2.9", "device": "a GPU", "rows": [
              {"architecture": "resnet18", "width": {{width}}, "height": {{width}}, "mode": "eager", "p50_ms": 12.25, "p99_ms": 13.5, "error": null},
              {"architecture": "resnet18", "width": {{width}}, "height": {{width}}, "mode": "compiled", "p50_ms": 0, "p99_ms": 0, "error": "no compiler"},
              {"architecture": "resnet18", "width": 9999, "height": 9999, "mode": "eager", "p50_ms": 1, "p99_ms": 1, "error": null}]}
            """);
        var outcome = CommandLine.Run("gpu-check", "--models", Model, "--device", "cpu", "--runs", "2", "--warmup", "1", "--torch", torch, "--out", _folder);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("| 12.250 (13.500) | failed |", outcome.Output);
        Assert.Contains("PyTorch 2.9 on a GPU", outcome.Output);
    }

    [Fact]
    public void Another_file_than_pytorch_s_is_a_wrong_call()
    {
        string file = Path.Combine(_folder, "torch.json");
        File.WriteAllText(file, "{\"torch\": 1}");
        Assert.Equal(2, CommandLine.Run("gpu-check", "--models", Model, "--device", "cpu", "--torch", file, "--out", _folder).ExitCode);
    }

    private static CommandLine.Outcome Script(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(CommandLine.Repository, "tools", "gpu-check", "gpu-check.sh"), .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = CommandLine.Repository,
        };
        start.Environment["EDGEVISION"] = Path.Combine(AppContext.BaseDirectory, "EdgeVision.Cli");
        return CommandLine.Finish(Process.Start(start)!);
    }
}
