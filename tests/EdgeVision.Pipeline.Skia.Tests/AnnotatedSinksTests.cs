using EdgeVision.Imaging;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>Pictures and videos of a pipeline's frames, read back.</summary>
public sealed class AnnotatedSinksTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_nth_frame_of_each_source_is_a_picture()
    {
        using var folder = new TestFolder();
        await using var sink = new AnnotatedImageSink(new AnnotatedImageOptions { Path = folder["{source}-{frame}.png"], FrameInterval = 2 });
        await Write(sink, 5, "a", "b/c");
        Assert.Equal(6, folder.Names.Length);
        Assert.Equal(["a-00000000.png", "a-00000002.png", "a-00000004.png"], folder.Names.Where(n => n[0] == 'a'));
        using var picture = ImageFile.Load(folder["a-00000002.png"]);
        Assert.Equal((64, 48), (picture.Frame.Width, picture.Frame.Height));
    }

    [Fact]
    public async Task Only_frames_with_events_where_asked()
    {
        using var folder = new TestFolder();
        await using var sink = new AnnotatedImageSink(new AnnotatedImageOptions { Path = folder["{frame}-{time}.jpg"], EventsOnly = true });
        for (int i = 0; i < 4; i++)
        {
            using var frame = SinkFrames.Of("door", i);
            if (i == 3)
            {
                frame.AddEvent(new PipelineEvent("gate", "crossed", 1));
            }

            await sink.WriteAsync(frame, Cancel);
        }

        Assert.Matches(@"^00000003-\d{8}T\d{9}Z\.jpg$", Assert.Single(folder.Names));
    }

    [Fact]
    public async Task A_picture_that_finds_no_room_comes_later()
    {
        using var disk = new SmallDisk(64);
        await using var sink = new AnnotatedImageSink(new AnnotatedImageOptions { Path = disk["{frame}.png"] });
        using var frame = SinkFrames.Of("door", 0);
        disk.FillBut(0);
        Assert.True((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(frame, Cancel))).CanRetry);
        disk.Free();
        await sink.WriteAsync(frame, Cancel);
        Assert.Equal(["00000000.png"], disk.Names);
    }

    [Theory]
    [InlineData("out.gif", 1)] // nothing that can be written
    [InlineData("out.png", 1)] // each would replace the one before
    [InlineData("{frame}.png", 0)]
    public void Impossible_pictures_are_refused(string path, int every) =>
        Assert.Throws<PipelineConfigException>(() => new AnnotatedImageSink(new AnnotatedImageOptions { Path = path, FrameInterval = every }));

    [Fact]
    public async Task A_video_a_source_with_every_frame_and_the_right_time()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await using (var sink = new AnnotatedVideoSink(new AnnotatedVideoOptions { Path = folder["{source}.mp4"] }))
        {
            await Write(sink, 50, "a", "b");
            await sink.CompleteAsync(Cancel);
        }

        Assert.Equal(["a.mp4", "b.mp4"], folder.Names);
        foreach (string name in folder.Names)
        {
            var video = TestVideo.Read(folder[name]);
            Assert.Equal((64, 48, 50), (video.Width, video.Height, video.Frames));
            Assert.Equal(2, video.Seconds, 0.01);
        }
    }

    [Fact]
    public async Task A_variable_rate_keeps_its_duration()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await using (var sink = new AnnotatedVideoSink(new AnnotatedVideoOptions { Path = folder["v.mkv"], FrameRate = 25, AnnotatorOptions = null }))
        {
            foreach (long i in (long[])[0, 1, 2, 10, 11, 30, 49])
            {
                using var frame = SinkFrames.Of("door", i);
                await sink.WriteAsync(frame, Cancel);
            }

            await sink.CompleteAsync(Cancel);
        }

        var video = TestVideo.Read(folder["v.mkv"]);
        Assert.Equal(50, video.Frames);
        Assert.Equal(2, video.Seconds, 0.01);
    }

    [Fact]
    public async Task Two_sources_need_two_names()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await using var sink = new AnnotatedVideoSink(folder["v.mp4"]);
        await Write(sink, 1, "a");
        using var other = SinkFrames.Of("b", 0);
        var e = await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(other, Cancel));
        Assert.True(!e.CanRetry && e.Message.Contains("{source}", StringComparison.Ordinal));
    }

    private static async Task Write(FrameSink sink, int frames, params string[] sources)
    {
        await sink.OpenAsync(Cancel);
        for (int i = 0; i < frames; i++)
        {
            foreach (string source in sources)
            {
                using var frame = SinkFrames.Of(source, i);
                await sink.WriteAsync(frame, Cancel);
            }
        }
    }

    [Fact]
    public async Task Two_sources_do_not_replace_each_others_pictures()
    {
        using var folder = new TestFolder();
        await using var sink = new AnnotatedImageSink(new AnnotatedImageOptions { Path = folder["{frame}.png"] });
        using PipelineFrame door = SinkFrames.Of("door", 0), yard = SinkFrames.Of("yard", 0);
        await sink.WriteAsync(door, TestContext.Current.CancellationToken);
        Assert.False((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(yard, TestContext.Current.CancellationToken))).CanRetry);
        Assert.Equal(["00000000.png"], folder.Names);
    }
}
