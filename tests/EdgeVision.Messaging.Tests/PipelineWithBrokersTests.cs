using System.Collections.Concurrent;
using System.Text.Json;
using EdgeVision.Messaging.Tests.Support;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>A whole pipeline whose brokers fall over in its middle.</summary>
public sealed class PipelineWithBrokersTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Brokers_come_and_go_and_what_they_acknowledged_is_there_while_the_rest_goes_on()
    {
        using var mosquitto = Mosquitto.Run();
        using var nats = NatsServer.Run();
        await using (await MqttListener.ConnectAsync(mosquitto.Port, "edgevision/#", "durable", keep: true))
        {
            // Leaves; the broker keeps what comes for it.
        }

        var kept = new KeepingSink();
        var mqtt = new Noting(new MqttSink(new MqttOptions { Url = $"mqtt://127.0.0.1:{mosquitto.Port}", Qos = MqttQos.AtLeastOnce, ReconnectFor = TimeSpan.FromSeconds(1) }));
        var stream = new Noting(new NatsSink(new NatsOptions { Url = nats.Url, JetStream = true, CreateStream = "RESULTS", ReconnectFor = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(5) }));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("camera", () => ScriptedSource.Camera(TimeSpan.FromMilliseconds(10)))
            .AddModel(() => new FakeModel()).AddSink(mqtt).AddSink(stream).AddSink(kept).Build();
        var run = pipeline.RunAsync(cancel.Token);
        await Until(() => mqtt.Written.Count > 30 && stream.Written.Count > 30);
        mosquitto.End();
        nats.Kill();
        int before = kept.Written.Count;
        await Until(() => kept.Written.Count > before + 150); // nobody is held up while both are away
        mosquitto.Start();
        nats.Start();
        var (mqttBefore, natsBefore) = (mqtt.Written.Count, stream.Written.Count);
        await Until(() => mqtt.Written.Count > mqttBefore + 30 && stream.Written.Count > natsBefore + 30);
        await cancel.CancelAsync();
        var accounts = await run.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.True(accounts.IsBalanced);
        Assert.Equal((mqtt.Written.Count, stream.Written.Count), ((int)accounts.Sinks[0].Written, (int)accounts.Sinks[1].Written));
        Assert.Equal((accounts.Sources[0].Delivered, SinkState.Completed), (accounts.Sinks[2].Offered, accounts.Sinks[2].State));

        await using var subscriber = await MqttListener.ConnectAsync(mosquitto.Port, "edgevision/#", "durable", keep: true);
        await Until(() => !mqtt.Written.Except(subscriber.Seen.Where(m => m.Topic.EndsWith("/detections", StringComparison.Ordinal)).Select(m => JsonDocument.Parse(m.Text).RootElement.GetProperty("frame").GetInt64())).Any());
        Assert.Empty(stream.Written.Except(await NatsSinkTests.StoredAsync(nats, "RESULTS")));
    }

    private static Task Until(Func<bool> holds) => Wait.UntilAsync(holds, () => "it did not happen in time");

    /// <summary>Notes what a sink has promised.</summary>
    private sealed class Noting(FrameSink sink) : FrameSink(sink.Name)
    {
        public ConcurrentBag<long> Written { get; } = [];

        public override ValueTask OpenAsync(CancellationToken cancel) => sink.OpenAsync(cancel);

        public override async ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
        {
            await sink.WriteAsync(frame, cancel);
            Written.Add(frame.Sequence);
        }

        public override ValueTask CompleteAsync(CancellationToken cancel) => sink.CompleteAsync(cancel);

        public override ValueTask DisposeAsync() => sink.DisposeAsync();
    }
}
