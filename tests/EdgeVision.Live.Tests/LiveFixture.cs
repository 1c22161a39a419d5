using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>A real server on a free port, frames for it, and clients of it.</summary>
internal sealed class LiveFixture : IAsyncDisposable
{
    public const string Token = "a-token-of-the-tests";

    private LiveFixture(LiveServer server) => Server = server;

    public LiveServer Server { get; }

    public HttpClient Http { get; } = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Where tests connect to, whatever is listened on.</summary>
    public Uri Root => new($"http://127.0.0.1:{Server.Address.Port}/");

    public static CancellationToken Soon => CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token).Token;

    public static async Task<LiveFixture> StartAsync(LiveOptions? options = null)
    {
        var fixture = new LiveFixture(new LiveServer((options ?? new LiveOptions()) with { Address = options is null || options.Address == new LiveOptions().Address ? "127.0.0.1:0" : options.Address }));
        await fixture.Server.StartAsync(Soon);
        return fixture;
    }

    /// <summary>A frame of one grey, with a box on it.</summary>
    public static PipelineFrame Frame(string source = "door", long sequence = 0, byte grey = 128, PixelFormat format = PixelFormat.Bgr24, int width = 320, int height = 180)
    {
        var pixels = EdgeVision.Frame.Rent(format, width, height, source, sequence, TimeSpan.FromMilliseconds(40 * sequence));
        pixels.MutableData.Fill(grey);
        var frame = new PipelineFrame(pixels, source, "people");
        var result = frame.Result;
        (result.FrameWidth, result.FrameHeight, result.HasDetections) = (width, height, true);
        result.Detections.Labels = ["person"];
        result.Detections.Add(new Box(40, 50, 120, 170), 0.9f, 0);
        return frame;
    }

    public async Task PublishAsync(PipelineFrame frame)
    {
        await using var sink = new LiveSink(Server);
        await sink.WriteAsync(frame, Soon);
        frame.Dispose();
    }

    public Task<HttpResponseMessage> GetAsync(string path, Action<HttpRequestMessage>? prepare = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Root, path));
        prepare?.Invoke(request);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Soon);
    }

    public async Task<Page> OpenAsync(Action<ClientWebSocketOptions>? prepare = null, string query = "")
    {
        var socket = new ClientWebSocket();
        prepare?.Invoke(socket.Options);
        try
        {
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Root.Port}/ws{query}"), Soon);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new Page(socket);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>What a page does: reads messages and answers pictures.</summary>
    internal sealed class Page(ClientWebSocket socket) : IDisposable
    {
        public ClientWebSocket Socket => socket;

        public async Task<(JsonElement Message, int Skipped, byte[] Jpeg)> PictureAsync(bool answer = true)
        {
            byte[] message;
            while (true)
            {
                (var type, message) = await MessageAsync();
                if (type == WebSocketMessageType.Binary)
                {
                    break;
                }
            }

            if (answer)
            {
                await AnswerAsync();
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(message);
            return (JsonDocument.Parse(message.AsMemory(8, length)).RootElement, BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4)), message[(8 + length)..]);
        }

        public async Task<JsonElement> StateAsync()
        {
            while (true)
            {
                var (type, message) = await MessageAsync();
                if (type == WebSocketMessageType.Text)
                {
                    return JsonDocument.Parse(message).RootElement;
                }
            }
        }

        public ValueTask AnswerAsync() => socket.SendAsync("next"u8.ToArray().AsMemory(), WebSocketMessageType.Text, true, Soon);

        public async Task<(WebSocketMessageType Type, byte[] Bytes)> MessageAsync()
        {
            using var message = new MemoryStream();
            byte[] buffer = new byte[16 << 10];
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), Soon);
                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    return (part.MessageType, message.ToArray());
                }
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
