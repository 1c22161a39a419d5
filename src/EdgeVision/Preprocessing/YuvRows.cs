using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVision;

/// <summary>
/// Rows of NV12, I420 and YUY2 to blue, green, red, 255. BT.601, limited range, in the 20-bit fixed point of OpenCV's
/// cvtColor (COLOR_YUV2BGR_*), so every path gives its numbers.
/// </summary>
internal static unsafe class YuvRows
{
    private const int CY = 1220542;
    private const int CUB = 2116026;
    private const int CUG = -409993;
    private const int CVG = -852492;
    private const int CVR = 1673527;
    private const int Shift = 20;
    private const int Half = 1 << (Shift - 1);

    /// <summary>Converts <paramref name="width"/> pixels of row <paramref name="y"/>, from column <paramref name="x"/> (made even), to 4 bytes each.</summary>
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
                Row(luma + x, data + chroma + (long)(y / 2) * stride + x, null, destination, width, Arrangement.Interleaved);
                break;
            case PixelFormat.I420:
                byte* u = data + chroma + (long)(y / 2) * (stride / 2) + x / 2;
                Row(luma + x, u, u + (long)(stride / 2) * (frame.Height / 2), destination, width, Arrangement.Planar);
                break;
            case PixelFormat.Yuy2:
                Row(luma + x * 2, null, null, destination, width, Arrangement.Packed);
                break;
            default:
                throw new FrameFormatException($"{frame.Format} is not a YUV format");
        }

        return skip;
    }

    internal enum Arrangement
    {
        Interleaved,
        Planar,
        Packed,
    }

    internal static void Row(byte* luma, byte* u, byte* v, uint* destination, int width, Arrangement arrangement)
    {
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            // Eight pixels and their four chroma pairs a step.
            var duplicateU = Vector128.Create(0, 0, 2, 2);
            var duplicateV = Vector128.Create(1, 1, 3, 3);
            for (; i <= width - 8; i += 8)
            {
                Vector128<byte> y8;
                Vector128<byte> uv8;
                switch (arrangement)
                {
                    case Arrangement.Interleaved:
                        y8 = Load8(luma + i);
                        uv8 = Load8(u + i);
                        break;
                    case Arrangement.Planar:
                        y8 = Load8(luma + i);
                        uv8 = Vector128.Shuffle(
                            Vector128.Create(Unsafe.ReadUnaligned<uint>(u + i / 2), Unsafe.ReadUnaligned<uint>(v + i / 2), 0u, 0u).AsByte(),
                            Vector128.Create((byte)0, 4, 1, 5, 2, 6, 3, 7, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80));
                        break;
                    default:
                        var packed = Vector128.Load(luma + i * 2);
                        y8 = Vector128.Shuffle(packed, Vector128.Create((byte)0, 2, 4, 6, 8, 10, 12, 14, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80));
                        uv8 = Vector128.Shuffle(packed, Vector128.Create((byte)1, 3, 5, 7, 9, 11, 13, 15, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80));
                        break;
                }

                var (y0, y1) = Vector128.Widen(Vector128.WidenLower(y8));
                var (c0, c1) = Vector128.Widen(Vector128.WidenLower(uv8));
                Four(y0.AsInt32(), c0.AsInt32(), duplicateU, duplicateV).Store(destination + i);
                Four(y1.AsInt32(), c1.AsInt32(), duplicateU, duplicateV).Store(destination + i + 4);
            }
        }

        RowScalar(luma, u, v, destination, i, width, arrangement);
    }

    private static Vector128<uint> Four(Vector128<int> luma, Vector128<int> chroma, Vector128<int> duplicateU, Vector128<int> duplicateV)
    {
        var y = Vector128.Max(luma - Vector128.Create(16), Vector128<int>.Zero) * CY;
        var centred = chroma - Vector128.Create(128);
        var u = Vector128.Shuffle(centred, duplicateU);
        var v = Vector128.Shuffle(centred, duplicateV);
        var half = Vector128.Create(Half);
        var b = Clamp((y + half + u * CUB) >> Shift);
        var g = Clamp((y + half + u * CUG + v * CVG) >> Shift);
        var r = Clamp((y + half + v * CVR) >> Shift);
        return (b | (g << 8) | (r << 16)).AsUInt32() | Vector128.Create(0xFF000000u);
    }

    private static Vector128<int> Clamp(Vector128<int> v) =>
        Vector128.Min(Vector128.Max(v, Vector128<int>.Zero), Vector128.Create(255));

    internal static void RowScalar(byte* luma, byte* u, byte* v, uint* destination, int from, int width, Arrangement arrangement)
    {
        for (int i = from; i < width; i++)
        {
            int pair = i & ~1;
            (byte l, byte cu, byte cv) = arrangement switch
            {
                Arrangement.Interleaved => (luma[i], u[pair], u[pair + 1]),
                Arrangement.Planar => (luma[i], u[i / 2], v[i / 2]),
                _ => (luma[i * 2], luma[pair * 2 + 1], luma[pair * 2 + 3]),
            };
            int y = Math.Max(l - 16, 0) * CY + Half;
            int du = cu - 128, dv = cv - 128;
            uint b = (uint)Math.Clamp((y + du * CUB) >> Shift, 0, 255);
            uint g = (uint)Math.Clamp((y + du * CUG + dv * CVG) >> Shift, 0, 255);
            uint r = (uint)Math.Clamp((y + dv * CVR) >> Shift, 0, 255);
            destination[i] = b | (g << 8) | (r << 16) | 0xFF000000u;
        }
    }

    private static Vector128<byte> Load8(byte* p) => Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(p)).AsByte();
}
