using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Preprocessing;

/// <summary>Whole frames in BGRA32 have the numbers that networks are fed with, for every format, size and stride.</summary>
public sealed class FrameConverterTests
{
    public static TheoryData<PixelFormat, int, int, int> Frames()
    {
        var rows = new TheoryData<PixelFormat, int, int, int>();
        foreach (var format in Enum.GetValues<PixelFormat>())
        {
            // Widths around the vectors' lengths; strides with padding.
            foreach (int width in (int[])[2, 4, 6, 8, 14, 16, 18, 30, 32, 34, 62, 64, 66, 130])
            {
                rows.Add(format, width, 4, 0);
                rows.Add(format, width, 2, 10);
            }

            if (format is not (PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2))
            {
                rows.Add(format, 1, 1, 0);
                rows.Add(format, 7, 3, 1);
                rows.Add(format, 17, 3, 0);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Pixels_are_those_a_network_sees(PixelFormat format, int width, int height, int padding)
    {
        int stride = width * Frame.GetBytesPerPixel(format) + padding;
        byte[] bytes = new byte[stride * height * 2];
        new Random(width * 31 + height).NextBytes(bytes);
        using var source = Frame.Borrow(bytes, format, width, height, stride);
        using var converted = Frame.Rent(PixelFormat.Bgra32, width, height);
        FrameConverter.ToBgra(source, converted);

        var network = new Preprocessor(new InputSpec
        {
            Width = width, Height = height, Layout = TensorLayout.Nhwc, Element = TensorElement.UInt8, ColorOrder = ColorOrder.Bgr,
            Scale = 1, Mean = [0], Std = [1], Resize = new ResizeSpec { Mode = ResizeMode.Stretch },
        });
        byte[] seen = new byte[width * height * 3];
        network.Process(source, seen);
        for (int i = 0; i < width * height; i++)
        {
            var pixel = converted.Data.Slice(i * 4, 4);
            Assert.Equal(seen.AsSpan(i * 3, 3).ToArray(), pixel[..3].ToArray());
            Assert.Equal(255, pixel[3]);
        }
    }

    [Fact]
    public void Nothing_is_read_behind_the_last_pixel()
    {
        foreach (var format in Enum.GetValues<PixelFormat>())
        {
            using var canvas = Frame.Rent(PixelFormat.Bgra32, 18, 2);
            int length = format is PixelFormat.Nv12 or PixelFormat.I420 ? 18 * 3 : 18 * 2 * Frame.GetBytesPerPixel(format);
            using var memory = GuardedBuffer.Random(length, 1);
            unsafe
            {
                using var frame = Frame.Borrow((nint)memory.Pointer, length, format, 18, 2);
                FrameConverter.ToBgra(frame, canvas);
            }
        }
    }

    [Theory]
    [InlineData(PixelFormat.Bgr24, 4, 4)] // another format
    [InlineData(PixelFormat.Bgra32, 4, 2)] // another height
    [InlineData(PixelFormat.Bgra32, 2, 4)] // another width
    public void Another_destination_is_refused(PixelFormat format, int width, int height)
    {
        using var source = Frame.Rent(PixelFormat.Gray8, 4, 4);
        using var destination = Frame.Rent(format, width, height);
        Assert.Throws<FrameFormatException>(() => FrameConverter.ToBgra(source, destination));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        using var source = Frame.Rent(PixelFormat.Nv12, 64, 48);
        using var destination = Frame.Rent(PixelFormat.Bgra32, 64, 48);
        Assert.Equal(0, Allocations.Of(() => FrameConverter.ToBgra(source, destination)));
    }
}
