using EdgeVision.Profiling.Statistics;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public class LatencySeriesTests
{
    private static LatencySeries Of(params IEnumerable<long> milliseconds)
    {
        var series = new LatencySeries(10_000);
        foreach (long time in milliseconds)
        {
            series.Add(time * 1_000_000);
        }

        return series;
    }

    // Nearest rank: the smallest time that at least that share of all does not exceed.
    [Theory]
    [InlineData(0, 1, "the least")]
    [InlineData(0.5, 50, "half of a hundred")]
    [InlineData(0.505, 51, "rounded up")]
    [InlineData(0.99, 99, "the last but one")]
    [InlineData(0.999, 100, "the greatest, as a hundred cannot tell")]
    [InlineData(1, 100, "the greatest")]
    public void PercentilesAreThoseOfTheNearestRank(double share, double expected, string reason)
    {
        var series = Of(Enumerable.Range(1, 100).Reverse().Select(n => (long)n));
        Assert.True(Math.Abs(series.GetPercentile(share) - expected) < 1e-9, reason);
    }

    [Fact]
    public void MeanAndDeviationAreThoseOfTheSample()
    {
        var series = Of(2, 4, 4, 4, 5, 5, 7, 9);
        Assert.Equal(5, series.Mean, 12);
        Assert.Equal(Math.Sqrt(32 / 7.0), series.StandardDeviation, 12);
    }

    [Fact]
    public void TheTailIsNeverCut()
    {
        var series = Of(Enumerable.Repeat(1L, 9_999).Append(5_000));
        Assert.Equal(1, series.GetPercentile(0.999), 9);
        Assert.Equal(5_000, series.GetPercentile(1), 9);
        Assert.True(series.Mean > 1.49);
    }

    [Fact]
    public void WindowsAreMediansOfEqualStretchesInOrder() =>
        Assert.Equal([3.0, 8.0, 13.0, 18.0], Of(Enumerable.Range(1, 20).Select(n => (long)n)).GetWindowMedians(4));

    [Fact]
    public void AWindowHasFiveTimesAtLeast() => Assert.Equal(2, Of(1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2).GetWindowMedians(20).Length);

    [Fact]
    public void OneTimeIsAWindow() => Assert.Equal([7.0], Of(7).GetWindowMedians(20));

    // 1,000 runs: 1.96 * sqrt(1000 * 0.99 * 0.01) is 6.2 ranks to each side of the 990th.
    [Fact]
    public void AnIntervalLiesBetweenTheRanksOfABinomialCount()
    {
        double[] interval = Of(Enumerable.Range(1, 1000).Select(n => (long)n)).GetConfidenceInterval(0.99);
        Assert.Equal(983, interval[0], 9);
        Assert.Equal(998, interval[1], 9);
    }

    [Fact]
    public void TooFewTimesBoundAnIntervalByTheGreatest() => Assert.Equal(10, Of(Enumerable.Range(1, 10).Select(n => (long)n)).GetConfidenceInterval(0.99)[1], 9);

    [Fact]
    public void AnEmptySeriesHasNoTimes() => Assert.Equal((0.0, 0.0), (new LatencySeries(4).GetPercentile(0.5), new LatencySeries(4).Mean));
}
