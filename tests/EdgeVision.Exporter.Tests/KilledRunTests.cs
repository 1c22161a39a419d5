using System.Diagnostics;
using EdgeVision.Exporter.Commands;

namespace EdgeVision.Exporter.Tests;

/// <summary>A training process that is killed, at whatever moment, goes on as if nothing had happened.</summary>
public sealed class KilledRunTests : IDisposable
{
    private const string Config = """
        name: killed
        architecture: multitask
        model: { width: 64, height: 64, options: { heads: "classify,segment" } }
        data: { train: { kind: scenes, count: 24, seed: 1 }, validation: { kind: scenes, count: 4, seed: 2 } }
        augment: { flip: 0.5, colour: 0.2, scale: [0.9, 1.1] }
        training: { epochs: 4, batch: 4, learningRate: 0.002, ema: 0.9, balance: dwa, checkpointSeconds: 0 }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-killed").FullName;

    [Fact]
    public async Task TheCurveOfAKilledRunIsThatOfOneThatNeverStopped()
    {
        string config = Path.Combine(_folder, "config.yaml"), whole = Path.Combine(_folder, "whole"), killed = Path.Combine(_folder, "killed");
        await File.WriteAllTextAsync(config, Config, TestContext.Current.CancellationToken);
        Assert.Equal(0, await Train(config, whole, resume: false, killAfterSteps: int.MaxValue));

        // Killed in the first epoch, in a later one and near the end; each time it goes on from what lies on the disk.
        Assert.NotEqual(0, await Train(config, killed, resume: false, killAfterSteps: 3));
        Assert.NotEqual(0, await Train(config, killed, resume: true, killAfterSteps: 10));
        Assert.NotEqual(0, await Train(config, killed, resume: true, killAfterSteps: 20));
        Assert.Equal(0, await Train(config, killed, resume: true, killAfterSteps: int.MaxValue));

        string[] expected = await File.ReadAllLinesAsync(Path.Combine(whole, "steps.csv"), TestContext.Current.CancellationToken);
        string[] actual = await File.ReadAllLinesAsync(Path.Combine(killed, "steps.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(1 + 4 * 6, expected.Length);
        Assert.Equal(expected, actual); // every digit of every step
        Assert.Equal(Epochs(whole), Epochs(killed));
    }

    [Fact]
    public void AnotherConfigDoesNotResumeARun()
    {
        string config = Path.Combine(_folder, "config.yaml"), run = Path.Combine(_folder, "run");
        File.WriteAllText(config, Config.Replace("epochs: 4", "epochs: 1", StringComparison.Ordinal));
        using var errors = new StringWriter();
        Assert.Equal(0, ExporterCommandLine.Run(["train", config, "--out", run], errors));
        Assert.Equal(1, ExporterCommandLine.Run(["train", config, "--out", run, "--resume", "--seed", "9"], errors));
        Assert.Contains("another config", errors.ToString(), StringComparison.Ordinal);
        // More epochs are no other config.
        Assert.Equal(0, ExporterCommandLine.Run(["train", config, "--out", run, "--resume", "--epochs", "2"], errors));
        Assert.Equal(3, File.ReadAllLines(Path.Combine(run, "log.csv")).Length);
        Assert.All(new[] { "config.yaml", "checkpoint.safetensors", "log.json", "steps.csv", "activations.csv", "curves.png", "samples.png", "results.png" },
            name => Assert.True(new FileInfo(Path.Combine(run, name)).Length > 0, name));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Without the seconds, which no two runs share.
    private static string[] Epochs(string run) => [.. File.ReadAllLines(Path.Combine(run, "log.csv")).Select(l => string.Join(',', l.Split(',').Where((_, i) => i != 1)))];

    private static async Task<int> Train(string config, string run, bool resume, int killAfterSteps)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[typeof(ExporterCommandLine).Assembly.Location, "train", config, "--out", run, .. resume ? ["--resume"] : Array.Empty<string>()])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        string steps = Path.Combine(run, "steps.csv");
        while (!process.HasExited)
        {
            if (killAfterSteps != int.MaxValue && File.Exists(steps) && Count(steps) > killAfterSteps)
            {
                process.Kill(entireProcessTree: true);
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    private static int Count(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(c => c == '\n') - 1;
    }
}
