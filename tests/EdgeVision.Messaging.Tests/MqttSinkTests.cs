using System.Text.Json;
using EdgeVision.Messaging.Tests.Support;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>The sink against a real mosquitto, which is killed, held and restarted.</summary>
public sealed class MqttSinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MqttVersion.V5, MqttQos.AtMostOnce)]
    [InlineData(MqttVersion.V5, MqttQos.AtLeastOnce)]
    [InlineData(MqttVersion.V5, MqttQos.ExactlyOnce)]
    [InlineData(MqttVersion.V311, MqttQos.AtLeastOnce)] // has no properties: a message that had any would be refused
    public async Task A_frame_arrives_on_its_topic(MqttVersion version, MqttQos qos)
    {
        using var broker = Mosquitto.Run();
        await using var listener = await MqttListener.ConnectAsync(broker.Port, "edgevision/#");
        await using var sink = new MqttSink(Options(broker) with { Version = version, Qos = qos });
        await sink.OpenAsync(Cancel);
        using var frame = Make.Frame(3, "front door/1");
        await sink.WriteAsync(frame, Cancel);
        var seen = await listener.NextAsync(m => m.Topic == "edgevision/front_door_1/detections");
        using var json = JsonDocument.Parse(seen.Text);
        Assert.Equal("front door/1", json.RootElement.GetProperty("source").GetString());
        Assert.Equal(3, json.RootElement.GetProperty("frame").GetInt64());
        Assert.Single(json.RootElement.GetProperty("detections").EnumerateArray());
        Assert.Equal(version == MqttVersion.V5 ? "application/json" : null, seen.ContentType);
        Assert.Equal(1, sink.SentCount);
    }

    [Fact]
    public async Task Events_have_a_topic_of_their_own_and_are_never_retained()
    {
        using var broker = Mosquitto.Run();
        await using var sink = new MqttSink(Options(broker) with { EventsTopic = "edgevision/{source}/events", Retain = true });
        await using var early = await MqttListener.ConnectAsync(broker.Port, "edgevision/door/#", "early");
        using PipelineFrame plain = Make.Frame(0), eventful = Make.Frame(1, withEvent: true);
        await sink.WriteAsync(plain, Cancel);
        await sink.WriteAsync(eventful, Cancel);
        var happened = await early.NextAsync(m => m.Topic == "edgevision/door/events");
        using var json = JsonDocument.Parse(happened.Text);
        Assert.Equal(1, json.RootElement.GetProperty("frame").GetInt64());
        Assert.Equal("crossed", json.RootElement.GetProperty("events")[0].GetProperty("kind").GetString());
        Assert.Single(early.Seen, m => m.Topic == "edgevision/door/events");

        // Who comes later finds how things stand, and not what happened once.
        await using var late = await MqttListener.ConnectAsync(broker.Port, "edgevision/door/#", "late");
        var kept = await late.NextAsync(m => m.Retained);
        Assert.Equal("edgevision/door/detections", kept.Topic);
        Assert.DoesNotContain(late.Seen, m => m.Topic == "edgevision/door/events");
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_broker_restarts_in_the_middle()
    {
        using var broker = Mosquitto.Run();
        await using (var subscriber = await MqttListener.ConnectAsync(broker.Port, "edgevision/#", "durable", keep: true))
        {
            // Leaves; the broker keeps what comes for it.
        }

        await using var sink = new MqttSink(Options(broker));
        var stream = new AcknowledgedStream(sink);
        await stream.ReachesAsync(100);
        broker.End();
        broker.Start();
        await stream.ReachesAsync(stream.Acknowledged + 100);
        await AssertArrivedAsync(broker, await stream.EndAsync());
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_broker_is_killed_in_a_write()
    {
        using var broker = Mosquitto.Run();
        await using (var subscriber = await MqttListener.ConnectAsync(broker.Port, "edgevision/#", "durable", keep: true))
        {
        }

        await using var sink = new MqttSink(Options(broker));
        await WriteAsync(sink, 0, 50);

        // Mosquitto writes its database after it has acknowledged; this waits for its own promise to hold.
        await Wait.UntilAsync(() => broker.Holds("\"frame\":49,"), () => "mosquitto does not write its database");
        broker.Freeze();
        using var frame = Make.Frame(50);
        var write = sink.WriteAsync(frame, Cancel).AsTask();
        await Task.Delay(50, Cancel);
        Assert.False(write.IsCompleted, "a broker that is held cannot have acknowledged");
        broker.Kill();
        broker.Start();
        await write;
        await WriteAsync(sink, 51, 100);
        await AssertArrivedAsync(broker, 100);
    }

    [Fact]
    public async Task Availability_is_online_then_offline_after_a_good_end()
    {
        using var broker = Mosquitto.Run();
        await using var listener = await MqttListener.ConnectAsync(broker.Port, "state/#");
        await using var sink = new MqttSink(Options(broker) with { AvailabilityTopic = "state/{sink}" });
        await sink.OpenAsync(Cancel);
        await listener.NextAsync(m => m is { Topic: "state/mqtt", Text: "online" });
        await sink.CompleteAsync(Cancel);
        await listener.NextAsync(m => m is { Topic: "state/mqtt", Text: "offline" });
    }

    [Fact]
    public async Task The_broker_says_offline_for_a_client_that_was_killed()
    {
        using var broker = Mosquitto.Run();
        await using var listener = await MqttListener.ConnectAsync(broker.Port, "state/#");
        using var child = MqttSinkChild.Start(broker.Port);
        try
        {
            await listener.NextAsync(m => m is { Topic: "state/child", Text: "online" });
        }
        finally
        {
            child.Kill();
        }

        await listener.NextAsync(m => m is { Topic: "state/child", Text: "offline" });
    }

    [Fact]
    public async Task A_broker_that_is_away_may_be_tried_again()
    {
        int port;
        using (var broker = Mosquitto.Run())
        {
            port = broker.Port;
        }

        await using var sink = new MqttSink(new MqttOptions { Url = $"mqtt://user:hunter2@127.0.0.1:{port}", ReconnectFor = TimeSpan.Zero });
        using var frame = Make.Frame();
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel));
        Assert.True(error.CanRetry);
        Assert.Contains($"127.0.0.1:{port}", error.Message);
        Assert.DoesNotContain("hunter2", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task A_wrong_password_is_given_up_and_not_shown(MqttVersion version)
    {
        using var broker = Mosquitto.RunWithUser("camera", "right");
        await using (var good = new MqttSink(Options(broker) with { User = "camera", Password = "right", Version = version }))
        {
            await good.OpenAsync(Cancel);
        }

        await using var sink = new MqttSink(Options(broker) with { User = "camera", Password = "hunter2", Version = version });
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.OpenAsync(Cancel));
        Assert.False(error.CanRetry);
        Assert.Contains("password", error.Message);
        Assert.DoesNotContain("hunter2", error.ToString());
    }

    [Fact]
    public async Task A_message_too_great_for_the_broker_fails_alone()
    {
        using var broker = Mosquitto.Run("allow_anonymous true\nmax_packet_size 700");
        await using var sink = new MqttSink(Options(broker));
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
    public async Task Tls_takes_the_named_authority_and_a_clients_certificate()
    {
        using var certificates = new TestCertificates();
        using var broker = Mosquitto.RunWithTls(certificates, askClients: true);
        await using var sink = new MqttSink(Options(broker) with
        {
            Url = $"mqtts://127.0.0.1:{broker.Port}",
            Tls = new TlsSettings { CaFile = certificates.CaFile, CertificateFile = certificates.ClientFile, KeyFile = certificates.ClientKeyFile },
        });
        using var frame = Make.Frame();
        await sink.WriteAsync(frame, Cancel);

        await using var nobody = new MqttSink(Options(broker) with { Url = $"mqtts://127.0.0.1:{broker.Port}", Tls = new TlsSettings { CaFile = certificates.CaFile }, ReconnectFor = TimeSpan.Zero });
        await Assert.ThrowsAsync<SinkException>(async () => await nobody.WriteAsync(frame, Cancel));
    }

    [Theory]
    [InlineData("127.0.0.1", false)] // an authority that this machine does not know
    [InlineData("elsewhere.example", true)] // a known authority, another host's certificate
    public async Task Tls_refuses_whom_it_cannot_trust_unless_told_outright(string host, bool nameAuthority)
    {
        using var certificates = new TestCertificates(host);
        using var broker = Mosquitto.RunWithTls(certificates, askClients: false);
        var options = Options(broker) with { Url = $"mqtts://127.0.0.1:{broker.Port}", Tls = new TlsSettings { CaFile = nameAuthority ? certificates.CaFile : null } };
        await using var sink = new MqttSink(options);
        var error = await Assert.ThrowsAsync<SinkException>(async () => await sink.OpenAsync(Cancel));
        Assert.False(error.CanRetry);
        Assert.Contains("not trusted", error.Message);

        await using var careless = new MqttSink(options with { Tls = new TlsSettings { AllowUntrusted = true } });
        await careless.OpenAsync(Cancel);
    }

    private static MqttOptions Options(Mosquitto broker) => new() { Url = $"127.0.0.1:{broker.Port}", ReconnectFor = TimeSpan.FromMinutes(2) };

    private static async Task WriteAsync(MqttSink sink, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            using var frame = Make.Frame(i);
            await sink.WriteAsync(frame, Cancel);
        }
    }

    private static async Task AssertArrivedAsync(Mosquitto broker, int acknowledged)
    {
        await using var subscriber = await MqttListener.ConnectAsync(broker.Port, "edgevision/#", "durable", keep: true);
        await Wait.UntilAsync(() => !Missing().Any(), () => $"acknowledged and lost: {string.Join(", ", Missing())}");

        IEnumerable<long> Missing() => Enumerable.Range(0, acknowledged).Select(i => (long)i).Except(subscriber.Seen
            .Where(m => m.Topic.EndsWith("/detections", StringComparison.Ordinal)).Select(m => JsonDocument.Parse(m.Text).RootElement.GetProperty("frame").GetInt64()));
    }
}
