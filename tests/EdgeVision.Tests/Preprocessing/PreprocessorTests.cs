using System.Runtime.InteropServices;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Preprocessing;

/// <summary>Strides, crops, layouts, the way back to the frame, errors and allocations.</summary>
public sealed class PreprocessorTests
{
    [Theory]
    [InlineData(PixelFormat.Gray8)]
    [InlineData(PixelFormat.Bgr24)]
    [InlineData(PixelFormat.Rgba32)]
    [InlineData(PixelFormat.Nv12)]
    [InlineData(PixelFormat.I420)]
    [InlineData(PixelFormat.Yuy2)]
    public void Padded_rows_give_what_tight_rows_give(PixelFormat format)
    {
        const int Width = 38, Height = 22;
        using var tight = Frame.Rent(format, Width, Height);
        new Random(1).NextBytes(tight.MutableData);
        int rowBytes = Width * Frame.GetBytesPerPixel(format), stride = rowBytes + 6;
        byte[] padded = new byte[stride * Height * 2];
        var rows = format switch
        {
            PixelFormat.Nv12 => new[] { (Height, rowBytes, stride), (Height / 2, rowBytes, stride) },
            PixelFormat.I420 => [(Height, rowBytes, stride), (Height / 2, rowBytes / 2, stride / 2), (Height / 2, rowBytes / 2, stride / 2)],
            _ => [(Height, rowBytes, stride)],
        };
        int from = 0, to = 0;
        foreach (var (count, bytes, step) in rows)
        {
            for (int y = 0; y < count; y++, from += bytes, to += step)
            {
                tight.Data.Slice(from, bytes).CopyTo(padded.AsSpan(to));
            }
        }

        using var strided = Frame.Borrow(padded, format, Width, Height, stride);
        var spec = new InputSpec { Width = 24, Height = 24 };
        Assert.Equal(Run(spec, tight), Run(spec, strided));
    }

    [Theory]
    [InlineData(PixelFormat.Bgr24)]
    [InlineData(PixelFormat.Nv12)]
    [InlineData(PixelFormat.Yuy2)]
    public void A_crop_gives_what_the_cut_picture_gives(PixelFormat format)
    {
        const int Width = 64, Height = 48;
        using var frame = Frame.Rent(format, Width, Height);
        new Random(2).NextBytes(frame.MutableData);
        var whole = new InputSpec { Width = Width, Height = Height, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, Scale = 1 };
        byte[] rgb = new byte[Width * Height * 3];
        new Preprocessor(whole).Process(frame, rgb);

        const int X = 5, Y = 7, W = 33, H = 21; // odd on purpose: chroma is shared by pairs
        byte[] cut = new byte[W * H * 3];
        for (int y = 0; y < H; y++)
        {
            rgb.AsSpan(((Y + y) * Width + X) * 3, W * 3).CopyTo(cut.AsSpan(y * W * 3));
        }

        using var cutFrame = Frame.Borrow(cut, PixelFormat.Rgb24, W, H);
        var spec = new InputSpec { Width = 20, Height = 20 };
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        var transform = new Preprocessor(spec).Process(frame, tensor, new Box(X, Y, X + W, Y + H));
        Assert.Equal(Run(spec, cutFrame), MemoryMarshal.Cast<byte, float>(tensor).ToArray());
        Assert.Equal(X, transform.ToFrameX(transform.PadX));
        Assert.Equal(Y, transform.ToFrameY(transform.PadY));
    }

    [Theory]
    [InlineData(ResizeMode.Letterbox, 1280, 720)]
    [InlineData(ResizeMode.TopLeft, 641, 480)]
    [InlineData(ResizeMode.Stretch, 333, 777)]
    [InlineData(ResizeMode.CenterCrop, 500, 375)]
    public void The_way_back_is_the_inverse(ResizeMode mode, int width, int height)
    {
        using var frame = Frame.Rent(PixelFormat.Gray8, width, height);
        var spec = new InputSpec { Width = 320, Height = 320, Resize = new ResizeSpec { Mode = mode } };
        var transform = new Preprocessor(spec).Process(frame, new byte[Preprocessor.GetByteCount(spec)]);
        foreach (float f in new[] { 0f, 17.25f, 300f })
        {
            Assert.Equal(f, transform.ToFrameX(transform.ToInputX(f)), 1e-3f);
            Assert.Equal(f, transform.ToFrameY(transform.ToInputY(f)), 1e-3f);
        }
    }

    [Fact]
    public void Nearest_takes_OpenCVs_pixel()
    {
        byte[] gray = [.. Enumerable.Range(0, 10).Select(i => (byte)(i * 20))];
        using var frame = Frame.Borrow(gray, PixelFormat.Gray8, 10, 1);
        var spec = new InputSpec
        {
            Width = 4, Height = 1, Element = TensorElement.UInt8, ColorOrder = ColorOrder.Gray, Scale = 1,
            Resize = new ResizeSpec { Mode = ResizeMode.Stretch, Interpolation = Interpolation.Nearest },
        };
        byte[] tensor = new byte[4];
        new Preprocessor(spec).Process(frame, tensor);
        Assert.Equal(new byte[] { 0, 40, 100, 140 }, tensor); // floor(i * 2.5)
    }

    [Fact]
    public void Gray_weights_are_those_of_OpenCV()
    {
        using var frame = Frame.Borrow(new byte[] { 10, 200, 90, 255, 255, 255 }, PixelFormat.Bgr24, 2, 1);
        var spec = new InputSpec { Width = 2, Height = 1, Element = TensorElement.UInt8, ColorOrder = ColorOrder.Gray, Scale = 1, Resize = new ResizeSpec { Mode = ResizeMode.Stretch } };
        byte[] tensor = new byte[2];
        new Preprocessor(spec).Process(frame, tensor);
        Assert.Equal(new byte[] { 145, 255 }, tensor); // (10*3735 + 200*19235 + 90*9798 + 16384) >> 15
    }

    [Theory]
    [InlineData(ResizeMode.Letterbox, Interpolation.Bilinear)]
    [InlineData(ResizeMode.CenterCrop, Interpolation.BilinearAntialias)]
    public void A_steady_stream_allocates_nothing(ResizeMode mode, Interpolation interpolation)
    {
        using var frame = Frame.Rent(PixelFormat.Nv12, 64, 48);
        var spec = new InputSpec { Width = 32, Height = 32, Element = TensorElement.Float16, Resize = new ResizeSpec { Mode = mode, Interpolation = interpolation } };
        var preprocessor = new Preprocessor(spec);
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        Assert.Equal(0, Allocations.Of(() => preprocessor.Process(frame, tensor)));
    }

    [Fact]
    public void Impossible_frames_and_specs_are_refused_with_their_reason()
    {
        Assert.Contains("sides from 1 to", Assert.Throws<FrameFormatException>(() => Frame.Rent(PixelFormat.Bgr24, 50_000, 50_000)).Message);
        Assert.Contains("even sides", Assert.Throws<FrameFormatException>(() => Frame.Rent(PixelFormat.Nv12, 7, 4)).Message);
        Assert.Contains("needs 48 bytes; got 10", Assert.Throws<FrameFormatException>(() => Frame.Borrow(new byte[10], PixelFormat.Bgr24, 4, 4)).Message);
        Assert.Contains("stride", Assert.Throws<FrameFormatException>(() => Frame.Borrow(new byte[100], PixelFormat.Bgr24, 4, 4, stride: 11)).Message);
        Assert.Contains("std", Assert.Throws<SpecException>(() => new Preprocessor(new InputSpec { Width = 4, Height = 4, Std = [0] })).Message);
        Assert.Contains("mean and std", Assert.Throws<SpecException>(() => new Preprocessor(new InputSpec { Width = 4, Height = 4, Mean = [0, 0] })).Message);
        Assert.Contains("0x4", Assert.Throws<SpecException>(() => new Preprocessor(new InputSpec { Height = 4 })).Message);
        using var frame = Frame.Rent(PixelFormat.Gray8, 8, 8);
        var preprocessor = new Preprocessor(new InputSpec { Width = 4, Height = 4 });
        byte[] tensor = new byte[4 * 4 * 3 * 4];
        Assert.Contains("must overlap the frame", Assert.Throws<FrameFormatException>(() => preprocessor.Process(frame, tensor, new Box(9, 9, 12, 12))).Message);
        Assert.Contains("must have finite corners", Assert.Throws<FrameFormatException>(() => preprocessor.Process(frame, tensor, new Box(float.NaN, 0, 1, 1))).Message);
        Assert.Throws<ArgumentException>(() => preprocessor.Process(frame, new byte[10]));
    }

    [Fact]
    public void A_disposed_frame_gives_no_pixels()
    {
        var frame = Frame.Rent(PixelFormat.Gray8, 8, 8);
        frame.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frame.Data.Length);
    }

    private static float[] Run(InputSpec spec, Frame frame)
    {
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        new Preprocessor(spec).Process(frame, tensor);
        return MemoryMarshal.Cast<byte, float>(tensor).ToArray();
    }

    [Theory]
    [InlineData(ResizeMode.Letterbox, Interpolation.Bilinear, 640, 480)] // rows shared
    [InlineData(ResizeMode.Letterbox, Interpolation.Bilinear, 150, 90)] // enlarged
    [InlineData(ResizeMode.Letterbox, Interpolation.Bilinear, 576, 576)] // picked
    [InlineData(ResizeMode.Stretch, Interpolation.Bilinear, 1366, 768)] // rows apart
    [InlineData(ResizeMode.CenterCrop, Interpolation.BilinearAntialias, 500, 400)]
    [InlineData(ResizeMode.TopLeft, Interpolation.Nearest, 333, 1000)]
    [InlineData(ResizeMode.Stretch, Interpolation.Bilinear, 200, 3)]
    public void Threads_change_nothing(ResizeMode mode, Interpolation interpolation, int width, int height)
    {
        foreach (var format in new[] { PixelFormat.Bgr24, PixelFormat.Nv12, PixelFormat.Gray8 })
        {
            using var frame = Frame.Rent(format, width & ~1, Math.Max(2, height & ~1));
            new Random(width).NextBytes(frame.MutableData);
            var spec = new InputSpec { Width = 192, Height = 192, Resize = new ResizeSpec { Mode = mode, Interpolation = interpolation } };
            byte[] one = new byte[Preprocessor.GetByteCount(spec)], many = new byte[one.Length];
            var transform = new Preprocessor(spec).Process(frame, one);
            foreach (int threads in new[] { 2, 3, 5 })
            {
                var preprocessor = new Preprocessor(spec, threads);
                for (int round = 0; round < 5; round++)
                {
                    many.AsSpan().Fill(0xAA);
                    Assert.Equal(transform, preprocessor.Process(frame, many));
                    Assert.True(one.AsSpan().SequenceEqual(many), $"{format}, {threads} threads");
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void Impossible_threads_are_refused(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Preprocessor(new InputSpec { Width = 8, Height = 8 }, threads));
}
