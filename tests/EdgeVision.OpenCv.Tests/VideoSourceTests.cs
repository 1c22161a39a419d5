using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using OpenCvSharp;
using Xunit;

namespace EdgeVision.OpenCv.Tests;

/// <summary>Videos and streams through OpenCV: their frames beside ffmpeg's, their ends, a real RTSP server.</summary>
public sealed class VideoSourceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FramePool _pool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-opencv-").FullName;

    public VideoSourceTests() => Assert.SkipUnless(OpenCvLibrary.IsAvailable(out string? reason), reason ?? "");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_video_is_read_to_its_end_with_its_own_times()
    {
        using var source = Open(SharedData.Path("video", "walking.mp4"));
        Assert.Equal((25.0, 341L, false), (source.FrameRate, source.FrameCount, source.IsLive));
        int count = 0;
        for (; source.Read(_pool, CancellationToken.None) is { } frame; frame.Dispose())
        {
            Assert.Equal((PixelFormat.Bgr24, 960, 540, 960 * 3, (long)count), (frame.Format, frame.Width, frame.Height, frame.Stride, frame.Sequence));
            Assert.Equal(40.0 * count, frame.Timestamp.TotalMilliseconds, 1.0);
            count++;
        }

        Assert.Equal(341, count);
        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void Frames_are_those_of_ffmpeg()
    {
        string video = SharedData.Path("video", "walking.mp4");
        using var ffmpeg = new FfmpegSource(new FfmpegOptions { Input = video, OpenTimeout = Patience });
        try
        {
            ffmpeg.Open(CancellationToken.None);
        }
        catch (SourceException e) when (e.Message.Contains("apt-get install ffmpeg", StringComparison.Ordinal))
        {
            Assert.Skip(e.Message);
        }

        using var source = Open(video);
        for (int i = 0; i < 40; i++)
        {
            using var bgr = source.Read(_pool, CancellationToken.None)!;
            using var nv12 = ffmpeg.Read(_pool, CancellationToken.None)!;
            Assert.Equal((bgr.Width, bgr.Height, bgr.Sequence), (nv12.Width, nv12.Height, nv12.Sequence));
            using var planes = Mat.FromPixelData(nv12.Height * 3 / 2, nv12.Width, MatType.CV_8UC1, nv12.Data.ToArray());
            using var theirs = new Mat();
            Cv2.CvtColor(planes, theirs, ColorConversionCodes.YUV2BGR_NV12);
            using var ours = Mat.FromPixelData(bgr.Height, bgr.Width, MatType.CV_8UC3, bgr.Data.ToArray());
            using var difference = new Mat();
            Cv2.Absdiff(ours, theirs, difference);
            double mean = Cv2.Mean(difference) is var m ? (m.Val0 + m.Val1 + m.Val2) / 3 : 0;
            Assert.True(mean < 2, $"frame {i} differs by {mean:F2} a byte");
        }
    }

    [Fact]
    public void A_missing_file_and_one_that_is_no_video_are_said()
    {
        var missing = Assert.Throws<SourceException>(() => Open(Path.Combine(_folder, "none.mp4")));
        Assert.Contains("there is no file", missing.Message);
        Assert.False(missing.CanRetry);
        string text = Path.Combine(_folder, "notes.mp4");
        File.WriteAllText(text, "hello");
        var wrong = Assert.Throws<SourceException>(() => Open(text));
        Assert.Contains("not a readable video", wrong.Message);
        Assert.False(wrong.CanRetry);
    }

    [Fact]
    public void A_library_without_a_network_says_so_and_shows_no_password()
    {
        Assert.SkipWhen(OpenCvLibrary.HasNetwork, "this OpenCV has a network");
        var error = Assert.Throws<SourceException>(() => Open("rtsp://cam:s3cret@127.0.0.1:9/test"));
        Assert.False(error.CanRetry);
        Assert.Contains("use ffmpeg for streams", error.Message);
        Assert.DoesNotContain("s3cret", error.ToString());
    }

    [Fact]
    public void A_video_that_is_cut_short_in_the_middle_of_reading_gives_its_frames_and_then_says_so()
    {
        string path = Path.Combine(_folder, "cut.mp4");
        File.Copy(SharedData.Path("video", "walking.mp4"), path);
        using var source = Open(path);
        int count = 0;
        source.Read(_pool, CancellationToken.None)!.Dispose();
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(1_200_000);
        }

        var error = Assert.Throws<SourceException>(() =>
        {
            for (; source.Read(_pool, CancellationToken.None) is { } frame; frame.Dispose())
            {
                count++;
            }
        });
        Assert.InRange(count, 20, 200);
        Assert.Contains("of 341 frames", error.Message);
        Assert.False(error.CanRetry);
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public async Task A_stream_is_lost_with_its_server_and_comes_back_with_it()
    {
        Assert.SkipUnless(OpenCvLibrary.HasNetwork, "this OpenCV is built without a network, as OpenCvSharp4's packages for Linux are");
        string video = SharedData.Path("video", "walking.mp4");
        int port;
        using (var server = RtspServer.Start(video, user: "cam", password: "s3cret"))
        {
            port = server.Port;
            using var source = Open(server.AddressFor("cam", "s3cret"));
            Assert.True(source.IsLive);
            Assert.DoesNotContain("s3cret", source.Name);
            for (int i = 0; i < 20; i++)
            {
                using var frame = source.Read(_pool, CancellationToken.None)!;
                Assert.Equal((960, 540, (long)i), (frame.Width, frame.Height, frame.Sequence));
            }

            server.Dispose();
            var lost = Assert.Throws<SourceException>(() => ReadOn(source, CancellationToken.None));
            Assert.True(lost.CanRetry);
            Assert.DoesNotContain("s3cret", lost.ToString());
        }

        Assert.True(Assert.Throws<SourceException>(() => Open($"rtsp://127.0.0.1:{port}/test")).CanRetry);
        using var again = RtspServer.Start(video, port);
        using var fresh = Open(again.Address);
        fresh.Read(_pool, CancellationToken.None)!.Dispose();
        again.Stop(); // answers no more, and does not close either
        using var stalled = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var read = Task.Run(() => ReadOn(fresh, stalled.Token), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken));
        fresh.Abort();
        Assert.Throws<SourceException>(() => fresh.Read(_pool, CancellationToken.None));
    }

    private void ReadOn(EdgeVision.Pipeline.FrameSource source, CancellationToken cancel)
    {
        while (source.Read(_pool, cancel) is { } frame)
        {
            frame.Dispose();
        }
    }

    private static VideoSource Open(string input)
    {
        var source = new VideoSource(new VideoOptions { Input = input, ReadTimeout = TimeSpan.FromSeconds(3) });
        try
        {
            source.Open(CancellationToken.None);
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}
