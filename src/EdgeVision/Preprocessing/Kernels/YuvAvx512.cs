using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Converts rows of YUV pixels with AVX-512 VBMI, 32 pixels per step, to the numbers of <see cref="YuvKernels"/>.</summary>
/// <remarks>
/// A product with a 21-bit constant takes one instruction. With <c>C = 256h + l</c>, one 16-bit half of a lane holds a number s from 0 to
/// 255, and the other half holds (s - 128) * 256, which is the bits of s with the highest bit flipped. Multiply-add yields <c>s*l + (s -
/// 128)*256*h = s*C - 32768h</c> exactly, and the missing constant is added once for all products. Even and odd columns use separate lanes,
/// so that both share the products of their chroma pair.
/// </remarks>
internal static unsafe class YuvAvx512
{
    private const int Pixels = 32;

    // Pixel order of each quarter of a vector such that two unpack operations restore the order of the row.
    private static readonly Vector512<byte> EvenLuma = CreateLumaIndices(0, 1), OddLuma = CreateLumaIndices(1, 1), EvenPacked = CreateLumaIndices(0, 2),
        OddPacked = CreateLumaIndices(1, 2);
    private static readonly Vector512<byte> InterleavedU = CreateChromaIndices(c => 32 + 2 * c), InterleavedV = CreateChromaIndices(c => 33 + 2 * c);
    private static readonly Vector512<byte> PlanarU = CreateChromaIndices(c => 32 + c), PlanarV = CreateChromaIndices(c => 48 + c);
    private static readonly Vector512<byte> PackedU = CreateChromaIndices(c => 1 + 4 * c), PackedV = CreateChromaIndices(c => 3 + 4 * c);

    /// <summary>Converts whole steps of a row and returns the number of pixels converted.</summary>
    public static int ConvertRow(byte* luma, byte* u, byte* v, uint* destination, int width, YuvKernels.ChromaLayout arrangement)
    {
        int i = 0;
        switch (arrangement)
        {
            case YuvKernels.ChromaLayout.SemiPlanar:
                for (; i <= width - Pixels; i += Pixels)
                {
                    ConvertStep(
                        Vector512.Create(Vector256.Load(luma + i), Vector256.Load(u + i)),
                        LumaOffset, EvenLuma, OddLuma, InterleavedU, InterleavedV, destination + i);
                }

                break;
            case YuvKernels.ChromaLayout.Planar:
                for (; i <= width - Pixels; i += Pixels)
                {
                    ConvertStep(
                        Vector512.Create(Vector256.Load(luma + i), Vector256.Create(Vector128.Load(u + i / 2), Vector128.Load(v + i / 2))),
                        LumaOffset, EvenLuma, OddLuma, PlanarU, PlanarV, destination + i);
                }

                break;
            default:
                for (; i <= width - Pixels; i += Pixels)
                {
                    ConvertStep(
                        Vector512.Load(luma + i * 2), Vector512.Create((ushort)16).AsByte(),
                        EvenPacked, OddPacked, PackedU, PackedV, destination + i);
                }

                break;
        }

        return i;
    }

    private static Vector512<byte> LumaOffset => Vector512.Create(Vector256.Create((byte)16), Vector256<byte>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ConvertStep(
        Vector512<byte> source,
        Vector512<byte> foot,
        Vector512<byte> even,
        Vector512<byte> odd,
        Vector512<byte> firstChroma,
        Vector512<byte> secondChroma,
        uint* destination)
    {
        source = Avx512BW.SubtractSaturate(source, foot);
        var y = Factor(YuvKernels.CY);
        Vector512<int> ys = Avx512BW.MultiplyAddAdjacent(Spread(source, even), y);
        Vector512<int> yo = Avx512BW.MultiplyAddAdjacent(Spread(source, odd), y);
        Vector512<short> du = Spread(source, firstChroma), dv = Spread(source, secondChroma);
        var blue = InterleaveColumns(ys, yo, Avx512BW.MultiplyAddAdjacent(du, Factor(YuvKernels.CUB)) + Vector512.Create(LumaCorrection - 128 * Low(YuvKernels.CUB)));
        var green = InterleaveColumns(
            ys,
            yo,
            Avx512BW.MultiplyAddAdjacent(du, Factor(YuvKernels.CUG)) + Avx512BW.MultiplyAddAdjacent(dv, Factor(YuvKernels.CVG))
                + Vector512.Create(LumaCorrection - 128 * (Low(YuvKernels.CUG) + Low(YuvKernels.CVG))));
        var red = InterleaveColumns(ys, yo, Avx512BW.MultiplyAddAdjacent(dv, Factor(YuvKernels.CVR)) + Vector512.Create(LumaCorrection - 128 * Low(YuvKernels.CVR)));
        var inOrder = Vector512.Create(Vector256.Create(InterleaveMask, InterleaveMask), Vector256.Create(InterleaveMask, InterleaveMask));
        var blueGreen = Avx512BW.Shuffle(Avx512BW.PackUnsignedSaturate(blue, green), inOrder).AsUInt16();
        var redOpaque = Avx512BW.Shuffle(Avx512BW.PackUnsignedSaturate(red, Vector512.Create((short)255)), inOrder).AsUInt16();
        Avx512BW.UnpackLow(blueGreen, redOpaque).AsUInt32().Store(destination);
        Avx512BW.UnpackHigh(blueGreen, redOpaque).AsUInt32().Store(destination + Pixels / 2);
    }

    // The constant that is missing in luma's product, and one half for rounding.
    private const int LumaCorrection = YuvKernels.RoundingHalf + 32768 * (YuvKernels.CY >> 8);

    private static Vector128<byte> InterleaveMask => Vector128.Create((byte)0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);

    private static int Low(int constant) => constant & 255;

    private static Vector512<short> Factor(int constant) => Vector512.Create((constant >> 8 << 16) | Low(constant)).AsInt16();

    // Places a number s in the first byte of a lane and s - 128 in its last byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Spread(Vector512<byte> source, Vector512<byte> index) =>
        ((Avx512Vbmi.PermuteVar64x8(source, index).AsUInt32() & Vector512.Create(0xFF0000FFu)) ^ Vector512.Create(0x80000000u)).AsInt16();

    // Sums >> 20 of even and odd columns, interleaved.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> InterleaveColumns(Vector512<int> even, Vector512<int> odd, Vector512<int> share) =>
        (((even + share) >>> 16) | ((odd + share) & Vector512.Create(unchecked((int)0xFFFF0000)))).AsInt16() >> (YuvKernels.Shift - 16);

    private static Vector512<byte> CreateLumaIndices(int column, int stride) => CreateIndices(lane => (GetPixelIndex(lane) + column) * stride);

    private static Vector512<byte> CreateChromaIndices(Func<int, int> at) => CreateIndices(lane => at(GetPixelIndex(lane) / 2));

    // A lane holds the pixel with this index and the next one. Quarter q holds pixels 4q to 4q+3 and four more, sixteen further on.
    private static int GetPixelIndex(int lane) => 4 * (lane / 4) + 2 * (lane & 1) + 16 * (lane / 2 & 1);

    private static Vector512<byte> CreateIndices(Func<int, int> at)
    {
        Span<byte> bytes = stackalloc byte[64];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)at(i / 4);
        }

        return Vector512.Create<byte>(bytes);
    }
}
