using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Horizontal and vertical pass of OpenCV's 8-bit bilinear resize on rows of pixels (blue, green, red, unused).</summary>
/// <remarks>
/// Horizontal: <c>(p0*a0 + p1*a1) >> 4</c> with 11-bit weights, at most 255*128, so a row fits signed 16-bit lanes. Vertical: <c>((r0*b0 >>
/// 16) + (r1*b1 >> 16) + 2) >> 2</c>, which takes one multiply-high per tap. Every path computes these integers exactly, so vector and
/// scalar results are equal bit for bit.
/// </remarks>
internal static unsafe class BilinearKernels
{
    /// <summary>Byte order of the channels of a pixel; a pair of neighbors is shuffled to B0 B1 G0 G1 R0 R1.</summary>
    public readonly record struct ChannelOrder(int BytesPerPixel, int Blue, int Green, int Red)
    {
        /// <summary>
        /// Gets the shuffle mask for two pairs of neighboring pixels: one in the low 8 bytes and one in the high 8 bytes.
        /// </summary>
        public Vector128<byte> PairMask
        {
            get
            {
                byte n = (byte)BytesPerPixel, b = (byte)Blue, g = (byte)Green, r = (byte)Red;
                const byte Zero = 0x80;
                return Vector128.Create(
                    b, (byte)(b + n), g, (byte)(g + n), r, (byte)(r + n), Zero, Zero,
                    (byte)(b + 8), (byte)(b + n + 8), (byte)(g + 8), (byte)(g + n + 8), (byte)(r + 8), (byte)(r + n + 8), Zero, Zero);
            }
        }

        /// <summary>Gets the shuffle mask for one pair in the low 8 bytes: B G R 0 of the left pixel, then of the right pixel.</summary>
        public Vector128<byte> LeftRightMask
        {
            get
            {
                byte n = (byte)BytesPerPixel, b = (byte)Blue, g = (byte)Green, r = (byte)Red;
                const byte Zero = 0x80;
                return Vector128.Create(b, g, r, Zero, (byte)(b + n), (byte)(g + n), (byte)(r + n), Zero, Zero, Zero, Zero, Zero, Zero,
                    Zero, Zero, Zero);
            }
        }

        public static ChannelOrder FromFormat(PixelFormat format) => format switch
        {
            PixelFormat.Bgr24 => new(3, 0, 1, 2),
            PixelFormat.Rgb24 => new(3, 2, 1, 0),
            PixelFormat.Rgba32 => new(4, 2, 1, 0),
            PixelFormat.Gray8 => new(1, 0, 0, 0),
            _ => new(4, 0, 1, 2), // Bgra32, and YUV rows once converted
        };
    }

    /// <summary>Resizes one source row horizontally to <paramref name="width"/> output pixels of four 16-bit lanes.</summary>
    /// <param name="row">First pixel of the row (of the crop).</param>
    /// <param name="readable">Number of bytes that may be read from <paramref name="row"/>.</param>
    /// <param name="sourceX">Source column of each output pixel.</param>
    /// <param name="weights">Eight weights per pixel, as <see cref="ResizePlan.WeightX"/>.</param>
    /// <param name="destination">width * 4 lanes.</param>
    /// <param name="width">Number of output pixels.</param>
    /// <param name="order">Channel order of the source.</param>
    /// <param name="tables">Column tables of the same plan and channel order.</param>
    public static void Horizontal(
        byte* row,
        int readable,
        int* sourceX,
        short* weights,
        short* destination,
        int width,
        ChannelOrder order,
        KernelTables tables)
    {
        int i = 0;
        if (Avx512Vbmi.IsSupported)
        {
            i = BilinearAvx512.Horizontal(row, destination, tables.Avx512Tables);
        }

        if (Avx2.IsSupported && i == 0)
        {
            i = BilinearAvx2.Horizontal(row, destination, tables.Avx2Tables);
        }

        if (i < width)
        {
            HorizontalFrom(row, readable, sourceX, weights, destination, i, width, order);
        }
    }

    private static void HorizontalFrom(byte* row, int readable, int* sourceX, short* weights, short* destination, int from, int width,
        ChannelOrder order)
    {
        // A pair of neighbors is loaded as 8 bytes; columns near the end of the row, where that would read past it, use the scalar path.
        int n = order.BytesPerPixel;
        int safe = width;
        while (safe > 0 && sourceX[safe - 1] * n + 8 > readable)
        {
            safe--;
        }

        int i = from;
        if (Sse41.IsSupported)
        {
            i = HorizontalSse41(row, sourceX, weights, destination, i, safe, order);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            i = HorizontalAdvSimd(row, sourceX, weights, destination, i, safe, order);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            i = Horizontal128(row, sourceX, weights, destination, i, safe, order);
        }

        HorizontalScalar(row, sourceX, weights, destination, i, width, order);
    }

    /// <summary>Runs both passes at once, for output rows that share no source row with other output rows.</summary>
    /// <remarks>Where the processor has column tables, the intermediate rows stay in registers.</remarks>
    /// <param name="upper">First pixel of the upper row (of the crop).</param>
    /// <param name="lower">First pixel of the lower row.</param>
    /// <param name="readable">Number of bytes that may be read from either row.</param>
    /// <param name="sourceX">Source column of each output pixel.</param>
    /// <param name="weights">Eight weights per pixel.</param>
    /// <param name="upperWeight">Weight of the upper row.</param>
    /// <param name="lowerWeight">Weight of the lower row.</param>
    /// <param name="scratch">Buffer of 2 * width * 4 lanes.</param>
    /// <param name="destination">Output pixels.</param>
    /// <param name="width">Number of output pixels.</param>
    /// <param name="order">Channel order of the source.</param>
    /// <param name="tables">Column tables.</param>
    public static void Fused(
        byte* upper,
        byte* lower,
        int readable,
        int* sourceX,
        short* weights,
        short upperWeight,
        short lowerWeight,
        short* scratch,
        uint* destination,
        int width,
        ChannelOrder order,
        KernelTables tables)
    {
        int from = 0;
        if (Avx512Vbmi.IsSupported)
        {
            from = BilinearAvx512.Fused(upper, lower, upperWeight, lowerWeight, destination, tables.Avx512Tables);
        }

        if (Avx2.IsSupported && from == 0)
        {
            from = BilinearAvx2.Fused(upper, lower, upperWeight, lowerWeight, destination, tables.Avx2Tables);
        }

        if (from == width)
        {
            return;
        }

        short* a = scratch, b = scratch + width * 4;
        HorizontalFrom(upper, readable, sourceX, weights, a, from, width, order);
        HorizontalFrom(lower, readable, sourceX, weights, b, from, width, order);
        Vertical(a + from * 4, b + from * 4, upperWeight, lowerWeight, (byte*)(destination + from), (width - from) * 4);
    }

    // Two pixels per step: multiply-add of adjacent bytes, widened to 16 bits, with their weights.
    private static int HorizontalSse41(byte* row, int* sourceX, short* weights, short* destination, int from, int safe, ChannelOrder order)
    {
        var mask = order.PairMask;
        int n = order.BytesPerPixel, i = from;
        for (; i <= safe - 2; i += 2)
        {
            var pairs = Ssse3.Shuffle(Vector128.Create(Load(row + sourceX[i] * n), Load(row + sourceX[i + 1] * n)).AsByte(), mask);
            var (first, second) = Vector128.Widen(pairs);
            var a = Sse2.MultiplyAddAdjacent(first.AsInt16(), Vector128.Load(weights + i * 8)) >> 4;
            var b = Sse2.MultiplyAddAdjacent(second.AsInt16(), Vector128.Load(weights + i * 8 + 8)) >> 4;
            Sse2.PackSignedSaturate(a, b).Store(destination + i * 4);
        }

        return i;
    }

    // One pixel per step: widening multiplications of its left and its right neighbor.
    private static int HorizontalAdvSimd(byte* row, int* sourceX, short* weights, short* destination, int from, int safe, ChannelOrder order)
    {
        var mask = order.LeftRightMask;
        int n = order.BytesPerPixel, i = from;
        for (; i < safe; i++)
        {
            var pair =
                Vector128.WidenLower(Vector128.ShuffleNative(Vector128.CreateScalar(Load(row + sourceX[i] * n)).AsByte(), mask)).AsInt16();
            var sum = AdvSimd.MultiplyWideningLower(pair.GetLower(), Vector64.Create(weights[i * 8]));
            sum = AdvSimd.MultiplyWideningLowerAndAdd(sum, pair.GetUpper(), Vector64.Create(weights[i * 8 + 1]));
            AdvSimd.ShiftRightLogicalNarrowingLower(sum.AsUInt32(), 4).AsInt16().Store(destination + i * 4);
        }

        return i;
    }

    private static int Horizontal128(byte* row, int* sourceX, short* weights, short* destination, int from, int safe, ChannelOrder order)
    {
        var mask = order.LeftRightMask;
        int n = order.BytesPerPixel, i = from;
        for (; i < safe; i++)
        {
            var pair = Vector128.ShuffleNative(Vector128.CreateScalar(Load(row + sourceX[i] * n)).AsByte(), mask);
            var (left, right) = Vector128.Widen(Vector128.WidenLower(pair));
            var sum = left.AsInt32() * weights[i * 8] + right.AsInt32() * weights[i * 8 + 1];
            var lanes = Vector128.Narrow(sum >> 4, Vector128<int>.Zero);
            Unsafe.WriteUnaligned(destination + i * 4, lanes.AsUInt64().ToScalar());
        }

        return i;
    }

    internal static void HorizontalScalar(
        byte* row, int* sourceX, short* weights, short* destination, int from, int width, ChannelOrder order)
    {
        int n = order.BytesPerPixel;
        for (int i = from; i < width; i++)
        {
            byte* p = row + sourceX[i] * n;
            int a = weights[i * 8], b = weights[i * 8 + 1];
            int next = b == 0 ? 0 : n; // The last column has no right neighbor; its weight for one is 0.
            short* d = destination + i * 4;
            d[0] = (short)((p[order.Blue] * a + p[order.Blue + next] * b) >> 4);
            d[1] = (short)((p[order.Green] * a + p[order.Green + next] * b) >> 4);
            d[2] = (short)((p[order.Red] * a + p[order.Red + next] * b) >> 4);
            d[3] = 0;
        }
    }

    /// <summary>Combines two rows from <see cref="Horizontal"/> vertically: <paramref name="lanes"/> 16-bit lanes to as many bytes.</summary>
    public static void Vertical(short* upper, short* lower, short upperWeight, short lowerWeight, byte* destination, int lanes)
    {
        int i = 0;
        if (Avx512BW.IsSupported)
        {
            var bu = Vector512.Create(upperWeight);
            var bl = Vector512.Create(lowerWeight);
            var two = Vector512.Create((short)2);
            for (; i <= lanes - 32; i += 32)
            {
                var sum = Avx512BW.MultiplyHigh(Vector512.Load(upper + i), bu) + Avx512BW.MultiplyHigh(Vector512.Load(lower + i), bl) + two;
                Avx512BW.ConvertToVector256Byte((sum >> 2).AsUInt16()).Store(destination + i);
            }
        }

        if (Avx2.IsSupported)
        {
            var bu = Vector256.Create(upperWeight);
            var bl = Vector256.Create(lowerWeight);
            var two = Vector256.Create((short)2);
            for (; i <= lanes - 16; i += 16)
            {
                var sum = (Avx2.MultiplyHigh(Vector256.Load(upper + i), bu) + Avx2.MultiplyHigh(Vector256.Load(lower + i), bl) + two) >> 2;
                Vector128.Narrow(sum.GetLower().AsUInt16(), sum.GetUpper().AsUInt16()).Store(destination + i);
            }
        }
        else if (Sse2.IsSupported)
        {
            var bu = Vector128.Create(upperWeight);
            var bl = Vector128.Create(lowerWeight);
            var two = Vector128.Create((short)2);
            for (; i <= lanes - 16; i += 16)
            {
                var a = (Sse2.MultiplyHigh(Vector128.Load(upper + i), bu) + Sse2.MultiplyHigh(Vector128.Load(lower + i), bl) + two) >> 2;
                var b = (Sse2.MultiplyHigh(Vector128.Load(upper + i + 8), bu) + Sse2.MultiplyHigh(Vector128.Load(lower + i + 8), bl)
                    + two) >> 2;
                Sse2.PackUnsignedSaturate(a, b).Store(destination + i);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= lanes - 8; i += 8)
            {
                var (u0, u1) = Vector128.Widen(Vector128.Load(upper + i));
                var (l0, l1) = Vector128.Widen(Vector128.Load(lower + i));
                var s0 = ((u0 * upperWeight >> 16) + (l0 * lowerWeight >> 16) + Vector128.Create(2)) >> 2;
                var s1 = ((u1 * upperWeight >> 16) + (l1 * lowerWeight >> 16) + Vector128.Create(2)) >> 2;
                var packed = Vector128.Narrow(Vector128.Narrow(s0, s1).AsUInt16(), Vector128<ushort>.Zero);
                Unsafe.WriteUnaligned(destination + i, packed.AsUInt64().ToScalar());
            }
        }

        VerticalScalar(upper, lower, upperWeight, lowerWeight, destination, i, lanes);
    }

    internal static void VerticalScalar(
        short* upper, short* lower, short upperWeight, short lowerWeight, byte* destination, int from, int lanes)
    {
        for (int i = from; i < lanes; i++)
        {
            destination[i] = (byte)(((upper[i] * upperWeight >> 16) + (lower[i] * lowerWeight >> 16) + 2) >> 2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(byte* p) => Unsafe.ReadUnaligned<ulong>(p);
}
