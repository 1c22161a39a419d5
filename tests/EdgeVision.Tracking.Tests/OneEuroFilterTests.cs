using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>The filter's steps worked out by hand, and what it does with broken samples.</summary>
public sealed class OneEuroFilterTests
{
    [Fact]
    public void Two_steps_worked_out_by_hand()
    {
        // At 1 / (2 pi) Hz and a step of one second alpha is 1/2; with beta 0 speed does not matter.
        var filter = new OneEuroFilter(1 / (2 * Math.PI), 0, 1 / (2 * Math.PI));
        Assert.Equal(4, filter.Filter(10, 4));
        Assert.Equal(6, filter.Filter(11, 8), 1e-12);
        Assert.Equal(3, filter.Filter(12, 0), 1e-12);
    }

    [Fact]
    public void Speed_raises_the_cutoff()
    {
        // Speed (8 - 4) / 1 halved is 2; the cutoff (1 + 2) / (2 pi) gives alpha 3/4.
        var filter = new OneEuroFilter(1 / (2 * Math.PI), 1 / (2 * Math.PI), 1 / (2 * Math.PI));
        filter.Filter(0, 4);
        Assert.Equal(7, filter.Filter(1, 8), 1e-12);
    }

    [Theory]
    [InlineData(2, double.NaN)] // no sample
    [InlineData(2, double.PositiveInfinity)]
    [InlineData(double.NaN, 5)]
    [InlineData(1, 5)] // the same time again
    [InlineData(0.5, 5)] // time that goes back
    public void A_broken_sample_changes_nothing(double time, double value)
    {
        OneEuroFilter filter = new(), other = new();
        foreach (var f in (OneEuroFilter[])[filter, other])
        {
            f.Filter(0, 1);
            f.Filter(1, 2);
        }

        Assert.Equal(filter.Filter(1, 2), filter.Filter(time, value));
        Assert.Equal(other.Filter(3, 7), filter.Filter(3, 7));
    }

    [Fact]
    public void After_a_reset_it_begins_anew()
    {
        var filter = new OneEuroFilter();
        filter.Filter(5, 1);
        filter.Reset();
        Assert.Equal(9, filter.Filter(0, 9));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 0, double.NaN)]
    public void Impossible_settings_are_refused(double minCutoff, double beta, double speedCutoff) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new OneEuroFilter(minCutoff, beta, speedCutoff));
}
