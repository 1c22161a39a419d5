using EdgeVision.Pipeline.Ffmpeg;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>Frames at whatever times become a video that lasts as long; a writer stands in that notes what it is given.</summary>
public sealed class PacedVideoTests
{
    private sealed class NotingWriter(VideoTarget target, List<NotingWriter> all) : IVideoWriter
    {
        public VideoTarget Target => target;

        public List<long> Frames { get; } = [];

        public bool Completed { get; private set; }

        public bool Disposed { get; private set; }

        public int FailAfter { get; init; } = int.MaxValue;

        public void Write(Frame frame)
        {
            if (Frames.Count == FailAfter)
            {
                throw new SinkException("full");
            }

            Frames.Add(frame.Sequence);
        }

        public void Complete(CancellationToken cancel) => Completed = true;

        public void Dispose() => Disposed = true;

        public NotingWriter Noted()
        {
            all.Add(this);
            return this;
        }
    }

    [Theory]
    [InlineData("0 40 80 120", 25.0, "0 1 2 3", "in time")]
    [InlineData("0 80 120", 25.0, "0 0 1 2", "one is missing: the one before is shown on")]
    [InlineData("0 10 20 30 40", 25.0, "0 3", "too many: a place takes the first that is nearer to it than to the one before")]
    [InlineData("5000 5040", 25.0, "0 1", "time begins where the source's does")]
    [InlineData("0 40 0 40", 25.0, "0 1 2 3", "a source that began anew goes on")]
    [InlineData("0 40 90040 90080", 25.0, "0 1 2 3", "an hour of nothing is not shown")]
    public void Each_time_has_its_frame(string milliseconds, double rate, string expected, string why)
    {
        var writers = new List<NotingWriter>();
        using var video = new ConstantRateVideo(t => new NotingWriter(t, writers).Noted(), "v.mp4", rate, TimeSpan.FromSeconds(10));
        Add(video, milliseconds);
        video.Complete(TestContext.Current.CancellationToken);
        Assert.True(expected == string.Join(' ', Assert.Single(writers).Frames), why);
        Assert.True(writers[0].Completed && writers[0].Disposed);
        Assert.Equal(["v.mp4"], video.Files);
    }

    [Theory]
    [InlineData("0 40 80 120 160", 25)]
    [InlineData("0 33 67 100 133", 30)] // milliseconds round
    [InlineData("0 40 80 200 240", 25)] // some are missing
    [InlineData("0 71 143 214", 14)] // no common rate
    [InlineData("0", 25)] // one alone
    [InlineData("7 7 7", 25)] // no time at all
    [InlineData("0 1000 2000", 1)]
    public void The_rate_is_learned(string milliseconds, double rate) =>
        Assert.Equal(rate, ConstantRateVideo.EstimateFrameRate([.. milliseconds.Split(' ').Select(m => TimeSpan.FromMilliseconds(double.Parse(m)))]), 0.05);

    [Fact]
    public void Frames_wait_until_the_rate_is_known()
    {
        var writers = new List<NotingWriter>();
        using var video = new ConstantRateVideo(t => new NotingWriter(t, writers).Noted(), "v.mp4", null, TimeSpan.FromSeconds(10));
        Add(video, "0 100 200 300 400 500 600");
        Assert.Empty(writers);
        Add(video, "700 800", 7);
        Assert.Equal(10, writers[0].Target.FrameRate);
        Assert.Equal("0 1 2 3 4 5 6 7 8", string.Join(' ', writers[0].Frames));
    }

    [Fact]
    public void A_few_frames_are_a_video_too()
    {
        var writers = new List<NotingWriter>();
        using var video = new ConstantRateVideo(t => new NotingWriter(t, writers).Noted(), "v.mp4", null, TimeSpan.FromSeconds(10));
        Add(video, "0 100 200");
        video.Complete(TestContext.Current.CancellationToken);
        Assert.Equal((10.0, 3), (Assert.Single(writers).Target.FrameRate, writers[0].Frames.Count));
    }

    [Fact]
    public void Another_size_and_a_failure_begin_another_file()
    {
        var writers = new List<NotingWriter>();
        using var video = new ConstantRateVideo(t => new NotingWriter(t, writers) { FailAfter = writers.Count == 1 ? 1 : 100 }.Noted(), "v.mp4", 25, TimeSpan.FromSeconds(10));
        Add(video, "0 40");
        video.Add(Picture(2, 80, 16));
        Assert.True(writers[0].Completed);
        Assert.Throws<SinkException>(() => video.Add(Picture(3, 120, 16)));
        Assert.True(writers[1].Disposed && !writers[1].Completed);
        video.Add(Picture(3, 120, 16));
        video.Complete(TestContext.Current.CancellationToken);
        Assert.Equal(["v.mp4", "v-2.mp4", "v-3.mp4"], writers.Select(w => w.Target.Path));
        Assert.Equal(["v.mp4", "v-3.mp4"], video.Files);
    }

    [Fact]
    public void Every_picture_goes_back_to_its_pool()
    {
        var pool = new FramePool();
        var writers = new List<NotingWriter>();
        using (var video = new ConstantRateVideo(t => new NotingWriter(t, writers) { FailAfter = 9 }.Noted(), "v.mp4", null, TimeSpan.FromSeconds(10)))
        {
            for (int i = 0; i < 12; i++)
            {
                var picture = pool.Rent(PixelFormat.Bgra32, 8, 8, "", i, TimeSpan.FromMilliseconds(i * 40));
                try
                {
                    video.Add(picture);
                }
                catch (SinkException)
                {
                    // The tenth, which fails.
                }
            }
        }

        Assert.Equal(0, pool.RentedCount);
        Assert.Equal(2, writers.Count);
    }

    private static void Add(ConstantRateVideo video, string milliseconds, int first = 0)
    {
        foreach (string at in milliseconds.Split(' '))
        {
            video.Add(Picture(first++, double.Parse(at)));
        }
    }

    private static Frame Picture(long sequence, double milliseconds, int width = 8) =>
        Frame.Rent(PixelFormat.Bgra32, width, 8, "", sequence, TimeSpan.FromMilliseconds(milliseconds));

    [Fact]
    public void A_file_of_which_nothing_was_written_leaves_its_number_to_the_next()
    {
        var writers = new List<NotingWriter>();
        using var video = new ConstantRateVideo(t => new NotingWriter(t, writers) { FailAfter = writers.Count < 3 ? 0 : 100 }.Noted(), "v.mp4", 25, TimeSpan.FromSeconds(10));
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<SinkException>(() => video.Add(Picture(i, i * 40, 8)));
        }

        video.Add(Picture(3, 120, 8));
        video.Complete(TestContext.Current.CancellationToken);
        Assert.All(writers, w => Assert.Equal("v.mp4", w.Target.Path));
        Assert.Equal(["v.mp4"], video.Files);
    }
}
