using SkiaSharp;

namespace EdgeVision.TestSupport;

/// <summary>Small pictures of one colour with some noise, encoded.</summary>
internal static class TestJpeg
{
    public static byte[] Encode(int width, int height, SKColor colour, bool png = false)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        bitmap.Erase(colour);
        var random = new Random(1);
        for (int i = 0; i < width * height / 8; i++)
        {
            bitmap.SetPixel(random.Next(width), random.Next(height), new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
        }

        using var data = bitmap.Encode(png ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, 95);
        return data.ToArray();
    }
}
