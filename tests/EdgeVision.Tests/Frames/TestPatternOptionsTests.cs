using EdgeVision.Frames;
using Xunit;

namespace EdgeVision.Tests.Frames;

/// <summary>Addresses of test patterns: what they may say, and what is wrong with those that say something else.</summary>
public sealed class TestPatternOptionsTests
{
    [Fact]
    public void Everything_can_be_said()
    {
        var options = TestPatternOptions.Parse("test:320x240@12.5?objects=7&seed=42&frames=300&format=nv12&live=true");
        Assert.Equal((320, 240, 12.5, 7, 42, 300L, PixelFormat.Nv12, true), (options.Width, options.Height, options.FrameRate, options.ObjectCount, options.Seed, options.FrameCount, options.Format, options.IsLive));
    }

    [Theory]
    [InlineData("test:", 640, 480, 30)] // nothing is said
    [InlineData("TEST:@5", 640, 480, 5)] // a rate alone
    [InlineData("test:1280x720", 1280, 720, 30)] // a size alone
    [InlineData("test://64x48@10?", 64, 48, 10)] // written like an address of the network
    public void What_is_left_out_has_its_default(string address, int width, int height, double rate)
    {
        var options = TestPatternOptions.Parse(address);
        Assert.Equal((width, height, rate, PixelFormat.Bgr24, false), (options.Width, options.Height, options.FrameRate, options.Format, options.IsLive));
    }

    [Theory]
    [InlineData("bgr", PixelFormat.Bgr24)]
    [InlineData("RGBA", PixelFormat.Rgba32)]
    [InlineData("gray", PixelFormat.Gray8)]
    [InlineData("i420", PixelFormat.I420)]
    [InlineData("yuy2", PixelFormat.Yuy2)]
    public void Formats_have_short_names(string name, PixelFormat format) => Assert.Equal(format, TestPatternOptions.Parse("test:?format=" + name).Format);

    [Theory]
    [InlineData("video.mp4", "begin with test:")]
    [InlineData("test:640", "not a size such as 640x480")] // one side
    [InlineData("test:axb", "the width must be a whole number; got 'a'")]
    [InlineData("test:16x16", "width and height must be 32")] // too small for the number
    [InlineData("test:65x48?format=nv12", "even width and height")] // half-size colour
    [InlineData("test:640x480@0", "above 0")] // would never give a second frame
    [InlineData("test:640x480@NaN", "above 0")]
    [InlineData("test:?objects=-1", "0 to 64")]
    [InlineData("test:?objects=99999", "0 to 64")]
    [InlineData("test:?frames=-5", "must be at least 0")]
    [InlineData("test:?format=v210", "bgr24")] // the message lists what there is
    [InlineData("test:?live=maybe", "true or false")]
    [InlineData("test:?colour=red", "unknown option 'colour'")]
    public void What_is_wrong_is_said(string address, string reason) =>
        Assert.Contains(reason, Assert.Throws<PipelineConfigException>(() => TestPatternOptions.Parse(address)).Message);
}
