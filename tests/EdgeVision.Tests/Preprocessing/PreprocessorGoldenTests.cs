using System.Runtime.InteropServices;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Preprocessing;

/// <summary>Letterbox and colour against OpenCV 4.6's own numbers.</summary>
public sealed class PreprocessorGoldenTests
{
    private static readonly float[] ImageNetMean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] ImageNetStd = [0.229f, 0.224f, 0.225f];

    [Theory]
    [InlineData("letterbox_0")] // halved: OpenCV's area shortcut must agree
    [InlineData("letterbox_1")] // tall, odd sides
    [InlineData("letterbox_2")] // arbitrary ratio
    [InlineData("letterbox_3")] // nothing to resize
    [InlineData("letterbox_4")] // odd padding: 26 above, 27 below
    public void Letterbox_is_that_of_OpenCV(string name)
    {
        var golden = Golden.Torchvision(name);
        int[] shape = golden.Shape("bgr");
        int size = golden.Int("size");
        using var frame = Frame.Borrow(golden.Bytes("bgr"), PixelFormat.Bgr24, shape[1], shape[0]);

        var bytes = new InputSpec { Width = size, Height = size, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, ColorOrder = ColorOrder.Bgr, Scale = 1 };
        byte[] letterboxed = new byte[size * size * 3];
        new Preprocessor(bytes).Process(frame, letterboxed);
        byte[] expected = golden.Bytes("letterboxed_bgr");
        int worst = letterboxed.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst == 0, $"largest difference {worst} grey levels; tolerance_u8 is {golden.Int("tolerance_u8")}, and ours are to be equal");

        Compare(golden.Floats("tensor"), Run(new InputSpec { Width = size, Height = size }, frame));
        Compare(golden.Floats("normalised"), Run(new InputSpec { Width = size, Height = size, Mean = ImageNetMean, Std = ImageNetStd }, frame));
    }

    [Theory]
    [InlineData("nv12_to_bgr", PixelFormat.Nv12)]
    [InlineData("i420_to_bgr", PixelFormat.I420)]
    [InlineData("yuy2_to_bgr", PixelFormat.Yuy2)]
    public void Yuv_is_converted_as_OpenCV_does(string name, PixelFormat format)
    {
        var golden = Golden.Torchvision(name);
        int width = golden.Int("width"), height = golden.Int("height");
        using var frame = Frame.Borrow(golden.Bytes("yuv"), format, width, height);
        var spec = new InputSpec { Width = width, Height = height, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, ColorOrder = ColorOrder.Bgr, Scale = 1 };
        byte[] bgr = new byte[width * height * 3];
        new Preprocessor(spec).Process(frame, bgr);
        int worst = bgr.Zip(golden.Bytes("bgr"), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst == 0, $"largest difference {worst} grey levels");
    }

    [Theory]
    // SEMANTICS.md, Letterbox, at 640: frame height, width -> new width, height; top, left
    [InlineData(1080, 1920, 640, 360, 140, 0)]
    [InlineData(721, 1280, 640, 360, 140, 0)]
    [InlineData(723, 1280, 640, 362, 139, 0)]
    [InlineData(427, 640, 640, 427, 106, 0)]
    [InlineData(480, 641, 640, 479, 80, 0)]
    [InlineData(375, 1242, 640, 193, 223, 0)]
    [InlineData(1080, 810, 480, 640, 0, 80)]
    public void Letterbox_rounds_as_Ultralytics(int height, int width, int newWidth, int newHeight, int top, int left)
    {
        var plan = new ResizePlan();
        plan.Update(new InputSpec { Width = 640, Height = 640 }, width, height, (0, 0, width, height));
        Assert.Equal((newWidth, newHeight, top, left), (plan.Width, plan.Height, plan.Top, plan.Left));
    }

    private static float[] Run(InputSpec spec, Frame frame)
    {
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        new Preprocessor(spec).Process(frame, tensor);
        return MemoryMarshal.Cast<byte, float>(tensor).ToArray();
    }

    private static void Compare(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= 1e-6f * MathF.Max(1, MathF.Abs(expected[i])), $"[{i}] {actual[i]:R} against {expected[i]:R}");
        }
    }
}
