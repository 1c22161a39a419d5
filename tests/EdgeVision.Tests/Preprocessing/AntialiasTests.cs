using System.Security.Cryptography;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using Xunit;

namespace EdgeVision.Tests.Preprocessing;

/// <summary>
/// torchvision's Resize (a PIL image, bilinear) and CenterCrop against Pillow 9.4's own pixels. Source pixel i (in RGB
/// byte order) is bits 13..20 of i*i*2654435761 + i*40503; the digest is SHA-256 of Pillow's size x size x 3 result.
/// </summary>
public sealed class AntialiasTests
{
    [Theory]
    [InlineData(37, 23, 8, "83efe4a20da2f57279e8b91ef96d80f9e0988554147658c27288600df1e62b7f")] // reduced, odd sides
    [InlineData(16, 30, 24, "6b324a9a12270ba226c492dd7572f69e852fad565bf2190c0eb2c9803abe60e2")] // enlarged
    [InlineData(64, 48, 16, "5f3526cb1e21cc486edd266f28b13ce5311c87720e592bc947cf67080abc3280")] // integer reduction
    public void Resize_and_centre_crop_are_those_of_Pillow(int width, int height, int size, string digest)
    {
        byte[] rgb = new byte[width * height * 3];
        for (ulong i = 0; i < (ulong)rgb.Length; i++)
        {
            rgb[i] = (byte)((i * i * 2654435761 + i * 40503) >> 13);
        }

        using var frame = Frame.Borrow(rgb, PixelFormat.Rgb24, width, height);
        var spec = new InputSpec
        {
            Width = size, Height = size, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, Scale = 1,
            Resize = new ResizeSpec { Mode = ResizeMode.CenterCrop, Interpolation = Interpolation.BilinearAntialias, Rounding = ResizeRounding.Truncate },
        };
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        new Preprocessor(spec).Process(frame, tensor);
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(tensor)));
    }
}
