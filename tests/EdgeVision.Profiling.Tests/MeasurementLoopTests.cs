using EdgeVision.Profiling.Measurement;
using EdgeVision.Results;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public class MeasurementLoopTests
{
    private const long Millisecond = 1_000_000, Second = 1_000_000_000;

    /// <summary>Time that passes only where a test lets it.</summary>
    private sealed class TestClock : ProfileClock
    {
        public long Time { get; set; } = 5 * Second;

        public override long Now => Time;

        public override void WaitUntil(long moment) => Time = Math.Max(Time, moment);
    }

    /// <summary>Work that takes 1 ms, and each hundredth time 100 ms more.</summary>
    private sealed class Stalling(TestClock clock, int every = 100, long stall = 100 * Millisecond) : IMeasuredWork
    {
        public int Runs { get; private set; }

        public StageTimes LastStages => new(0, 0, Millisecond, 0, 0);

        public void Run() => clock.Time += ++Runs % every == 0 ? stall : Millisecond;
    }

    // A stall of 100 ms in one run of a hundred. At 100 arrivals a second ten runs arrive meanwhile and wait: nearly a tenth of all is late. A closed loop asks for
    // nothing while it is held up, and shows one slow run in a hundred.
    [Fact]
    public void AnOpenLoopShowsTheQueueThatAStallMakesAndAClosedOneHidesIt()
    {
        var clock = new TestClock();
        var closed = new MeasurementLoop(new Stalling(clock), clock, 10_000);
        closed.Start();
        closed.Run(10_000, long.MaxValue / 4);
        Assert.Equal(1, closed.Latency.GetPercentile(0.95), 9);
        Assert.Equal(1, closed.Latency.GetPercentile(0.99), 9);
        Assert.Equal(100, closed.Latency.GetPercentile(1), 9);

        clock = new TestClock();
        var open = new MeasurementLoop(new Stalling(clock), clock, 10_000, rate: 100);
        open.Start();
        open.Run(10_000, 100 * Second);
        Assert.Equal(10_000, open.Latency.Count);
        // Run k after the stall arrived 10k ms into it and ended 100 + k ms after it began: 91, 82, 73, …, 10, 1.
        Assert.Equal(1, open.Latency.GetPercentile(0.5), 9);
        Assert.True(open.Latency.GetPercentile(0.95) > 50, "the wait of runs that arrived in a stall is in their times");
        Assert.Equal(91, open.Latency.GetPercentile(0.99), 9);
        Assert.Equal(100, open.Latency.GetPercentile(1), 9);
        Assert.Equal(90, open.Queue!.GetPercentile(1), 9);
        // From begin to end it is what the closed loop saw.
        Assert.Equal(closed.Latency.GetPercentile(0.99), open.Service.GetPercentile(0.99), 9);
        Assert.Equal(0, open.GetBacklog(100 * Second));
    }

    // What arrived before the end is served after it: leaving out what waits would leave out the longest waits.
    [Fact]
    public void AStallAtTheEndIsWaitedFor()
    {
        var clock = new TestClock();
        var open = new MeasurementLoop(new Stalling(clock, every: 95), clock, 10_000, rate: 100);
        open.Start();
        open.Run(10_000, Second);
        Assert.Equal(100, open.Latency.Count);
        Assert.Equal(0, open.GetBacklog(Second));
        Assert.Equal(6, open.Latency.Times.ToArray().Count(t => t > 50 * Millisecond));
    }

    // Twice as many as it can do: it gives up after twice the time and says how many wait.
    [Fact]
    public void ARateThatCannotBeKeptLeavesABacklog()
    {
        var clock = new TestClock();
        var open = new MeasurementLoop(new Stalling(clock, every: int.MaxValue), clock, 10_000, rate: 4000);
        open.Start();
        open.Run(10_000, Second);
        Assert.Equal(2000, open.Latency.Count);
        Assert.Equal(2000, open.GetBacklog(Second));
        Assert.True(open.Latency.GetPercentile(1) > 1400, "times grow with the queue");
    }

    [Theory]
    [InlineData(null, "closed")]
    [InlineData(50.0, "open")]
    public void ItGoesOnWhereItStopped(double? rate, string reason)
    {
        var clock = new TestClock();
        var loop = new MeasurementLoop(new Stalling(clock), clock, 1000, rate);
        loop.Start();
        for (long until = 100 * Millisecond; until <= 2 * Second; until += 100 * Millisecond)
        {
            loop.Run(1000, until);
        }

        var whole = new MeasurementLoop(new Stalling(clock = new TestClock()), clock, 1000, rate);
        whole.Start();
        whole.Run(1000, 2 * Second);
        Assert.True(whole.Latency.Times.SequenceEqual(loop.Latency.Times), reason);
    }

    [Fact]
    public void StagesAreKeptRunByRun()
    {
        var clock = new TestClock();
        var loop = new MeasurementLoop(new Stalling(clock), clock, 10);
        loop.Start();
        loop.Run(7, long.MaxValue / 4);
        Assert.Equal(7, loop.Stages.Length);
        Assert.Equal(7 * Millisecond, loop.Stages.ToArray().Sum(s => s.Run));
    }

    // Gaps of a Poisson process scatter as much as they are long, and the rate stays.
    [Fact]
    public void ArrivalsAtRandomComeAtTheRateAndNotEvenly()
    {
        var clock = new TestClock();
        var loop = new MeasurementLoop(new Stalling(clock, every: int.MaxValue), clock, 20_000, 100, random: true);
        loop.Start();
        loop.Run(20_000, 100 * Second);
        Assert.InRange(loop.Latency.Count, 9_700, 10_300);
        Assert.InRange(loop.Queue!.Times.ToArray().Count(q => q > 0), 800, 1200); // one in ten comes within the millisecond of the last
        Assert.Equal(0, loop.GetBacklog(100 * Second));
    }

    [Fact]
    public void ItEndsWhenThereIsNoRoom()
    {
        var clock = new TestClock();
        var loop = new MeasurementLoop(new Stalling(clock), clock, 10);
        loop.Start();
        loop.Run(int.MaxValue, long.MaxValue / 4);
        Assert.True(loop.Latency.IsFull);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1e6)]
    public void ARunAllocatesNothing(double? rate)
    {
        var clock = new TestClock();
        var loop = new MeasurementLoop(new Stalling(clock), clock, 20_000, rate);
        loop.Start();
        loop.Run(10_000, long.MaxValue / 4);
        long before = GC.GetAllocatedBytesForCurrentThread();
        loop.Run(20_000, long.MaxValue / 4);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(20_000, loop.Latency.Count);
    }

    [Fact]
    public void TheMachinesClockWaitsUntilTheMomentAndNotBefore()
    {
        long moment = ProfileClock.System.Now + 20 * Millisecond;
        ProfileClock.System.WaitUntil(moment);
        Assert.True(ProfileClock.System.Now >= moment);
        ProfileClock.System.WaitUntil(moment - Second); // past: at once
    }
}
