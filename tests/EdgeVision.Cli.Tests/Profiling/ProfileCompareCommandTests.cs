using System.Text.Json;
using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Cli.Tests.Profiling;

public sealed class ProfileCompareCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-compare-").FullName;
    private readonly ProfileRow _row = ProfileRows.Row("a", scatter: 0.001);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1.1, new string[0], 0, "a regression alone is no failure")]
    [InlineData(1.1, new[] { "--fail-on-regression" }, 1, "ten per cent slower")]
    [InlineData(1.1, new[] { "--fail-on-regression", "--threshold", "15%" }, 0, "below the threshold")]
    [InlineData(1.1, new[] { "--fail-on-regression", "--threshold", "0.05" }, 1, "a threshold as a share")]
    [InlineData(0.9, new[] { "--fail-on-regression" }, 0, "quicker")]
    [InlineData(1.0, new[] { "--fail-on-regression", "--threshold", "0" }, 0, "the same")]
    [InlineData(1.1, new[] { "--threshold", "3" }, 2, "three hundred per cent, or three? The call is wrong")]
    [InlineData(1.1, new[] { "--threshold", "-3%" }, 2, "no change is below zero")]
    [InlineData(1.1, new[] { "--threshold", "few" }, 2, "no number")]
    public void Exit_codes(double factor, string[] more, int code, string reason) =>
        Assert.True(Run([Save("a.json", _row), Save("b.json", ProfileRows.Slower(_row, factor)), .. more]) == code, reason);

    [Fact]
    public void A_configuration_that_fails_since_then_fails_the_comparison() =>
        Assert.Equal(1, Run(Save("a.json", _row), Save("b.json", _row with { Error = "killed" }), "--fail-on-regression"));

    [Fact]
    public void Files_that_are_no_profiles_and_profiles_that_share_nothing_are_errors()
    {
        string good = Save("a.json", _row), bad = Path.Combine(_folder, "bad.json");
        File.WriteAllText(bad, "{\"not\": \"rows\"}");
        Assert.Equal(2, Run(good, Path.Combine(_folder, "missing.json")));
        Assert.Equal(1, Run(good, bad));
        Assert.Equal(1, Run(good, Save("b.json", ProfileRows.Row("another"))));
    }

    [Fact]
    public void Json_and_markdown_have_every_change_with_its_interval()
    {
        string json = Path.Combine(_folder, "c.json"), markdown = Path.Combine(_folder, "c.md");
        Assert.Equal(0, Run(Save("a.json", _row, ProfileRows.Row("gone")), Save("b.json", ProfileRows.Slower(_row, 1.1) with { PeakRssMb = 300 }, ProfileRows.Row("new")), "--json", json, "--markdown", markdown));
        using var read = JsonDocument.Parse(File.ReadAllBytes(json));
        var root = read.RootElement;
        var p50 = root.GetProperty("pairs")[0].GetProperty("changes").GetProperty("p50");
        Assert.Equal("regression", p50.GetProperty("verdict").GetString());
        Assert.Equal(0.1, p50.GetProperty("change").GetDouble(), 1e-9);
        Assert.InRange(0.1, p50.GetProperty("interval")[0].GetDouble(), p50.GetProperty("interval")[1].GetDouble());
        Assert.Equal("unproven", root.GetProperty("pairs")[0].GetProperty("changes").GetProperty("memory").GetProperty("verdict").GetString());
        Assert.Equal(("gone", "new"), (root.GetProperty("only_before")[0].GetProperty("model").GetString(), root.GetProperty("only_after")[0].GetProperty("model").GetString()));
        string text = File.ReadAllText(markdown);
        Assert.Contains("**Worse**", text);
        Assert.Contains("| a 224x224 cpu 2 threads | p50 |", text);
        Assert.Equal(["a.json", "b.json", "c.json", "c.md"], Directory.GetFiles(_folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_text_says_what_changed_and_what_makes_it_doubtful()
    {
        var writer = new StringWriter();
        ComparisonText.Write(writer, ProfileComparison.Compare(
            [_row, ProfileRows.Row("b"), ProfileRows.Row("gone")],
            [ProfileRows.Slower(_row, 1.1) with { ModelSha256 = "00" }, ProfileRows.Row("b") with { Error = "out of memory" }]));
        string text = writer.ToString();
        Assert.Matches("a 224x224 cpu 2 threads +\\+10\\.0 % !", text);
        Assert.Contains("worse:", text);
        Assert.Matches("b 224x224 cpu 2 threads +works +yes +no: out of memory", text);
        Assert.Contains("unmatched, only in the first profile: 1 (gone 224x224 cpu 2 threads)", text);
        Assert.Contains("warning: the model files differ (a 224x224 cpu 2 threads)", text);
        Assert.Contains("2 configurations compared: 3 worse and 0 better by more than 3 % and statistically significant", text); // p50 and fps of a, and b at all
    }

    private static int Run(params string[] arguments) => ProfileCompareCommand.Create().Parse(arguments).Invoke();

    private string Save(string name, params ProfileRow[] rows)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, ProfileJson.Serialize(rows));
        return path;
    }
}
