using System.Diagnostics;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Video;

/// <summary>Videos by the installed ffmpeg: what is written can be read, whatever ended it.</summary>
public sealed class FfmpegVideoWriterTests
{
    [Theory]
    [InlineData(PixelFormat.Bgra32, ".mp4", 64, 48)]
    [InlineData(PixelFormat.Nv12, ".mkv", 64, 48)]
    [InlineData(PixelFormat.Bgr24, ".avi", 65, 47)] // odd sides get a border
    [InlineData(PixelFormat.I420, ".mp4", 66, 50)]
    [InlineData(PixelFormat.Gray8, ".mp4", 64, 48)]
    public void Count_size_and_time_are_those_written(PixelFormat format, string extension, int width, int height)
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        string path = folder["sub/video" + extension];
        using (var writer = new FfmpegVideoWriter(new VideoTarget(path, width, height, 12.5) { Format = format }))
        {
            for (int i = 0; i < 30; i++)
            {
                using var frame = Frame.Rent(format, width, height, "", i);
                SinkFrames.Paint(frame);
                writer.Write(frame);
            }

            Assert.False(File.Exists(path));
            writer.Complete(TestContext.Current.CancellationToken);
        }

        Assert.Equal([path], Directory.GetFiles(folder["sub"]));
        var video = TestVideo.Read(path);
        Assert.Equal((width + width % 2, height + height % 2, 30), (video.Width, video.Height, video.Frames));
        Assert.Equal(2.4, video.Seconds, 0.01);
    }

    [Fact]
    public void Rows_with_padding_are_written_without_it()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        byte[] bytes = new byte[300 * 48];
        for (int y = 0; y < 48; y++)
        {
            bytes.AsSpan(y * 300, 256).Fill(200);
        }

        using (var writer = new FfmpegVideoWriter(new VideoTarget(folder["v.mp4"], 64, 48, 25)))
        {
            using var frame = Frame.Borrow(bytes, PixelFormat.Bgra32, 64, 48, 300);
            writer.Write(frame);
            writer.Write(frame);
            writer.Complete(TestContext.Current.CancellationToken);
        }

        // Every pixel is the same gray: the padding's black is nowhere.
        byte[] pixels = Decode(folder["v.mp4"]);
        Assert.Equal(2 * 64 * 48, pixels.Length);
        Assert.All(pixels, p => Assert.InRange(p, 194, 206));
    }

    [Fact]
    public void A_writer_that_is_not_completed_leaves_a_part_that_plays()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        var target = new VideoTarget(folder["v.mp4"], 64, 48, 10);
        using (var writer = new FfmpegVideoWriter(target, new FfmpegVideoOptions { Preset = "ultrafast" }))
        {
            WriteUntilOnDisk(writer, target.PartPath);
        }

        Assert.Equal(["v.part.mp4"], folder.Names);
        Assert.True(TestVideo.Read(target.PartPath).Frames >= 10);
    }

    [Fact]
    public void An_encoder_that_dies_is_said_and_its_part_plays()
    {
        TestVideo.NeedsFfmpeg();
        using var disk = new SmallDisk(200);
        var target = new VideoTarget(disk["v.mp4"], 320, 240, 10);
        using (var writer = new FfmpegVideoWriter(target, new FfmpegVideoOptions { Preset = "ultrafast", Quality = 5 }))
        {
            var random = new Random(1);
            using var frame = Frame.Rent(PixelFormat.Bgra32, 320, 240);
            var e = Assert.Throws<SinkException>(() =>
            {
                for (int i = 0; i < 2000; i++)
                {
                    random.NextBytes(frame.MutableData);
                    writer.Write(frame);
                }
            });
            Assert.Contains("No space left on device", e.Message);
        }

        Assert.Equal(["v.part.mp4"], disk.Names);
    }

    [Fact]
    public void The_other_encoder_does_where_x264_is_absent()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        using (var writer = new FfmpegVideoWriter(new VideoTarget(folder["v.mp4"], 64, 48, 25), new FfmpegVideoOptions { Codec = "mpeg4", BitRate = 200_000 }))
        {
            using var frame = Frame.Rent(PixelFormat.Bgra32, 64, 48);
            SinkFrames.Paint(frame);
            writer.Write(frame);
            writer.Complete(TestContext.Current.CancellationToken);
        }

        Assert.Equal(("mpeg4", 1), (TestVideo.Read(folder["v.mp4"]).Codec, TestVideo.Read(folder["v.mp4"]).Frames));
    }

    [Theory]
    [InlineData("no-such-ffmpeg", "v.mp4", null, "install ffmpeg")]
    [InlineData("ffmpeg", "v.xyz", null, "must end in")]
    public void What_cannot_begin_is_said(string executable, string name, string? codec, string said)
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        var e = Assert.Throws<SinkException>(() => new FfmpegVideoWriter(new VideoTarget(folder[name], 64, 48, 25), new FfmpegVideoOptions { Executable = executable, Codec = codec }));
        Assert.Contains(said, e.Message);
        Assert.False(e.CanRetry);
    }

    [Fact]
    public void An_encoder_of_no_such_name_is_said_by_ffmpeg()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        using var writer = new FfmpegVideoWriter(new VideoTarget(folder["v.mp4"], 64, 48, 25), new FfmpegVideoOptions { Codec = "no_such_codec" });
        var e = Assert.Throws<SinkException>(() => writer.Complete(TestContext.Current.CancellationToken));
        Assert.Contains("no_such_codec", e.Message);
    }

    [Fact]
    public void Another_frame_is_refused()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        using var writer = new FfmpegVideoWriter(new VideoTarget(folder["v.mp4"], 64, 48, 25));
        using var wide = Frame.Rent(PixelFormat.Bgra32, 66, 48);
        using var other = Frame.Rent(PixelFormat.Rgba32, 64, 48);
        Assert.Throws<FrameFormatException>(() => writer.Write(wide));
        Assert.Throws<FrameFormatException>(() => writer.Write(other));
    }

    /// <summary>Writes until ffmpeg has put two seconds or so of the video onto the disk.</summary>
    internal static void WriteUntilOnDisk(FfmpegVideoWriter writer, string path)
    {
        using var frame = Frame.Rent(PixelFormat.Bgra32, 64, 48);
        var limit = Stopwatch.StartNew();
        for (int i = 0; i < 100 || new FileInfo(path).Length < 4000; i++)
        {
            frame.MutableData.Fill((byte)i);
            writer.Write(frame);
            Assert.True(limit.Elapsed < TimeSpan.FromMinutes(1), "ffmpeg writes nothing");
        }
    }

    private static byte[] Decode(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]) { RedirectStandardOutput = true })!;
        using var pixels = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(pixels);
        process.WaitForExit();
        return pixels.ToArray();
    }
}
