using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Cli.Tests.Profiling;

public sealed class ProfileMarkdownTests
{
    [Theory]
    [InlineData("a|b", "a\\|b")]
    [InlineData("<b>&", "&lt;b&gt;&amp;")]
    [InlineData("*x* _y_ `z` [l](u)", "\\*x\\* \\_y\\_ \\`z\\` \\[l\\](u)")]
    [InlineData("two\nlines\r", "two lines ")]
    [InlineData("c:\\d", "c:\\\\d")]
    public void A_name_is_shown_as_it_is(string text, string escaped) => Assert.Equal(escaped, ProfileMarkdown.Escape(text));

    [Fact]
    public void A_name_ends_no_cell_and_no_line()
    {
        string text = ProfileMarkdown.Format([ProfileRows.Row("evil | name\n| --- |\n<img src=x>"), ProfileRows.Row("b")], []);
        string[] lines = text.Split('\n').Where(l => l.StartsWith('|')).ToArray();
        Assert.Equal(4, lines.Length);
        Assert.All(lines, l => Assert.Equal(Cells(lines[0]), Cells(l)));
        Assert.DoesNotContain("<img", text);
    }

    [Fact]
    public void It_has_the_marks_the_reasons_and_the_picks()
    {
        var rows = ProfileRows.Sweep();
        string text = ProfileMarkdown.Format(rows, ProfileBudget.Parse("p99=15ms").Choose(rows));
        Assert.Contains("failed: shelves-deeplab 320x320 cpu 2 threads: the process was killed by signal 9: out of memory", text);
        Assert.Contains("unstable: tinyresnet 320x320 cpu 2 threads: medians drift by 9 %", text);
        Assert.Contains("- `*` Pareto-optimal for its device and task", text);
        Assert.Contains("**Budget p99=15ms, detect by mAP on bench**: shelves-yolo 160x160 cpu 2 threads (mAP 0.864", text);
        Assert.Contains("| why not |", text);
    }

    private static int Cells(string line) => line.Replace("\\|", "").Count(c => c == '|');
}
