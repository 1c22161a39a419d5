using EdgeVision.Frames;
using EdgeVision.Pipeline.Sources;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sources;

/// <summary>The test pattern as a source: its count, its pace, its end.</summary>
public sealed class TestPatternSourceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FramePool _pool = new();

    [Fact]
    public void Frames_come_in_order_with_their_times_and_end()
    {
        using var source = new TestPatternSource(TestPatternOptions.Parse("test:64x48@25?frames=10"));
        source.Open(CancellationToken.None);
        Assert.Equal((25.0, 10L, false), (source.FrameRate, source.FrameCount, source.IsLive));
        for (long i = 0; i < 10; i++)
        {
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal((i, TimeSpan.FromMilliseconds(40 * i), "test"), (frame.Sequence, frame.Timestamp, frame.Source));
            Assert.Equal(i, TestPattern.ReadSequence(frame));
        }

        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public async Task A_live_pattern_waits_for_its_clock()
    {
        var clock = new ManualClock();
        using var source = new TestPatternSource(new TestPatternOptions { Width = 64, Height = 48, FrameRate = 10, IsLive = true, Clock = clock });
        source.Open(CancellationToken.None);
        source.Read(_pool, CancellationToken.None)!.Dispose(); // the first is due at once
        var second = Task.Run(() => source.Read(_pool, CancellationToken.None)!, TestContext.Current.CancellationToken);
        Assert.True(clock.WaitForTimer(Patience));
        Assert.False(second.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        using var frame = await second.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((1L, TimeSpan.FromMilliseconds(100)), (frame.Sequence, frame.Timestamp));
    }

    [Fact]
    public async Task A_wait_ends_when_it_is_aborted_or_cancelled()
    {
        var clock = new ManualClock();
        using var source = new TestPatternSource(new TestPatternOptions { Width = 64, Height = 48, IsLive = true, Clock = clock });
        source.Open(CancellationToken.None);
        source.Read(_pool, CancellationToken.None)!.Dispose();
        using var cancel = new CancellationTokenSource();
        var cancelled = Task.Run(() => source.Read(_pool, cancel.Token), TestContext.Current.CancellationToken);
        Assert.True(clock.WaitForTimer(Patience));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience, TestContext.Current.CancellationToken));

        var aborted = Task.Run(() => source.Read(_pool, CancellationToken.None), TestContext.Current.CancellationToken);
        source.Abort();
        Assert.True((await Assert.ThrowsAsync<SourceException>(() => aborted.WaitAsync(Patience, TestContext.Current.CancellationToken))).CanRetry);
        Assert.Equal(0, _pool.RentedCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // at a rate that waits now and then
    public void Reading_allocates_nothing(bool live)
    {
        using var source = new TestPatternSource(new TestPatternOptions { Width = 64, Height = 48, FrameRate = 1000, Format = PixelFormat.Nv12, IsLive = live });
        source.Open(CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        Assert.Equal(0, Allocations.Of(() => source.Read(_pool, cancel.Token)!.Dispose()));
    }
}
