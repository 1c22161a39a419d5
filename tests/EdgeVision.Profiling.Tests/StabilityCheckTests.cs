using EdgeVision.Profiling.Sensors;
using EdgeVision.Profiling.Statistics;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class StabilityCheckTests
{
    private static readonly SensorSummary Quiet = new()
    {
        TemperatureC = new ProfileRange(40, 52, 40, 52),
        FrequencyMhz = new ProfileRange(600, 2400, 600, 2400), // cores rise from idle; that is no fall
        HeadroomC = 30,
        OtherCpuPercent = 2,
        StealPercent = 0.2,
    };

    [Theory]
    [InlineData("", new double[] { 10, 10.01, 10, 9.99, 10, 10.02, 10, 10, 9.98 })] // as still as it gets
    [InlineData("", new double[] { 10, 10.1, 9.9, 10.05, 9.95, 10, 10.15, 9.9, 10.05 })] // a little noise
    [InlineData("", new double[] { 10, 10, 10, 10, 14, 10, 10, 10, 10 })] // one stretch that was disturbed is the tail's matter
    [InlineData("", new double[] { 10, 10.02, 10.05, 10.07, 10.1, 10.12, 10.13, 10.14, 10.15 })] // a drift below 2 %
    [InlineData("drift", new double[] { 10, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7, 10.8 })] // steadily slower
    [InlineData("drift", new double[] { 10, 10, 10, 9.7, 9.6, 9.5, 9.5, 9.5, 9.5 })] // quicker: it was not warm yet
    [InlineData("drift", new double[] { 10, 10, 10, 10, 10, 12, 12, 12, 12 })] // a step up that stays
    [InlineData("", new double[] { 10, 10.4, 9.7, 10.3, 9.7, 10.3, 9.9, 10.5, 10.3 })] // differences that the noise explains are no drift
    [InlineData("two levels", new double[] { 10, 12, 10, 12, 10, 12, 12, 10, 12, 10 })] // two kinds of cores
    [InlineData("scatter", new double[] { 10, 12.5, 8.9, 11.2, 9.5, 13.8, 10.4, 12, 8.2, 11.6, 9.9, 10.9 })] // anything at all
    [InlineData("", new double[] { 10, 20, 10, 20, 10 })] // too few stretches to say
    [InlineData("", new double[] { 0, 0, 0, 0, 0, 0 })] // a clock that is too coarse
    public void Times(string says, double[] windows)
    {
        string[] reasons = StabilityCheck.GetReasons(windows, Quiet);
        if (says.Length == 0)
        {
            Assert.Empty(reasons);
        }
        else
        {
            Assert.Contains(says, Assert.Single(reasons));
        }
    }

    [Fact]
    public void Drift_has_its_direction_and_its_figure()
    {
        Assert.Equal("latencies drift: the last third is 10.0 % slower than the first", Assert.Single(StabilityCheck.GetReasons([10, 10, 10, 10, 10, 10, 11, 11, 11])));
        Assert.Equal("latencies drift: the last third is 10.0 % faster than the first", Assert.Single(StabilityCheck.GetReasons([11, 11, 11, 10, 10, 10, 10, 10, 10])));
    }

    public static TheoryData<string, SensorSummary> Sensors => new()
    {
        { "", Quiet },
        { "", new SensorSummary() }, // a system that tells nothing
        { "fell from 2400 to 1800 MHz", Quiet with { FrequencyMhz = new ProfileRange(2400, 1800, 1800, 2400) } },
        { "", Quiet with { FrequencyMhz = new ProfileRange(2400, 2200, 2200, 2400) } }, // 8 %
        { "throttled", Quiet with { Throttled = true } },
        { "within 3.0 °C", Quiet with { HeadroomC = 3 } },
        { "within 0.0 °C", Quiet with { HeadroomC = -2 } }, // beyond it
        { "steal", Quiet with { StealPercent = 1.4 } },
        { "other processes used 37 %", Quiet with { OtherCpuPercent = 37.4 } },
        { "", Quiet with { OtherCpuPercent = 9 } },
    };

    [Theory]
    [MemberData(nameof(Sensors))]
    public void What_the_machine_did(string says, SensorSummary sensors)
    {
        string[] reasons = StabilityCheck.GetReasons([10, 10, 10, 10, 10, 10], sensors);
        if (says.Length == 0)
        {
            Assert.Empty(reasons);
        }
        else
        {
            Assert.Contains(says, Assert.Single(reasons));
        }
    }

    [Theory]
    [InlineData(99, 12, "p99 needs at least 100 runs; got 99;p99.9 needs at least 1000 runs; got 99")]
    [InlineData(100, 12, "p99.9 needs at least 1000 runs; got 100")]
    [InlineData(1000, 12, "")]
    [InlineData(1000, 5, "drift detection needs at least 6 windows; got 5")]
    public void Too_short_a_measurement_is_a_note(long runs, int windows, string notes) => Assert.Equal(notes, string.Join(';', StabilityCheck.GetNotes(runs, windows)));
}
