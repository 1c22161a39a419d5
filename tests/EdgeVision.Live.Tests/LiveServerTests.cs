using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Imaging;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>What the server answers, how many it serves, and how it starts and stops.</summary>
public sealed class LiveServerTests
{
    [Fact]
    public async Task The_page_is_whole_and_may_run_nothing_but_itself()
    {
        await using var live = await LiveFixture.StartAsync();
        using var answer = await live.GetAsync("");
        string page = await answer.Content.ReadAsStringAsync(LiveFixture.Soon);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("new WebSocket(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/*script*/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal); // works offline
        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_result_that_is_no_JSON_costs_its_frame_alone()
    {
        await using var live = await LiveFixture.StartAsync();
        var bad = LiveFixture.Frame();
        bad.AddEvent(new PipelineEvent("gate", "stayed", 1) { Value = double.NaN });
        await live.PublishAsync(bad);
        using var page = await live.OpenAsync();
        var soon = LiveFixture.Soon;
        while (live.Server.Hub.Find("door")!.EncodedCount == 0) // its pixels are encoded before its results
        {
            await Task.Delay(10, soon);
        }

        await live.PublishAsync(LiveFixture.Frame(sequence: 1));
        Assert.Equal(1, (await page.PictureAsync()).Message.GetProperty("result").GetProperty("frame").GetInt64());
    }

    [Fact]
    public async Task A_player_that_asks_for_the_head_alone_gets_it()
    {
        await using var live = await LiveFixture.StartAsync();
        await live.PublishAsync(LiveFixture.Frame());
        using var answer = await live.GetAsync("mjpeg/door", r => r.Method = HttpMethod.Head);
        Assert.Equal("multipart/x-mixed-replace", answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(LiveFixture.Soon));
        Assert.Equal(0, live.Server.ViewerCount);
    }

    [Fact]
    public async Task The_accounts_are_those_of_the_snapshot()
    {
        await using var live = await LiveFixture.StartAsync();
        using var before = await live.GetAsync("api/ledger");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, before.StatusCode);
        var ledger = Ledger();
        live.Server.Watch(() => ledger);
        using var answer = await live.GetAsync("api/ledger");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(LiveFixture.Soon));
        Assert.Equal(12.5, json.RootElement.GetProperty("elapsed_s").GetDouble());
        Assert.True(json.RootElement.GetProperty("balances").GetBoolean());
        var (source, expected) = (json.RootElement.GetProperty("sources")[0], ledger.Sources[0]);
        Assert.Equal("reconnecting", source.GetProperty("state").GetString());
        Assert.Equal(expected.Captured, source.GetProperty("captured").GetInt64());
        Assert.Equal(expected.Delivered, source.GetProperty("delivered").GetInt64());
        Assert.Equal(expected.Failed, source.GetProperty("failed").GetInt64());
        Assert.Equal(expected.InFlight, source.GetProperty("in_flight").GetInt64());
        var dropped = source.GetProperty("dropped");
        Assert.Equal([expected.DroppedByPolicy, expected.DroppedStale, expected.DroppedDecodeError, expected.DroppedAtStop, expected.Dropped],
            new[] { "policy", "stale", "decode_error", "stop", "all" }.Select(n => dropped.GetProperty(n).GetInt64()));
        Assert.Equal(expected.Age.P99, source.GetProperty("age_ms").GetProperty("p99").GetDouble());
        Assert.Equal(expected.Inference.P50, source.GetProperty("inference_ms").GetProperty("p50").GetDouble());
        Assert.Equal(expected.LastError, source.GetProperty("last_error").GetString());
        var sink = json.RootElement.GetProperty("sinks")[0];
        Assert.Equal("running", sink.GetProperty("state").GetString());
        Assert.Equal(ledger.Sinks[0].Written, sink.GetProperty("written").GetInt64());
        Assert.False(sink.TryGetProperty("last_error", out _));
    }

    [Fact]
    public async Task Metrics_say_the_same_for_Prometheus()
    {
        await using var live = await LiveFixture.StartAsync();
        live.Server.Watch(() => Ledger("do\"or"));
        using var answer = await live.GetAsync("metrics");
        string[] lines = (await answer.Content.ReadAsStringAsync(LiveFixture.Soon)).Split('\n');
        Assert.Contains("edgevision_frames_total{source=\"do\\\"or\",outcome=\"delivered\"} 80", lines);
        Assert.Contains("edgevision_frames_total{source=\"do\\\"or\",outcome=\"dropped_stale\"} 3", lines);
        Assert.Contains("edgevision_age_seconds{source=\"do\\\"or\",quantile=\"0.99\"} 0.04", lines);
        Assert.Contains("edgevision_sink_results_total{sink=\"file\",outcome=\"written\"} 79", lines);
        Assert.Contains("edgevision_live_viewers 0", lines);
        Assert.Equal(lines.Count(l => l.StartsWith("# TYPE", StringComparison.Ordinal)), lines.Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal)).Distinct().Count());
    }

    [Fact]
    public async Task Health_is_bad_when_every_source_has_failed()
    {
        await using var live = await LiveFixture.StartAsync();
        var state = SourceState.Running;
        live.Server.Watch(() => new PipelineStatistics { Sources = [new SourceStatistics { Name = "door", State = state }, new SourceStatistics { Name = "yard", State = SourceState.Failed }], Sinks = [] });
        Assert.Equal(HttpStatusCode.OK, (await live.GetAsync("healthz")).StatusCode);
        state = SourceState.Failed;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await live.GetAsync("healthz")).StatusCode);
    }

    [Fact]
    public async Task Single_pictures_are_drawn_on_or_not()
    {
        await using var live = await LiveFixture.StartAsync();
        live.Server.Watch(() => Ledger("a/b"));
        using var early = await live.GetAsync("api/frame/a%2Fb.jpg");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode); // known, but nothing came yet
        using var unknown = await live.GetAsync("api/frame/attic.jpg");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        await live.PublishAsync(LiveFixture.Frame("a/b"));
        byte[] drawn = await (await live.GetAsync("api/frame/a%2Fb.jpg")).Content.ReadAsByteArrayAsync(LiveFixture.Soon);
        byte[] plain = await (await live.GetAsync("api/frame/a/b.jpg?overlay=0")).Content.ReadAsByteArrayAsync(LiveFixture.Soon);
        Assert.False(IsGrey(drawn, 40, 110)); // the box's left edge
        Assert.True(IsGrey(plain, 40, 110));
    }

    [Fact]
    public async Task MJPEG_shows_drawn_pictures_one_after_the_other()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { MaxFramesPerSecond = 1000 });
        await live.PublishAsync(LiveFixture.Frame());
        using var answer = await live.GetAsync("mjpeg/door");
        Assert.Equal("multipart/x-mixed-replace", answer.Content.Headers.ContentType!.MediaType);
        await using var body = await answer.Content.ReadAsStreamAsync(LiveFixture.Soon);
        for (int i = 0; i < 3; i++)
        {
            Assert.False(IsGrey(await PartAsync(body), 40, 110));
            await live.PublishAsync(LiveFixture.Frame(sequence: i + 1));
        }

        Assert.Equal(1, live.Server.ViewerCount);
    }

    [Fact]
    public async Task More_viewers_than_may_be_are_told_so()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { MaxViewers = 2 });
        await live.PublishAsync(LiveFixture.Frame());
        using var first = await live.OpenAsync();
        using (var player = await live.GetAsync("mjpeg/door"))
        {
            Assert.Equal(HttpStatusCode.OK, player.StatusCode);
            using var third = await live.GetAsync("mjpeg/door");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
            var error = await Assert.ThrowsAnyAsync<Exception>(() => live.OpenAsync());
            Assert.Contains("503", error.Message, StringComparison.Ordinal);
            using var page = await live.GetAsync(""); // the page itself says what is wrong
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }

        while (live.Server.ViewerCount > 1)
        {
            await Task.Delay(10, LiveFixture.Soon); // who left is noticed at the next picture, or before
            await live.PublishAsync(LiveFixture.Frame());
        }

        using var next = await live.OpenAsync();
    }

    [Fact]
    public async Task It_stops_while_viewers_look_and_says_goodbye()
    {
        var live = await LiveFixture.StartAsync();
        await live.PublishAsync(LiveFixture.Frame());
        using var page = await live.OpenAsync();
        using var player = await live.GetAsync("mjpeg/door");
        long start = Stopwatch.GetTimestamp();
        await live.DisposeAsync();
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), "it hangs");
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
            {
                if ((await page.MessageAsync()).Type == System.Net.WebSockets.WebSocketMessageType.Close)
                {
                    throw new OperationCanceledException("goodbye");
                }
            }
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => live.Server.StartAsync(LiveFixture.Soon));
        await live.Server.DisposeAsync(); // a second time does nothing
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_clear_error()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var server = new LiveServer(new LiveOptions { Address = taken.LocalEndpoint.ToString()! });
        await using var sink = new LiveSink(server);
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.OpenAsync(LiveFixture.Soon));
        Assert.Contains("the port is in use", error.Message, StringComparison.Ordinal);
        Assert.True(error.CanRetry);
        taken.Stop();
        await sink.OpenAsync(LiveFixture.Soon); // and the next try may do
    }

    [Fact]
    public async Task An_address_of_another_machine_is_a_clear_error()
    {
        await using var server = new LiveServer(new LiveOptions { Address = "192.0.2.1:8090" });
        var error = await Assert.ThrowsAsync<SinkException>(() => server.StartAsync(LiveFixture.Soon));
        Assert.Contains("192.0.2.1:8090", error.Message, StringComparison.Ordinal);
        Assert.False(error.CanRetry);
    }

    internal static PipelineStatistics Ledger(string source = "door") => new()
    {
        Elapsed = TimeSpan.FromSeconds(12.5),
        Sources =
        [
            new SourceStatistics
            {
                Name = source, State = SourceState.Reconnecting, Captured = 100, Delivered = 80, DroppedByPolicy = 8, DroppedStale = 3, DroppedDecodeError = 2, DroppedAtStop = 1,
                Failed = 4, InFlight = 2, Inferred = 40, Reconnects = 1, Stalls = 1, CapturedPerSecond = 24.9, DeliveredPerSecond = 20.1,
                Age = new LatencySummary(80, 20, 18, 30, 40, 50, 60), Inference = new LatencySummary(40, 9, 8, 10, 12, 14, 16), LastError = "the camera is away",
            },
        ],
        Sinks = [new SinkStatistics { Name = "file", State = SinkState.Running, Offered = 80, Written = 79, Pending = 1 }],
    };

    private static bool IsGrey(byte[] jpeg, int x, int y)
    {
        using var image = ImageFile.Decode(jpeg, "picture");
        var pixel = image.Frame.Data.Slice(y * image.Frame.Stride + x * 4, 3);
        return pixel[0] is > 110 and < 146 && Math.Abs(pixel[0] - pixel[2]) < 12;
    }

    // One part: its head up to the empty line, then as many bytes as it says.
    private static async Task<byte[]> PartAsync(Stream body)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await body.ReadExactlyAsync(one, LiveFixture.Soon);
            head.Append((char)one[0]);
        }

        Assert.Contains("--edgevision\r\n", head.ToString(), StringComparison.Ordinal);
        string length = head.ToString().Split('\n').Single(l => l.StartsWith("Content-Length: ", StringComparison.Ordinal))[16..];
        byte[] jpeg = new byte[int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
        await body.ReadExactlyAsync(jpeg, LiveFixture.Soon);
        return jpeg;
    }
}
