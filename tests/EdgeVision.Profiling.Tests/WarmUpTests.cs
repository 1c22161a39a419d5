using EdgeVision.Profiling.Measurement;
using EdgeVision.Results;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public class WarmUpTests
{
    private const long Millisecond = 1_000_000, Second = 1_000_000_000;

    private sealed class Clock : ProfileClock
    {
        public long Time { get; set; }

        public override long Now => Time;

        public override void WaitUntil(long moment) => Time = Math.Max(Time, moment);
    }

    private sealed class Work(Clock clock, Func<int, long> time) : IMeasuredWork
    {
        public int Runs { get; private set; }

        public StageTimes LastStages => default;

        public void Run() => clock.Time += time(Runs++);
    }

    [Fact]
    public void ItWaitsUntilTimesHaveSettled()
    {
        // Compiled anew after 100 runs, and quick from then on.
        var clock = new Clock();
        var work = new Work(clock, run => run < 100 ? (10 - run / 15) * Millisecond : Millisecond);
        var (runs, settled) = WarmUp.Run(work, clock, 5 * Second, _ => { });
        Assert.True(settled);
        Assert.Equal(work.Runs, runs);
        Assert.True(runs > 250, $"{runs}: three stretches of a hundred quick runs");
    }

    [Fact]
    public void WhatNeverSettlesIsSaidSo()
    {
        var clock = new Clock();
        var (_, settled) = WarmUp.Run(new Work(clock, run => (long)(Millisecond * Math.Pow(1.03, run))), clock, Second, _ => { });
        Assert.False(settled);
        Assert.InRange(clock.Now, Second, 2 * Second);
    }

    // A run of two seconds: a stretch is one run, not five.
    [Fact]
    public void SlowWorkIsRunThreeTimes()
    {
        var clock = new Clock();
        var work = new Work(clock, _ => 2 * Second);
        Assert.Equal((3, true), WarmUp.Run(work, clock, 5 * Second, _ => { }));
    }

    [Fact]
    public void NoneIsNone()
    {
        var clock = new Clock();
        var work = new Work(clock, _ => Second);
        Assert.Equal((0, true), WarmUp.Run(work, clock, 0, _ => { }));
        Assert.Equal(0, work.Runs);
    }
}
