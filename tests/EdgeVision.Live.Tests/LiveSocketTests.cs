using System.Net.WebSockets;
using System.Text.Json;
using EdgeVision.Imaging;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>What a page gets over its WebSocket.</summary>
public sealed class LiveSocketTests
{
    [Theory]
    [InlineData(PixelFormat.Bgr24)]
    [InlineData(PixelFormat.Nv12)]
    [InlineData(PixelFormat.Gray8)]
    public async Task A_frame_comes_as_picture_and_JSON(PixelFormat format)
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { MaxWidth = 160 });
        using var page = await live.OpenAsync();
        await live.PublishAsync(LiveFixture.Frame(sequence: 7, format: format));
        var (message, _, jpeg) = await page.PictureAsync();
        var result = message.GetProperty("result");
        Assert.Equal("door", result.GetProperty("source").GetString());
        Assert.Equal(7, result.GetProperty("frame").GetInt64());
        Assert.Equal(320, result.GetProperty("width").GetInt32()); // boxes are in pixels of the frame, whatever the picture's size
        Assert.Equal("person", result.GetProperty("detections")[0].GetProperty("label").GetString());
        Assert.False(message.GetProperty("drawn").GetBoolean());
        Assert.True(message.GetProperty("age_ms").GetDouble() >= 0);
        using var image = ImageFile.Decode(jpeg, "picture");
        Assert.Equal((160, 90), (image.Frame.Width, image.Frame.Height));
        Assert.InRange(image.Frame.Data[0], 100, 160);
    }

    [Fact]
    public async Task Keypoints_come_with_the_limbs_of_their_model_and_masks_are_drawn_here()
    {
        await using var live = await LiveFixture.StartAsync();
        using var page = await live.OpenAsync();
        var posed = LiveFixture.Frame();
        posed.Result.Detections.Clear(keypointCount: 2);
        posed.Result.Detections.Skeleton = [[0, 1]];
        posed.Result.Detections.Add(new Box(10, 10, 50, 50), 0.8f, 0);
        await live.PublishAsync(posed);
        Assert.Equal(1, (await page.PictureAsync()).Message.GetProperty("skeleton")[0][1].GetInt32());
        var masked = LiveFixture.Frame();
        masked.Result.Detections.Clear(maskWidth: 320, maskHeight: 180);
        masked.Result.Detections.Add(new Box(10, 10, 50, 50), 0.8f, 0);
        await live.PublishAsync(masked);
        JsonElement message;
        do
        {
            message = (await page.PictureAsync()).Message;
        }
        while (message.TryGetProperty("skeleton", out _)); // the newest frame is shown again to who comes
        Assert.True(message.GetProperty("drawn").GetBoolean());
    }

    [Fact]
    public async Task Who_comes_late_sees_the_newest_frame_at_once()
    {
        await using var live = await LiveFixture.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            await live.PublishAsync(LiveFixture.Frame(sequence: i));
        }

        using var page = await live.OpenAsync();
        Assert.Equal(2, (await page.PictureAsync()).Message.GetProperty("result").GetProperty("frame").GetInt64());
    }

    [Fact]
    public async Task A_slow_viewer_gets_the_newest_and_the_rest_is_counted()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { MaxFramesPerSecond = 1000 });
        using var slow = await live.OpenAsync();
        using var quick = await live.OpenAsync();
        const int Frames = 40;
        for (int i = 0; i < Frames; i++)
        {
            await live.PublishAsync(LiveFixture.Frame(sequence: i));
            Assert.Equal(i, (await quick.PictureAsync()).Message.GetProperty("result").GetProperty("frame").GetInt64()); // the slow one holds up nobody
        }

        // It answers nothing: what was under way arrives, and then nothing until it does.
        var seen = new List<long>();
        int skipped = 0;
        for (int i = 0; i < LiveSocket.MaxUnacknowledged; i++)
        {
            seen.Add((await slow.PictureAsync(answer: false)).Message.GetProperty("result").GetProperty("frame").GetInt64());
        }

        Assert.True(seen[^1] < Frames - 1, "what was sent unasked is old by now");
        await slow.AnswerAsync();
        (var message, skipped, _) = await slow.PictureAsync(answer: false);
        Assert.Equal(Frames - 1, message.GetProperty("result").GetProperty("frame").GetInt64());
        Assert.InRange(skipped, 1, Frames - LiveSocket.MaxUnacknowledged - 1);
    }

    [Fact]
    public async Task Each_source_has_its_turn_and_one_may_be_asked_for()
    {
        await using var live = await LiveFixture.StartAsync();
        using var all = await live.OpenAsync();
        using var one = await live.OpenAsync(query: "?source=yard");
        await live.PublishAsync(LiveFixture.Frame("door"));
        await live.PublishAsync(LiveFixture.Frame("yard"));
        var sources = new HashSet<string>();
        while (sources.Count < 2)
        {
            sources.Add((await all.PictureAsync()).Message.GetProperty("result").GetProperty("source").GetString()!);
        }

        Assert.Equal("yard", (await one.PictureAsync()).Message.GetProperty("result").GetProperty("source").GetString());
    }

    [Fact]
    public async Task States_bring_accounts_outlines_and_what_happened_once()
    {
        await using var live = await LiveFixture.StartAsync();
        live.Server.Watch(() => LiveServerTests.Ledger(), source => source == "door" ? [new Gate()] : []);
        var frame = LiveFixture.Frame();
        frame.AddEvent(new PipelineEvent("gate", "crossed", 3) { Label = "person", Direction = "in" });
        await live.PublishAsync(frame);
        using var page = await live.OpenAsync();
        var state = await page.StateAsync();
        Assert.Equal(100, state.GetProperty("ledger").GetProperty("sources")[0].GetProperty("captured").GetInt64());
        var outline = state.GetProperty("outlines").GetProperty("door")[0];
        Assert.Equal("gate", outline.GetProperty("rule").GetString());
        Assert.Equal(30, outline.GetProperty("points")[1][0].GetDouble());
        Assert.Equal("in", state.GetProperty("log")[0].GetProperty("event").GetProperty("direction").GetString());
        Assert.Equal(0, (await page.StateAsync()).GetProperty("log").GetArrayLength());
    }

    [Fact]
    public async Task A_viewer_who_says_what_no_page_says_is_sent_away()
    {
        await using var live = await LiveFixture.StartAsync();
        using var page = await live.OpenAsync();
        await page.Socket.SendAsync(new byte[100_000].AsMemory(), WebSocketMessageType.Binary, true, LiveFixture.Soon);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (page.Socket.State == WebSocketState.Open)
            {
                await page.MessageAsync();
            }

            throw new InvalidOperationException("it was closed");
        });
        while (live.Server.ViewerCount > 0)
        {
            await Task.Delay(10, LiveFixture.Soon);
        }
    }

    private sealed class Gate : IPipelineRule
    {
        public string Name => "gate";

        public IReadOnlyList<(float X, float Y)> Outline => [(10, 20), (30, 40)];

        public bool IsPolygon => false;

        public void Update(PipelineFrame frame)
        {
        }

        public void Reset()
        {
        }
    }
}
