using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Runners;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class SourceSupervisionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly RetryPolicy Quick = new() { InitialDelay = TimeSpan.FromMilliseconds(5), MaxDelay = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task A_camera_that_fails_is_opened_again_and_its_numbers_go_on()
    {
        int opened = 0;
        var (account, sink, notices) = await Run(() => Failing(++opened, failing: opened < 3), new SourceOptions { Policy = QueuePolicy.Wait, Reconnect = Quick });
        Assert.Equal((3, 2), (opened, account.Reconnects));
        Assert.Equal(SourceState.Ended, account.State);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => (long)i), sink.Written.Select(w => w.Sequence));
        Assert.Equal(15, account.Captured);
        Assert.Contains(notices, n => n is { Component: "camera", Level: PipelineMessageLevel.Warning } && n.Text.Contains("retrying in", StringComparison.Ordinal));
        Assert.Contains(notices, n => n.Text == "reconnected");
    }

    [Fact]
    public async Task A_source_that_cannot_come_back_is_given_up_at_once()
    {
        int opened = 0;
        var (account, _, notices) = await Run(() => new ScriptedSource((_, _) => null, live: true, open: _ =>
        {
            opened++;
            throw new SourceException("'a.mp4' does not exist", canRetry: false);
        }), new SourceOptions { Reconnect = Quick });
        Assert.Equal((1, SourceState.Failed, "'a.mp4' does not exist"), (opened, account.State, account.LastError));
        Assert.Contains(notices, n => n.Level == PipelineMessageLevel.Error);
    }

    [Fact]
    public async Task Tries_end_where_the_policy_says()
    {
        int opened = 0;
        var (account, _, _) = await Run(() =>
        {
            opened++;
            throw new IOException("no such camera");
        }, new SourceOptions { Reconnect = Quick with { MaxAttempts = 4 } });
        Assert.Equal((4, SourceState.Failed), (opened, account.State));
        Assert.Contains("IOException: no such camera", account.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_fails_is_not_read_again_from_its_beginning()
    {
        int opened = 0;
        var (account, _, _) = await Run(() =>
        {
            opened++;
            return new ScriptedSource((s, i) => i < 3 ? s.Give(i) : throw new SourceException("the file was cut off"));
        }, new SourceOptions());
        Assert.Equal((1, 3, SourceState.Failed), (opened, account.Delivered, account.State));
    }

    [Fact]
    public async Task Broken_frames_are_skipped_and_counted()
    {
        var (account, sink, notices) = await Run(() => new ScriptedSource((s, i) => i == 9 ? null : i % 3 == 1 ? throw new FrameFormatException("truncated JPEG") : s.Give(i)), new SourceOptions());
        Assert.Equal((9, 6, 3), (account.Captured, account.Delivered, account.DroppedDecodeError));
        Assert.Equal([0L, 2, 3, 5, 6, 8], sink.Written.Select(w => w.Sequence));
        Assert.Contains(notices, n => n.Text.Contains("truncated JPEG", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stream_of_nothing_but_broken_frames_counts_as_lost()
    {
        int opened = 0;
        var (account, _, _) = await Run(() =>
        {
            opened++;
            return new ScriptedSource((_, _) => throw new FrameFormatException("noise"), live: true);
        }, new SourceOptions { Reconnect = Quick with { MaxAttempts = 2 } });
        Assert.Equal((2, 200, 200, SourceState.Failed), (opened, account.Captured, account.DroppedDecodeError, account.State));
    }

    [Fact]
    public async Task A_camera_that_stalls_is_aborted_and_opened_again()
    {
        int opened = 0;
        ScriptedSource? first = null;
        var (account, _, notices) = await Run(() =>
        {
            opened++;
            return opened == 1
                ? first = new ScriptedSource((s, i) =>
                {
                    if (i < 2)
                    {
                        return s.Give(i);
                    }

                    s.Aborted.Wait(s.Cancel);
                    throw new SourceException("aborted");
                }, live: true)
                : new ScriptedSource((s, i) => i < 3 ? s.Give(i) : null, live: true);
        }, new SourceOptions { Policy = QueuePolicy.Wait, StallTimeout = TimeSpan.FromMilliseconds(100), Reconnect = Quick });
        Assert.Equal((2, 1, 5), (opened, account.Stalls, account.Delivered));
        Assert.True(first!.Disposed);
        Assert.Contains(notices, n => n.Text.Contains("no frame for 0.1 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_read_that_never_returns_is_left_behind()
    {
        using var never = new ManualResetEventSlim();
        int opened = 0;
        var (account, _, notices) = await Run(() =>
        {
            opened++;
            return opened == 1
                ? new ScriptedSource((s, i) =>
                {
                    if (i == 0)
                    {
                        return s.Give(0);
                    }

                    never.Wait();
                    return s.Give(99);
                }, live: true)
                : new ScriptedSource((s, i) => i < 3 ? s.Give(i) : null, live: true);
        }, new SourceOptions { Policy = QueuePolicy.Wait, StallTimeout = TimeSpan.FromMilliseconds(100), Reconnect = Quick });
        never.Set();
        Assert.Equal((2, 4, SourceState.Ended), (opened, account.Delivered, account.State));
        Assert.Contains(notices, n => n.Text.Contains("abandoning it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wait_for_room_is_no_stall()
    {
        // The third frame waits while the model is at the first.
        var (account, _, _) = await Run(() => ScriptedSource.Camera(TimeSpan.FromMilliseconds(1), 4),
            new SourceOptions { Policy = QueuePolicy.Wait, Capacity = 1, StallTimeout = TimeSpan.FromSeconds(1.5) }, () => new FakeModel(run: f => Thread.Sleep(f[0].Sequence == 0 ? 3500 : 0)));
        Assert.Equal((0, 4), (account.Stalls, account.Delivered));
    }

    [Fact]
    public async Task A_live_source_that_has_ended_is_not_taken_for_a_stalled_one()
    {
        int opened = 0;
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("short", () =>
            {
                opened++;
                return new ScriptedSource((s, i) => i < 2 ? s.Give(i) : null, live: true);
            }, new SourceOptions { Policy = QueuePolicy.Wait, StallTimeout = TimeSpan.FromMilliseconds(100), Reconnect = Quick })
            .AddSource("long", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(50), 50)) // beyond the stall and its grace
            .AddModel(() => new FakeModel()).Build();
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken)).Sources[0];
        Assert.Equal((1, 0, 2, SourceState.Ended), (opened, account.Stalls, account.Delivered, account.State));
    }

    [Fact]
    public async Task An_abort_that_throws_harms_nobody()
    {
        int opened = 0;
        var (account, _, _) = await Run(() => ++opened == 1
            ? new ScriptedSource((s, i) =>
            {
                s.Aborted.Wait(s.Cancel);
                return null; // answers the abort by ending
            }, live: true, abort: () => throw new InvalidOperationException("was disposed already"))
            : ScriptedSource.Of(3), new SourceOptions { StallTimeout = TimeSpan.FromMilliseconds(100), Reconnect = Quick });
        Assert.Equal((2, 1, 3), (opened, account.Stalls, account.Delivered));
    }

    [Fact]
    public async Task A_source_that_leaves_thread_after_thread_behind_is_given_up()
    {
        using var never = new ManualResetEventSlim();
        int opened = 0;
        var (account, _, _) = await Run(() =>
        {
            opened++;
            return new ScriptedSource((_, _) =>
            {
                never.Wait();
                return null;
            }, live: true);
        }, new SourceOptions { StallTimeout = TimeSpan.FromMilliseconds(50), Reconnect = Quick with { MaxAttempts = 3 } });
        never.Set();
        Assert.Equal((3, SourceState.Failed), (opened, account.State));
    }

    [Fact]
    public async Task One_dead_source_does_not_stop_the_others()
    {
        var sink = new KeepingSink();
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("dead", () => throw new SourceException("gone", canRetry: false)).AddSource("alive", () => ScriptedSource.Of(50))
            .AddModel(() => new FakeModel()).AddSink(sink).Build();
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal((SourceState.Failed, SourceState.Ended), (accounts.Sources[0].State, accounts.Sources[1].State));
        Assert.Equal(50, sink.Written.Count);
    }

    [Fact]
    public async Task Credentials_never_show()
    {
        const string Secret = "hunter2";
        var (account, _, notices) = await Run(() => throw new SourceException($"cannot open rtsp://admin:{Secret}@camera/1?token={Secret}: refused"), new SourceOptions { Reconnect = Quick with { MaxAttempts = 2 } });
        Assert.DoesNotContain(Secret, account.LastError, StringComparison.Ordinal);
        Assert.Contains("rtsp://***@camera/1?token=***", account.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain(notices, n => n.Text.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_paced_file_takes_its_time()
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        var (account, _, _) = await Run(() => ScriptedSource.Of(6), new SourceOptions { RealTime = true, Policy = QueuePolicy.Wait }); // 40 ms apart
        Assert.Equal(6, account.Delivered);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(195));
    }

    private static async Task<(SourceStatistics Account, KeepingSink Sink, List<PipelineMessage> Notices)> Run(Func<FrameSource> create, SourceOptions options, Func<IFrameModel>? model = null)
    {
        var sink = new KeepingSink();
        var notices = new List<PipelineMessage>();
        await using var pipeline = new VisionPipelineBuilder().AddSource("camera", create, options).AddModel(model ?? (() => new FakeModel())).AddSink(sink).Build();
        pipeline.MessageReported += n =>
        {
            lock (notices)
            {
                notices.Add(n);
            }
        };
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.True(accounts.IsBalanced);
        return (accounts.Sources[0], sink, notices);
    }

    // Five frames, then lost.
    private static ScriptedSource Failing(int opened, bool failing) =>
        new((s, i) => i < 5 ? s.Give(i) : failing ? throw new SourceException($"lost for the {opened}. time") : null, live: true);
}
