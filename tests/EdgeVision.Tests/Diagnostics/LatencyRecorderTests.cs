using EdgeVision.Diagnostics;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Diagnostics;

public sealed class LatencyRecorderTests
{
    [Fact]
    public void Percentiles_are_those_of_the_sorted_values_to_a_sixtieth()
    {
        var random = new Random(5);
        // Three decades and a tail, as latencies have.
        double[] values = [.. Enumerable.Range(0, 20000).Select(i => Math.Exp(random.NextDouble() * 6.9) * 0.01 + (i % 1000 == 0 ? 500 : 0))];
        var recorder = new LatencyHistogram();
        foreach (double ms in values)
        {
            recorder.Record(TimeSpan.FromMilliseconds(ms));
        }

        Array.Sort(values);
        foreach (double share in (double[])[0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1])
        {
            double exact = values[Math.Max(0, (int)Math.Ceiling(share * values.Length) - 1)];
            Assert.InRange(recorder.GetPercentile(share).TotalMilliseconds, exact * (1 - 1 / 60.0), exact * (1 + 1 / 60.0));
        }

        var summary = recorder.GetSummary();
        Assert.Equal((20000, values[^1], values.Average()), (summary.Count, summary.Max, summary.Mean), (a, b) =>
            a.Item1 == b.Item1 && Math.Abs(a.Item2 - b.Item2) < 1e-3 && Math.Abs(a.Item3 - b.Item3) < 1e-3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1_000_000)]
    [InlineData(long.MaxValue / 100)]
    public void A_single_value_is_every_percentile(long ticks)
    {
        var recorder = new LatencyHistogram();
        recorder.Record(TimeSpan.FromTicks(ticks));
        Assert.Equal(ticks, recorder.GetPercentile(0).Ticks, 1.0);
        Assert.Equal(ticks, recorder.GetPercentile(1).Ticks, 1.0);
    }

    [Fact]
    public void Nothing_recorded_and_impossible_values_are_no_trouble()
    {
        var recorder = new LatencyHistogram();
        Assert.Equal((TimeSpan.Zero, default), (recorder.GetPercentile(0.99), recorder.GetSummary()));
        recorder.Record(TimeSpan.FromMilliseconds(-3)); // a clock that was set back
        recorder.Record(TimeSpan.MaxValue);
        Assert.Equal((2, TimeSpan.Zero), (recorder.Count, recorder.GetPercentile(0.5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => recorder.GetPercentile(1.01));
    }

    [Fact]
    public void Threads_lose_no_count_and_nothing_is_allocated()
    {
        var recorder = new LatencyHistogram();
        Parallel.For(0, 4, t =>
        {
            for (int i = 0; i < 10000; i++)
            {
                recorder.Record(TimeSpan.FromTicks(i * t));
            }
        });
        Assert.Equal(40000, recorder.Count);
        Assert.Equal(0, Allocations.Of(() => recorder.Record(TimeSpan.FromMilliseconds(3))));
    }
}
