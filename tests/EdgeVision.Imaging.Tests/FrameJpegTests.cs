using Xunit;

namespace EdgeVision.Imaging.Tests;

/// <summary>JPEGs show the frame, in the size that was asked for, and leave the frame as it was.</summary>
public sealed class FrameJpegTests
{
    [Theory]
    [InlineData(PixelFormat.Bgr24, 0, 320, 180)] // as large as it is
    [InlineData(PixelFormat.Nv12, 160, 160, 90)] // made smaller, from planes
    [InlineData(PixelFormat.Bgra32, 160, 160, 90)] // made smaller, without a copy
    [InlineData(PixelFormat.Gray8, 640, 320, 180)] // never larger
    public void Size_and_brightness_are_kept(PixelFormat format, int maxWidth, int width, int height)
    {
        using var frame = Frame.Rent(format, 320, 180);
        frame.MutableData.Fill(128);
        using var encoder = new FrameJpegEncoder(90, maxWidth);
        using var image = ImageFile.Decode(encoder.Encode(frame), "encoded");
        Assert.Equal((width, height), (image.Frame.Width, image.Frame.Height));
        Assert.InRange(image.Frame.Data[0], 120, 136);
    }

    [Fact]
    public void A_source_may_change_its_size()
    {
        using var encoder = new FrameJpegEncoder(80, 100);
        foreach (var (width, height) in ((int, int)[])[(200, 100), (400, 100), (50, 50)])
        {
            using var frame = Frame.Rent(PixelFormat.Rgb24, width, height);
            using var image = ImageFile.Decode(encoder.Encode(frame), "encoded");
            Assert.Equal(Math.Min(width, 100), image.Frame.Width);
        }
    }
}
