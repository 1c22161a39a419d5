using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Kernels for resizes without weights: nearest neighbors, and odd or even integer ratios.</summary>
/// <remarks>
/// With an odd ratio, such as 1920 to 640, every output pixel is a source pixel. With an even ratio, such as 1280 to 640 or 320, it is the
/// mean of the four pixels in the middle. Both yield the numbers of <see cref="BilinearKernels"/>: <c>(128p * 2048 >> 16) + 2 >> 2 = p</c>,
/// and <c>(p00 + p01 + p10 + p11 + 2) >> 2</c>.
/// </remarks>
internal static unsafe class NearestKernels
{
    /// <summary>Copies pixels of one source row to blue, green, red and an unused byte.</summary>
    /// <param name="row">First pixel of the row (of the crop).</param>
    /// <param name="readable">Number of bytes that may be read from <paramref name="row"/>.</param>
    /// <param name="sourceX">Source column of each output pixel.</param>
    /// <param name="destination">Output pixels.</param>
    /// <param name="width">Number of output pixels.</param>
    /// <param name="order">Channel order of the source.</param>
    /// <param name="tables">Column tables.</param>
    public static void Gather(
        byte* row, int readable, int* sourceX, uint* destination, int width, BilinearKernels.ChannelOrder order, KernelTables tables)
    {
        int i = Avx512Vbmi.IsSupported ? BilinearAvx512.Gather(row, destination, tables.Avx512Tables) : 0;
        if (Avx2.IsSupported && i == 0)
        {
            i = BilinearAvx2.Gather(row, destination, tables.Avx2Tables);
        }

        int n = order.BytesPerPixel;
        if (Vector128.IsHardwareAccelerated)
        {
            // Four pixels per step, each loaded as four bytes; a pixel of three bytes is read together with the byte after it.
            byte b = (byte)order.Blue, g = (byte)order.Green, r = (byte)order.Red;
            const byte Zero = 0x80;
            var mask = Vector128.Create(
                b, g, r, Zero,
                (byte)(b + 4), (byte)(g + 4), (byte)(r + 4), Zero,
                (byte)(b + 8), (byte)(g + 8), (byte)(r + 8), Zero,
                (byte)(b + 12), (byte)(g + 12), (byte)(r + 12), Zero);
            for (; i <= width - 4 && sourceX[i + 3] * n + 4 <= readable; i += 4)
            {
                var p = Vector128.Create(
                    Load(row + sourceX[i] * n),
                    Load(row + sourceX[i + 1] * n),
                    Load(row + sourceX[i + 2] * n),
                    Load(row + sourceX[i + 3] * n));
                Vector128.ShuffleNative(p.AsByte(), mask).AsUInt32().Store(destination + i);
            }
        }

        GatherScalar(row, sourceX, destination, i, width, order);
    }

    internal static void GatherScalar(byte* row, int* sourceX, uint* destination, int from, int width, BilinearKernels.ChannelOrder order)
    {
        for (int i = from; i < width; i++)
        {
            byte* p = row + sourceX[i] * order.BytesPerPixel;
            destination[i] = (uint)(p[order.Blue] | p[order.Green] << 8 | p[order.Red] << 16);
        }
    }

    /// <summary>Averages four pixels: columns <paramref name="sourceX"/> and their right neighbors, of both rows.</summary>
    /// <param name="upper">First pixel of the upper row.</param>
    /// <param name="lower">First pixel of the lower row.</param>
    /// <param name="readable">Number of bytes that may be read from either row.</param>
    /// <param name="sourceX">Left source column of each output pixel.</param>
    /// <param name="destination">Output pixels.</param>
    /// <param name="width">Number of output pixels.</param>
    /// <param name="order">Channel order of the source.</param>
    /// <param name="tables">Column tables.</param>
    public static void Average2x2(
        byte* upper,
        byte* lower,
        int readable,
        int* sourceX,
        uint* destination,
        int width,
        BilinearKernels.ChannelOrder order,
        KernelTables tables)
    {
        int i = Avx512Vbmi.IsSupported ? BilinearAvx512.Average2x2(upper, lower, destination, tables.Avx512Tables) : 0;
        if (Avx2.IsSupported && i == 0)
        {
            i = BilinearAvx2.Average2x2(upper, lower, destination, tables.Avx2Tables);
        }

        int n = order.BytesPerPixel;
        if (Vector128.IsHardwareAccelerated)
        {
            // Two pixels per step: the left and the right neighbors of both rows are widened to 16 bits and added up.
            byte b = (byte)order.Blue, g = (byte)order.Green, r = (byte)order.Red, s = (byte)n;
            const byte Zero = 0x80;
            var left = Vector128.Create(
                b, g, r, Zero,
                (byte)(b + 8), (byte)(g + 8), (byte)(r + 8), Zero,
                Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero);
            var right = Vector128.Create(
                (byte)(b + s), (byte)(g + s), (byte)(r + s), Zero,
                (byte)(b + s + 8), (byte)(g + s + 8), (byte)(r + s + 8), Zero,
                Zero, Zero, Zero, Zero, Zero, Zero, Zero, Zero);
            for (; i <= width - 2 && sourceX[i + 1] * n + 8 <= readable; i += 2)
            {
                int first = sourceX[i] * n, second = sourceX[i + 1] * n;
                var top = Vector128.Create(Load8(upper + first), Load8(upper + second)).AsByte();
                var bottom = Vector128.Create(Load8(lower + first), Load8(lower + second)).AsByte();
                var sum = Vector128.WidenLower(Vector128.ShuffleNative(top, left))
                    + Vector128.WidenLower(Vector128.ShuffleNative(top, right))
                    + Vector128.WidenLower(Vector128.ShuffleNative(bottom, left))
                    + Vector128.WidenLower(Vector128.ShuffleNative(bottom, right))
                    + Vector128.Create((ushort)2);
                Unsafe.WriteUnaligned(destination + i, Vector128.Narrow(sum >>> 2, Vector128<ushort>.Zero).AsUInt64().ToScalar());
            }
        }

        Average2x2Scalar(upper, lower, sourceX, destination, i, width, order);
    }

    internal static void Average2x2Scalar(
        byte* upper, byte* lower, int* sourceX, uint* destination, int from, int width, BilinearKernels.ChannelOrder order)
    {
        int n = order.BytesPerPixel;
        for (int i = from; i < width; i++)
        {
            byte* u = upper + sourceX[i] * n, l = lower + sourceX[i] * n;
            int b = order.Blue, g = order.Green, r = order.Red;
            destination[i] = (uint)((u[b] + u[b + n] + l[b] + l[b + n] + 2) >> 2
                | (u[g] + u[g + n] + l[g] + l[g + n] + 2) >> 2 << 8
                | (u[r] + u[r + n] + l[r] + l[r + n] + 2) >> 2 << 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Load(byte* p) => Unsafe.ReadUnaligned<uint>(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load8(byte* p) => Unsafe.ReadUnaligned<ulong>(p);
}
