using System.Text;
using System.Text.Json;
using EdgeVision.Messaging.Tests.Support;
using EdgeVision.Pipeline;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>The sink against a real nats-server, which is killed and restarted.</summary>
public sealed class NatsSinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_frame_reaches_who_listens()
    {
        using var server = NatsServer.Run();
        await using var client = new NatsConnection(new NatsOpts { Url = server.Url });
        await using var subscription = await client.SubscribeCoreAsync<byte[]>("edgevision.>", cancellationToken: Cancel);
        await client.PingAsync(Cancel);
        await using var sink = new NatsSink(new NatsOptions { Url = $"127.0.0.1:{server.Port}", EventsSubject = "edgevision.{source}.events" });
        await sink.OpenAsync(Cancel);
        using var frame = Make.Frame(3, "front.door 1", withEvent: true);
        await sink.WriteAsync(frame, Cancel);
        var results = await subscription.Msgs.ReadAsync(Cancel);
        var events = await subscription.Msgs.ReadAsync(Cancel);
        Assert.Equal(("edgevision.front_door_1.detections", "edgevision.front_door_1.events"), (results.Subject, events.Subject));
        Assert.Equal(3, FrameOf(results.Data!));
        Assert.Equal(3, FrameOf(events.Data!));
    }

    [Fact]
    public async Task Nothing_stored_is_lost_or_stored_twice_when_the_server_is_killed_in_the_middle()
    {
        using var server = NatsServer.Run();
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, JetStream = true, CreateStream = "RESULTS", ReconnectFor = TimeSpan.FromMinutes(2), Timeout = TimeSpan.FromSeconds(5) });
        await sink.OpenAsync(Cancel);
        var stream = new AcknowledgedStream(sink);
        for (int kills = 0; kills < 2; kills++)
        {
            await stream.ReachesAsync(stream.Acknowledged + 80);
            server.Kill();
            server.Start();
        }

        await stream.ReachesAsync(stream.Acknowledged + 80);
        int acknowledged = await stream.EndAsync();
        var stored = await StoredAsync(server, "RESULTS");
        Assert.Equal(Enumerable.Range(0, acknowledged).Select(i => (long)i), stored.Order());
    }

    [Fact]
    public async Task A_message_whose_acknowledgement_was_lost_counts_once_it_is_known_to_be_stored()
    {
        using var server = NatsServer.Run();
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, JetStream = true, CreateStream = "RESULTS" });
        using var frame = Make.Frame(7);
        await sink.WriteAsync(frame, Cancel);
        await sink.WriteAsync(frame, Cancel); // as the pipeline does that was told of no success
        Assert.Equal([7], await StoredAsync(server, "RESULTS"));
    }

    [Fact]
    public async Task Core_messages_go_on_after_the_server_was_killed()
    {
        using var server = NatsServer.Run();
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, ReconnectFor = TimeSpan.FromMinutes(2) });
        using PipelineFrame before = Make.Frame(0), after = Make.Frame(1);
        await sink.WriteAsync(before, Cancel);
        server.Kill();
        var write = Task.Run(async () => await sink.WriteAsync(after, Cancel), Cancel);
        server.Start();
        await write;
        Assert.Equal(2, sink.SentCount);
    }

    [Fact]
    public async Task A_subject_that_no_stream_takes_is_said()
    {
        using var server = NatsServer.Run();
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, JetStream = true, ReconnectFor = TimeSpan.Zero });
        using var frame = Make.Frame();
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel));
        Assert.Contains("no stream", error.Message);
        Assert.True(error.CanRetry); // one may be made meanwhile
    }

    [Fact]
    public async Task A_stream_that_is_there_is_left_as_it_is()
    {
        using var server = NatsServer.Run();
        await using var client = new NatsConnection(new NatsOpts { Url = server.Url });
        var jetStream = new NatsJSContext(client);
        await jetStream.CreateStreamAsync(new StreamConfig("RESULTS", ["edgevision.>"]) { MaxMsgs = 5 }, Cancel);
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, JetStream = true, CreateStream = "RESULTS" });
        using var frame = Make.Frame();
        await sink.WriteAsync(frame, Cancel);
        var stream = await jetStream.GetStreamAsync("RESULTS", cancellationToken: Cancel);
        Assert.Equal(5, stream.Info.Config.MaxMsgs);
        Assert.Equal(1ul, (ulong)stream.Info.State.Messages);
    }

    [Fact]
    public async Task Who_may_come_in_is_the_servers_to_say()
    {
        using var server = NatsServer.Run("""authorization { users = [ {user: camera, password: right} ] }""");
        await using (var good = new NatsSink(new NatsOptions { Url = $"nats://camera:right@127.0.0.1:{server.Port}" }))
        {
            await good.OpenAsync(Cancel);
        }

        await using (var apart = new NatsSink(new NatsOptions { Url = server.Url, User = "camera", Password = "right" }))
        {
            await apart.OpenAsync(Cancel);
        }

        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, User = "camera", Password = "hunter2" });
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.OpenAsync(Cancel));
        Assert.False(error.CanRetry);
        Assert.DoesNotContain("hunter2", error.ToString());
    }

    [Fact]
    public async Task A_token_lets_in()
    {
        using var server = NatsServer.Run("""authorization { token: "open sesame" }""");
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, Token = "open sesame" });
        await sink.OpenAsync(Cancel);
        await using var wrong = new NatsSink(new NatsOptions { Url = server.Url, Token = "hunter2" });
        Assert.False((await Assert.ThrowsAsync<SinkException>(async () => await wrong.OpenAsync(Cancel))).CanRetry);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // the server then gives no answer at all, and says why aside
    public async Task A_subject_that_is_not_allowed_is_given_up(bool jetStream)
    {
        using var server = NatsServer.Run("""authorization { users = [ {user: camera, password: right, permissions: { publish: "other.>", subscribe: ">" } } ] }""");
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url, User = "camera", Password = "right", JetStream = jetStream, Timeout = TimeSpan.FromSeconds(2), ReconnectFor = TimeSpan.Zero });
        SinkException? refused = null;

        // What the server says aside comes after the pong that answers for the message, and on a busy machine one of the next messages meets it.
        for (var end = DateTime.UtcNow.AddMinutes(1); refused is null && DateTime.UtcNow < end;)
        {
            using var frame = Make.Frame();
            var thrown = await Record.ExceptionAsync(async () => await sink.WriteAsync(frame, Cancel));
            refused = thrown is null ? null : Assert.IsType<SinkException>(thrown);
        }

        Assert.False(refused?.CanRetry);
        Assert.Contains("ermissions", refused!.Message);
    }

    [Fact]
    public async Task A_message_too_great_for_the_server_fails_alone()
    {
        using var server = NatsServer.Run("max_payload: 700");
        await using var sink = new NatsSink(new NatsOptions { Url = server.Url });
        using PipelineFrame small = Make.Frame(0), great = Make.Frame(1), after = Make.Frame(2);
        for (int i = 0; i < 50; i++)
        {
            great.Result.Detections.Add(new Box(0, 0, 1, 1), 0.9f, i);
        }

        await sink.WriteAsync(small, Cancel);
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(great, Cancel));
        Assert.False(error.CanRetry);
        Assert.Contains("700", error.Message);
        await sink.WriteAsync(after, Cancel);
    }

    [Fact]
    public async Task Tls_takes_the_named_authority_alone()
    {
        using var certificates = new TestCertificates();
        using var server = NatsServer.Run($$"""tls { cert_file: "{{certificates.ServerFile}}", key_file: "{{certificates.ServerKeyFile}}", ca_file: "{{certificates.CaFile}}", verify: true }""");
        string url = $"tls://127.0.0.1:{server.Port}";
        await using var sink = new NatsSink(new NatsOptions
        {
            Url = url,
            Tls = new TlsSettings { CaFile = certificates.CaFile, CertificateFile = certificates.ClientFile, KeyFile = certificates.ClientKeyFile },
        });
        using var frame = Make.Frame();
        await sink.WriteAsync(frame, Cancel);

        await using var distrustful = new NatsSink(new NatsOptions { Url = url });
        var error = await Assert.ThrowsAsync<SinkException>(async () => await distrustful.OpenAsync(Cancel));
        Assert.False(error.CanRetry);
        Assert.Contains("not trusted", error.Message);
    }

    private static long FrameOf(byte[] payload)
    {
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(payload));
        return json.RootElement.GetProperty("frame").GetInt64();
    }

    internal static async Task<List<long>> StoredAsync(NatsServer server, string stream)
    {
        await using var client = new NatsConnection(new NatsOpts { Url = server.Url });
        var jetStream = new NatsJSContext(client);
        var consumer = await jetStream.CreateOrUpdateConsumerAsync(stream, new ConsumerConfig("durable") { AckPolicy = ConsumerConfigAckPolicy.Explicit }, Cancel);
        long expected = (long)(await jetStream.GetStreamAsync(stream, cancellationToken: Cancel)).Info.State.Messages;
        var stored = new List<long>();
        await foreach (var message in consumer.ConsumeAsync<byte[]>(cancellationToken: Cancel))
        {
            stored.Add(FrameOf(message.Data!));
            await message.AckAsync(cancellationToken: Cancel);
            if (stored.Count == expected)
            {
                break;
            }
        }

        return stored;
    }
}
