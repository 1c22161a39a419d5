using OpenCvSharp;
using Xunit;

namespace EdgeVision.OpenCv.Tests;

/// <summary>Frames out of OpenCV land in the pool's memory, also where the size is another than was said.</summary>
public sealed class CaptureReaderTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"edgevision-{Guid.NewGuid():N}.avi");

    public CaptureReaderTests() => Assert.SkipUnless(OpenCvLibrary.IsAvailable(out string? reason), reason ?? "");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(64, 48)] // as it is: decoded in place
    [InlineData(32, 32)] // a camera that changed its size
    public void Pixels_are_those_that_were_written(int saidWidth, int saidHeight)
    {
        using (var writer = new VideoWriter(_path, VideoCaptureAPIs.FFMPEG, FourCC.FromString("MJPG"), 10, new Size(64, 48)))
        using (var picture = new Mat(48, 64, MatType.CV_8UC3, new Scalar(200, 100, 50)))
        {
            writer.Write(picture);
        }

        using var capture = new VideoCapture(_path, VideoCaptureAPIs.FFMPEG);
        Assert.True(capture.Grab());
        var size = new Size(saidWidth, saidHeight);
        var pool = new FramePool();
        using (var frame = CaptureReader.Retrieve(capture, ref size, pool, "test", 7, TimeSpan.FromSeconds(1)))
        {
            Assert.Equal((64, 48, 7L), (frame.Width, frame.Height, frame.Sequence));
            Assert.Equal(new Size(64, 48), size);
            for (int i = 0; i < frame.Data.Length; i++)
            {
                Assert.Equal(i % 3 == 0 ? 200 : i % 3 == 1 ? 100 : 50, frame.Data[i], 4.0);
            }
        }

        Assert.Equal(0, pool.RentedCount);
    }
}
