using EdgeVision.Pipeline.Ffmpeg;
using OpenCvSharp;
using Xunit;

namespace EdgeVision.OpenCv.Tests;

/// <summary>Videos by OpenCV, read back by OpenCV.</summary>
public sealed class OpenCvVideoWriterTests
{
    [Theory]
    [InlineData(".mp4", PixelFormat.Bgra32)]
    [InlineData(".avi", PixelFormat.Bgr24)]
    public void Count_size_rate_and_colours_are_those_written(string extension, PixelFormat format)
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-test-").FullName, path = Path.Combine(folder, "sub", "v" + extension);
        try
        {
            using (var writer = new OpenCvVideoWriter(new VideoTarget(path, 64, 48, 12.5) { Format = format }))
            {
                using var frame = Frame.Rent(format, 64, 48);
                for (int i = 0; i < 20; i++)
                {
                    for (int p = 0; p < frame.Data.Length; p += Frame.GetBytesPerPixel(format))
                    {
                        (frame.MutableData[p], frame.MutableData[p + 1], frame.MutableData[p + 2]) = (200, 100, 40);
                    }

                    writer.Write(frame);
                }

                Assert.False(File.Exists(path));
                writer.Complete(TestContext.Current.CancellationToken);
            }

            Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
            using var video = new VideoCapture(path);
            Assert.Equal((64, 48, 20, 12.5), (video.FrameWidth, video.FrameHeight, video.FrameCount, video.Fps));
            using var picture = new Mat();
            Assert.True(video.Read(picture));
            var pixel = picture.At<Vec3b>(24, 32);
            Assert.True(Math.Abs(pixel.Item0 - 200) < 10 && Math.Abs(pixel.Item1 - 100) < 10 && Math.Abs(pixel.Item2 - 40) < 10, pixel.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_was_not_completed_keeps_a_name_that_says_so()
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-test-").FullName;
        try
        {
            using (var writer = new OpenCvVideoWriter(new VideoTarget(Path.Combine(folder, "v.avi"), 64, 48, 25)))
            {
                using var frame = Frame.Rent(PixelFormat.Bgra32, 64, 48);
                writer.Write(frame);
            }

            Assert.Equal([Path.Combine(folder, "v.part.avi")], Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("v.mkv", PixelFormat.Bgra32)] // a container that OpenCV's own encoders have no use for
    [InlineData("v.mp4", PixelFormat.Nv12)] // OpenCV takes BGR
    public void What_cannot_be_written_is_refused(string name, PixelFormat format)
    {
        var e = Assert.Throws<SinkException>(() => new OpenCvVideoWriter(new VideoTarget(name, 64, 48, 25) { Format = format }));
        Assert.False(e.CanRetry);
    }

    [Fact]
    public void Another_frame_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-test-").FullName;
        try
        {
            using var writer = new OpenCvVideoWriter(new VideoTarget(Path.Combine(folder, "v.avi"), 64, 48, 25));
            using var frame = Frame.Rent(PixelFormat.Bgra32, 32, 48);
            Assert.Throws<FrameFormatException>(() => writer.Write(frame));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
