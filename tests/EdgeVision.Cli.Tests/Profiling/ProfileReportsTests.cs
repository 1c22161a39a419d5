using System.CommandLine;
using System.Text;
using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Cli.Tests.Profiling;

public sealed class ProfileReportsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-reports-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_report_is_written_whole_and_leaves_nothing_beside_itself()
    {
        var rows = ProfileRows.Sweep();
        File.WriteAllText(In("a.json"), "of an earlier run");
        new ProfileReports(In("a.json"), In("a.csv"), In("a.md"), In("a.html")).Write(rows, [ProfileBudget.Parse("p99=15ms")]);
        Assert.Equal(["a.csv", "a.html", "a.json", "a.md"], Directory.GetFiles(_folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        Assert.Equal(ProfileJson.Serialize(rows), ProfileJson.Serialize(ProfileJson.Load(In("a.json"))));
        Assert.All(Directory.GetFiles(_folder), f => Assert.NotEqual(Encoding.UTF8.Preamble[0], File.ReadAllBytes(f)[0]));
    }

    [Fact]
    public void Only_what_was_asked_for_is_written()
    {
        new ProfileReports(null, In("a.csv"), null, null).Write([ProfileRows.Row()], []);
        Assert.Equal([In("a.csv")], Directory.GetFiles(_folder));
    }

    [Fact]
    public void What_cannot_work_is_told_before_anything_is_measured()
    {
        Assert.Contains("only one of --json and --html can write to standard output", Wrong(new ProfileReports("-", null, null, "-")));
        Assert.Contains("--csv", Wrong(new ProfileReports(null, Path.Combine(_folder, "no", "such", "a.csv"), null, null)));
        Assert.Contains("it is a folder", Wrong(new ProfileReports(null, null, _folder, null)));
        Assert.Contains("--json and --csv name the same file", Wrong(new ProfileReports(In("a"), In("a"), null, null)));
        new ProfileReports("-", In("a.csv"), null, "a-name-alone.html").Validate();
    }

    [Fact]
    public void Budgets_and_places_are_read_from_a_call()
    {
        var arguments = new ProfileReports.Arguments();
        var command = new RootCommand();
        arguments.AddTo(command);
        var (reports, budgets) = arguments.Read(command.Parse(["--budget", "p99=5ms", "--html", In("a.html"), "--budget", "p99=15ms,memory=200MB"]));
        Assert.Equal(new ProfileReports(null, null, null, In("a.html")), reports);
        Assert.Equal([1, 2], budgets.Select(b => b.Limits.Count));
        Assert.Empty(arguments.Read(command.Parse([])).Budgets);
        string unknown = Assert.Throws<UsageException>(() => arguments.Read(command.Parse(["--budget", "latency=5ms"]))).Message;
        Assert.Contains("--budget: the figure of a limit must be one of p50, ", unknown);
        Assert.Contains("; got 'latency'", unknown);
    }

    private static string Wrong(ProfileReports reports) => Assert.Throws<UsageException>(reports.Validate).Message;

    private string In(string name) => Path.Combine(_folder, name);
}
