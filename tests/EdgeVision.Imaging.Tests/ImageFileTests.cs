using SkiaSharp;
using Xunit;

namespace EdgeVision.Imaging.Tests;

/// <summary>Pictures in and out of files: orientation, alpha, limits, and files that are not what they say.</summary>
public sealed class ImageFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-imaging-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pixels_survive_a_png()
    {
        using var frame = Noise(37, 21);
        string path = Path.Combine(_folder, "noise.png");
        ImageFile.Save(frame, path);
        using var image = ImageFile.Load(path);
        Assert.Equal((37, 21, PixelFormat.Bgra32), (image.Frame.Width, image.Frame.Height, image.Frame.Format));
        Assert.Equal(Colours(frame), Colours(image.Frame));
    }

    [Fact]
    public void Alpha_is_left_out_and_not_mixed_in() // as OpenCV's imread does
    {
        using var bitmap = new SKBitmap(new SKImageInfo(1, 1, SKColorType.Bgra8888, SKAlphaType.Unpremul));
        bitmap.SetPixel(0, 0, new SKColor(200, 100, 50, 40));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var image = ImageFile.Decode(data.AsSpan(), "alpha.png");
        Assert.Equal(new byte[] { 50, 100, 200 }, image.Frame.Data[..3].ToArray());
    }

    [Theory]
    // EXIF orientation, and where the red corner pixel block of an upright 32x16 picture's stored form ends up
    [InlineData(1, 32, 16, 0, 0)]
    [InlineData(2, 32, 16, 1, 0)]
    [InlineData(3, 32, 16, 1, 1)]
    [InlineData(4, 32, 16, 0, 1)]
    [InlineData(5, 16, 32, 0, 0)]
    [InlineData(6, 16, 32, 1, 0)]
    [InlineData(7, 16, 32, 1, 1)]
    [InlineData(8, 16, 32, 0, 1)]
    public void Exif_orientation_is_applied(byte orientation, int width, int height, int right, int bottom)
    {
        // Stored: red top left, white elsewhere.
        using var bitmap = new SKBitmap(new SKImageInfo(32, 16, SKColorType.Bgra8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.White);
        bitmap.Erase(SKColors.Red, new SKRectI(0, 0, 8, 8));
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        byte[] jpeg = data.ToArray();
        byte[] exif =
        [
            0xFF, 0xE1, 0x00, 0x22, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0,
            (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        using var image = ImageFile.Decode([.. jpeg[..2], .. exif, .. jpeg[2..]], "turned.jpg");
        Assert.Equal((width, height), (image.Frame.Width, image.Frame.Height));
        for (int k = 0; k < 4; k++)
        {
            int x = k % 2 == 0 ? 2 : width - 3, y = k / 2 == 0 ? 2 : height - 3;
            var pixel = image.Frame.Data.Slice(y * image.Frame.Stride + x * 4, 4);
            bool red = pixel[2] > 200 && pixel[1] < 80;
            Assert.Equal(k % 2 == right && k / 2 == bottom, red);
        }
    }

    [Fact]
    public void Files_that_are_not_what_they_say_are_refused_with_the_reason()
    {
        using var frame = Noise(64, 64);
        string path = Path.Combine(_folder, "whole.png");
        ImageFile.Save(frame, path);
        byte[] whole = File.ReadAllBytes(path);
        Assert.Contains("empty", Assert.Throws<FrameFormatException>(() => ImageFile.Decode([], "a.png")).Message);
        Assert.Contains("must be a JPEG, PNG, WebP, BMP or GIF image", Assert.Throws<FrameFormatException>(() => ImageFile.Decode("hello"u8, "a.png")).Message);
        Assert.Contains("cannot be read", Assert.Throws<FrameFormatException>(() => ImageFile.Load(Path.Combine(_folder, "none.png"))).Message);
        Assert.Contains("64x64", Assert.Throws<FrameFormatException>(() => ImageFile.Decode(whole, "a.png", maxPixels: 1000)).Message);
        for (int cut = 60; cut < whole.Length - 20; cut += whole.Length / 7)
        {
            int length = cut;
            Assert.Contains("truncated", Assert.Throws<FrameFormatException>(() => ImageFile.Decode(whole.AsSpan(0, length), "a.png")).Message);
        }
    }

    [Fact]
    public void What_cannot_be_written_leaves_nothing_behind()
    {
        using var frame = Noise(8, 8);
        Assert.Contains(".png", Assert.Throws<EdgeVisionException>(() => ImageFile.Save(frame, Path.Combine(_folder, "a.tiff"))).Message);
        string folder = Path.Combine(_folder, "taken.png");
        Directory.CreateDirectory(folder); // a folder where the file would go
        Assert.Contains("cannot be written", Assert.Throws<EdgeVisionException>(() => ImageFile.Save(frame, folder)).Message);
        Assert.Equal([folder], Directory.GetFileSystemEntries(_folder));
    }

    internal static Frame Noise(int width, int height)
    {
        var frame = Frame.Rent(PixelFormat.Bgra32, width, height);
        new Random(1).NextBytes(frame.MutableData);
        for (int i = 3; i < frame.MutableData.Length; i += 4)
        {
            frame.MutableData[i] = 255;
        }

        return frame;
    }

    private static byte[] Colours(Frame frame) => [.. frame.Data.ToArray().Where((_, i) => i % 4 != 3)];
}
