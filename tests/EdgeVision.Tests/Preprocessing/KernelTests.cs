using System.Runtime.InteropServices;
using EdgeVision.Preprocessing;
using EdgeVision.Preprocessing.Kernels;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Preprocessing;

/// <summary>
/// Each vector kernel against its scalar twin, bit by bit, over the awkward widths, with buffers that end exactly where
/// the data ends. <see cref="HardwareSwitchTests"/> runs this class again with hardware features switched off.
/// </summary>
public sealed unsafe class KernelTests
{
    public static TheoryData<int> Widths() =>
        [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 255, 511, 512, 513, 514, 515, 516, 517, 518, 519, 520];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Across_and_down_agree_with_scalar(int width)
    {
        foreach (var format in new[] { PixelFormat.Gray8, PixelFormat.Bgr24, PixelFormat.Rgb24, PixelFormat.Bgra32, PixelFormat.Rgba32 })
        {
            foreach (int sourceWidth in new[] { width, Math.Max(1, width / 2), width * 3 + 1 })
            {
                var order = BilinearKernels.ChannelOrder.FromFormat(format);
                var plan = new ResizePlan();
                plan.Update(new InputSpec { Width = width, Height = 2, Resize = new ResizeSpec { Mode = ResizeMode.Stretch } }, sourceWidth, 2, (0, 0, sourceWidth, 2));
                var tables = new KernelTables();
                tables.Update(plan, order);
                using var row0 = GuardedBuffer.Random(sourceWidth * order.BytesPerPixel, 1);
                using var row1 = GuardedBuffer.Random(sourceWidth * order.BytesPerPixel, 2);
                short[] vector0 = new short[width * 4], scalar0 = new short[width * 4], vector1 = new short[width * 4], scalar1 = new short[width * 4];
                fixed (int* x = plan.SourceX)
                fixed (short* w = plan.WeightX)
                fixed (short* v0 = vector0, s0 = scalar0, v1 = vector1, s1 = scalar1)
                {
                    BilinearKernels.Horizontal(row0.Pointer, row0.Length, x, w, v0, width, order, tables);
                    BilinearKernels.HorizontalScalar(row0.Pointer, x, w, s0, 0, width, order);
                    BilinearKernels.Horizontal(row1.Pointer, row1.Length, x, w, v1, width, order, tables);
                    BilinearKernels.HorizontalScalar(row1.Pointer, x, w, s1, 0, width, order);
                    Assert.Equal(scalar0, vector0);
                    Assert.Equal(scalar1, vector1);
                    byte[] down = new byte[width * 4], downScalar = new byte[width * 4];
                    fixed (byte* d = down, ds = downScalar)
                    {
                        foreach (short weight in new short[] { 0, 1, 511, 1024, 2047, 2048 })
                        {
                            BilinearKernels.Vertical(v0, v1, (short)(2048 - weight), weight, d, width * 4);
                            BilinearKernels.VerticalScalar(s0, s1, (short)(2048 - weight), weight, ds, 0, width * 4);
                            Assert.Equal(downScalar, down);
                            uint[] both = new uint[width];
                            short[] scratch = new short[width * 8];
                            fixed (uint* p = both)
                            fixed (short* between = scratch)
                            {
                                BilinearKernels.Fused(row0.Pointer, row1.Pointer, row0.Length, x, w, (short)(2048 - weight), weight, between, p, width, order, tables);
                            }

                            Assert.Equal(downScalar, MemoryMarshal.AsBytes(both.AsSpan()).ToArray());
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Picking_and_means_give_what_weights_give(int width)
    {
        foreach (var format in new[] { PixelFormat.Gray8, PixelFormat.Bgr24, PixelFormat.Rgb24, PixelFormat.Bgra32, PixelFormat.Rgba32 })
        {
            foreach (int ratio in new[] { 1, 2, 3, 4, 5, 6, 7, 8 })
            {
                var order = BilinearKernels.ChannelOrder.FromFormat(format);
                var plan = new ResizePlan();
                plan.Update(new InputSpec { Width = width, Height = 1, Resize = new ResizeSpec { Mode = ResizeMode.Stretch } }, width * ratio, ratio, (0, 0, width * ratio, ratio));
                Assert.Equal((ratio % 2 == 1, ratio % 2 == 0), (plan.IsNearest, plan.IsAverage2x2));
                var tables = new KernelTables();
                tables.Update(plan, order);
                using var upper = GuardedBuffer.Random(width * ratio * order.BytesPerPixel, 1);
                using var lower = GuardedBuffer.Random(width * ratio * order.BytesPerPixel, 2);
                uint[] fast = new uint[width], plain = new uint[width], weighted = new uint[width];
                short[] first = new short[width * 4], second = new short[width * 4];
                fixed (int* x = plan.SourceX)
                fixed (short* w = plan.WeightX, a = first, b = second)
                fixed (uint* f = fast, p = plain, d = weighted)
                {
                    BilinearKernels.HorizontalScalar(upper.Pointer, x, w, a, 0, width, order);
                    BilinearKernels.HorizontalScalar(lower.Pointer, x, w, b, 0, width, order);
                    if (plan.IsAverage2x2)
                    {
                        NearestKernels.Average2x2(upper.Pointer, lower.Pointer, upper.Length, x, f, width, order, tables);
                        NearestKernels.Average2x2Scalar(upper.Pointer, lower.Pointer, x, p, 0, width, order);
                    }
                    else
                    {
                        NearestKernels.Gather(upper.Pointer, upper.Length, x, f, width, order, tables);
                        NearestKernels.GatherScalar(upper.Pointer, x, p, 0, width, order);
                    }

                    short share = (short)(plan.IsAverage2x2 ? 1024 : 2048);
                    BilinearKernels.VerticalScalar(a, b, share, (short)(2048 - share), (byte*)d, 0, width * 4);
                }

                Assert.Equal(weighted, plain);
                Assert.Equal(weighted, fast);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Picked_yuv_pixels_are_those_of_the_whole_row(int width)
    {
        foreach (var format in new[] { PixelFormat.Nv12, PixelFormat.I420, PixelFormat.Yuy2 })
        {
            int sourceWidth = 6 * width;
            using var frame = Frame.Rent(format, sourceWidth, 6);
            new Random(width).NextBytes(frame.MutableData);
            foreach (int skip in new[] { 0, 1 })
            {
                int[] columns = [.. Enumerable.Range(0, width).Select(i => 5 * i + 2 - skip)];
                uint[] row = new uint[sourceWidth + 1], picked = new uint[width];
                fixed (byte* data = frame.Data)
                fixed (uint* whole = row, to = picked)
                fixed (int* x = columns)
                {
                    int offset = YuvKernels.Convert(frame, data, skip, 3, sourceWidth - skip, whole);
                    YuvKernels.Gather(frame, data, skip, 3, x, to, width, new byte[3 * width]);
                    Assert.Equal(columns.Select(c => row[c + offset]), picked);
                }
            }
        }
    }

    [Fact]
    public void Yuv_rows_are_right_for_every_luma_beside_any_chroma()
    {
        // A row for every seventh chroma pair, which takes in all of U and all of V: every luma in even and in odd columns.
        const int Width = 512;
        byte[] luma = new byte[Width], chroma = new byte[Width];
        uint[] vector = new uint[Width], scalar = new uint[Width];
        for (int i = 0; i < Width; i++)
        {
            luma[i] = (byte)(i / 2);
        }

        fixed (byte* y = luma, uv = chroma)
        fixed (uint* a = vector, b = scalar)
        {
            for (int pair = 0; pair < 65536; pair += 7)
            {
                MemoryMarshal.Cast<byte, ushort>(chroma.AsSpan()).Fill((ushort)pair);
                YuvKernels.ConvertRow(y, uv, null, a, Width, YuvKernels.ChromaLayout.SemiPlanar);
                YuvKernels.ConvertRowScalar(y, uv, null, b, 0, Width, YuvKernels.ChromaLayout.SemiPlanar);
                Assert.True(vector.AsSpan().SequenceEqual(scalar), $"U {pair & 255}, V {pair >> 8}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Yuv_rows_agree_with_scalar(int width)
    {
        int even = width + (width & 1);
        foreach (var arrangement in Enum.GetValues<YuvKernels.ChromaLayout>())
        {
            using var luma = GuardedBuffer.Random(arrangement == YuvKernels.ChromaLayout.Packed ? even * 2 : even, 3);
            using var u = GuardedBuffer.Random(arrangement == YuvKernels.ChromaLayout.Planar ? even / 2 : even, 4);
            using var v = GuardedBuffer.Random(even / 2, 5);
            uint[] vector = new uint[width], scalar = new uint[width];
            fixed (uint* a = vector, b = scalar)
            {
                YuvKernels.ConvertRow(luma.Pointer, u.Pointer, v.Pointer, a, width, arrangement);
                YuvKernels.ConvertRowScalar(luma.Pointer, u.Pointer, v.Pointer, b, 0, width, arrangement);
            }

            Assert.Equal(scalar, vector);
        }
    }

    [Fact]
    public void Planes_of_any_place_in_memory_take_just_their_pixels()
    {
        const int Most = 70, Line = 64 / sizeof(float), Around = 2 * Line;
        using var pixels = GuardedBuffer.Random(Most * 4, 3);
        using var memory = GuardedBuffer.Random(3 * (Most + 2 * Around) * sizeof(float) + 1, 4);
        byte[] before = memory.Span.ToArray();
        var scale = new PlanarNormalizer.Affine(0.5f, -3);
        for (int count = 0; count <= Most; count++)
        {
            for (int place = 0; place <= Line; place++)
            {
                // The last place begins between two floats; planes lie as far apart as they are long, so that each begins elsewhere.
                int stride = count + Around;
                byte* first = memory.Pointer + (place == Line ? 1 : place * sizeof(float)) + Around / 2 * sizeof(float);
                float* blue = (float*)first, green = blue + stride, red = green + stride;
                before.CopyTo(memory.Span);
                PlanarNormalizer.ConvertRgb((uint*)pixels.Pointer, blue, green, red, count, scale, scale, scale);
                Check(3);
                before.CopyTo(memory.Span);
                PlanarNormalizer.ConvertChannel((uint*)pixels.Pointer, blue, count, 0, scale);
                Check(1);

                void Check(int planes)
                {
                    byte[] expected = [.. before];
                    for (int c = 0; c < planes; c++)
                    {
                        for (int i = 0; i < count; i++)
                        {
                            float value = pixels.Pointer[4 * i + c] * 0.5f - 3;
                            MemoryMarshal.Write(expected.AsSpan((int)(first - memory.Pointer) + (c * stride + i) * sizeof(float)), value);
                        }
                    }

                    Assert.True(memory.Span.SequenceEqual(expected), $"{count} pixels at {place}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Tensors_agree_with_the_formula(int width)
    {
        using var pixels = GuardedBuffer.Random(width * 3, 6);
        using var frame = Frame.Borrow((nint)pixels.Pointer, pixels.Length, PixelFormat.Bgr24, width, 1);
        float[] mean = [0.1f, 0.2f, 0.3f], std = [0.5f, 0.25f, 0.125f];
        foreach (var layout in Enum.GetValues<TensorLayout>())
        {
            foreach (var element in new[] { TensorElement.Float32, TensorElement.Float16, TensorElement.UInt8 })
            {
                foreach (var color in new[] { ColorOrder.Rgb, ColorOrder.Bgr })
                {
                    bool bytes = element == TensorElement.UInt8;
                    var spec = new InputSpec
                    {
                        Width = width, Height = 1, Layout = layout, Element = element, ColorOrder = color,
                        Mean = bytes ? [0] : mean, Std = bytes ? [1] : std, Scale = bytes ? 1 : 1 / 255f,
                    };
                    using var tensor = GuardedBuffer.Random(Preprocessor.GetByteCount(spec), 7);
                    new Preprocessor(spec).Process(frame, tensor.Span);
                    for (int x = 0; x < width; x++)
                    {
                        for (int c = 0; c < 3; c++)
                        {
                            byte pixel = pixels.Span[x * 3 + (color == ColorOrder.Rgb ? 2 - c : c)];
                            int at = layout == TensorLayout.Nchw ? c * width + x : x * 3 + c;
                            float product = pixel * (float)((double)spec.Scale / (bytes ? 1 : std[c]));
                            float expected = product + (bytes ? 0 : (float)(-(double)mean[c] / std[c]));
                            switch (element)
                            {
                                case TensorElement.Float32:
                                    Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(tensor.Span)[at]);
                                    break;
                                case TensorElement.Float16:
                                    Assert.Equal((Half)expected, MemoryMarshal.Cast<byte, Half>(tensor.Span)[at]);
                                    break;
                                default:
                                    Assert.Equal(pixel, tensor.Span[at]);
                                    break;
                            }
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(TensorLayout.Nchw)]
    [InlineData(TensorLayout.Nhwc)]
    public void A_plain_255th_is_the_exact_quotient(TensorLayout layout)
    {
        byte[] gray = [.. Enumerable.Range(0, 263).Select(i => (byte)i)]; // every value, in every lane position and in the tail
        using var frame = Frame.Borrow(gray, PixelFormat.Gray8, gray.Length, 1);
        var spec = new InputSpec { Width = gray.Length, Height = 1, Layout = layout };
        byte[] tensor = new byte[Preprocessor.GetByteCount(spec)];
        new Preprocessor(spec).Process(frame, tensor);
        var values = MemoryMarshal.Cast<byte, float>(tensor);
        for (int i = 0; i < gray.Length; i++)
        {
            Assert.Equal(gray[i] / 255f, values[layout == TensorLayout.Nchw ? i : i * 3]);
        }
    }
}
