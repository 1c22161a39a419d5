using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ParetoFrontTests
{
    [Fact]
    public void What_another_row_beats_is_not_on_it()
    {
        var (quick, good, both, beaten) = (Row("quick", 0.8, 5), Row("good", 0.95, 20), Row("between", 0.9, 10), Row("beaten", 0.89, 11));
        var front = ParetoFront.Compute([beaten, quick, good, both], ProfileFigure.Metric, ProfileFigure.P99);
        Assert.Equal(["good", "between", "quick"], front.Rows.Select(r => r.Model));
        Assert.Same(both, front.GetDominator(beaten));
        Assert.Null(front.GetDominator(quick));
        Assert.False(front.Contains(beaten));
        Assert.Empty(front.Excluded);
    }

    [Fact]
    public void Equals_are_on_it_together_and_equal_in_one_objective_is_beaten_by_the_other()
    {
        var front = ParetoFront.Compute([Row("a", 0.9, 10), Row("twin", 0.9, 10), Row("slower", 0.9, 11), Row("worse", 0.8, 10)], ProfileFigure.Metric, ProfileFigure.P99);
        Assert.Equal(["a", "twin"], front.Rows.Select(r => r.Model));
    }

    [Fact]
    public void A_row_that_lacks_a_figure_neither_beats_nor_is_beaten()
    {
        var (unknown, failed) = (Row("unknown", 0.99, 1) with { Energy = null }, ProfileRows.Failed("failed", "crashed"));
        var known = Row("known", 0.5, 50) with { Energy = new ProfileEnergy("rapl", 1, 5) };
        var front = ParetoFront.Compute([unknown, failed, known], ProfileFigure.Metric, ProfileFigure.Energy);
        Assert.Equal([known], front.Rows);
        Assert.Equal([unknown, failed], front.Excluded);
    }

    [Fact]
    public void It_is_what_comparing_every_pair_gives_with_three_objectives_and_ties()
    {
        var random = new Random(3);
        // Few values, so that there are many ties.
        ProfileRow[] rows = [.. Enumerable.Range(0, 200).Select(i => Row($"m{i}", random.Next(8) / 8.0, random.Next(1, 9)) with { PeakRssMb = random.Next(1, 6) })];
        var front = ParetoFront.Compute(rows, ProfileFigure.Metric, ProfileFigure.P99, ProfileFigure.Memory);
        bool Beats(ProfileRow a, ProfileRow b) => a.Metric >= b.Metric && a.P99Ms <= b.P99Ms && a.PeakRssMb <= b.PeakRssMb && (a.Metric > b.Metric || a.P99Ms < b.P99Ms || a.PeakRssMb < b.PeakRssMb);
        Assert.Equal(rows.Where(r => !rows.Any(o => Beats(o, r))).Select(r => r.Model).Order(), front.Rows.Select(r => r.Model).Order());
        Assert.All(rows.Where(r => !front.Contains(r)), r => Assert.True(Beats(front.GetDominator(r)!, r)));
        Assert.InRange(front.Rows.Count, 2, 60);
    }

    [Fact]
    public void Tasks_devices_and_metrics_have_fronts_of_their_own_and_without_a_metric_the_largest_network_counts()
    {
        var fronts = ParetoFront.ComputeByGroup(
        [
            Row("a", 0.9, 10), Row("b", 0.5, 20) with { Task = "detect", MetricName = "mAP" }, Row("c", 0.4, 30) with { Device = "other" },
            Row("small", null, 5) with { Macs = 100 }, Row("large", null, 6) with { Macs = 200 }, Row("clumsy", null, 7) with { Macs = 150 }, ProfileRows.Failed("d", "crashed"),
        ]);
        Assert.Equal(["a", "b", "c", "large small"], fronts.Values.Select(f => string.Join(' ', f.Rows.Select(r => r.Model))));
    }

    private static ProfileRow Row(string name, double? metric, double p99) => ProfileRows.Row(name, metric: metric, runs: 120) with { P99Ms = p99 };
}
