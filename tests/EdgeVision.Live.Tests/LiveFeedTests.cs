using EdgeVision.Pipeline;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>Pictures are made for who looks, and for nobody else.</summary>
public sealed class LiveFeedTests
{
    [Fact]
    public async Task Nothing_is_encoded_or_allocated_while_nobody_looks()
    {
        await using var live = await LiveFixture.StartAsync();
        await using var sink = new LiveSink(live.Server);
        using var one = LiveFixture.Frame(sequence: 1);
        using var other = LiveFixture.Frame(sequence: 2);
        var cancel = CancellationToken.None;
        long bytes = Allocations.Of(() =>
        {
            sink.WriteAsync(one, cancel).GetAwaiter().GetResult();
            sink.WriteAsync(other, cancel).GetAwaiter().GetResult();
        });
        Assert.Equal(0, bytes);
        Assert.Equal(0, live.Server.Hub.EncodedCount);
    }

    [Fact]
    public async Task Encoding_ends_when_the_last_viewer_leaves()
    {
        await using var live = await LiveFixture.StartAsync();
        using (var page = await live.OpenAsync())
        {
            await live.PublishAsync(LiveFixture.Frame());
            await page.PictureAsync();
        }

        while (live.Server.ViewerCount > 0)
        {
            await Task.Delay(10, LiveFixture.Soon);
        }

        await Task.Delay(100, LiveFixture.Soon); // what was being encoded then is done now
        long before = live.Server.Hub.EncodedCount;
        for (int i = 0; i < 20; i++)
        {
            await live.PublishAsync(LiveFixture.Frame(sequence: i));
            await Task.Delay(5, LiveFixture.Soon);
        }

        Assert.Equal(before, live.Server.Hub.EncodedCount);
        using var again = await live.OpenAsync(); // and begins again
        Assert.Equal(19, (await again.PictureAsync()).Message.GetProperty("result").GetProperty("frame").GetInt64());
    }

    [Fact]
    public async Task Frames_are_given_back_but_for_the_newest_and_that_with_the_server()
    {
        var pool = new FramePool();
        await using (var live = await LiveFixture.StartAsync())
        {
            for (int i = 0; i < 10; i++)
            {
                await live.PublishAsync(new PipelineFrame(pool.Rent(PixelFormat.Gray8, 64, 64, "door", i), "door", "people"));
            }

            Assert.Equal(1, pool.RentedCount);
        }

        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public async Task Frames_that_come_faster_than_the_options_allow_are_left_out()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { MaxFramesPerSecond = 2 });
        using var page = await live.OpenAsync();
        for (int i = 0; i < 50; i++)
        {
            await live.PublishAsync(LiveFixture.Frame(sequence: i));
        }

        await page.PictureAsync();
        Assert.InRange(live.Server.Hub.EncodedCount, 1, 10);
    }
}
