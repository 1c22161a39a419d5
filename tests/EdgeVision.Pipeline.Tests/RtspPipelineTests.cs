using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

/// <summary>A pipeline on a real RTSP server that is killed and comes back.</summary>
public sealed class RtspPipelineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_server_that_is_killed_and_restored_is_followed_again_and_the_other_source_goes_on()
    {
        TestVideo.NeedsFfmpeg();
        string video = SharedData.Path("video", "walking.mp4");
        var server = RtspServer.Start(video, user: "viewer", password: "hunter2");
        try
        {
            int port = server.Port;
            string address = server.AddressFor("viewer", "hunter2");
            var sink = new KeepingSink();
            var notices = new List<PipelineMessage>();
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            await using var pipeline = new VisionPipelineBuilder()
                .AddSource("gate", () => new FfmpegSource(new FfmpegOptions { Input = address, Name = "gate" }),
                    new SourceOptions { StallTimeout = TimeSpan.FromSeconds(5), Reconnect = new RetryPolicy { InitialDelay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(1) } })
                .AddSource("pattern", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(20)))
                .AddModel(() => new FakeModel()).AddSink(sink).Build();
            pipeline.MessageReported += n =>
            {
                lock (notices)
                {
                    notices.Add(n);
                }
            };
            var run = pipeline.RunAsync(cancel.Token);
            await Until(() => Of("gate") > 20);
            server.Dispose();
            await Until(() => pipeline.GetStatistics().Sources[0].State == SourceState.Reconnecting);
            int before = Of("pattern");
            await Until(() => Of("pattern") > before + 20);
            server = RtspServer.Start(video, port, "viewer", "hunter2");
            int seen = Of("gate");
            await Until(() => Of("gate") > seen + 20);
            await cancel.CancelAsync();
            var accounts = await run.WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.True(accounts.IsBalanced && accounts.Sources[0].Reconnects > 0);
            Assert.Equal(0, accounts.Sources[1].Reconnects);
            long[] numbers = [.. sink.Written.Where(w => w.Source == "gate").Select(w => w.Sequence)];
            Assert.Equal(numbers.Distinct().Order(), numbers); // numbers go on where the first connection ended
            string said = string.Join('\n', notices.Select(n => n.Text).Append(accounts.Sources[0].LastError));
            Assert.Contains("retrying in", said, StringComparison.Ordinal);
            Assert.Contains("reconnected", said, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", said, StringComparison.Ordinal);

            int Of(string source) => sink.Written.Count(w => w.Source == source);
        }
        finally
        {
            server.Dispose();
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        for (long start = System.Diagnostics.Stopwatch.GetTimestamp(); !holds(); await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < Limit, "it did not happen in time");
        }
    }
}
