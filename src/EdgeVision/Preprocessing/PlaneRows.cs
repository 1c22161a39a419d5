using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision;

/// <summary>
/// Rows of 8-bit pixels (blue, green, red, unused) to planes of floats: <c>pixel * factor + offset</c>, both rounded, or the
/// rounded quotient <c>pixel / 255</c>. Every path gives the same numbers.
/// </summary>
internal static unsafe class PlaneRows
{
    /// <summary>What becomes of a channel's values.</summary>
    internal interface IScale
    {
        Vector512<float> Apply(Vector512<float> v);

        Vector256<float> Apply(Vector256<float> v);

        Vector128<float> Apply(Vector128<float> v);

        float Apply(byte v);
    }

    /// <summary>
    /// The rounded quotient by 255. The fused sum of a product with the inverse and one with what the inverse lacks rounds once, to
    /// the quotient: a test goes over all 256 values.
    /// </summary>
    internal readonly struct By255 : IScale
    {
        private const float Rest = (float)(1 / 255.0 - (double)TensorRows.Inverse255);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> v) => Vector512.FusedMultiplyAdd(v, Vector512.Create(TensorRows.Inverse255), v * Rest);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Apply(Vector256<float> v) => Fma.IsSupported ? Vector256.FusedMultiplyAdd(v, Vector256.Create(TensorRows.Inverse255), v * Rest) : v / 255f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<float> Apply(Vector128<float> v) =>
            Fma.IsSupported || AdvSimd.IsSupported ? Vector128.FusedMultiplyAdd(v, Vector128.Create(TensorRows.Inverse255), v * Rest) : v / 255f;

        public float Apply(byte v) => v / 255f;
    }

    /// <summary>A product and a sum, rounded apart.</summary>
    internal readonly struct Affine(float factor, float offset) : IScale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> v) => v * Vector512.Create(factor) + Vector512.Create(offset);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Apply(Vector256<float> v) => v * Vector256.Create(factor) + Vector256.Create(offset);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<float> Apply(Vector128<float> v) => v * Vector128.Create(factor) + Vector128.Create(offset);

        public float Apply(byte v)
        {
            float product = v * factor;
            return product + offset;
        }
    }

    /// <summary>All three channels, so that pixels are loaded once.</summary>
    /// <param name="pixels">Pixels.</param>
    /// <param name="blue">Where the blue channel goes; then green and red.</param>
    /// <param name="green">Where the green channel goes.</param>
    /// <param name="red">Where the red channel goes.</param>
    /// <param name="count">Pixels there are.</param>
    /// <param name="b">What becomes of blue.</param>
    /// <param name="g">What becomes of green.</param>
    /// <param name="r">What becomes of red.</param>
    public static void Three<TScale>(uint* pixels, float* blue, float* green, float* red, int count, TScale b, TScale g, TScale r)
        where TScale : struct, IScale
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var low = Vector512.Create(0xFFu);
            for (; i <= count - 16; i = Next(blue, i, 16))
            {
                var p = Vector512.Load(pixels + i);
                b.Apply(Vector512.ConvertToSingle((p & low).AsInt32())).Store(blue + i);
                g.Apply(Vector512.ConvertToSingle(((p >>> 8) & low).AsInt32())).Store(green + i);
                r.Apply(Vector512.ConvertToSingle(((p >>> 16) & low).AsInt32())).Store(red + i);
            }
        }

        if (Avx2.IsSupported)
        {
            var low = Vector256.Create(0xFFu);
            for (; i <= count - 8; i = Next(blue, i, 8))
            {
                var p = Vector256.Load(pixels + i);
                b.Apply(Vector256.ConvertToSingle((p & low).AsInt32())).Store(blue + i);
                g.Apply(Vector256.ConvertToSingle(((p >>> 8) & low).AsInt32())).Store(green + i);
                r.Apply(Vector256.ConvertToSingle(((p >>> 16) & low).AsInt32())).Store(red + i);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            var low = Vector128.Create(0xFFu);
            for (; i <= count - 4; i += 4)
            {
                var p = Vector128.Load(pixels + i);
                b.Apply(Vector128.ConvertToSingle((p & low).AsInt32())).Store(blue + i);
                g.Apply(Vector128.ConvertToSingle(((p >>> 8) & low).AsInt32())).Store(green + i);
                r.Apply(Vector128.ConvertToSingle(((p >>> 16) & low).AsInt32())).Store(red + i);
            }
        }

        for (; i < count; i++)
        {
            (blue[i], green[i], red[i]) = (b.Apply((byte)pixels[i]), g.Apply((byte)(pixels[i] >> 8)), r.Apply((byte)(pixels[i] >> 16)));
        }
    }

    /// <summary>One channel, <paramref name="shift"/> bits from the pixel's first.</summary>
    public static void One<TScale>(uint* pixels, float* destination, int count, int shift, TScale scale)
        where TScale : struct, IScale
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= count - 16; i = Next(destination, i, 16))
            {
                scale.Apply(Vector512.ConvertToSingle(((Vector512.Load(pixels + i) >>> shift) & Vector512.Create(0xFFu)).AsInt32())).Store(destination + i);
            }
        }

        if (Avx2.IsSupported)
        {
            for (; i <= count - 8; i = Next(destination, i, 8))
            {
                scale.Apply(Vector256.ConvertToSingle(((Vector256.Load(pixels + i) >>> shift) & Vector256.Create(0xFFu)).AsInt32())).Store(destination + i);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= count - 4; i += 4)
            {
                scale.Apply(Vector128.ConvertToSingle(((Vector128.Load(pixels + i) >>> shift) & Vector128.Create(0xFFu)).AsInt32())).Store(destination + i);
            }
        }

        for (; i < count; i++)
        {
            destination[i] = scale.Apply((byte)(pixels[i] >> shift));
        }
    }

    // After the first vector the places where whole vectors begin: it ends in one of them, and what it shares with the next is written twice. A vector
    // across two cache lines takes as long as two, and rows beside a padding, or memory from elsewhere, begin anywhere.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Next(float* destination, int i, int width) => i + width - (int)((nuint)(destination + i) / sizeof(float) & (nuint)(width - 1));
}
