using System.Text.Json;
using EdgeVision.Messaging.Tests.Support;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>The sink against an HTTP server on loopback.</summary>
public sealed class WebhookSinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_frame_is_posted_with_headers_token_and_a_signature_that_holds()
    {
        await using var receiver = await WebReceiver.StartAsync();
        await using var sink = new WebhookSink(new WebhookOptions
        {
            Url = receiver.Url,
            BearerToken = "open sesame",
            SigningKey = "key",
            Headers = new Dictionary<string, Secret> { ["X-Site"] = "north" },
        });
        await sink.OpenAsync(Cancel);
        using var frame = Make.Frame(3);
        await sink.WriteAsync(frame, Cancel);
        var seen = Assert.Single(receiver.Seen);
        Assert.Equal(("/hook", "application/json", "Bearer open sesame", "north"),
            (seen.Path, seen.Headers["Content-Type"], seen.Headers["Authorization"], seen.Headers["X-Site"]));
        Assert.True(WebhookSignature.Verify(seen.Headers[WebhookSignature.Header], seen.Body, "key", DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5)));
        Assert.Equal(3, JsonDocument.Parse(seen.Text).RootElement.GetProperty("frame").GetInt64());
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(408, true)]
    [InlineData(429, true)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(404, false)]
    [InlineData(302, false)] // would become a GET
    public async Task What_the_receiver_answers_decides_about_another_try(int status, bool again)
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(status, ("Location", "/elsewhere")).Answer(200);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BearerToken = "hunter2" });
        using var frame = Make.Frame();
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel));
        Assert.Equal(again, error.CanRetry);
        Assert.Contains($"{status}", error.Message);
        Assert.DoesNotContain("hunter2", error.ToString());

        // The same frame again is the same request again.
        await sink.WriteAsync(frame, Cancel);
        Assert.Equal(2, receiver.Seen.Count);
        Assert.Single(receiver.Seen.Select(seen => seen.Headers["Idempotency-Key"]).Distinct());
        Assert.Single(receiver.Seen.Select(seen => seen.Text).Distinct());
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Retry_after_is_waited_for(int status)
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(status, ("Retry-After", "2")).Answer(200);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url });
        using var frame = Make.Frame();
        Assert.True((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel))).CanRetry);
        await sink.WriteAsync(frame, Cancel);
        var times = receiver.Seen.Select(seen => seen.At).ToArray();

        // A lower bound, which no slow machine can break; clocks may differ by some milliseconds.
        Assert.True(times[1] - times[0] > TimeSpan.FromSeconds(1.9), $"{times[1] - times[0]}");
    }

    [Fact]
    public async Task A_redirection_to_another_host_takes_no_secrets_along()
    {
        await using var other = await WebReceiver.StartAsync();
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(307, ("Location", other.Url));
        await using var sink = new WebhookSink(new WebhookOptions
        {
            Url = receiver.Url,
            BearerToken = "hunter2",
            SigningKey = "key",
            Headers = new Dictionary<string, Secret> { ["X-Api-Key"] = "hunter3" },
        });
        using var frame = Make.Frame();
        await sink.WriteAsync(frame, Cancel);
        var first = Assert.Single(receiver.Seen);
        var second = Assert.Single(other.Seen);
        Assert.Equal(first.Text, second.Text);
        Assert.Contains("Authorization", first.Headers.Keys);
        foreach (string secret in (string[])["Authorization", "X-Api-Key", WebhookSignature.Header])
        {
            Assert.DoesNotContain(secret, second.Headers.Keys);
        }
    }

    [Fact]
    public async Task A_redirection_within_the_host_keeps_them_and_ends()
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(308, ("Location", "/moved")).Answer(200).Answer(307, ("Location", "/round"));
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BearerToken = "token" });
        using var frame = Make.Frame();
        await sink.WriteAsync(frame, Cancel);
        Assert.Equal(["/hook", "/moved"], receiver.Seen.Select(seen => seen.Path));
        Assert.All(receiver.Seen, seen => Assert.Equal("Bearer token", seen.Headers["Authorization"]));

        // One that goes round in circles.
        Assert.False((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel))).CanRetry);
    }

    [Fact]
    public async Task A_batch_goes_when_it_is_full_and_the_rest_at_the_end()
    {
        await using var receiver = await WebReceiver.StartAsync();
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BatchSize = 3, BatchInterval = TimeSpan.FromHours(1) });
        await WriteAsync(sink, 0, 4);
        Assert.Equal([0, 1, 2], FramesOf(Assert.Single(receiver.Seen)));
        await sink.CompleteAsync(Cancel);
        Assert.Equal([3], FramesOf(receiver.Seen.Last()));
        Assert.Equal(4, sink.SentCount);
    }

    [Fact]
    public async Task A_batch_goes_when_its_first_frame_has_waited_also_on_a_frame_that_is_left_out()
    {
        await using var receiver = await WebReceiver.StartAsync();
        var clock = new ManualClock();
        await using var sink = new WebhookSink(new WebhookOptions
        {
            Url = receiver.Url,
            BatchSize = 10,
            BatchInterval = TimeSpan.FromSeconds(5),
            Frames = FrameSelection.WithEvents,
            Clock = clock,
        });
        using PipelineFrame eventful = Make.Frame(0, withEvent: true), plain = Make.Frame(1);
        await sink.WriteAsync(eventful, Cancel);
        clock.Advance(4);
        await sink.WriteAsync(plain, Cancel);
        Assert.Empty(receiver.Seen);
        clock.Advance(2);
        await sink.WriteAsync(plain, Cancel);
        Assert.Equal([0], FramesOf(Assert.Single(receiver.Seen)));
        Assert.Equal((1, 2), (sink.SentCount, sink.DroppedCount));
    }

    [Fact]
    public async Task A_batch_that_failed_is_sent_again_with_each_frame_once()
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(500).Answer(200);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BatchSize = 2, BatchInterval = TimeSpan.FromHours(1) });
        using PipelineFrame first = Make.Frame(0), second = Make.Frame(1);
        await sink.WriteAsync(first, Cancel);
        Assert.True((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(second, Cancel))).CanRetry);
        await sink.WriteAsync(second, Cancel);
        Assert.All(receiver.Seen, seen => Assert.Equal([0, 1], FramesOf(seen)));
        Assert.Equal(2, receiver.Seen.Count);
        Assert.Equal(0, sink.LostCount);
    }

    [Fact]
    public async Task A_batch_that_was_refused_is_counted_and_does_not_stop_the_next()
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(400).Answer(200);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BatchSize = 3, BatchInterval = TimeSpan.FromHours(1) });
        await WriteAsync(sink, 0, 2);
        using var third = Make.Frame(2);
        Assert.False((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(third, Cancel))).CanRetry);
        Assert.Equal(2, sink.LostCount); // the third is the pipeline's to count
        await WriteAsync(sink, 3, 6);
        Assert.Equal([3, 4, 5], FramesOf(receiver.Seen.Last()));
    }

    [Fact]
    public async Task A_receiver_that_is_away_or_silent_may_be_tried_again()
    {
        string url;
        await using (var gone = await WebReceiver.StartAsync())
        {
            url = gone.Url;
        }

        await using var sink = new WebhookSink(new WebhookOptions { Url = url + "?token=hunter2" });
        using var frame = Make.Frame();
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel));
        Assert.True(error.CanRetry);
        Assert.DoesNotContain("hunter2", error.Message);

        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var waiting = new WebhookSink(new WebhookOptions { Url = $"http://{silent.LocalEndpoint}/", Timeout = TimeSpan.FromMilliseconds(300) });
        error = await Assert.ThrowsAsync<SinkException>(async () => await waiting.WriteAsync(frame, Cancel));
        Assert.True(error.CanRetry);
        Assert.Contains("0.3 s", error.Message);
    }

    [Fact]
    public async Task Tls_takes_the_named_authority_alone()
    {
        using var certificates = new TestCertificates();
        await using var receiver = await WebReceiver.StartAsync(certificates);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, Tls = new TlsSettings { CaFile = certificates.CaFile } });
        using var frame = Make.Frame();
        await sink.WriteAsync(frame, Cancel);
        Assert.Single(receiver.Seen);

        await using var distrustful = new WebhookSink(new WebhookOptions { Url = receiver.Url });
        var error = await Assert.ThrowsAsync<SinkException>(async () => await distrustful.WriteAsync(frame, Cancel));
        Assert.False(error.CanRetry);
        Assert.Contains("not trusted", error.Message);
    }

    private static async Task WriteAsync(WebhookSink sink, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            using var frame = Make.Frame(i);
            await sink.WriteAsync(frame, Cancel);
        }
    }

    private static long[] FramesOf(SeenRequest request) =>
        [.. JsonDocument.Parse(request.Text).RootElement.EnumerateArray().Select(item => item.GetProperty("frame").GetInt64())];

    [Fact]
    public async Task The_last_batch_is_tried_again_at_the_end()
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(500).Answer(200);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BatchSize = 3, BatchInterval = TimeSpan.FromHours(1) });
        await WriteAsync(sink, 0, 2);
        await sink.CompleteAsync(Cancel);
        Assert.Equal((2, 0L), (receiver.Seen.Count, sink.LostCount));
    }

    [Fact]
    public async Task A_last_batch_that_cannot_be_sent_is_counted()
    {
        await using var receiver = await WebReceiver.StartAsync();
        receiver.Answer(500);
        await using var sink = new WebhookSink(new WebhookOptions { Url = receiver.Url, BatchSize = 3, BatchInterval = TimeSpan.FromHours(1) });
        await WriteAsync(sink, 0, 2);
        await Assert.ThrowsAsync<SinkException>(async () => await sink.CompleteAsync(Cancel));
        Assert.Equal(2, sink.LostCount);
    }
}
