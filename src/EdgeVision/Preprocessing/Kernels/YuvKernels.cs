using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Converts rows of NV12, I420 and YUY2 to blue, green, red, 255.</summary>
/// <remarks>
/// BT.601, limited range, in the 20-bit fixed point of OpenCV's cvtColor (COLOR_YUV2BGR_*), so every path yields its numbers.
/// </remarks>
internal static unsafe class YuvKernels
{
    internal const int CY = 1220542;
    internal const int CUB = 2116026;
    internal const int CUG = -409993;
    internal const int CVG = -852492;
    internal const int CVR = 1673527;
    internal const int Shift = 20;
    internal const int RoundingHalf = 1 << (Shift - 1);
    private const uint Opaque = 0xFF000000;

    /// <summary>Converts <paramref name="width"/> pixels of row <paramref name="y"/> to 4 bytes each.</summary>
    /// <remarks>Conversion starts at column <paramref name="x"/>, rounded down to an even column.</remarks>
    /// <returns>Offset in pixels of column <paramref name="x"/> in the converted row: 0, or 1 for odd columns.</returns>
    public static int Convert(Frame frame, byte* data, int x, int y, int width, uint* destination)
    {
        int skip = x & 1;
        x -= skip;
        width += skip;
        int stride = frame.Stride;
        long chroma = (long)stride * frame.Height;
        byte* luma = data + (long)y * stride;
        switch (frame.Format)
        {
            case PixelFormat.Nv12:
                ConvertRow(luma + x, data + chroma + (long)(y / 2) * stride + x, null, destination, width, ChromaLayout.SemiPlanar);
                break;
            case PixelFormat.I420:
                byte* u = data + chroma + (long)(y / 2) * (stride / 2) + x / 2;
                ConvertRow(luma + x, u, u + (long)(stride / 2) * (frame.Height / 2), destination, width, ChromaLayout.Planar);
                break;
            case PixelFormat.Yuy2:
                ConvertRow(luma + x * 2, null, null, destination, width, ChromaLayout.Packed);
                break;
            default:
                throw new FrameFormatException($"frame format must be Nv12, I420 or Yuy2; got {frame.Format}");
        }

        return skip;
    }

    /// <summary>Converts single pixels of one row, at the given columns.</summary>
    /// <param name="frame">Source frame.</param>
    /// <param name="data">First byte of the frame.</param>
    /// <param name="x">Column to which the other columns are relative.</param>
    /// <param name="y">Row.</param>
    /// <param name="sourceX">Columns.</param>
    /// <param name="destination">Output pixels.</param>
    /// <param name="width">Number of pixels.</param>
    /// <param name="scratch">Buffer of three bytes per pixel.</param>
    public static void Gather(Frame frame, byte* data, int x, int y, int* sourceX, uint* destination, int width, byte[] scratch)
    {
        int stride = frame.Stride;
        long chroma = (long)stride * frame.Height;
        byte* luma = data + (long)y * stride;
        fixed (byte* start = scratch)
        {
            // U and V of a pixel are moved together: half as many loads and stores as one by one.
            ushort* pairs = (ushort*)start;
            byte* l = start + 2 * width;
            switch (frame.Format)
            {
                case PixelFormat.Nv12:
                    byte* uv = data + chroma + (long)(y / 2) * stride;
                    for (int i = 0; i < width; i++)
                    {
                        int column = x + sourceX[i];
                        (l[i], pairs[i]) = (luma[column], Unsafe.ReadUnaligned<ushort>(uv + (column & ~1)));
                    }

                    break;
                case PixelFormat.I420:
                    byte* planeU = data + chroma + (long)(y / 2) * (stride / 2), planeV = planeU + (long)(stride / 2) * (frame.Height / 2);
                    for (int i = 0; i < width; i++)
                    {
                        int column = x + sourceX[i];
                        (l[i], pairs[i]) = (luma[column], (ushort)(planeU[column / 2] | planeV[column / 2] << 8));
                    }

                    break;
                case PixelFormat.Yuy2:
                    for (int i = 0; i < width; i++)
                    {
                        int column = x + sourceX[i];
                        uint two = Unsafe.ReadUnaligned<uint>(luma + (column & ~1) * 2); // Y U Y V
                        (l[i], pairs[i]) = ((byte)(two >> (column & 1) * 16), (ushort)(two >> 8 & 0xFF | two >> 16 & 0xFF00));
                    }

                    break;
                default:
                    throw new FrameFormatException($"frame format must be Nv12, I420 or Yuy2; got {frame.Format}");
            }

            ConvertFullChroma(l, pairs, destination, width);
        }
    }

    /// <summary>Converts pixels with one chroma pair each, U in the lower byte.</summary>
    internal static void ConvertFullChroma(byte* luma, ushort* chroma, uint* destination, int width)
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= width - 16; i += 16)
            {
                var uv = Avx512F.ConvertToVector512Int32(Vector256.Load(chroma + i));
                Pixels(
                    Avx512F.ConvertToVector512Int32(Vector128.Load(luma + i)),
                    (uv & Vector512.Create(0xFF)) - Vector512.Create(128),
                    (uv >>> 8) - Vector512.Create(128)).Store(destination + i);
            }
        }

        if (Avx2.IsSupported)
        {
            for (; i <= width - 8; i += 8)
            {
                var uv = Avx2.ConvertToVector256Int32(chroma + i);
                Pixels(
                    Avx2.ConvertToVector256Int32(luma + i),
                    (uv & Vector256.Create(0xFF)) - Vector256.Create(128),
                    (uv >>> 8) - Vector256.Create(128)).Store(destination + i);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= width - 4; i += 4)
            {
                var uv = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(chroma + i)).AsUInt16()).AsInt32();
                Pixels(Load4(luma + i), (uv & Vector128.Create(0xFF)) - Vector128.Create(128),
                    (uv >>> 8) - Vector128.Create(128)).Store(destination + i);
            }
        }

        for (; i < width; i++)
        {
            destination[i] = Pixel(luma[i], (byte)chroma[i], (byte)(chroma[i] >> 8));
        }
    }

    internal enum ChromaLayout
    {
        SemiPlanar,
        Planar,
        Packed,
    }

    internal static void ConvertRow(byte* luma, byte* u, byte* v, uint* destination, int width, ChromaLayout arrangement)
    {
        int i = 0;
        if (Avx512Vbmi.IsSupported)
        {
            i = YuvAvx512.ConvertRow(luma, u, v, destination, width, arrangement);
        }

        if (Avx2.IsSupported)
        {
            for (; i <= width - 16; i += 16)
            {
                Convert16(luma, u, v, i, arrangement, destination + i);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            // Eight chroma pairs and their sixteen pixels per step.
            var duplicateU = Vector128.Create(0, 0, 2, 2);
            var duplicateV = Vector128.Create(1, 1, 3, 3);
            for (; i <= width - 16; i += 16)
            {
                var (y8, uv8) = Convert16(luma, u, v, i, arrangement);
                var (y0, y1) = Vector128.Widen(y8);
                var (c0, c1) = Vector128.Widen(uv8);
                Four(Vector128.WidenLower(y0), Vector128.WidenLower(c0)).Store(destination + i);
                Four(Vector128.WidenUpper(y0), Vector128.WidenUpper(c0)).Store(destination + i + 4);
                Four(Vector128.WidenLower(y1), Vector128.WidenLower(c1)).Store(destination + i + 8);
                Four(Vector128.WidenUpper(y1), Vector128.WidenUpper(c1)).Store(destination + i + 12);
            }

            Vector128<uint> Four(Vector128<uint> y, Vector128<uint> chroma)
            {
                var centred = chroma.AsInt32() - Vector128.Create(128);
                return Pixels(y.AsInt32(), Vector128.Shuffle(centred, duplicateU), Vector128.Shuffle(centred, duplicateV));
            }
        }

        ConvertRowScalar(luma, u, v, destination, i, width, arrangement);
    }

    // Pixels of even and odd columns are computed separately, so that both share the products of their chroma pair; saturating packs clamp.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Convert16(byte* luma, byte* u, byte* v, int i, ChromaLayout arrangement, uint* destination)
    {
        var (y8, uv8) = Convert16(luma, u, v, i, arrangement);
        var low = Vector256.Create(0xFF);
        var lumas = Avx2.ConvertToVector256Int32(Vector128.SubtractSaturate(y8, Vector128.Create((byte)16)).AsUInt16());
        var chroma = Avx2.ConvertToVector256Int32(uv8.AsUInt16());
        Vector256<int> even = (lumas & low) * CY, odd = (lumas >>> 8) * CY, du = chroma & low, dv = chroma >>> 8;
        var blue = Pair(du * CUB + Vector256.Create(RoundingHalf - 128 * CUB));
        var green = Pair(du * CUG + dv * CVG + Vector256.Create(RoundingHalf - 128 * (CUG + CVG)));
        var red = Pair(dv * CVR + Vector256.Create(RoundingHalf - 128 * CVR));
        var inOrder = Vector256.Create(
            (byte)0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15,
            0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15);
        var blueGreen = Avx2.Shuffle(Avx2.PackUnsignedSaturate(blue, green), inOrder).AsUInt16();
        var redOpaque = Avx2.Shuffle(Avx2.PackUnsignedSaturate(red, Vector256.Create((short)255)), inOrder).AsUInt16();
        Vector256<uint> first = Avx2.UnpackLow(blueGreen, redOpaque).AsUInt32(), second = Avx2.UnpackHigh(blueGreen, redOpaque).AsUInt32();
        Avx2.Permute2x128(first, second, 0x20).Store(destination);
        Avx2.Permute2x128(first, second, 0x31).Store(destination + 8);

        Vector256<short> Pair(Vector256<int> share) => Avx2.PackSignedSaturate((even + share) >> Shift, (odd + share) >> Shift);
    }

    // Loads the luma of sixteen pixels, and their eight chroma pairs as U V U V ...
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<byte> Y, Vector128<byte> Uv) Convert16(byte* luma, byte* u, byte* v, int i, ChromaLayout arrangement)
    {
        switch (arrangement)
        {
            case ChromaLayout.SemiPlanar:
                return (Vector128.Load(luma + i), Vector128.Load(u + i));
            case ChromaLayout.Planar:
                var planes = Vector128.Create(Unsafe.ReadUnaligned<ulong>(u + i / 2), Unsafe.ReadUnaligned<ulong>(v + i / 2)).AsByte();
                return (
                    Vector128.Load(luma + i),
                    Vector128.Shuffle(planes, Vector128.Create((byte)0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15)));
            default:
                var (first, second) = (Vector128.Load((ushort*)(luma + i * 2)), Vector128.Load((ushort*)(luma + i * 2 + 16)));
                var low = Vector128.Create((ushort)0xFF);
                return (Vector128.Narrow(first & low, second & low), Vector128.Narrow(first >>> 8, second >>> 8));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Pixels(Vector128<int> y, Vector128<int> u, Vector128<int> v)
    {
        y = Vector128.Max(y - Vector128.Create(16), Vector128<int>.Zero) * CY + Vector128.Create(RoundingHalf);
        return (Clamp((y + u * CUB) >> Shift)
            | Clamp((y + u * CUG + v * CVG) >> Shift) << 8
            | Clamp((y + v * CVR) >> Shift) << 16).AsUInt32() | Vector128.Create(Opaque);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Pixels(Vector256<int> y, Vector256<int> u, Vector256<int> v) =>
        Join(y, u * CUB, u * CUG + v * CVG, v * CVR);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Pixels(Vector512<int> y, Vector512<int> u, Vector512<int> v) =>
        Join(y, u * CUB, u * CUG + v * CVG, v * CVR);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Join(Vector256<int> y, Vector256<int> blue, Vector256<int> green, Vector256<int> red)
    {
        y = Vector256.Max(y - Vector256.Create(16), Vector256<int>.Zero) * CY + Vector256.Create(RoundingHalf);
        return (Clamp((y + blue) >> Shift)
            | Clamp((y + green) >> Shift) << 8
            | Clamp((y + red) >> Shift) << 16).AsUInt32() | Vector256.Create(Opaque);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Join(Vector512<int> y, Vector512<int> blue, Vector512<int> green, Vector512<int> red)
    {
        y = Vector512.Max(y - Vector512.Create(16), Vector512<int>.Zero) * CY + Vector512.Create(RoundingHalf);
        return (Clamp((y + blue) >> Shift)
            | Clamp((y + green) >> Shift) << 8
            | Clamp((y + red) >> Shift) << 16).AsUInt32() | Vector512.Create(Opaque);
    }

    private static Vector128<int> Clamp(Vector128<int> v) => Vector128.Min(Vector128.Max(v, Vector128<int>.Zero), Vector128.Create(255));

    private static Vector256<int> Clamp(Vector256<int> v) => Vector256.Min(Vector256.Max(v, Vector256<int>.Zero), Vector256.Create(255));

    private static Vector512<int> Clamp(Vector512<int> v) => Vector512.Min(Vector512.Max(v, Vector512<int>.Zero), Vector512.Create(255));

    internal static void ConvertRowScalar(byte* luma, byte* u, byte* v, uint* destination, int from, int width, ChromaLayout arrangement)
    {
        for (int i = from; i < width; i++)
        {
            int pair = i & ~1;
            (byte l, byte cu, byte cv) = arrangement switch
            {
                ChromaLayout.SemiPlanar => (luma[i], u[pair], u[pair + 1]),
                ChromaLayout.Planar => (luma[i], u[i / 2], v[i / 2]),
                _ => (luma[i * 2], luma[pair * 2 + 1], luma[pair * 2 + 3]),
            };
            destination[i] = Pixel(l, cu, cv);
        }
    }

    private static uint Pixel(byte luma, byte u, byte v)
    {
        int y = Math.Max(luma - 16, 0) * CY + RoundingHalf, du = u - 128, dv = v - 128;
        uint b = (uint)Math.Clamp((y + du * CUB) >> Shift, 0, 255);
        uint g = (uint)Math.Clamp((y + du * CUG + dv * CVG) >> Shift, 0, 255);
        uint r = (uint)Math.Clamp((y + dv * CVR) >> Shift, 0, 255);
        return b | (g << 8) | (r << 16) | Opaque;
    }

    private static Vector128<int> Load4(byte* p) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(p)).AsByte())).AsInt32();
}
