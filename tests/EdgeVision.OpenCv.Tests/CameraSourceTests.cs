using Xunit;

namespace EdgeVision.OpenCv.Tests;

/// <summary>Cameras that are not there, and texts that name none.</summary>
public sealed class CameraSourceTests
{
    [Theory]
    [InlineData("250")] // a number
    [InlineData("/dev/video250")] // a device
    public void A_camera_that_is_not_plugged_in_may_come(string device)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices are looked for on Linux");
        using var source = new CameraSource(new CameraOptions { Device = device });
        Assert.True(source.IsLive);
        var error = Assert.Throws<SourceException>(() => source.Open(CancellationToken.None));
        Assert.Contains("there is no camera '/dev/video250'", error.Message);
        Assert.True(error.CanRetry);
    }

    [Theory]
    [InlineData("", "MJPG")]
    [InlineData("-1", "MJPG")]
    [InlineData("video.mp4", "MJPG")]
    [InlineData("0", "JPEG2000")] // a code has four letters
    public void What_names_no_camera_is_refused(string device, string code) =>
        Assert.Throws<PipelineConfigException>(() => new CameraSource(new CameraOptions { Device = device, FourCc = code }));

    [Theory]
    [InlineData("0", true)]
    [InlineData("/dev/video2", true)]
    [InlineData("0.jpg", false)]
    [InlineData("rtsp://host/0", false)]
    public void Cameras_are_told_from_other_sources(string text, bool camera) => Assert.Equal(camera, CameraSource.IsCamera(text));
}
