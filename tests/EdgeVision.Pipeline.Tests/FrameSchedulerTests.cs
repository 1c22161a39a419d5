using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Scheduling;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class FrameSchedulerTests
{
    [Theory]
    [InlineData(new[] { 1.0, 1.0, 1.0 }, new[] { 100, 100, 100 }, "equal shares")]
    [InlineData(new[] { 1.0, 2.0, 3.0 }, new[] { 50, 100, 150 }, "shares by weight")]
    [InlineData(new[] { 0.5, 0.5, 2.0 }, new[] { 50, 50, 200 }, "weights are relative")]
    public void Sources_that_always_have_frames_get_their_shares(double[] weights, int[] expected, string reason)
    {
        Assert.NotEmpty(reason);
        var (scheduler, _) = Create(weights);
        int[] taken = new int[weights.Length];
        var turns = new List<FrameScheduler.ScheduledFrame>();
        Fill(scheduler, weights.Length);
        for (int i = 0; i < 300; i++)
        {
            Assert.True(Take(scheduler, turns));
            var turn = Assert.Single(turns);
            taken[turn.Lane]++;
            turn.Frame.Dispose();
            scheduler.Offer(turn.Lane, New(), QueuePolicy.DropOldest);
        }

        Assert.All(taken.Zip(expected), t => Assert.InRange(t.First, t.Second - 1, t.Second + 1));
    }

    [Fact]
    public void A_source_that_was_idle_does_not_save_up_turns()
    {
        var (scheduler, _) = Create([1, 1]);
        var turns = new List<FrameScheduler.ScheduledFrame>();
        for (int i = 0; i < 50; i++)
        {
            scheduler.Offer(0, New(), QueuePolicy.DropOldest);
            Take(scheduler, turns);
            turns[0].Frame.Dispose();
        }

        Fill(scheduler, 2);
        int second = 0;
        for (int i = 0; i < 20; i++)
        {
            Take(scheduler, turns);
            second += turns[0].Lane;
            turns[0].Frame.Dispose();
            scheduler.Offer(turns[0].Lane, New(), QueuePolicy.DropOldest);
        }

        Assert.InRange(second, 9, 11);
    }

    [Fact]
    public void A_batch_takes_from_all_in_turn_and_does_not_wait_for_those_that_have_ended()
    {
        var (scheduler, _) = Create([1, 1, 1], maxBatch: 4, wait: TimeSpan.FromHours(1));
        var turns = new List<FrameScheduler.ScheduledFrame>();
        scheduler.Offer(0, New(), QueuePolicy.Wait);
        scheduler.Offer(0, New(), QueuePolicy.Wait);
        scheduler.Offer(1, New(), QueuePolicy.Wait);
        scheduler.Offer(2, New(), QueuePolicy.Wait);
        Assert.True(Take(scheduler, turns));
        Assert.Equal([0, 1, 2, 0], turns.Select(t => t.Lane));
        scheduler.Offer(1, New(), QueuePolicy.Wait);
        for (int i = 0; i < 3; i++)
        {
            scheduler.End(i);
        }

        Assert.True(Take(scheduler, turns)); // would wait an hour for three more otherwise
        Assert.Single(turns);
        Assert.False(Take(scheduler, turns));
    }

    [Fact]
    public void Frames_that_the_model_skips_take_no_place_in_a_batch_and_do_not_wait()
    {
        var ledger = new SourceCounters("a", TimeProvider.System);
        var scheduler = new FrameScheduler([new(10, null, 1, 3, ledger)], 1, TimeSpan.FromHours(1), TimeProvider.System);
        var turns = new List<FrameScheduler.ScheduledFrame>();
        for (int i = 0; i < 5; i++)
        {
            scheduler.Offer(0, New(), QueuePolicy.Wait);
        }

        Take(scheduler, turns);
        Assert.Equal([true], turns.Select(t => t.Infer));
        Take(scheduler, turns);
        Assert.Equal([false, false, true], turns.Select(t => t.Infer));
        Take(scheduler, turns);
        Assert.Equal([false], turns.Select(t => t.Infer));
    }

    [Fact]
    public void A_source_whose_frames_are_not_through_gives_its_turns_to_the_others()
    {
        var (scheduler, _) = Create([1, 1]);
        var turns = new List<FrameScheduler.ScheduledFrame>();
        for (int i = 0; i < scheduler.MaxInFlight; i++)
        {
            scheduler.Offer(0, New(), QueuePolicy.DropOldest);
            Assert.True(scheduler.Take(turns, out _));
        }

        scheduler.Offer(0, New(), QueuePolicy.DropOldest);
        for (int i = 0; i < 10; i++)
        {
            scheduler.Offer(1, New(), QueuePolicy.DropOldest);
            Assert.True(Take(scheduler, turns));
            Assert.Equal(1, Assert.Single(turns).Lane);
        }

        scheduler.Release(0);
        Assert.True(Take(scheduler, turns));
        Assert.Equal(0, Assert.Single(turns).Lane);
    }

    [Fact]
    public void Stopping_drops_what_waits_and_lets_go_who_waits_for_room()
    {
        var (scheduler, ledgers) = Create([1]);
        ledgers[0].RecordCaptured();
        ledgers[0].RecordCaptured();
        scheduler.Offer(0, New(), QueuePolicy.Wait);
        using var begun = new ManualResetEventSlim();
        var waiting = new Thread(() =>
        {
            begun.Set();
            scheduler.Offer(0, New(), QueuePolicy.Wait); // the queue has room for one
        });
        waiting.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        scheduler.Stop();
        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal((2, 0), (ledgers[0].GetStatistics().DroppedAtStop, ledgers[0].GetStatistics().InFlight));
        Assert.False(scheduler.Take([], out _));
    }

    [Fact]
    public void Frames_that_newer_ones_replace_are_not_taken_ahead()
    {
        var (scheduler, _) = Create([1, 1]);
        var turns = new List<FrameScheduler.ScheduledFrame>();
        scheduler.Offer(0, New(), QueuePolicy.Wait);
        Assert.True(scheduler.WaitForFirstFrame());
        Assert.True(scheduler.Take(turns, out long ticket, ahead: true));
        Assert.Equal(0, ticket);
        scheduler.Offer(1, New(), QueuePolicy.Latest);
        Assert.False(scheduler.Take(turns, out _, ahead: true));
        Assert.False(scheduler.WaitForFirstFrame());
        Assert.True(scheduler.Take(turns, out ticket));
        Assert.Equal(1, ticket);
    }

    private static (FrameScheduler Scheduler, SourceCounters[] Ledgers) Create(double[] weights, int maxBatch = 1, TimeSpan wait = default)
    {
        SourceCounters[] ledgers = [.. weights.Select((_, i) => new SourceCounters($"{i}", TimeProvider.System))];
        return (new FrameScheduler([.. weights.Select((w, i) => new FrameScheduler.SourceQueueOptions(maxBatch == 1 ? 1 : 4, null, w, 1, ledgers[i]))], maxBatch, wait, TimeProvider.System), ledgers);
    }

    // As a runner whose frames are through at once.
    private static bool Take(FrameScheduler scheduler, List<FrameScheduler.ScheduledFrame> turns)
    {
        bool any = scheduler.Take(turns, out _);
        turns.ForEach(t => scheduler.Release(t.Lane));
        return any;
    }

    private static void Fill(FrameScheduler scheduler, int lanes)
    {
        for (int i = 0; i < lanes; i++)
        {
            scheduler.Offer(i, New(), QueuePolicy.DropOldest);
        }
    }

    private static PipelineFrame New() => new(Frame.Rent(PixelFormat.Gray8, 2, 2), "s", "m");
}
