using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>A message as a subscriber saw it.</summary>
internal sealed record SeenMessage(string Topic, string Text, bool Retained, string? ContentType);

/// <summary>A subscriber with a session that the broker keeps while it is away.</summary>
internal sealed class MqttListener : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();

    public ConcurrentQueue<SeenMessage> Seen { get; } = new();

    public static async Task<MqttListener> ConnectAsync(int port, string filter, string id = "listener", bool keep = false)
    {
        var listener = new MqttListener();
        listener._client.ApplicationMessageReceivedAsync += message =>
        {
            var packet = message.ApplicationMessage;
            listener.Seen.Enqueue(new SeenMessage(packet.Topic, Encoding.UTF8.GetString(packet.Payload.ToArray()), packet.Retain, packet.ContentType));
            return Task.CompletedTask;
        };
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(id).WithCleanStart(!keep)
            .WithSessionExpiryInterval(keep ? 3600u : 0).WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).Build();
        await listener._client.ConnectAsync(options, TestContext.Current.CancellationToken);
        await listener._client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtLeastOnce, TestContext.Current.CancellationToken);
        return listener;
    }

    public async Task<SeenMessage> NextAsync(Func<SeenMessage, bool> wanted)
    {
        await Wait.UntilAsync(() => Seen.Any(wanted), () => $"not among {Seen.Count} messages: {string.Join(" | ", Seen)}");
        return Seen.First(wanted);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected)
        {
            await _client.DisconnectAsync();
        }

        _client.Dispose();
    }
}
