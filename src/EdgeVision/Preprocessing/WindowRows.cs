using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision;

/// <summary>
/// Resize kernels for AVX2 over <see cref="ColumnWindows"/>, eight columns a step: <see cref="BilinearRows"/>' and
/// <see cref="PickRows"/>' integers. Across, a weight is split into 16h + l, so that bytes are multiplied without being widened:
/// <c>(p0*a0 + p1*a1) >> 4 = p0*h0 + p1*h1 + ((p0*l0 + p1*l1) >> 4)</c>, at most 255*128 and so within 16 bits. Down,
/// <c>(s + 2) >> 2</c> is one rounded multiplication. Each kernel returns the columns it made: all, or none.
/// </summary>
internal static unsafe class WindowRows
{
    /// <summary>One source row to four 16-bit lanes a column.</summary>
    public static int Across(byte* row, short* destination, ColumnWindows windows) =>
        windows.IsSplit ? Across<TwoLoads>(row, destination, windows) : Across<OneLoad>(row, destination, windows);

    /// <summary>Both passes of two source rows.</summary>
    public static int Both(byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, ColumnWindows windows) =>
        windows.IsSplit ? Both<TwoLoads>(upper, lower, upperWeight, lowerWeight, destination, windows) : Both<OneLoad>(upper, lower, upperWeight, lowerWeight, destination, windows);

    /// <summary>Means of each column's four neighbours.</summary>
    public static int Mean(byte* upper, byte* lower, uint* destination, ColumnWindows windows) =>
        windows.IsSplit ? Mean<TwoLoads>(upper, lower, destination, windows) : Mean<OneLoad>(upper, lower, destination, windows);

    /// <summary>The left neighbour of each column.</summary>
    public static int Pick(byte* row, uint* destination, ColumnWindows windows) =>
        windows.IsSplit ? Pick<TwoLoads>(row, destination, windows) : Pick<OneLoad>(row, destination, windows);

    private static int Across<TLoad>(byte* row, short* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count;
        fixed (int* start = windows.Start)
        fixed (byte* pairs = windows.Pairs)
        fixed (sbyte* high = windows.High, low = windows.Low)
        {
            for (int g = 0; g < count; g++)
            {
                var a = Weigh(TLoad.First(row, start, g), pairs + g * 64, high + g * 64, low + g * 64);
                var b = Weigh(TLoad.Second(row, start, g), pairs + g * 64 + 32, high + g * 64 + 32, low + g * 64 + 32);
                short* d = destination + windows.Column(g) * 4;
                a.GetLower().Store(d);
                b.GetLower().Store(d + 8);
                a.GetUpper().Store(d + 16);
                b.GetUpper().Store(d + 24);
            }
        }

        return Made(windows, count);
    }

    private static int Both<TLoad>(byte* upper, byte* lower, short upperWeight, short lowerWeight, uint* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count;
        var bu = Vector256.Create(upperWeight);
        var bl = Vector256.Create(lowerWeight);
        fixed (int* start = windows.Start)
        fixed (byte* pairs = windows.Pairs)
        fixed (sbyte* high = windows.High, low = windows.Low)
        {
            for (int g = 0; g < count; g++)
            {
                byte* p = pairs + g * 64;
                sbyte* h = high + g * 64, l = low + g * 64;
                var first = Down(Weigh(TLoad.First(upper, start, g), p, h, l), Weigh(TLoad.First(lower, start, g), p, h, l), bu, bl);
                var second = Down(Weigh(TLoad.Second(upper, start, g), p + 32, h + 32, l + 32), Weigh(TLoad.Second(lower, start, g), p + 32, h + 32, l + 32), bu, bl);
                Avx2.PackUnsignedSaturate(first, second).AsUInt32().Store(destination + windows.Column(g));
            }
        }

        return Made(windows, count);
    }

    private static int Mean<TLoad>(byte* upper, byte* lower, uint* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count;
        var ones = Vector256<sbyte>.One;
        var quarter = Vector256.Create(Quarter);
        fixed (int* start = windows.Start)
        fixed (byte* pairs = windows.Pairs)
        {
            for (int g = 0; g < count; g++)
            {
                Vector256<byte> p = Vector256.Load(pairs + g * 64), q = Vector256.Load(pairs + g * 64 + 32);
                var first = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.First(upper, start, g), p), ones) + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.First(lower, start, g), p), ones);
                var second = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.Second(upper, start, g), q), ones) + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(TLoad.Second(lower, start, g), q), ones);
                Avx2.PackUnsignedSaturate(Avx2.MultiplyHighRoundScale(first, quarter), Avx2.MultiplyHighRoundScale(second, quarter)).AsUInt32().Store(destination + windows.Column(g));
            }
        }

        return Made(windows, count);
    }

    private static int Pick<TLoad>(byte* row, uint* destination, ColumnWindows windows)
        where TLoad : struct, ILoad
    {
        int count = windows.Count;
        fixed (int* start = windows.Start)
        fixed (byte* single = windows.Single)
        {
            for (int g = 0; g < count; g++)
            {
                var pixels = Avx2.Shuffle(TLoad.First(row, start, g), Vector256.Load(single + g * 64)) | Avx2.Shuffle(TLoad.Second(row, start, g), Vector256.Load(single + g * 64 + 32));
                pixels.AsUInt32().Store(destination + windows.Column(g));
            }
        }

        return Made(windows, count);
    }

    // x * 2^13 >> 14, plus one, halved: (x + 2) >> 2 of any x that is not negative.
    private const short Quarter = 1 << 13;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Weigh(Vector256<byte> loaded, byte* pairs, sbyte* high, sbyte* low)
    {
        var p = Avx2.Shuffle(loaded, Vector256.Load(pairs));
        return Avx2.MultiplyAddAdjacent(p, Vector256.Load(high)) + (Avx2.MultiplyAddAdjacent(p, Vector256.Load(low)) >> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Down(Vector256<short> upper, Vector256<short> lower, Vector256<short> upperWeight, Vector256<short> lowerWeight) =>
        Avx2.MultiplyHighRoundScale(Avx2.MultiplyHigh(upper, upperWeight) + Avx2.MultiplyHigh(lower, lowerWeight), Vector256.Create(Quarter));

    private static int Made(ColumnWindows windows, int count) => count == 0 ? 0 : windows.Column(count - 1) + ColumnWindows.Columns;

    /// <summary>How the bytes of a group's two vectors are loaded.</summary>
    private interface ILoad
    {
        static abstract Vector256<byte> First(byte* row, int* start, int group);

        static abstract Vector256<byte> Second(byte* row, int* start, int group);
    }

    private readonly struct OneLoad : ILoad
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> First(byte* row, int* start, int group) => Load(row, start + group * 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Second(byte* row, int* start, int group) => Load(row, start + group * 4 + 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Load(byte* row, int* start) => Vector256.Create(Vector128.Load(row + start[0]), Vector128.Load(row + start[1]));
    }

    private readonly struct TwoLoads : ILoad
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> First(byte* row, int* start, int group) => Load(row, start + group * 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Second(byte* row, int* start, int group) => Load(row, start + group * 8 + 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Load(byte* row, int* start) => Vector256.Create(Pair(row + start[0], row + start[1]), Pair(row + start[2], row + start[3]));

        // Eight bytes of each, with the load into the upper half that takes no shuffle of its own.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> Pair(byte* left, byte* right) =>
            Sse.LoadHigh(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<double>(left)).AsSingle(), (float*)right).AsByte();
    }
}
