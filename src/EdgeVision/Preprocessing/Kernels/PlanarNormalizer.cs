using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Converts rows of 8-bit pixels (blue, green, red, unused) to planes of floats.</summary>
/// <remarks>
/// Either <c>pixel * factor + offset</c>, with product and sum rounded separately, or the rounded quotient <c>pixel / 255</c>. Every path
/// yields the same numbers.
/// </remarks>
internal static unsafe class PlanarNormalizer
{
    /// <summary>Scaling of the values of a channel.</summary>
    internal interface IScale
    {
        Vector512<float> Apply(Vector512<float> v);

        Vector256<float> Apply(Vector256<float> v);

        Vector128<float> Apply(Vector128<float> v);

        float Apply(byte v);
    }

    /// <summary>The rounded quotient by 255.</summary>
    /// <remarks>
    /// A fused multiply-add of the product with the inverse and the product with the rounding error of the inverse rounds once, to the
    /// quotient; a test covers all 256 values.
    /// </remarks>
    internal readonly struct DivideBy255 : IScale
    {
        private const float InverseError = (float)(1 / 255.0 - (double)TensorWriter.Inverse255);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> v) =>
            Vector512.FusedMultiplyAdd(v, Vector512.Create(TensorWriter.Inverse255), v * InverseError);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Apply(Vector256<float> v) =>
            Fma.IsSupported ? Vector256.FusedMultiplyAdd(v, Vector256.Create(TensorWriter.Inverse255), v * InverseError) : v / 255f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<float> Apply(Vector128<float> v) =>
            Fma.IsSupported || AdvSimd.IsSupported
                ? Vector128.FusedMultiplyAdd(v, Vector128.Create(TensorWriter.Inverse255), v * InverseError)
                : v / 255f;

        public float Apply(byte v) => v / 255f;
    }

    /// <summary>A product and a sum, rounded separately.</summary>
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

    /// <summary>Converts all three channels, so that pixels are loaded only once.</summary>
    /// <param name="pixels">Source pixels.</param>
    /// <param name="blue">Destination of the blue channel.</param>
    /// <param name="green">Destination of the green channel.</param>
    /// <param name="red">Destination of the red channel.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="b">Scaling of blue.</param>
    /// <param name="g">Scaling of green.</param>
    /// <param name="r">Scaling of red.</param>
    public static void ConvertRgb<TScale>(
        uint* pixels, float* blue, float* green, float* red, int count, TScale b, TScale g, TScale r)
        where TScale : struct, IScale
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var low = Vector512.Create(0xFFu);
            for (; i <= count - 16; i = NextAligned(blue, i, 16))
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
            for (; i <= count - 8; i = NextAligned(blue, i, 8))
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

    /// <summary>Converts one channel, which starts <paramref name="shift"/> bits above the lowest bit of a pixel.</summary>
    public static void ConvertChannel<TScale>(uint* pixels, float* destination, int count, int shift, TScale scale)
        where TScale : struct, IScale
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= count - 16; i = NextAligned(destination, i, 16))
            {
                scale.Apply(Vector512.ConvertToSingle(((Vector512.Load(pixels + i) >>> shift) & Vector512.Create(0xFFu)).AsInt32()))
                    .Store(destination + i);
            }
        }

        if (Avx2.IsSupported)
        {
            for (; i <= count - 8; i = NextAligned(destination, i, 8))
            {
                scale.Apply(Vector256.ConvertToSingle(((Vector256.Load(pixels + i) >>> shift) & Vector256.Create(0xFFu)).AsInt32()))
                    .Store(destination + i);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= count - 4; i += 4)
            {
                scale.Apply(Vector128.ConvertToSingle(((Vector128.Load(pixels + i) >>> shift) & Vector128.Create(0xFFu)).AsInt32()))
                    .Store(destination + i);
            }
        }

        for (; i < count; i++)
        {
            destination[i] = scale.Apply((byte)(pixels[i] >> shift));
        }
    }

    // After the first vector, continue at aligned addresses: the next vector starts at the alignment boundary inside the first one, and the
    // overlap is written twice. A store across two cache lines takes as long as two stores, and rows beside padding, or in memory allocated
    // elsewhere, may start at any address.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int NextAligned(float* destination, int i, int width) =>
        i + width - (int)((nuint)(destination + i) / sizeof(float) & (nuint)(width - 1));
}
