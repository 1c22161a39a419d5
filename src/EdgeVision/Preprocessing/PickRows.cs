using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision;

/// <summary>
/// Rows of a resize that needs no weights: whole-numbered odd ratios such as 1920 to 640, where every output pixel is a source
/// pixel, and nearest neighbours. Also halving, where it is the mean of four. Both give the numbers of <see cref="BilinearRows"/>:
/// <c>(128p * 2048 >> 16) + 2 >> 2 = p</c>, and <c>(p00 + p01 + p10 + p11 + 2) >> 2</c>.
/// </summary>
internal static unsafe class PickRows
{
    /// <summary>Pixels of one source row, to blue, green, red and an unused byte.</summary>
    /// <param name="row">First pixel of the row (of the crop).</param>
    /// <param name="readable">Bytes that may be read from <paramref name="row"/> on.</param>
    /// <param name="sourceX">Source column of each output pixel.</param>
    /// <param name="destination">One pixel each.</param>
    /// <param name="width">Output pixels.</param>
    /// <param name="order">Channel order of the source.</param>
    /// <param name="groups">Tables for whole groups of columns.</param>
    public static void Pick(byte* row, int readable, int* sourceX, uint* destination, int width, BilinearRows.ChannelOrder order, ColumnGroups groups)
    {
        int i = Avx512Vbmi.IsSupported ? PickGroups(row, readable, destination, groups) : 0;
        int n = order.BytesPerPixel;
        if (Vector128.IsHardwareAccelerated)
        {
            // Four pixels a step, each loaded as four bytes; a pixel of three is read with the byte behind it.
            byte b = (byte)order.Blue, g = (byte)order.Green, r = (byte)order.Red;
            const byte Zero = 0x80;
            var mask = Vector128.Create(b, g, r, Zero, (byte)(b + 4), (byte)(g + 4), (byte)(r + 4), Zero, (byte)(b + 8), (byte)(g + 8), (byte)(r + 8), Zero, (byte)(b + 12), (byte)(g + 12), (byte)(r + 12), Zero);
            for (; i <= width - 4 && sourceX[i + 3] * n + 4 <= readable; i += 4)
            {
                var p = Vector128.Create(Load(row + sourceX[i] * n), Load(row + sourceX[i + 1] * n), Load(row + sourceX[i + 2] * n), Load(row + sourceX[i + 3] * n));
                Vector128.ShuffleNative(p.AsByte(), mask).AsUInt32().Store(destination + i);
            }
        }

        PickScalar(row, sourceX, destination, i, width, order);
    }

    internal static void PickScalar(byte* row, int* sourceX, uint* destination, int from, int width, BilinearRows.ChannelOrder order)
    {
        for (int i = from; i < width; i++)
        {
            byte* p = row + sourceX[i] * order.BytesPerPixel;
            destination[i] = (uint)(p[order.Blue] | p[order.Green] << 8 | p[order.Red] << 16);
        }
    }

    /// <summary>Means of four: output pixel i of columns 2i and 2i + 1 of both rows.</summary>
    /// <param name="upper">First pixel of the upper row.</param>
    /// <param name="lower">First pixel of the lower row.</param>
    /// <param name="readable">Bytes that may be read of either.</param>
    /// <param name="destination">One pixel each.</param>
    /// <param name="width">Output pixels.</param>
    /// <param name="order">Channel order of the source.</param>
    /// <param name="groups">Tables for whole groups of columns.</param>
    public static void Halve(byte* upper, byte* lower, int readable, uint* destination, int width, BilinearRows.ChannelOrder order, ColumnGroups groups)
    {
        int i = Avx512Vbmi.IsSupported ? HalveGroups(upper, lower, readable, destination, groups) : 0;
        int n = order.BytesPerPixel;
        if (Avx2.IsSupported)
        {
            // Four pixels a step: pairs of neighbours side by side are added by a multiplication with ones.
            var mask = Vector256.Create(order.PairMask, order.PairMask);
            var ones = Vector256<sbyte>.One;
            for (; i <= width - 4 && (2 * i + 6) * n + 8 <= readable; i += 4)
            {
                byte* u = upper + 2 * i * n, l = lower + 2 * i * n;
                var top = Vector256.Create(Load8(u), Load8(u + 2 * n), Load8(u + 4 * n), Load8(u + 6 * n)).AsByte();
                var bottom = Vector256.Create(Load8(l), Load8(l + 2 * n), Load8(l + 4 * n), Load8(l + 6 * n)).AsByte();
                var sum = Avx2.MultiplyAddAdjacent(Avx2.Shuffle(top, mask), ones) + Avx2.MultiplyAddAdjacent(Avx2.Shuffle(bottom, mask), ones);
                var mean = (sum + Vector256.Create((short)2)) >> 2;
                Vector128.Narrow(mean.GetLower().AsUInt16(), mean.GetUpper().AsUInt16()).AsUInt32().Store(destination + i);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            // Two pixels a step.
            byte b = (byte)order.Blue, g = (byte)order.Green, r = (byte)order.Red, s = (byte)n;
            const byte Zero = 0x80;
            var left = Vector128.Create(b, g, r, Zero, (byte)(b + 8), (byte)(g + 8), (byte)(r + 8), Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero);
            var right = Vector128.Create((byte)(b + s), (byte)(g + s), (byte)(r + s), Zero, (byte)(b + s + 8), (byte)(g + s + 8), (byte)(r + s + 8), Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero);
            for (; i <= width - 2 && (2 * i + 2) * n + 8 <= readable; i += 2)
            {
                byte* u = upper + 2 * i * n, l = lower + 2 * i * n;
                var top = Vector128.Create(Load8(u), Load8(u + 2 * n)).AsByte();
                var bottom = Vector128.Create(Load8(l), Load8(l + 2 * n)).AsByte();
                var sum = Vector128.WidenLower(Vector128.ShuffleNative(top, left)) + Vector128.WidenLower(Vector128.ShuffleNative(top, right))
                    + Vector128.WidenLower(Vector128.ShuffleNative(bottom, left)) + Vector128.WidenLower(Vector128.ShuffleNative(bottom, right)) + Vector128.Create((ushort)2);
                Unsafe.WriteUnaligned(destination + i, Vector128.Narrow(sum >>> 2, Vector128<ushort>.Zero).AsUInt64().ToScalar());
            }
        }

        HalveScalar(upper, lower, destination, i, width, order);
    }

    internal static void HalveScalar(byte* upper, byte* lower, uint* destination, int from, int width, BilinearRows.ChannelOrder order)
    {
        int n = order.BytesPerPixel;
        for (int i = from; i < width; i++)
        {
            byte* u = upper + 2 * i * n, l = lower + 2 * i * n;
            int b = order.Blue, g = order.Green, r = order.Red;
            destination[i] = (uint)((u[b] + u[b + n] + l[b] + l[b + n] + 2) >> 2 | (u[g] + u[g + n] + l[g] + l[g + n] + 2) >> 2 << 8 | (u[r] + u[r + n] + l[r] + l[r + n] + 2) >> 2 << 16);
        }
    }

    private static int PickGroups(byte* row, int readable, uint* destination, ColumnGroups groups)
    {
        int count = groups.Count, g = 0;
        fixed (int* start = groups.Start)
        fixed (byte* single = groups.Single)
        {
            // What a pixel's fourth byte picks is dropped with the mask.
            var mask = Vector256.Create(0x00FFFFFFu);
            int window = groups.IsWide ? 128 : 64;
            for (; g < count && start[g] + window <= readable; g++)
            {
                byte* at = row + start[g];
                var index = Vector512.Load(single + g * 64);
                var picked = groups.IsWide
                    ? Avx512Vbmi.PermuteVar64x8x2(Vector512.Load(at), index, Vector512.Load(at + 64))
                    : Avx512Vbmi.PermuteVar64x8(Vector512.Load(at), index);
                (picked.GetLower().AsUInt32() & mask).Store(destination + g * ColumnGroups.Columns);
            }
        }

        return g * ColumnGroups.Columns;
    }

    private static int HalveGroups(byte* upper, byte* lower, int readable, uint* destination, ColumnGroups groups)
    {
        int count = groups.IsWide ? 0 : groups.Count, g = 0;
        fixed (int* start = groups.Start)
        fixed (byte* pairs = groups.Pairs)
        {
            var ones = Vector512<sbyte>.One;
            var two = Vector512.Create((short)2);
            var inOrder = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
            var mask = Vector256.Create(0x00FFFFFFu);
            for (; g < count && start[g] + 64 <= readable; g++)
            {
                var index = Vector512.Load(pairs + g * 64);
                var sum = Avx512BW.MultiplyAddAdjacent(Avx512Vbmi.PermuteVar64x8(Vector512.Load(upper + start[g]), index), ones)
                    + Avx512BW.MultiplyAddAdjacent(Avx512Vbmi.PermuteVar64x8(Vector512.Load(lower + start[g]), index), ones);
                var mean = Avx512BW.ConvertToVector256Byte(((sum + two) >> 2).AsUInt16());
                (Avx2.PermuteVar8x32(mean.AsInt32(), inOrder).AsUInt32() & mask).Store(destination + g * ColumnGroups.Columns);
            }
        }

        return g * ColumnGroups.Columns;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Load(byte* p) => Unsafe.ReadUnaligned<uint>(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load8(byte* p) => Unsafe.ReadUnaligned<ulong>(p);
}
