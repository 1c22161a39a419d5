using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>The kernels of <see cref="BilinearAvx2"/> with AVX-512 VBMI and the tables of <see cref="Avx512Tables"/>.</summary>
/// <remarks>
/// One permutation takes the bytes of eight columns out of their window; the arithmetic is the same. Each kernel returns the number of
/// columns written: all, or 0 where there are no tables.
/// </remarks>
internal static unsafe class BilinearAvx512
{
    /// <summary>Resizes one source row horizontally to four 16-bit lanes per column.</summary>
    public static int Horizontal(byte* row, short* destination, Avx512Tables groups)
    {
        int count = groups.GroupCount, last = groups.LastGroupColumn;
        bool wide = groups.IsWide;
        fixed (int* start = groups.WindowStarts)
        fixed (byte* pairs = groups.PairIndices)
        fixed (sbyte* weights = groups.Weights)
        {
            for (int g = 0; g < count; g++)
            {
                ApplyWeights(PermuteWindow(row + start[g], Vector512.Load(pairs + g * 64), wide), weights + g * 128)
                    .Store(destination + Math.Min(g * Avx512Tables.GroupSize, last) * 4);
            }
        }

        return GetColumnsWritten(groups);
    }

    /// <summary>Runs the horizontal and the vertical pass on two source rows.</summary>
    public static int Fused(byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, Avx512Tables groups)
    {
        int count = groups.GroupCount, last = groups.LastGroupColumn;
        bool wide = groups.IsWide;
        var bu = Vector512.Create(upperWeight);
        var bl = Vector512.Create(lowerWeight);
        fixed (int* start = groups.WindowStarts)
        fixed (byte* pairs = groups.PairIndices)
        fixed (sbyte* weights = groups.Weights)
        {
            for (int g = 0; g < count; g++)
            {
                var index = Vector512.Load(pairs + g * 64);
                var ru = ApplyWeights(PermuteWindow(upper + start[g], index, wide), weights + g * 128);
                var rl = ApplyWeights(PermuteWindow(lower + start[g], index, wide), weights + g * 128);
                DivideBy4Rounded(Avx512BW.MultiplyHigh(ru, bu) + Avx512BW.MultiplyHigh(rl, bl))
                    .Store(destination + Math.Min(g * Avx512Tables.GroupSize, last));
            }
        }

        return GetColumnsWritten(groups);
    }

    /// <summary>Averages the four neighbors of each column.</summary>
    public static int Average2x2(byte* upper, byte* lower, uint* destination, Avx512Tables groups)
    {
        int count = groups.GroupCount, last = groups.LastGroupColumn;
        bool wide = groups.IsWide;
        var ones = Vector512<sbyte>.One;
        var mask = Vector256.Create(0x00FFFFFFu);
        fixed (int* start = groups.WindowStarts)
        fixed (byte* pairs = groups.PairIndices)
        {
            for (int g = 0; g < count; g++)
            {
                var index = Vector512.Load(pairs + g * 64);
                var sum = Avx512BW.MultiplyAddAdjacent(PermuteWindow(upper + start[g], index, wide), ones)
                    + Avx512BW.MultiplyAddAdjacent(PermuteWindow(lower + start[g], index, wide), ones);
                (DivideBy4Rounded(sum) & mask).Store(destination + Math.Min(g * Avx512Tables.GroupSize, last));
            }
        }

        return GetColumnsWritten(groups);
    }

    /// <summary>Copies the left neighbor of each column.</summary>
    public static int Gather(byte* row, uint* destination, Avx512Tables groups)
    {
        int count = groups.GroupCount, last = groups.LastGroupColumn;
        bool wide = groups.IsWide;
        var mask = Vector256.Create(0x00FFFFFFu);
        fixed (int* start = groups.WindowStarts)
        fixed (byte* single = groups.PixelIndices)
        {
            for (int g = 0; g < count; g++)
            {
                (PermuteWindow(row + start[g], Vector512.Load(single + g * 64), wide).GetLower().AsUInt32() & mask)
                    .Store(destination + Math.Min(g * Avx512Tables.GroupSize, last));
            }
        }

        return GetColumnsWritten(groups);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> PermuteWindow(byte* window, Vector512<byte> index, bool wide) =>
        wide
            ? Avx512Vbmi.PermuteVar64x8x2(Vector512.Load(window), index, Vector512.Load(window + 64))
            : Avx512Vbmi.PermuteVar64x8(Vector512.Load(window), index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> ApplyWeights(Vector512<byte> pairs, sbyte* weights) =>
        Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Load(weights))
            + (Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Load(weights + 64)) >> 4);

    // (x + 2) >> 2 in bytes: MultiplyHighRoundScale by 2^13 computes ((x * 2^13 >> 14) + 1) >> 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> DivideBy4Rounded(Vector512<short> sum) =>
        Avx512BW.ConvertToVector256Byte(Avx512BW.MultiplyHighRoundScale(sum, Vector512.Create((short)(1 << 13))).AsUInt16()).AsUInt32();

    private static int GetColumnsWritten(Avx512Tables groups) => groups.GroupCount == 0 ? 0 : groups.LastGroupColumn + Avx512Tables.GroupSize;
}
