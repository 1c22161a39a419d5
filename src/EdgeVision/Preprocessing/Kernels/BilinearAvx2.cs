using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Resize kernels for AVX2 with the tables of <see cref="Avx2Tables"/>, eight columns per step.</summary>
/// <remarks>
/// They compute the integers of <see cref="BilinearKernels"/> and <see cref="NearestKernels"/>. In the horizontal pass a weight is split into 16h +
/// l, so that bytes are multiplied without being widened: <c>(p0*a0 + p1*a1) >> 4 = p0*h0 + p1*h1 + ((p0*l0 + p1*l1) >> 4)</c>, at most
/// 255*128 and so within 16 bits. In the vertical pass <c>(s + 2) >> 2</c> is one rounded multiplication. Each kernel returns the number of
/// columns written: all, or 0 where there are no tables.
/// </remarks>
internal static unsafe class BilinearAvx2
{
    /// <summary>Resizes one source row horizontally to four 16-bit lanes per column.</summary>
    public static int Horizontal(byte* row, short* destination, Avx2Tables windows) =>
        windows.IsSplit ? Horizontal<TwoLoads>(row, destination, windows) : Horizontal<OneLoad>(row, destination, windows);

    /// <summary>Runs the horizontal and the vertical pass on two source rows.</summary>
    public static int Fused(
        byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, Avx2Tables windows) =>
        windows.IsSplit
            ? Fused<TwoLoads>(upper, lower, upperWeight, lowerWeight, destination, windows)
            : Fused<OneLoad>(upper, lower, upperWeight, lowerWeight, destination, windows);

    /// <summary>Averages the four neighbors of each column.</summary>
    public static int Average2x2(byte* upper, byte* lower, uint* destination, Avx2Tables windows) =>
        windows.IsSplit ? Average2x2<TwoLoads>(upper, lower, destination, windows) : Average2x2<OneLoad>(upper, lower, destination, windows);

    /// <summary>Copies the left neighbor of each column.</summary>
    public static int Gather(byte* row, uint* destination, Avx2Tables windows) =>
        windows.IsSplit ? Gather<TwoLoads>(row, destination, windows) : Gather<OneLoad>(row, destination, windows);

    private static int Horizontal<TLoad>(byte* row, short* destination, Avx2Tables windows)
        where TLoad : struct, ILoad
    {
        int count = windows.GroupCount, last = windows.LastGroupColumn;
        fixed (int* starts = windows.LoadStarts)
        fixed (byte* shuffles = windows.PairShuffles)
        fixed (sbyte* tables = windows.Weights)
        {
            // Local copies: the pinned variables themselves would be read from the stack at every use.
            int* start = starts;
            byte* pairs = shuffles;
            sbyte* weights = tables;
            for (int g = 0; g < count; g++, start += TLoad.LoadsPerGroup, pairs += 64, weights += 128)
            {
                var a = ApplyWeights(TLoad.First(row, start), Vector256.Load(pairs), Vector256.Load(weights), Vector256.Load(weights + 32));
                var b = ApplyWeights(TLoad.Second(row, start), Vector256.Load(pairs + 32), Vector256.Load(weights + 64),
                    Vector256.Load(weights + 96));
                short* d = destination + Math.Min(g * Avx2Tables.GroupSize, last) * 4;
                a.GetLower().Store(d);
                b.GetLower().Store(d + 8);
                a.GetUpper().Store(d + 16);
                b.GetUpper().Store(d + 24);
            }
        }

        return GetColumnsWritten(windows);
    }

    private static int Fused<TLoad>(byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, Avx2Tables windows)
        where TLoad : struct, ILoad
    {
        int count = windows.GroupCount, last = windows.LastGroupColumn;
        var bu = Vector256.Create(upperWeight);
        var bl = Vector256.Create(lowerWeight);
        var quarter = Vector256.Create(Quarter);
        fixed (int* starts = windows.LoadStarts)
        fixed (byte* shuffles = windows.PairShuffles)
        fixed (sbyte* tables = windows.Weights)
        {
            int* start = starts;
            byte* pairs = shuffles;
            sbyte* weights = tables;
            for (int g = 0; g < count; g++, start += TLoad.LoadsPerGroup, pairs += 64, weights += 128)
            {
                var p = Vector256.Load(pairs);
                Vector256<sbyte> high = Vector256.Load(weights), low = Vector256.Load(weights + 32);
                var first = Avx2.MultiplyHigh(ApplyWeights(TLoad.First(upper, start), p, high, low), bu)
                    + Avx2.MultiplyHigh(ApplyWeights(TLoad.First(lower, start), p, high, low), bl);
                (p, high, low) = (Vector256.Load(pairs + 32), Vector256.Load(weights + 64), Vector256.Load(weights + 96));
                var second = Avx2.MultiplyHigh(ApplyWeights(TLoad.Second(upper, start), p, high, low), bu)
                    + Avx2.MultiplyHigh(ApplyWeights(TLoad.Second(lower, start), p, high, low), bl);
                PackDividedBy4(first, second, quarter).Store(destination + Math.Min(g * Avx2Tables.GroupSize, last));
            }
        }

        return GetColumnsWritten(windows);
    }

    private static int Average2x2<TLoad>(byte* upper, byte* lower, uint* destination, Avx2Tables windows)
        where TLoad : struct, ILoad
    {
        int count = windows.GroupCount, last = windows.LastGroupColumn;
        var ones = Vector256<sbyte>.One;
        var quarter = Vector256.Create(Quarter);
        fixed (int* starts = windows.LoadStarts)
        fixed (byte* shuffles = windows.PairShuffles)
        {
            int* start = starts;
            byte* pairs = shuffles;
            for (int g = 0; g < count; g++, start += TLoad.LoadsPerGroup, pairs += 64)
            {
                Vector256<byte> p = Vector256.Load(pairs), q = Vector256.Load(pairs + 32);
                var first = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.First(upper, start), p), ones)
                    + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.First(lower, start), p), ones);
                var second = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.Second(upper, start), q), ones)
                    + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.Second(lower, start), q), ones);
                PackDividedBy4(first, second, quarter).Store(destination + Math.Min(g * Avx2Tables.GroupSize, last));
            }
        }

        return GetColumnsWritten(windows);
    }

    private static int Gather<TLoad>(byte* row, uint* destination, Avx2Tables windows)
        where TLoad : struct, ILoad
    {
        int count = windows.GroupCount, last = windows.LastGroupColumn;
        fixed (int* starts = windows.LoadStarts)
        fixed (byte* shuffles = windows.PixelShuffles)
        {
            int* start = starts;
            byte* single = shuffles;
            for (int g = 0; g < count; g++, start += TLoad.LoadsPerGroup, single += 64)
            {
                var pixels = Avx2.Shuffle(TLoad.First(row, start), Vector256.Load(single))
                    | Avx2.Shuffle(TLoad.Second(row, start), Vector256.Load(single + 32));
                pixels.AsUInt32().Store(destination + Math.Min(g * Avx2Tables.GroupSize, last));
            }
        }

        return GetColumnsWritten(windows);
    }

    // (x + 2) >> 2 for any non-negative x: MultiplyHighRoundScale by 2^13 computes ((x * 2^13 >> 14) + 1) >> 1.
    private const short Quarter = 1 << 13;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> ApplyWeights(Vector256<byte> loaded, Vector256<byte> pairs, Vector256<sbyte> high, Vector256<sbyte> low)
    {
        var p = Avx2.Shuffle(loaded, pairs);
        return Avx2.MultiplyAddAdjacent(p, high) + (Avx2.MultiplyAddAdjacent(p, low) >> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> PackDividedBy4(Vector256<short> first, Vector256<short> second, Vector256<short> quarter) =>
        Avx2.PackUnsignedSaturate(Avx2.MultiplyHighRoundScale(first, quarter), Avx2.MultiplyHighRoundScale(second, quarter)).AsUInt32();

    private static int GetColumnsWritten(Avx2Tables windows) => windows.GroupCount == 0 ? 0 : windows.LastGroupColumn + Avx2Tables.GroupSize;

    /// <summary>Loads the bytes of the two vectors of a group.</summary>
    private interface ILoad
    {
        /// <summary>Gets the number of loads per group.</summary>
        static abstract int LoadsPerGroup { get; }

        static abstract Vector256<byte> First(byte* row, int* start);

        static abstract Vector256<byte> Second(byte* row, int* start);
    }

    private readonly struct OneLoad : ILoad
    {
        public static int LoadsPerGroup => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> First(byte* row, int* start) => Load(row, start);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Second(byte* row, int* start) => Load(row, start + 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Load(byte* row, int* start) =>
            Vector256.Create(Vector128.Load(row + start[0]), Vector128.Load(row + start[1]));
    }

    private readonly struct TwoLoads : ILoad
    {
        public static int LoadsPerGroup => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> First(byte* row, int* start) => Load(row, start);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Second(byte* row, int* start) => Load(row, start + 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Load(byte* row, int* start) =>
            Vector256.Create(Pair(row + start[0], row + start[1]), Pair(row + start[2], row + start[3]));

        // Eight bytes of each; the load into the upper half needs no separate shuffle.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> Pair(byte* left, byte* right) =>
            Sse.LoadHigh(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<double>(left)).AsSingle(), (float*)right).AsByte();
    }
}
