using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>Movements whose repetitions are known.</summary>
public sealed class RepetitionCounterTests
{
    [Theory]
    [InlineData(RepetitionPhase.High, 5)] // up, down, up five times
    [InlineData(RepetitionPhase.Low, 4)] // from down to down there are four
    public void Counts_the_cycles_of_a_trembling_sine(RepetitionPhase from, int repetitions)
    {
        var random = new Random(2);
        var counter = new RepetitionCounter(100, 150, from);
        int told = 0;
        for (int i = 0; i <= 500; i++)
        {
            double angle = 130 + 40 * Math.Cos(i * 2 * Math.PI / 100) + (random.NextDouble() - 0.5) * 16;
            told += counter.Update(TimeSpan.FromMilliseconds(20 * i), angle) ? 1 : 0;
        }

        Assert.Equal(repetitions, counter.Count);
        Assert.Equal(repetitions, told);
        Assert.InRange(counter.LastDuration.TotalSeconds, 0.8, 2.2);
    }

    [Theory]
    [InlineData(new[] { 170.0, 120, 170, 120, 170 }, 0)] // never down far enough
    [InlineData(new[] { 90.0, 170, 90, 170 }, 1)] // the first way up is not a whole repetition
    [InlineData(new[] { 170.0, 100, 150 }, 1)] // at the thresholds counts
    [InlineData(new[] { 170.0, 99, 101, 99, 101, 149, 151 }, 1)] // trembling at a threshold counts once
    [InlineData(new[] { 170.0, double.NaN, 90, double.NaN, 170 }, 1)] // a hidden joint
    [InlineData(new[] { 170.0, double.NegativeInfinity, double.PositiveInfinity }, 1)]
    [InlineData(new double[0], 0)]
    public void Counts_from_high_to_low_and_back(double[] angles, int repetitions)
    {
        var counter = new RepetitionCounter(100, 150);
        for (int i = 0; i < angles.Length; i++)
        {
            counter.Update(TimeSpan.FromSeconds(i), angles[i]);
        }

        Assert.Equal(repetitions, counter.Count);
    }

    [Fact]
    public void Too_quick_is_noise_and_time_that_goes_back_is_left_out()
    {
        var counter = new RepetitionCounter(100, 150, minDuration: TimeSpan.FromSeconds(0.5));
        counter.Update(TimeSpan.FromSeconds(0), 170);
        counter.Update(TimeSpan.FromSeconds(0.1), 90);
        Assert.False(counter.Update(TimeSpan.FromSeconds(0.2), 170));
        counter.Update(TimeSpan.FromSeconds(0.5), 90);
        Assert.False(counter.Update(TimeSpan.FromSeconds(0.4), 170));
        Assert.Equal(RepetitionPhase.Low, counter.Phase);
        Assert.True(counter.Update(TimeSpan.FromSeconds(0.9), 170));
        Assert.Equal(0.7, counter.LastDuration.TotalSeconds, 1e-9);
        counter.Reset();
        Assert.Equal((0, RepetitionPhase.Unknown), (counter.Count, counter.Phase));
    }

    [Theory]
    [InlineData(1, 0, 0, 1, 90)]
    [InlineData(1, 0, -1, 0, 180)]
    [InlineData(1, 0, 2, 0, 0)]
    [InlineData(1, 0, 1, -1, 45)]
    [InlineData(0, 0, 1, 0, double.NaN)] // a limb without length
    public void Angles_of_joints(float ax, float ay, float cx, float cy, double degrees)
    {
        Keypoint a = new(5 + ax, 7 + ay, 1), b = new(5, 7, 1), c = new(5 + cx, 7 + cy, 1);
        Assert.Equal(degrees, RepetitionCounter.GetJointAngle(a, b, c), 1e-9);
        Assert.Equal(degrees, RepetitionCounter.GetJointAngle(c, b, a), 1e-9);
        Assert.True(double.IsNaN(RepetitionCounter.GetJointAngle(a, b with { Score = 0.1f }, c)));
        Assert.True(double.IsNaN(RepetitionCounter.GetJointAngle(a with { Score = float.NaN }, b, c)));
    }

    [Theory]
    [InlineData(150, 100, RepetitionPhase.High)]
    [InlineData(100, 100, RepetitionPhase.High)]
    [InlineData(double.NaN, 100, RepetitionPhase.High)]
    [InlineData(100, 150, RepetitionPhase.Unknown)]
    public void Impossible_settings_are_refused(double low, double high, RepetitionPhase from) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RepetitionCounter(low, high, from));
}
