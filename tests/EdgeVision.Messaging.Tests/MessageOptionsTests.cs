using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Options that a sink refuses when it is made, and what is shown of them.</summary>
public sealed class MessageOptionsTests
{
    private static readonly MqttOptions Mqtt = new() { Url = "broker" };
    private static readonly NatsOptions Nats = new() { Url = "server" };
    private static readonly WebhookOptions Webhook = new() { Url = "https://receiver/hook" };

    public static TheoryData<string, Func<FrameSink>> Wrong() => new()
    {
        { "MaxPerSecond", () => new MqttSink(Mqtt with { MaxPerSecond = 0 }) },
        { "Timeout", () => new MqttSink(Mqtt with { Timeout = TimeSpan.Zero }) },
        { "ReconnectFor", () => new MqttSink(Mqtt with { ReconnectFor = TimeSpan.FromSeconds(-1) }) },
        { "KeepAlive", () => new MqttSink(Mqtt with { KeepAlive = TimeSpan.FromDays(1) }) }, // 16 bits of seconds
        { "ClientId", () => new MqttSink(Mqtt with { ClientId = "" }) },
        { "results, events or both", () => new MqttSink(Mqtt with { Topic = null }) },
        { "one of", () => new NatsSink(Nats with { User = "me", Token = "x" }) },
        { "User", () => new NatsSink(Nats with { Password = "x" }) },
        { "JetStream", () => new NatsSink(Nats with { CreateStream = "S" }) },
        { "CreateStream", () => new NatsSink(Nats with { JetStream = true, StreamMaxBytes = 1 }) },
        { "a.b", () => new NatsSink(Nats with { JetStream = true, CreateStream = "a.b" }) },
        { "Url must be", () => new WebhookSink(Webhook with { Url = "ftp://receiver" }) },
        { "credentials", () => new WebhookSink(Webhook with { Url = "https://me:hunter2@receiver" }) },
        { "BatchSize", () => new WebhookSink(Webhook with { BatchSize = 0 }) },
        { "BatchInterval", () => new WebhookSink(Webhook with { BatchInterval = TimeSpan.Zero }) },
        { "header", () => new WebhookSink(Webhook with { Headers = new Dictionary<string, Secret> { ["X Y"] = "1" } }) },
        { "Content-Length", () => new WebhookSink(Webhook with { Headers = new Dictionary<string, Secret> { ["Content-Length"] = "1" } }) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_option_is_named(string says, Func<FrameSink> make)
    {
        var error = Assert.Throws<PipelineConfigException>(() => make());
        Assert.Contains(says, error.Message);
        Assert.DoesNotContain("hunter2", error.Message);
    }

    [Fact]
    public void Options_show_no_secrets()
    {
        Assert.DoesNotContain("hunter2", (Mqtt with { Url = "mqtt://me:hunter2@broker", Password = "hunter2" }).ToString());
        Assert.DoesNotContain("hunter2", (Nats with { Url = "nats://hunter2@server", Token = "hunter2" }).ToString());
        Assert.DoesNotContain("hunter2", (Webhook with { Url = "https://receiver?key=hunter2", BearerToken = "hunter2" }).ToString());
    }

    [Fact]
    public void A_stream_takes_every_source()
    {
        var options = Nats with { JetStream = true, CreateStream = "S", EventsSubject = "a.{sink}.{model}.b" };
        Assert.Equal(["edgevision.*.detections", "a.nats.*.b"], options.GetStreamSubjects());
    }
}
