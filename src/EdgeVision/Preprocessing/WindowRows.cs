using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision;

/// <summary>Resize kernels for AVX2 with the tables of <see cref="ColumnWindows"/>, eight columns per step.</summary>
/// <remarks>
/// They compute the integers of <see cref="BilinearRows"/> and <see cref="PickRows"/>. In the horizontal pass a weight is split into 16h +
/// l, so that bytes are multiplied without being widened: <c>(p0*a0 + p1*a1) >> 4 = p0*h0 + p1*h1 + ((p0*l0 + p1*l1) >> 4)</c>, at most
/// 255*128 and so within 16 bits. In the vertical pass <c>(s + 2) >> 2</c> is one rounded multiplication. Each kernel returns the number of
/// columns written: all, or 0 where there are no tables.
/// </remarks>
internal static unsafe class WindowRows
{
    /// <summary>Resizes one source row horizontally to four 16-bit lanes per column.</summary>
    public static int Across(byte* row, short* destination, ColumnWindows windows) =>
        windows.IsSplit ? Across<TwoLoads>(row, destination, windows) : Across<OneLoad>(row, destination, windows);

    /// <summary>Runs the horizontal and the vertical pass on two source rows.</summary>
    public static int Both(
        byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, ColumnWindows windows) =>
        windows.IsSplit
            ? Both<TwoLoads>(upper, lower, upperWeight, lowerWeight, destination, windows)
            : Both<OneLoad>(upper, lower, upperWeight, lowerWeight, destination, windows);

    /// <summary>Averages the four neighbors of each column.</summary>
    public static int Mean(byte* upper, byte* lower, uint* destination, ColumnWindows windows) =>
        windows.IsSplit ? Mean<TwoLoads>(upper, lower, destination, windows) : Mean<OneLoad>(upper, lower, destination, windows);

    /// <summary>Copies the left neighbor of each column.</summary>
    public static int Pick(byte* row, uint* destination, ColumnWindows windows) =>
        windows.IsSplit ? Pick<TwoLoads>(row, destination, windows) : Pick<OneLoad>(row, destination, windows);

    private static int Across<TLoad>(byte* row, short* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count, last = windows.Last;
        fixed (int* starts = windows.Start)
        fixed (byte* shuffles = windows.Pairs)
        fixed (sbyte* tables = windows.Weights)
        {
            // Local copies: the pinned variables themselves would be read from the stack at every use.
            int* start = starts;
            byte* pairs = shuffles;
            sbyte* weights = tables;
            for (int g = 0; g < count; g++, start += TLoad.Starts, pairs += 64, weights += 128)
            {
                var a = Weigh(TLoad.First(row, start), Vector256.Load(pairs), Vector256.Load(weights), Vector256.Load(weights + 32));
                var b = Weigh(TLoad.Second(row, start), Vector256.Load(pairs + 32), Vector256.Load(weights + 64),
                    Vector256.Load(weights + 96));
                short* d = destination + Math.Min(g * ColumnWindows.Columns, last) * 4;
                a.GetLower().Store(d);
                b.GetLower().Store(d + 8);
                a.GetUpper().Store(d + 16);
                b.GetUpper().Store(d + 24);
            }
        }

        return Made(windows);
    }

    private static int Both<TLoad>(byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count, last = windows.Last;
        var bu = Vector256.Create(upperWeight);
        var bl = Vector256.Create(lowerWeight);
        var quarter = Vector256.Create(Quarter);
        fixed (int* starts = windows.Start)
        fixed (byte* shuffles = windows.Pairs)
        fixed (sbyte* tables = windows.Weights)
        {
            int* start = starts;
            byte* pairs = shuffles;
            sbyte* weights = tables;
            for (int g = 0; g < count; g++, start += TLoad.Starts, pairs += 64, weights += 128)
            {
                var p = Vector256.Load(pairs);
                Vector256<sbyte> high = Vector256.Load(weights), low = Vector256.Load(weights + 32);
                var first = Avx2.MultiplyHigh(Weigh(TLoad.First(upper, start), p, high, low), bu)
                    + Avx2.MultiplyHigh(Weigh(TLoad.First(lower, start), p, high, low), bl);
                (p, high, low) = (Vector256.Load(pairs + 32), Vector256.Load(weights + 64), Vector256.Load(weights + 96));
                var second = Avx2.MultiplyHigh(Weigh(TLoad.Second(upper, start), p, high, low), bu)
                    + Avx2.MultiplyHigh(Weigh(TLoad.Second(lower, start), p, high, low), bl);
                Bytes(first, second, quarter).Store(destination + Math.Min(g * ColumnWindows.Columns, last));
            }
        }

        return Made(windows);
    }

    private static int Mean<TLoad>(byte* upper, byte* lower, uint* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count, last = windows.Last;
        var ones = Vector256<sbyte>.One;
        var quarter = Vector256.Create(Quarter);
        fixed (int* starts = windows.Start)
        fixed (byte* shuffles = windows.Pairs)
        {
            int* start = starts;
            byte* pairs = shuffles;
            for (int g = 0; g < count; g++, start += TLoad.Starts, pairs += 64)
            {
                Vector256<byte> p = Vector256.Load(pairs), q = Vector256.Load(pairs + 32);
                var first = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.First(upper, start), p), ones)
                    + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.First(lower, start), p), ones);
                var second = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.Second(upper, start), q), ones)
                    + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.Second(lower, start), q), ones);
                Bytes(first, second, quarter).Store(destination + Math.Min(g * ColumnWindows.Columns, last));
            }
        }

        return Made(windows);
    }

    private static int Pick<TLoad>(byte* row, uint* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count, last = windows.Last;
        fixed (int* starts = windows.Start)
        fixed (byte* shuffles = windows.Single)
        {
            int* start = starts;
            byte* single = shuffles;
            for (int g = 0; g < count; g++, start += TLoad.Starts, single += 64)
            {
                var pixels = Avx2.Shuffle(TLoad.First(row, start), Vector256.Load(single))
                    | Avx2.Shuffle(TLoad.Second(row, start), Vector256.Load(single + 32));
                pixels.AsUInt32().Store(destination + Math.Min(g * ColumnWindows.Columns, last));
            }
        }

        return Made(windows);
    }

    // (x + 2) >> 2 for any non-negative x: MultiplyHighRoundScale by 2^13 computes ((x * 2^13 >> 14) + 1) >> 1.
    private const short Quarter = 1 << 13;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Weigh(Vector256<byte> loaded, Vector256<byte> pairs, Vector256<sbyte> high, Vector256<sbyte> low)
    {
        var p = Avx2.Shuffle(loaded, pairs);
        return Avx2.MultiplyAddAdjacent(p, high) + (Avx2.MultiplyAddAdjacent(p, low) >> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Bytes(Vector256<short> first, Vector256<short> second, Vector256<short> quarter) =>
        Avx2.PackUnsignedSaturate(Avx2.MultiplyHighRoundScale(first, quarter), Avx2.MultiplyHighRoundScale(second, quarter)).AsUInt32();

    private static int Made(ColumnWindows windows) => windows.Count == 0 ? 0 : windows.Last + ColumnWindows.Columns;

    /// <summary>Loads the bytes of the two vectors of a group.</summary>
    private interface ILoad
    {
        /// <summary>Gets the number of loads per group.</summary>
        static abstract int Starts { get; }

        static abstract Vector256<byte> First(byte* row, int* start);

        static abstract Vector256<byte> Second(byte* row, int* start);
    }

    private readonly struct OneLoad : ILoad
    {
        public static int Starts => 4;

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
        public static int Starts => 8;

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
