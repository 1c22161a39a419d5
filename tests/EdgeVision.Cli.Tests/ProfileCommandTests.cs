using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using EdgeVision.Cli.Tests.Packages;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

public sealed class ProfileCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-profile-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private static string[] Quick(params string[] more) => ["profile", "--models", "models/scenes-tinyresnet.onnx", "--iterations", "20", "--warmup", "1ms", .. more];

    private static JsonElement[] Rows(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    [Fact]
    public void Every_configuration_is_a_row_with_all_fields()
    {
        var outcome = CommandLine.Run(Quick("--threads", "1,2", "--batch", "1,2", "--json", At("rows.json"), "--csv", At("rows.csv"), "--markdown", At("rows.md"), "--html", At("rows.html")));
        Assert.Equal(0, outcome.ExitCode);
        var rows = Rows(At("rows.json"));
        Assert.Equal([(1, 1), (1, 2), (2, 1), (2, 2)], rows.Select(r => (r.GetProperty("batch").GetInt32(), r.GetProperty("threads").GetInt32())));
        foreach (var row in rows)
        {
            Assert.Equal("scenes-tinyresnet", row.GetProperty("model").GetString());
            Assert.Equal("cpu", row.GetProperty("provider").GetString());
            foreach (string figure in (string[])["load_ms", "first_ms", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms", "mean_ms", "throughput_fps", "peak_rss_mb", "model_mb", "macs", "params", "metric"])
            {
                Assert.True(row.GetProperty(figure).GetDouble() > 0, figure);
            }

            Assert.True(row.GetProperty("stages_ms").GetProperty("run").GetDouble() > 0);
            Assert.Equal(JsonValueKind.Null, row.GetProperty("error").ValueKind);
        }

        Assert.Contains("scenes-tinyresnet", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(5, File.ReadAllLines(At("rows.csv")).Length);
        Assert.Contains("| scenes-tinyresnet |", File.ReadAllText(At("rows.md")), StringComparison.Ordinal);
        Assert.Contains("scenes-tinyresnet", File.ReadAllText(At("rows.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_crashes_costs_its_own_row_alone()
    {
        File.Copy(Path.Combine(CommandLine.Repository, "models", "scenes-tinyresnet.onnx"), At("good.onnx"));
        File.WriteAllBytes(At("broken.onnx"), [.. File.ReadAllBytes(At("good.onnx")).Take(5000)]);
        var outcome = CommandLine.Run("profile", "--models", At("*.onnx"), "--iterations", "5", "--warmup", "1ms", "--json", At("rows.json"));
        Assert.Equal(1, outcome.ExitCode);
        var rows = Rows(At("rows.json"));
        Assert.Equal(2, rows.Length);
        Assert.NotEmpty(rows.Single(r => r.GetProperty("model").GetString() == "broken").GetProperty("error").GetString()!);
        Assert.True(rows.Single(r => r.GetProperty("model").GetString() == "good").GetProperty("p50_ms").GetDouble() > 0);
    }

    [Fact]
    public void A_provider_that_is_not_there_is_a_row_with_its_reason()
    {
        var outcome = CommandLine.Run(Quick("--providers", "cuda,cpu", "--json", At("rows.json")));
        Assert.Equal(1, outcome.ExitCode);
        var rows = Rows(At("rows.json"));
        Assert.Contains("cuda", rows[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, rows[0].GetProperty("p50_ms").ValueKind);
        Assert.True(rows[1].GetProperty("p50_ms").GetDouble() > 0);
    }

    [Fact]
    public void A_measurement_that_takes_too_long_is_stopped()
    {
        var outcome = CommandLine.Run("profile", "--models", "models/scenes-tinyresnet.onnx", "--duration", "60s", "--timeout", "3s", "--json", At("rows.json"));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("--timeout", Rows(At("rows.json"))[0].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Accuracy_is_measured_with_data()
    {
        CommandLine.Run(Quick("--models", "models/shelves-yolo.onnx", "--data", "shelves-*=samples/shelves", "--json", At("rows.json")));
        var row = Rows(At("rows.json")).Single(r => r.GetProperty("model").GetString() == "shelves-yolo");
        Assert.Equal("mAP@.50:.95", row.GetProperty("metric_name").GetString());
        Assert.EndsWith("images of samples/shelves", row.GetProperty("metric_source").GetString(), StringComparison.Ordinal);
        // The same evaluators, so the same figure as edgevision eval.
        CommandLine.Run("eval", "--model", "models/shelves-yolo.onnx", "--data", "samples/shelves", "--json", At("eval.json"));
        using var eval = JsonDocument.Parse(File.ReadAllBytes(At("eval.json")));
        double expected = eval.RootElement.GetProperty("boxes").EnumerateObject().First(p => p.Value.ValueKind == JsonValueKind.Number && p.Name is "map" or "ap").Value.GetDouble();
        Assert.Equal(expected, row.GetProperty("metric").GetDouble(), 9);
    }

    [Fact]
    public void Operators_and_a_trace_are_written()
    {
        Directory.CreateDirectory(At("traces"));
        Assert.Equal(0, CommandLine.Run(Quick("--operators", "3", "--trace", At("traces"), "--json", At("rows.json"))).ExitCode);
        Assert.Contains(Rows(At("rows.json"))[0].GetProperty("operators").EnumerateArray(), o => o.GetProperty("name").GetString()!.Contains("Conv", StringComparison.Ordinal));
        using var trace = JsonDocument.Parse(File.ReadAllBytes(Assert.Single(Directory.GetFiles(At("traces")))));
    }

    [Fact]
    public void A_package_holds_program_models_and_script_and_is_the_same_each_time()
    {
        FakeProgram.Write(At("program"), FakeProgram.Arm64);
        string[] call = ["profile", "--models", "models/scenes-*.onnx", "--rate", "30", "--package", At("one.tar.gz"), "--target", "linux-arm64", "--program", At("program")];
        var outcome = CommandLine.Run(call);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("profile.sh", outcome.Output, StringComparison.Ordinal);
        call[6] = At("two.tar.gz");
        CommandLine.Run(call);
        Assert.Equal(File.ReadAllBytes(At("one.tar.gz")), File.ReadAllBytes(At("two.tar.gz")));

        var entries = new Dictionary<string, UnixFileMode>();
        string script = "";
        using (var tar = new TarReader(new GZipStream(File.OpenRead(At("one.tar.gz")), CompressionMode.Decompress)))
        {
            while (tar.GetNextEntry() is { } entry)
            {
                entries.Add(entry.Name, entry.Mode);
                if (entry.Name.EndsWith("profile.sh", StringComparison.Ordinal))
                {
                    script = new StreamReader(entry.DataStream!).ReadToEnd();
                }
            }
        }

        Assert.True(entries["edgevision-profile/edgevision"].HasFlag(UnixFileMode.UserExecute));
        Assert.Contains("edgevision-profile/libonnxruntime.so", entries.Keys);
        Assert.Contains("edgevision-profile/models/scenes-resnet18.onnx", entries.Keys);
        Assert.DoesNotContain("edgevision-profile/edgevision.dbg", entries.Keys);
        Assert.Contains("--rate 30", script, StringComparison.Ordinal);
        Assert.Contains("--json results.json", script, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_for_another_machine_is_no_program()
    {
        FakeProgram.Write(At("program"), FakeProgram.X64);
        var outcome = CommandLine.Run("profile", "--models", "models/scenes-vit.onnx", "--package", At("a.tar.gz"), "--target", "linux-arm64", "--program", At("program"));
        Assert.Equal(2, outcome.ExitCode);
        Assert.False(File.Exists(At("a.tar.gz")));
    }

    [Fact]
    public void Results_of_several_devices_are_joined()
    {
        Assert.Equal(0, CommandLine.Run(Quick("--device", "this", "--json", At("a.json"))).ExitCode);
        var outcome = CommandLine.Run("profile", "import", At("a.json"), $"other={At("a.json")}", "--json", At("all.json"));
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(["this", "other"], Rows(At("all.json")).Select(r => r.GetProperty("device").GetString()));
    }

    [Theory]
    [InlineData("--models", "models/none.onnx", "a model that is not there")]
    [InlineData("--sizes", "0", "a side of nothing")]
    [InlineData("--threads", "many", "no number")]
    [InlineData("--rate", "-3", "no rate")]
    [InlineData("--providers", "gpu", "no provider of that name")]
    [InlineData("--precision", "fp8", "no such precision")]
    [InlineData("--budget", "speed=fast", "no such limit")]
    [InlineData("--frame", "big", "no size")]
    [InlineData("--provider-option", "x", "no value")]
    [InlineData("--json", "no/such/folder/x.json", "nowhere to write")]
    public void A_wrong_call_is_said_before_anything_is_measured(string option, string value, string reason)
    {
        var outcome = CommandLine.Run(["profile", .. option == "--models" ? [] : (string[])["--models", "models/scenes-vit.onnx"], option, value]);
        Assert.True(outcome.ExitCode == 2, $"{reason}: {outcome.ExitCode}, {outcome.Error}");
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }
}
