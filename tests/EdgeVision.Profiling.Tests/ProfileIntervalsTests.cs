using EdgeVision.Profiling.Statistics;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProfileIntervalsTests
{
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(2.5, 3.5747)] // between the whole ones, by integrating the density
    [InlineData(10, 2.228)]
    [InlineData(30, 2.042)]
    [InlineData(60, 2.000)]
    [InlineData(1e9, 1.960)]
    public void Students_t_is_that_of_the_tables_or_a_little_more(double degrees, double t) => Assert.InRange(ProfileIntervals.GetStudentT(degrees), t - 0.001, 1.02 * t);

    [Fact]
    public void Welch_is_as_computed_by_hand()
    {
        // Logarithms -e, +e, -e, +e (their neighbours differ, so nothing is taken off): variance 4/3 e^2 over 4 windows on each side; degrees 2 * (4 - 1).
        const double e = 0.01;
        double[] windows = [10 * Math.Exp(-e), 10 * Math.Exp(e), 10 * Math.Exp(-e), 10 * Math.Exp(e)];
        var (a, b) = (Times(10, windows), Times(11, [.. windows.Select(w => 1.1 * w)]));
        double reach = 2.44691 * Math.Sqrt(2 * 4.0 / 3 * e * e / 4);
        var (low, high) = ProfileIntervals.ForMedians(a, b)!.Value;
        Assert.Equal((1.1 * Math.Exp(-reach), 1.1 * Math.Exp(reach)), (low, high), (x, y) => Math.Abs(x.Item1 - y.Item1) < 1e-9 && Math.Abs(x.Item2 - y.Item2) < 1e-9);
    }

    [Fact]
    public void The_interval_of_medians_holds_the_truth_as_often_as_it_says()
    {
        // Of 1000 pairs of measurements without a change about 50 may say there is one.
        int wrong = 0;
        for (int i = 0; i < 1000; i++)
        {
            var (low, high) = ProfileIntervals.ForMedians(ProfileRows.Row(seed: 2 * i, scatter: 0.01, runs: 600), ProfileRows.Row(seed: 2 * i + 1, scatter: 0.01, runs: 600))!.Value;
            wrong += low > 1 || high < 1 ? 1 : 0;
        }

        Assert.InRange(wrong, 10, 75);
    }

    [Fact]
    public void Windows_that_drift_widen_the_interval_and_more_runs_in_a_window_do_not_narrow_it()
    {
        double[] steady = [10, 10.1, 9.9, 10.1, 9.9, 10.1, 9.9, 10], sorted = [.. steady.Order()];
        double Width(ProfileRow row) => ProfileIntervals.ForMedians(row, Times(10, steady))!.Value is var (low, high) ? high - low : 0;
        Assert.True(Width(Times(10, sorted)) > 1.3 * Width(Times(10, steady)));
        Assert.Equal(Width(Times(10, steady)), Width(Times(10, steady) with { Iterations = 1_000_000 }));
    }

    [Fact]
    public void An_interval_that_is_longer_upwards_stays_so()
    {
        var (low, high) = ProfileIntervals.FromIntervals(10, [9.9, 10.1], 10, [9.8, 15])!.Value;
        Assert.InRange(low, 0.97, 0.98);
        Assert.InRange(high, 1.49, 1.51);
    }

    [Fact]
    public void Medians_without_windows_fall_back_to_their_own_intervals_and_without_those_nothing_is_told()
    {
        var row = Times(10, null) with { P50IntervalMs = [9, 11] };
        Assert.Equal(ProfileIntervals.FromIntervals(10, [9, 11], 10, [9, 11]), ProfileIntervals.ForMedians(row, row));
        Assert.Null(ProfileIntervals.ForMedians(row, Times(10, null)));
    }

    [Theory]
    [InlineData(new double[] { 10, 10 }, "two windows tell nothing of their scatter")]
    [InlineData(new double[] { 10, 0, 10 }, "nothing takes no time")]
    [InlineData(new double[] { 10, double.NaN, 10 }, "no number")]
    public void Windows_that_say_nothing_are_not_used(double[] windows, string reason) => Assert.True(ProfileIntervals.ForMedians(Times(10, windows), Times(10, windows)) is null, reason);

    [Theory]
    [InlineData(new double[] { 9 }, "one end")]
    [InlineData(new double[] { 11, 12 }, "the value is not in it")]
    [InlineData(new double[] { -1, 12 }, "no time")]
    [InlineData(new double[] { 9, double.PositiveInfinity }, "no end")]
    public void Intervals_that_say_nothing_are_not_used(double[] interval, string reason) => Assert.True(ProfileIntervals.FromIntervals(10, interval, 10, interval) is null, reason);

    [Fact]
    public void The_throughput_of_arrivals_is_their_rate_and_has_none()
    {
        var row = ProfileRows.Row();
        Assert.NotNull(ProfileIntervals.ForThroughputs(row, row));
        Assert.Null(ProfileIntervals.ForThroughputs(row, row with { Mode = ProfileMode.Open }));
    }

    private static ProfileRow Times(double p50, double[]? windows) => new() { Model = "m", P50Ms = p50, WindowsP50Ms = windows };
}
