using System.Diagnostics;
using System.Text.Json;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>edgevision pipeline</c> in processes of their own.</summary>
public sealed class PipelineCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-pipeline-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Check_says_what_a_file_describes()
    {
        var outcome = CommandLine.Run("pipeline", "check", "samples/pipelines/start.yaml");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        foreach (string line in (string[])["source door: test test:", "model shapes: ", "tracking: bytetrack", "rule middle: zone", "rule crossing: line", "sink jsonl found.jsonl"])
        {
            Assert.Contains(line, outcome.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Check_lists_every_problem_with_its_line()
    {
        string file = Write("broken.yaml", "version: 1\nsources:\n  - {name: a, uri: 'test:', polcy: wait}\nmodels:\n  - {path: nothing.onnx}\n");
        var outcome = CommandLine.Run("pipeline", "check", file);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Contains($"{file}:3:29: a source has no key 'polcy'; did you mean 'policy'?", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:5:12: the model 'nothing.onnx' does not exist", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("edgevision: 2 problems\n", outcome.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal(2, CommandLine.Run("pipeline", "run", file).ExitCode); // and it does not run
    }

    [Fact]
    public void Init_prints_a_file_that_check_accepts()
    {
        var printed = CommandLine.Run("pipeline", "init");
        Assert.Equal(0, printed.ExitCode);
        Assert.Equal(File.ReadAllText(Path.Combine(CommandLine.Repository, "samples", "pipelines", "start.yaml")), printed.Output);
    }

    [Theory]
    [InlineData(2, "does not exist", "pipeline", "run", "no-such.yaml")]
    [InlineData(2, "--duration must be a time", "pipeline", "run", "samples/pipelines/start.yaml", "--duration", "5")]
    [InlineData(2, "try: edgevision pipeline run --help", "pipeline", "run")]
    [InlineData(2, "not a recording", "pipeline", "replay", "samples")]
    [InlineData(2, "--tolerance", "pipeline", "replay", "samples", "--tolerance", "-1")]
    public void A_wrong_call_is_one_line(int code, string message, params string[] arguments)
    {
        var outcome = CommandLine.Run(arguments);
        Assert.Equal(code, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error);
    }

    [Fact]
    public void A_run_ends_with_its_sources_and_accounts_for_every_frame()
    {
        string report = Path.Combine(_folder, "report.json");
        var outcome = CommandLine.Run("pipeline", "run", Pipeline("test:320x240@30?objects=3&frames=20"), "--json-report", report);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("captured 20 = delivered 20 + dropped 0 (policy 0, stale 0, decode 0, stop 0) + failed 0", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("offered 20 = written 20 + dropped 0 + failed 0", outcome.Output, StringComparison.Ordinal);
        Assert.Matches(@"age +p50 .* p90 .* p99 .* p99\.9 .* max", outcome.Output);
        var json = JsonDocument.Parse(File.ReadAllText(report)).RootElement;
        Assert.True(json.GetProperty("balances").GetBoolean());
        Assert.Equal(20, json.GetProperty("sources")[0].GetProperty("delivered").GetInt64());
        Assert.Equal(20, File.ReadAllLines(Path.Combine(_folder, "found.jsonl")).Length);
    }

    [Fact]
    public void Results_on_standard_output_stand_there_alone()
    {
        var outcome = CommandLine.Run("pipeline", "run", Pipeline("test:320x240@30?objects=3&frames=5", sink: "jsonl: '-'"));
        Assert.Equal(5, outcome.Json().Count);
        Assert.Contains("captured 5 = delivered 5", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_ends_after_its_time()
    {
        var outcome = CommandLine.Run("pipeline", "run", Pipeline("test:320x240@10?live=true"), "--duration", "1s", "--quiet", "--stats");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("source door: stopped", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("", outcome.Error);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void A_signal_stops_it_with_everything_written(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals");
        using var process = CommandLine.Start(null, "pipeline", "run", Pipeline("test:320x240@20?live=true"));
        string part = Path.Combine(_folder, "found.jsonl.part");
        try
        {
            WaitFor(() => File.Exists(part) && new FileInfo(part).Length > 0, "no result comes");
            using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
            var outcome = CommandLine.Finish(process);
            Assert.True(outcome.ExitCode == 0, $"exit code {outcome.ExitCode}: {outcome.Error}");
            Assert.Contains("source door: stopped", outcome.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("do not add up", outcome.Output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        string[] lines = File.ReadAllLines(Path.Combine(_folder, "found.jsonl"));
        Assert.NotEmpty(lines);
        Assert.All(lines, l => JsonDocument.Parse(l));
        Assert.False(File.Exists(part));
    }

    [Fact]
    public void A_source_that_cannot_be_had_is_an_error_and_the_other_goes_on()
    {
        Write("film.mp4", "this is no film");
        string file = Write("two.yaml", $$"""
            version: 1
            sources:
              - {name: broken, uri: film.mp4}
              - {name: door, uri: "test:320x240@30?frames=10"}
            models: [{path: {{Model}}}]
            sinks: [{jsonl: found.jsonl}]
            """);
        var outcome = CommandLine.Run("pipeline", "run", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("source broken: failed", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("last error: 'broken' is not a readable video", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(10, File.ReadAllLines(Path.Combine(_folder, "found.jsonl")).Length);
    }

    [Fact]
    public void A_recording_is_replayed_alike_and_another_threshold_is_a_difference()
    {
        string file = Pipeline("test:320x240@30?objects=4&frames=12", sink: "record: rec", rest: "tracking: {tracker: bytetrack, keep_untracked: true}\nrules: [{name: all, count: }]");
        var recorded = CommandLine.Run("pipeline", "run", file);
        Assert.True(recorded.ExitCode == 0, recorded.Error);
        string recording = Path.Combine(_folder, "rec"), results = Path.Combine(_folder, "again.jsonl");

        var same = CommandLine.Run("pipeline", "replay", recording, "--diff", "--out", results);
        Assert.True(same.ExitCode == 0, same.Output + same.Error);
        Assert.Contains("12 frames, no differences", same.Output, StringComparison.Ordinal);
        Assert.Equal(12, File.ReadAllLines(results).Length);

        string other = Write("other.yaml", File.ReadAllText(file).Replace("conf: 0.05", "conf: 0.99", StringComparison.Ordinal));
        var different = CommandLine.Run("pipeline", "replay", recording, "--diff", "--config", other);
        Assert.Equal(1, different.ExitCode);
        Assert.Contains("differ in", different.Output, StringComparison.Ordinal);
    }

    private static string Model => Path.Combine(CommandLine.Repository, "models", "shapes-fpn.onnx");

    private static void WaitFor(Func<bool> condition, string otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(120), otherwise);
            Thread.Sleep(20);
        }
    }

    private string Pipeline(string source, string sink = "jsonl: found.jsonl", string rest = "") => Write("pipeline.yaml", $$"""
        version: 1
        sources: [{name: door, uri: "{{source}}"}]
        models: [{name: shapes, path: {{Model}}, conf: 0.05}]
        sinks: [{{{sink}}}]
        {{rest}}
        """);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
