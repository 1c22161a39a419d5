using EdgeVision.Pipeline.Ledger;
using EdgeVision.TestSupport.Pipeline;
using EdgeVision.Tracking;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class VisionPipelineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60); // to fail instead of hanging

    [Fact]
    public async Task A_file_loses_nothing_and_keeps_its_order()
    {
        var sink = new KeepingSink();
        await using var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(200)).AddModel(() => new FakeModel()).AddSink(sink).Build();
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), sink.Written.Select(w => w.Sequence));
        var source = Assert.Single(accounts.Sources);
        Assert.Equal((SourceState.Ended, 200, 200, 0, 0, 0), (source.State, source.Captured, source.Delivered, source.Dropped, source.Failed, source.InFlight));
        Assert.Equal((SinkState.Completed, 200, 200, 0), (accounts.Sinks[0].State, accounts.Sinks[0].Offered, accounts.Sinks[0].Written, accounts.Sinks[0].Pending));
        Assert.Equal(200, source.Age.Count);
        Assert.True(accounts.IsBalanced && sink.Completed);
        Assert.Equal(0, pipeline.RentedFrameCount); // every frame's memory came back
    }

    [Fact]
    public async Task A_second_thread_works_ahead_and_the_order_stays()
    {
        var (sink, random) = (new KeepingSink(), new Random(3));
        var second = new FakeModel(run: Dawdle);
        var first = new FakeModel(run: Dawdle) { Second = second };
        await using (var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(300)).AddModel(() => first).AddSink(sink).Build())
        {
            var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Equal((300, 0), (accounts.Sources[0].Delivered, pipeline.RentedFrameCount));
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), sink.Written.Select(w => w.Sequence));
        Assert.True(first.Batches.Count > 0 && second.Batches.Count > 0);
        Assert.True(second.Disposed);

        void Dawdle(IReadOnlyList<Frame> frames)
        {
            lock (random)
            {
                Thread.SpinWait(random.Next(20000));
            }

            Thread.Yield();
        }
    }

    [Fact]
    public async Task What_the_model_cannot_take_in_time_is_dropped_by_policy_and_counted()
    {
        var sink = new KeepingSink();
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(2), 100))
            .AddModel(() => new FakeModel(run: _ => Thread.Sleep(20))).AddSink(sink).Build();
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        var source = Assert.Single(accounts.Sources);
        Assert.Equal(100, source.Captured);
        Assert.InRange(source.DroppedByPolicy, 1, 99);
        Assert.Equal(100, source.Delivered + source.DroppedByPolicy);
        Assert.Equal(source.Delivered, sink.Written.Count);
        Assert.Contains(sink.Written, w => w.Sequence == 99); // the latest is never the one that goes
        Assert.Equal(0, pipeline.RentedFrameCount);
    }

    [Theory]
    [InlineData(QueuePolicy.Wait, 30)] // nothing is lost where the camera is made to wait
    [InlineData(QueuePolicy.DropNewest, null)]
    [InlineData(QueuePolicy.DropOldest, null)]
    [InlineData(QueuePolicy.Latest, null)]
    public async Task Every_policy_accounts_for_every_frame(QueuePolicy policy, int? delivered)
    {
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(1), 30), new SourceOptions { Policy = policy, Capacity = 3 })
            .AddModel(() => new FakeModel(run: _ => Thread.Sleep(5))).Build();
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken)).Sources[0];
        Assert.Equal(30, account.Captured);
        Assert.Equal(30, account.Delivered + account.DroppedByPolicy);
        Assert.Equal(delivered ?? account.Delivered, account.Delivered);
        Assert.True(delivered is not null || account.DroppedByPolicy > 0);
    }

    [Fact]
    public async Task Stale_frames_are_dropped_before_the_model_sees_them()
    {
        int seen = 0;
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("film", () => ScriptedSource.Of(20), new SourceOptions { Capacity = 10, MaxAge = TimeSpan.FromMilliseconds(40) })
            .AddModel(() => new FakeModel(run: _ => { seen++; Thread.Sleep(30); })).Build();
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken)).Sources[0];
        Assert.True(account.DroppedStale > 0);
        Assert.Equal((seen, 20), ((int)account.Delivered, (int)(account.Delivered + account.DroppedStale)));
    }

    [Fact]
    public async Task A_poison_frame_fails_alone_also_in_a_batch()
    {
        var sink = new KeepingSink();
        var model = new FakeModel(batch: 4, run: frames =>
        {
            if (frames.Any(f => f.Sequence == 5))
            {
                throw new InvalidOutputException("scores are NaN");
            }
        });
        var notices = new List<PipelineMessage>();
        await using var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(12), new SourceOptions { Capacity = 8 })
            .AddModel(() => model, new FrameModelOptions { MaxBatch = 4, MaxWait = TimeSpan.FromMilliseconds(200) }).AddSink(sink).Build();
        pipeline.MessageReported += notices.Add;
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken)).Sources[0];
        Assert.Equal((11, 1), (account.Delivered, account.Failed));
        Assert.Equal(Enumerable.Range(0, 12).Where(i => i != 5).Select(i => (long)i), sink.Written.Select(w => w.Sequence));
        Assert.Equal("scores are NaN", account.LastError);
        Assert.Contains(notices, n => n.Text.Contains("frame 5 of film", StringComparison.Ordinal));
        Assert.Contains(4, model.Batches); // it was a batch
    }

    [Fact]
    public async Task A_rule_that_throws_costs_a_frame_and_not_the_source()
    {
        var sink = new KeepingSink();
        await using var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(6)).AddModel(() => new FakeModel())
            .AddRule(() => new ThrowingRule(3)).AddSink(sink).Build();
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken)).Sources[0];
        Assert.Equal((5, 1), (account.Delivered, account.Failed));
        Assert.Contains("InvalidOperationException", account.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batches_mix_sources_and_each_keeps_its_order()
    {
        var sink = new KeepingSink();
        var model = new FakeModel(batch: 4, run: _ => Thread.Sleep(2));
        var builder = new VisionPipelineBuilder().AddModel(() => model, new FrameModelOptions { MaxBatch = 4, MaxWait = TimeSpan.FromMilliseconds(20) }).AddSink(sink);
        foreach (string name in (string[])["a", "b", "c"])
        {
            builder.AddSource(name, () => ScriptedSource.Of(40));
        }

        await using var pipeline = builder.Build();
        var accounts = await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.All(accounts.Sources, s => Assert.Equal(40, s.Delivered));
        Assert.All(sink.Written.GroupBy(w => w.Source), g => Assert.Equal(g.Order(), g));
        Assert.True(model.Batches.Max() > 1);
        Assert.All(model.Batches, b => Assert.InRange(b, 1, 4));
    }

    [Fact]
    public async Task Cancelling_ends_within_a_second_and_completes_the_sinks()
    {
        var sink = new KeepingSink();
        using var cancel = new CancellationTokenSource();
        await using var pipeline = new VisionPipelineBuilder().AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(5)))
            .AddModel(() => new FakeModel()).AddSink(sink).Build();
        var run = pipeline.RunAsync(cancel.Token);
        SpinWait.SpinUntil(() => sink.Written.Count > 5, Limit);
        await cancel.CancelAsync();
        var accounts = await run.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(SourceState.Stopped, accounts.Sources[0].State);
        Assert.True(accounts.IsBalanced && sink.Completed);
        Assert.Equal((0, 0), (accounts.Sources[0].InFlight, accounts.Sinks[0].Pending));
        Assert.Equal(0, pipeline.RentedFrameCount);
    }

    [Fact]
    public async Task A_model_a_source_and_a_sink_that_never_return_are_left_behind_and_accounted_for()
    {
        using var never = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        using var inModel = new ManualResetEventSlim();
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("stuck", () => new ScriptedSource((s, i) => i == 0 ? s.Give(0) : Stuck(never)))
            .AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(5)))
            .AddModel(() => new FakeModel(run: frames =>
            {
                if (frames[0].Sequence >= 3)
                {
                    inModel.Set();
                    never.Wait();
                }
            }))
            .AddSink(new KeepingSink(write: f =>
            {
                if (f.Sequence >= 1)
                {
                    never.Wait();
                }
            })).Build();
        var run = pipeline.RunAsync(cancel.Token);
        Assert.True(inModel.Wait(Limit, TestContext.Current.CancellationToken));
        await cancel.CancelAsync();
        var accounts = await run.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.True(accounts.IsBalanced);
        Assert.All(accounts.Sources, s => Assert.Equal((0, SourceState.Stopped), (s.InFlight, s.State)));
        Assert.Equal((0, SinkState.Failed), (accounts.Sinks[0].Pending, accounts.Sinks[0].State));
        never.Set();
    }

    [Fact]
    public async Task The_model_looks_at_every_nth_frame_and_tracks_go_on_in_between()
    {
        var sink = new KeepingSink();
        await using var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(31), new SourceOptions { FrameInterval = 3 })
            .AddModel(() => new FakeModel()).AddTracker(() => new ByteTracker()).AddSink(sink).Build();
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken)).Sources[0];
        Assert.Equal((31, 11), (account.Delivered, account.Inferred));
        Assert.Equal(Enumerable.Range(0, 31).Select(i => i % 3 == 0), sink.Written.Select(w => w.Inferred));
        // The box moves a pixel a frame; from the second sight on it does so between sights too.
        Assert.All(sink.Written.Where(w => w.Sequence > 3), w => Assert.Equal(10 + w.Sequence, w.X, 0.01f));
    }

    [Fact]
    public async Task A_model_on_detections_looks_at_their_parts_and_remembers_tracks()
    {
        var looks = new FakeModel(batch: 4);
        var seen = new List<(int Crops, float X)>();
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("film", () => ScriptedSource.Of(10, 100))
            .AddModel(() => new FakeModel()).AddTracker(() => new ByteTracker())
            .AddCropModel(() => looks, new CropModelOptions { Margin = 0.1f, FrameInterval = 4 }, "looks")
            .AddSink(new KeepingSink(write: f => seen.Add((f.Crops.Count, f.Crops[0].Result.Detections.Boxes[0].X1)))).Build();
        await pipeline.RunAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.All(seen, s => Assert.Equal(1, s.Crops));
        Assert.Equal(3, looks.Batches.Count); // frames 0, 4 and 8 of the track
        Assert.Equal([8, 8, 8, 8, 12, 12, 12, 12, 16, 16], seen.Select(s => s.X)); // 10 + i less a tenth of 20
    }

    [Fact]
    public async Task Sinks_get_the_sources_they_ask_for_and_a_slow_one_holds_up_nobody()
    {
        using var release = new ManualResetEventSlim();
        var quick = new KeepingSink("quick");
        var slow = new KeepingSink("slow", _ => release.Wait());
        var onlyB = new KeepingSink("b");
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("a", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(1), 60)).AddSource("b", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(1), 60))
            .AddModel(() => new FakeModel())
            .AddSink(quick).AddSink(slow, new SinkOptions { Capacity = 2 }).AddSink(onlyB, new SinkOptions { Sources = ["b"] }).Build();
        var run = pipeline.RunAsync(TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => pipeline.GetStatistics().Sources.All(s => s.State == SourceState.Ended && s.InFlight == 0), Limit));
        Assert.True(SpinWait.SpinUntil(() => pipeline.GetStatistics().Sinks[0].Pending == 0, Limit)); // while the slow one still stands
        release.Set();
        var accounts = await run.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.All(onlyB.Written, w => Assert.Equal("b", w.Source));
        Assert.True(accounts.Sinks[1].Dropped > 0 && accounts.IsBalanced);
        Assert.Equal(0, pipeline.RentedFrameCount);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_does_not_fit_is_said_before_anything_runs(string reason, Func<VisionPipelineBuilder, VisionPipelineBuilder> change, string message)
    {
        Assert.NotEmpty(reason);
        var builder = change(new VisionPipelineBuilder());
        Assert.Contains(message, Assert.Throws<PipelineConfigException>(() => builder.Build()).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<VisionPipelineBuilder, VisionPipelineBuilder>, string> Wrong() => new()
    {
        { "nothing to look at", b => b.AddModel(() => new FakeModel()), "needs at least one source" },
        { "nothing that looks", b => b.AddSource("a", () => ScriptedSource.Of(1)), "needs at least one model" },
        { "names are keys", b => b.AddSource("a", () => ScriptedSource.Of(1)).AddSource("a", () => ScriptedSource.Of(1)).AddModel(() => new FakeModel()), "two sources are named 'a'" },
        { "sinks are told apart by name", b => Whole(b).AddSink(new KeepingSink()).AddSink(new KeepingSink()), "two sinks are named 'kept'" },
        { "a queue without room", b => b.AddSource("a", () => ScriptedSource.Of(1), new SourceOptions { Capacity = 0 }).AddModel(() => new FakeModel()), "capacity of source 'a'" },
        { "a sink's source that is not there", b => Whole(b).AddSink(new KeepingSink(), new SinkOptions { Sources = ["z"] }), "unknown source 'z'; sources are a" },
        { "which of two models?", b => Whole(b).AddModel(() => new FakeModel()), "2 models serve source 'a'" },
        { "a model for nobody", b => Whole(b).AddModel(() => new FakeModel(), new FrameModelOptions { Sources = [] }), "serves no source" },
        { "a batch the model was not loaded for", b => b.AddSource("a", () => ScriptedSource.Of(1)).AddModel(() => new FakeModel(), new FrameModelOptions { MaxBatch = 3 }), "BatchSize 3" },
        { "trackers follow boxes", b => b.AddSource("a", () => ScriptedSource.Of(1)).AddModel(() => new FakeModel { DetectsBoxes = false }).AddTracker(() => new ByteTracker()), "produces none" },
        { "two trackers for one source", b => Whole(b).AddTracker(() => new ByteTracker()).AddTracker(() => new ByteTracker()), "more than one tracker" },
    };

    [Fact]
    public async Task Models_are_freed_where_building_fails_and_where_it_ends()
    {
        var model = new FakeModel { DetectsBoxes = false };
        Assert.Throws<PipelineConfigException>(() => new VisionPipelineBuilder().AddSource("a", () => ScriptedSource.Of(1)).AddModel(() => model).AddTracker(() => new ByteTracker()).Build());
        Assert.True(model.Disposed);
        var (second, sink) = (new FakeModel(), new KeepingSink());
        await using (var pipeline = new VisionPipelineBuilder().AddSource("a", () => ScriptedSource.Of(1)).AddModel(() => second).AddSink(sink).Build())
        {
            await pipeline.RunAsync(TestContext.Current.CancellationToken);
            Assert.Throws<InvalidOperationException>(() => { _ = pipeline.RunAsync(TestContext.Current.CancellationToken); });
        }

        Assert.True(second.Disposed && sink.Disposed);
    }

    private static VisionPipelineBuilder Whole(VisionPipelineBuilder builder) => builder.AddSource("a", () => ScriptedSource.Of(1)).AddModel(() => new FakeModel());

    private static Frame? Stuck(ManualResetEventSlim never)
    {
        never.Wait();
        return null;
    }

    private sealed class ThrowingRule(long at) : IPipelineRule
    {
        public string Name => "throws";

        public IReadOnlyList<(float X, float Y)> Outline => [];

        public bool IsPolygon => false;

        public void Update(PipelineFrame frame)
        {
            if (frame.Sequence == at)
            {
                throw new InvalidOperationException("not today");
            }
        }
    }
}
