using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProfileBudgetTests
{
    [Theory]
    [InlineData("p99=33ms", "p99", 33)]
    [InlineData("p99=33", "p99", 33)] // the unit of the figure
    [InlineData("P99 = 0.033 S", "p99", 33)] // no case, and room
    [InlineData("p999=1500us", "p999", 1.5)]
    [InlineData("load=2s", "load", 2000)]
    [InlineData("memory=200MB", "memory", 200)]
    [InlineData("memory=1GB", "memory", 1000)]
    [InlineData("memory=100MiB", "memory", 104.8576)]
    [InlineData("model=512KB", "model", 0.512)]
    [InlineData("energy=500mJ", "energy", 0.5)]
    [InlineData("fps=30", "fps", 30)]
    [InlineData("fps=29.97fps", "fps", 29.97)]
    [InlineData("params=5M", "params", 5e6)]
    [InlineData("macs=1.5G", "macs", 1.5e9)]
    [InlineData("metric=90%", "metric", 0.9)]
    public void A_limit_is_read_in_its_units(string text, string figure, double value)
    {
        var limit = Assert.Single(ProfileBudget.Parse(text).Limits);
        Assert.Equal(figure, limit.Figure.Name);
        Assert.Equal(value, limit.Value, 1e-9 * value);
    }

    [Theory]
    [InlineData("", "p99=33ms,memory=200MB")]
    [InlineData("p99", "write figure=value")]
    [InlineData("=3", "write figure=value")]
    [InlineData("latency=3ms", "must be one of p50, p90, p95, p99, p999, max, mean, fps, memory, energy, load, first, model, params, macs, metric; got 'latency'")]
    [InlineData("p99=fast", "needs a number above 0, such as p99=33ms")]
    [InlineData("p99=-1ms", "needs a number above 0")]
    [InlineData("p99=0", "needs a number above 0")]
    [InlineData("p99=1.2.3ms", "needs a number above 0")]
    [InlineData("p99=1e3ms", "the unit of p99 must be one of ms, s, us, µs; got 'e3ms'")]
    [InlineData("p99=33MB", "the unit of p99 must be one of ms, s, us, µs; got 'MB'")]
    [InlineData("memory=3ms", "must be one of MB, KB, GB")]
    [InlineData("p99=3ms,p99=4ms", "limits p99 twice")]
    public void A_mistake_is_told_with_what_is_known(string text, string says) => Assert.Contains(says, Assert.Throws<EdgeVisionException>(() => ProfileBudget.Parse(text)).Message);

    [Fact]
    public void The_most_accurate_that_fits_is_picked_and_every_other_has_its_reason()
    {
        ProfileRow[] rows =
        [
            Row("large", 0.97, 41.25), Row("fat", 0.96, 30, 260), Row("pick", 0.95, 30), Row("near", 0.9481, 29.5), Row("quick", 0.90, 12, 60), Row("poor", 0.89, 31), ProfileRows.Failed("gone", "killed by\nsignal 9") with { Task = "classify" },
        ];
        var choice = Assert.Single(ProfileBudget.Parse("p99=33ms,memory=200MB").Choose(rows));
        Assert.Equal("pick", choice.Pick!.Model);
        Assert.Null(choice.Nearest);
        Assert.Equal(
        [
            ("large", ProfileRejectionKind.OverBudget, "p99 41.25 ms is 8.25 ms (25 %) over 33.00 ms"),
            ("fat", ProfileRejectionKind.OverBudget, "memory 260.0 MB is 60.00 MB (30 %) over 200.0 MB"),
            ("near", ProfileRejectionKind.LessAccurate, "0.2 % less accurate than pick 224x224 cpu 2 threads at about the same time"),
            ("quick", ProfileRejectionKind.LessAccurate, "5.3 % less accurate than pick 224x224 cpu 2 threads, p99 60 % shorter, 40 % less memory"),
            ("poor", ProfileRejectionKind.Dominated, "dominated by pick 224x224 cpu 2 threads: 6.3 % less accurate at about the same time"),
            ("gone", ProfileRejectionKind.Failed, "failed: killed by signal 9"),
        ], choice.Others.Select(o => (o.Row.Model, o.Kind, o.Reason)));
    }

    [Fact]
    public void Among_equals_the_quicker_and_then_the_smaller_wins_and_an_unstable_row_may()
    {
        ProfileRow[] rows = [Row("slow", 0.9, 20), Row("fat", 0.9, 10, 120), Row("pick", 0.9, 10, 90) with { Stable = false }];
        var choice = Assert.Single(ProfileBudget.Parse("p99=1s").Choose(rows));
        Assert.Equal("pick", choice.Pick!.Model);
        Assert.Equal(["dominated by pick 224x224 cpu 2 threads: as accurate, p99 100 % longer, 11.1 % more memory", "as accurate as pick 224x224 cpu 2 threads at about the same time, 33.3 % more memory"], choice.Others.Select(o => o.Reason));
    }

    [Fact]
    public void Where_nothing_fits_the_row_that_misses_least_is_named()
    {
        ProfileRow[] rows = [Row("a", 0.9, 10, 400), Row("b", 0.8, 12, 110), Row("c", 0.7, 20, 50)];
        var choice = Assert.Single(ProfileBudget.Parse("p99=8ms,memory=100MB").Choose(rows));
        Assert.Null(choice.Pick);
        Assert.Equal("b", choice.Nearest!.Model); // 50 % over, where a is 300 % and c 150 %
        Assert.Equal("p99 12.00 ms is 4.00 ms (50 %) over 8.00 ms; memory 110.0 MB is 10.00 MB (10 %) over 100.0 MB", choice.Others[1].Reason);
    }

    [Fact]
    public void A_limit_on_what_is_not_known_lets_nothing_through()
    {
        var choice = Assert.Single(ProfileBudget.Parse("energy=1J").Choose([Row("a", 0.9, 10)]));
        Assert.Equal((null, null, "energy is not known"), (choice.Pick, choice.Nearest, choice.Others[0].Reason));
    }

    [Fact]
    public void More_is_better_of_throughput_and_accuracy()
    {
        ProfileRow[] rows = [Row("a", 0.9, 10) with { ThroughputFps = 24 }, Row("b", 0.7, 10) with { ThroughputFps = 60 }, Row("c", 0.8, 10) with { ThroughputFps = 30 }];
        var choice = Assert.Single(ProfileBudget.Parse("fps=30,metric=0.8").Choose(rows));
        Assert.Equal("c", choice.Pick!.Model); // a limit is met by what equals it
        Assert.Equal(["fps 24.00 fps is 6.00 fps (20 %) under 30.00 fps", "metric 0.7 is 0.1 (12.5 %) under 0.8"], choice.Others.Select(o => o.Reason));
    }

    [Fact]
    public void Every_device_task_and_metric_has_a_pick_and_without_a_metric_the_largest_network_is_it()
    {
        var choices = ProfileBudget.Parse("p99=50ms").Choose(
        [
            Row("a", 0.9, 10), Row("b", 0.5, 20) with { Task = "detect" }, Row("c", 0.4, 30) with { Device = "other" },
            Row("small", null, 5) with { Macs = 100 }, Row("large", null, 6) with { Macs = 200 },
        ]);
        Assert.Equal(["a", "b", "c", "large"], choices.Select(c => c.Pick!.Model));
        Assert.Equal("50 % fewer multiply-accumulates than large 224x224 cpu 2 threads, p99 16.7 % shorter", choices[3].Others[0].Reason);
    }

    private static ProfileRow Row(string name, double? metric, double p99, double memory = 100) => ProfileRows.Row(name, metric: metric, runs: 120) with { P99Ms = p99, PeakRssMb = memory };
}
