using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProfileComparisonTests
{
    [Fact]
    public void Two_measurements_of_the_same_thing_are_the_same()
    {
        var comparison = ProfileComparison.Compare([ProfileRows.Row(seed: 1)], [ProfileRows.Row(seed: 2)]);
        Assert.Equal((0, 0), (comparison.Regressions, comparison.Improvements));
        Assert.Empty(comparison.Warnings);
        Assert.Empty(Assert.Single(comparison.Pairs).Warnings);
        Assert.Equal(["p50", "p99", "fps", "memory", "load", "model", "metric"], comparison.Pairs[0].Changes.Select(c => c.Figure.Name));
    }

    [Theory]
    [InlineData(1.10, ProfileTrend.Regression, ProfileTrend.Regression)]
    [InlineData(0.90, ProfileTrend.Improvement, ProfileTrend.Improvement)]
    [InlineData(1.02, ProfileTrend.Same, ProfileTrend.Same)] // surely another, but below the threshold
    public void A_change_of_times_is_seen(double factor, ProfileTrend p50, ProfileTrend fps)
    {
        var row = ProfileRows.Row(scatter: 0.001);
        var pair = Assert.Single(ProfileComparison.Compare([row], [ProfileRows.Slower(row, factor)]).Pairs);
        var change = pair.GetChange(ProfileFigure.P50)!;
        Assert.Equal((p50, fps), (change.Verdict, pair.GetChange(ProfileFigure.Throughput)!.Verdict));
        Assert.Equal(factor - 1, change.RelativeChange, 1e-9);
        Assert.InRange(factor - 1, change.Interval!.Low, change.Interval.High);
    }

    [Fact]
    public void What_may_be_chance_is_no_regression_however_large()
    {
        var row = ProfileRows.Row(scatter: 0.2);
        var change = ProfileComparison.Compare([row], [ProfileRows.Slower(row, 1.1)]).Pairs[0].GetChange(ProfileFigure.P50)!;
        Assert.Equal(ProfileTrend.Same, change.Verdict);
        Assert.True(change.Interval!.Low < 0 && change.Interval.High > 0);
    }

    [Fact]
    public void A_threshold_decides_what_counts()
    {
        var row = ProfileRows.Row(scatter: 0.001);
        var slower = ProfileRows.Slower(row, 1.02);
        Assert.Equal(ProfileTrend.Regression, ProfileComparison.Compare([row], [slower], 0.01).Pairs[0].GetChange(ProfileFigure.P50)!.Verdict);
        Assert.Equal(0, ProfileComparison.Compare([row], [row], 0).Regressions);
        Assert.Throws<ArgumentOutOfRangeException>(() => ProfileComparison.Compare([row], [row], -0.1));
    }

    [Fact]
    public void What_was_read_once_proves_nothing_and_what_never_scatters_does()
    {
        var row = ProfileRows.Row();
        var pair = ProfileComparison.Compare([row], [row with { PeakRssMb = 2 * row.PeakRssMb, LoadMs = row.LoadMs / 2, ModelMb = row.ModelMb * 1.5, Metric = 0.8 }]).Pairs[0];
        Assert.Equal([ProfileTrend.Unproven, ProfileTrend.Unproven, ProfileTrend.Regression, ProfileTrend.Regression],
            new[] { ProfileFigure.Memory, ProfileFigure.Load, ProfileFigure.ModelSize, ProfileFigure.Metric }.Select(f => pair.GetChange(f)!.Verdict));
        var elsewhere = ProfileComparison.Compare([row], [row with { Metric = 0.8, MetricSource = "the model's card" }]).Pairs[0];
        Assert.Equal(ProfileTrend.Unproven, elsewhere.GetChange(ProfileFigure.Metric)!.Verdict); // other pictures
        var other = ProfileComparison.Compare([row], [row with { Metric = 0.8, MetricName = "top-5" }]).Pairs[0];
        Assert.Null(other.GetChange(ProfileFigure.Metric));
        Assert.Contains("the metrics differ: top-1 before, top-5 after", other.Warnings);
    }

    [Fact]
    public void A_configuration_that_fails_since_then_is_a_regression()
    {
        var row = ProfileRows.Row();
        var failed = row with { Error = "out of memory", P50Ms = null };
        Assert.Equal((1, 0), (ProfileComparison.Compare([row], [failed]).Regressions, ProfileComparison.Compare([row], [failed]).Improvements));
        Assert.Equal((0, 1), (ProfileComparison.Compare([failed], [row]).Regressions, ProfileComparison.Compare([failed], [row]).Improvements));
        Assert.Equal(0, ProfileComparison.Compare([failed], [failed]).Regressions);
    }

    [Fact]
    public void Rows_without_a_partner_are_named()
    {
        var comparison = ProfileComparison.Compare([ProfileRows.Row("a"), ProfileRows.Row("b")], [ProfileRows.Row("b"), ProfileRows.Row("c"), ProfileRows.Row("b") with { Threads = 4 }]);
        Assert.Equal("b", Assert.Single(comparison.Pairs).After.Model);
        Assert.Equal("a", Assert.Single(comparison.OnlyBefore).Model);
        Assert.Equal(["c", "b"], comparison.OnlyAfter.Select(r => r.Model));
    }

    [Fact]
    public void The_same_device_comes_first_and_another_only_where_that_is_unique()
    {
        var row = ProfileRows.Row();
        var (here, there) = (row with { Device = "here" }, row with { Device = "there" });
        var both = ProfileComparison.Compare([there, here], [here, there]);
        Assert.All(both.Pairs, p => Assert.Equal(p.Before.Device, p.After.Device));
        var across = ProfileComparison.Compare([here], [there]);
        Assert.Equal(["the devices differ: 'here' before, 'there' after"], Assert.Single(across.Pairs).Warnings);
        Assert.Empty(ProfileComparison.Compare([row], [here, there]).Pairs); // either could be meant
    }

    [Fact]
    public void What_makes_it_doubtful_is_said_once()
    {
        ProfileRow[] before = [ProfileRows.Row("a"), ProfileRows.Row("b"), ProfileRows.Row("a", seed: 3)];
        ProfileRow[] after = [.. before[..2].Select(r => r with { Machine = ProfileRows.Machine() with { Fingerprint = "other", OnnxRuntime = "1.32.0" } })];
        Assert.Equal(
        [
            "rows of the first profile replaced by a later row of the same configuration: 1",
            "the ONNX Runtime versions differ: '1.31.1' before, '1.32.0' after",
        ], ProfileComparison.Compare(before, after).Warnings);
        after[0] = after[0] with { Machine = null, Stable = false, Unstable = ["it drifts"], ModelSha256 = "00" };
        after[1] = after[1] with { Machine = ProfileRows.Machine() with { Fingerprint = "other", Emulated = true } };
        var comparison = ProfileComparison.Compare(before, after);
        Assert.Contains("pairs without machine information: 1 of 2", comparison.Warnings);
        Assert.Contains("the machines differ: 0123456789abcdef before, other after", comparison.Warnings);
        Assert.Equal(["the model files differ", "unstable after: it drifts", "emulated after: its latencies are not those of the real processor"], comparison.Pairs.SelectMany(p => p.Warnings));
    }

    [Fact]
    public void Overall_is_the_geometric_mean()
    {
        var (a, b) = (ProfileRows.Row("a"), ProfileRows.Row("b"));
        var comparison = ProfileComparison.Compare([a, b], [ProfileRows.Slower(a, 2), ProfileRows.Slower(b, 0.5)]);
        Assert.Equal(0, comparison.GetMeanChange(ProfileFigure.P50)!.Value, 1e-9);
        Assert.Null(comparison.GetMeanChange(ProfileFigure.Energy));
    }
}
