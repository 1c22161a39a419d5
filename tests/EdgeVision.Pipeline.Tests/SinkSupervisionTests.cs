using EdgeVision.Pipeline.Ledger;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class SinkSupervisionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly RetryPolicy Quick = new() { MaxAttempts = 3, InitialDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(2) };

    [Fact]
    public async Task A_write_that_fails_is_tried_again_until_it_goes_through()
    {
        int tries = 0;
        var sink = new KeepingSink(write: _ =>
        {
            if (++tries % 3 != 0)
            {
                throw new SinkException("the disk is full");
            }
        });
        var account = await Run(sink, new SinkOptions { Retry = Quick }, frames: 10);
        Assert.Equal((10, 0, 20), (account.Written, account.Failed, account.Retries));
        Assert.Equal(SinkState.Completed, account.State);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), sink.Written.Select(w => w.Sequence));
    }

    [Fact]
    public async Task What_cannot_go_through_is_not_tried_again()
    {
        int tries = 0;
        var sink = new KeepingSink(write: f =>
        {
            if (f.Sequence == 4)
            {
                tries++;
                throw new SinkException("400: this is no JSON", canRetry: false);
            }
        });
        var account = await Run(sink, new SinkOptions { Retry = Quick }, frames: 10);
        Assert.Equal((9, 1, 0, 1), (account.Written, account.Failed, account.Retries, tries));
        Assert.Equal("400: this is no JSON", account.LastError);
    }

    [Fact]
    public async Task A_sink_that_loses_everything_is_suspended_and_holds_nobody_up()
    {
        int tries = 0;
        var sink = new KeepingSink(write: _ =>
        {
            tries++;
            throw new SinkException("the broker is away");
        });
        var account = await Run(sink, new SinkOptions { Retry = Quick, SuspendAfter = 2, Policy = QueuePolicy.Wait, Capacity = 1 }, frames: 500);
        Assert.Equal((0, 500, SinkState.Failed), (account.Written, account.Failed, account.State));
        Assert.InRange(tries, 6, 30); // two results three times each, and probes
    }

    [Fact]
    public async Task A_suspended_sink_that_recovers_takes_results_again()
    {
        bool away = true;
        var sink = new KeepingSink(write: _ =>
        {
            if (away)
            {
                throw new SinkException("the broker is away");
            }
        });
        var notices = new List<string>();
        using var cancel = new CancellationTokenSource();
        await using var pipeline = new VisionPipelineBuilder().AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(5))).AddModel(() => new FakeModel())
            .AddSink(sink, new SinkOptions { Retry = RetryPolicy.None, SuspendAfter = 1 }).Build();
        pipeline.MessageReported += n =>
        {
            lock (notices)
            {
                notices.Add(n.Text);
            }
        };
        var run = pipeline.RunAsync(cancel.Token);
        Assert.True(SpinWait.SpinUntil(() => pipeline.GetStatistics().Sinks[0].State == SinkState.Suspended, Limit));
        away = false;
        Assert.True(SpinWait.SpinUntil(() => sink.Written.Count > 3, Limit));
        Assert.Equal(SinkState.Running, pipeline.GetStatistics().Sinks[0].State);
        await cancel.CancelAsync();
        Assert.True((await run).IsBalanced);
        Assert.Contains("resumed, results are written again", notices);
    }

    [Fact]
    public async Task A_sink_that_cannot_be_opened_yet_is_opened_with_the_first_result()
    {
        var sink = new LateSink();
        var account = await Run(sink, new SinkOptions { Retry = Quick }, frames: 3);
        Assert.Equal((3, 3), (sink.Opened, account.Written));
    }

    [Fact]
    public async Task What_is_not_written_by_the_end_of_a_stop_is_counted_as_dropped()
    {
        using var cancel = new CancellationTokenSource();
        var sink = new SlowSink();
        await using var pipeline = new VisionPipelineBuilder().AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(1))).AddModel(() => new FakeModel())
            .AddSink(sink, new SinkOptions { Capacity = 100 }).Build();
        var run = pipeline.RunAsync(cancel.Token);
        Assert.True(SpinWait.SpinUntil(() => pipeline.GetStatistics().Sinks[0].Pending > 50, Limit));
        await cancel.CancelAsync();
        var account = (await run.WaitAsync(Limit, TestContext.Current.CancellationToken)).Sinks[0];
        Assert.True(account.IsBalanced && account.Dropped > 0);
        Assert.Equal((0, SinkState.Completed), (account.Pending, account.State));
        Assert.Equal(0, pipeline.RentedFrameCount);
    }

    [Fact]
    public async Task A_file_whose_sink_hangs_does_not_hold_up_the_cameras_of_the_same_model()
    {
        using var release = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var cameras = new KeepingSink("cameras");
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("film", () => ScriptedSource.Of(500)).AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(2)))
            .AddModel(() => new FakeModel())
            .AddSink(new KeepingSink("hangs", _ => release.Wait()), new SinkOptions { Sources = ["film"], Capacity = 2 }).AddSink(cameras, new SinkOptions { Sources = ["camera"] }).Build();
        var run = pipeline.RunAsync(cancel.Token);
        Assert.True(SpinWait.SpinUntil(() => cameras.Written.Count > 200, Limit));
        Assert.True(pipeline.GetStatistics().Sources[0].Delivered < 20); // the film stands
        release.Set();
        Assert.True(SpinWait.SpinUntil(() => pipeline.GetStatistics().Sources[0].State == SourceState.Ended, Limit));
        await cancel.CancelAsync();
        Assert.True((await run.WaitAsync(Limit, TestContext.Current.CancellationToken)).IsBalanced);
    }

    [Fact]
    public async Task A_cameras_results_take_no_place_from_a_files()
    {
        var slow = new KeepingSink("slow", _ => Thread.Sleep(2));
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("film", () => ScriptedSource.Of(60)).AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(1), 300))
            .AddModel(() => new FakeModel()).AddSink(slow, new SinkOptions { Capacity = 2 }).Build();
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(60, slow.Written.Count(w => w.Source == "film"));
        Assert.True(accounts.IsBalanced);
    }

    private static async Task<SinkStatistics> Run(FrameSink sink, SinkOptions options, int frames)
    {
        await using var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(frames)).AddModel(() => new FakeModel()).AddSink(sink, options).Build();
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.True(accounts.IsBalanced);
        Assert.Equal(frames, accounts.Sources[0].Delivered); // whatever a sink does
        return accounts.Sinks[0];
    }

    private sealed class LateSink() : FrameSink("late")
    {
        public int Opened { get; private set; }

        public override ValueTask OpenAsync(CancellationToken cancel) => ++Opened < 3 ? throw new SinkException("not yet") : ValueTask.CompletedTask;

        public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel) => ValueTask.CompletedTask;
    }

    private sealed class SlowSink() : FrameSink("slow")
    {
        public override async ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel) => await Task.Delay(30, cancel);
    }
}
