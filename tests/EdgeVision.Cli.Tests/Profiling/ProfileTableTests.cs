using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Cli.Tests.Profiling;

public sealed class ProfileTableTests
{
    [Fact]
    public void Columns_that_say_nothing_are_left_out()
    {
        string[] one = Lines([ProfileRows.Row(metric: null) with { Energy = null }])[0].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(["model", "size", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "fps", "load ms", "peak MB", "model MB", "MACs", "params"], one);
        string many = Lines(ProfileRows.Sweep())[0];
        Assert.All((string[])["device", "task", "threads", "pace", "J/run", "metric"], c => Assert.Contains(c, many));
        Assert.DoesNotContain("precision", many);
        Assert.DoesNotContain("provider", many);
    }

    [Fact]
    public void Marks_tell_the_front_what_is_unstable_and_what_was_emulated()
    {
        var quick = ProfileRows.Row("quick", 5, 0.9) with { Stable = false, Unstable = ["it drifts", "neighbours"] };
        var slow = ProfileRows.Row("slow", 10, 0.8) with { Machine = ProfileRows.Machine() with { Emulated = true } };
        string[] lines = Lines([quick, slow, ProfileRows.Failed("gone", "killed\nby signal 9")]);
        Assert.StartsWith("*~  quick", lines[1]);
        Assert.StartsWith("e   slow", lines[2]);
        Assert.Contains("unstable: quick 224x224 cpu 2 threads on bench: it drifts; neighbours", lines);
        Assert.Equal("failed: gone 320x320 cpu 2 threads on bench: killed by signal 9", lines[^1]);
    }

    [Fact]
    public void Numbers_stand_below_one_another()
    {
        string[] lines = Lines([ProfileRows.Row("a", 5), ProfileRows.Row("a-longer-name", 500)]);
        int end = lines[0].IndexOf("p99 ms", StringComparison.Ordinal) + "p99 ms".Length;
        Assert.All(lines[..3], l => Assert.True(l[end - 1] != ' ' && (l.Length == end || l[end] == ' ')));
    }

    [Fact]
    public void A_name_cannot_steer_a_terminal() => Assert.DoesNotContain('\u001b', string.Concat(Lines([ProfileRows.Row("\u001b[2Jx"), ProfileRows.Failed("y", "\u001b]0;z")])));

    [Fact]
    public void A_pick_says_what_is_to_be_known_of_it()
    {
        var writer = new StringWriter();
        ProfileRow[] rows = [ProfileRows.Row("pick", 5, 0.9) with { Stable = false, P99Ms = 7 }, ProfileRows.Row("slow", 50, 0.95) with { P99Ms = 70 }];
        ProfileTable.Write(writer, [.. ProfileBudget.Parse("p99=10ms,memory=150MB").Choose(rows), .. ProfileBudget.Parse("p99=1ms").Choose(rows)]);
        Assert.Equal(
            """

            budget p99=10ms,memory=150MB, classify by top-1 on bench: pick 224x224 cpu 2 threads (top-1 0.9, p99 7.00 ms, memory 100.0 MB); it is unstable: measure it again
              slow 224x224 cpu 2 threads  p99 70.00 ms is 60.00 ms (600 %) over 10.00 ms; memory 460.0 MB is 310.0 MB (207 %) over 150.0 MB

            budget p99=1ms, classify by top-1 on bench: nothing fits; pick 224x224 cpu 2 threads comes nearest
              pick 224x224 cpu 2 threads  p99 7.00 ms is 6.00 ms (600 %) over 1.00 ms
              slow 224x224 cpu 2 threads  p99 70.00 ms is 69.00 ms (6900 %) over 1.00 ms

            """, writer.ToString().ReplaceLineEndings("\n"));
    }

    private static string[] Lines(ProfileRow[] rows)
    {
        var writer = new StringWriter();
        ProfileTable.Write(writer, rows);
        return writer.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }
}
