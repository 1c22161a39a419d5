using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Writes rows of 8-bit pixels (blue, green, red, unused) into the network's input tensor.</summary>
/// <remarks>
/// Applies the channel order, <c>pixel * factor + offset</c>, the layout and the element type. Multiplication and addition are rounded
/// separately on every path, so vector and scalar results are equal. The common plain scale of 1/255 yields the rounded quotient <c>pixel /
/// 255</c>, as the references divide.
/// </remarks>
internal sealed unsafe class TensorWriter
{
    internal const float Inverse255 = 1f / 255f;
    private const int CacheLineFloats = 16; // floats of a cache line

    private readonly InputSpec _spec;
    private readonly int _channels;
    private readonly bool _by255;
    private readonly float[] _factor = new float[4];
    private readonly float[] _offset = new float[4];
    private readonly int[] _shift = new int[3];
    private readonly byte[][] _byteTables;
    private readonly bool _plainBytes;
    private readonly float[] _floatRow;
    private readonly byte[] _grayRow;
    private readonly uint[] _padRow;

    public TensorWriter(InputSpec spec)
    {
        _spec = spec;
        _channels = spec.ColorOrder == ColorOrder.Gray ? 1 : 3;
        for (int c = 0; c < _channels; c++)
        {
            float mean = spec.Mean.Length == 1 ? spec.Mean[0] : spec.Mean[c];
            float std = spec.Std.Length == 1 ? spec.Std[0] : spec.Std[c];
            _factor[c] = (float)((double)spec.Scale / std);
            _offset[c] = (float)(-(double)mean / std);
            _shift[c] = spec.ColorOrder switch { ColorOrder.Rgb => 16 - 8 * c, ColorOrder.Bgr => 8 * c, _ => 0 };
        }

        _by255 = spec.Scale == Inverse255 && spec.Mean.All(m => m == 0) && spec.Std.All(v => v == 1);
        _byteTables = new byte[_channels][];
        for (int c = 0; c < _channels; c++)
        {
            _byteTables[c] = new byte[256];
            for (int v = 0; v < 256; v++)
            {
                _byteTables[c][v] = (byte)Math.Clamp(MathF.Round(v * _factor[c] + _offset[c]), 0f, 255f);
            }
        }

        _plainBytes = _byteTables.All(t => t.Index().All(e => e.Item == e.Index));
        int row = spec.Width * _channels;
        _floatRow = spec.Element == TensorElement.Float16 ? new float[row + CacheLineFloats] : [];
        _padRow = new uint[spec.Width];
        _grayRow = _channels == 1 ? new byte[spec.Width * 4] : [];
    }

    private int ElementSize => _spec.Element switch { TensorElement.Float32 => 4, TensorElement.Float16 => 2, _ => 1 };

    /// <summary>Writes <paramref name="count"/> pixels at a column and row of the tensor.</summary>
    /// <param name="pixels">Pixels to write.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="tensor">First byte of the image in the tensor.</param>
    /// <param name="x">Column of the first pixel.</param>
    /// <param name="y">Row of the pixels.</param>
    public void Write(uint* pixels, int count, byte* tensor, int x, int y)
    {
        if (count == 0)
        {
            return;
        }

        if (_channels == 1)
        {
            fixed (byte* gray = _grayRow)
            {
                ToGray(pixels, (uint*)gray, count);
                WriteChannels((uint*)gray, count, tensor, x, y);
            }

            return;
        }

        WriteChannels(pixels, count, tensor, x, y);
    }

    private void WriteChannels(uint* pixels, int count, byte* tensor, int x, int y)
    {
        int size = ElementSize;
        if (_spec.Layout == TensorLayout.Nchw)
        {
            long plane = (long)_spec.Width * _spec.Height;
            if (_spec.Element == TensorElement.Float32 && _channels == 3)
            {
                WritePlanes((float*)tensor + (long)y * _spec.Width + x, plane, pixels, count);
                return;
            }

            for (int c = 0; c < _channels; c++)
            {
                byte* at = tensor + (c * plane + (long)y * _spec.Width + x) * size;
                switch (_spec.Element)
                {
                    case TensorElement.Float32:
                        WritePlane(pixels, (float*)at, count, c);
                        break;
                    case TensorElement.Float16:
                        fixed (float* floats = _floatRow)
                        {
                            float* row = AlignToCacheLine(floats);
                            WritePlane(pixels, row, count, c);
                            TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(row, count), new Span<Half>(at, count));
                        }

                        break;
                    default:
                        WriteBytes(pixels, at, count, _shift[c], _byteTables[c], _plainBytes);
                        break;
                }
            }

            return;
        }

        byte* start = tensor + ((long)y * _spec.Width + x) * _channels * size;
        switch (_spec.Element)
        {
            case TensorElement.Float32:
                WriteInterleaved(pixels, (float*)start, count);
                break;
            case TensorElement.Float16:
                fixed (float* row = _floatRow)
                {
                    WriteInterleaved(pixels, row, count);
                }

                TensorPrimitives.ConvertToHalf(_floatRow.AsSpan(0, count * _channels), new Span<Half>(start, count * _channels));
                break;
            default:
                for (int i = 0; i < count; i++)
                {
                    for (int c = 0; c < _channels; c++)
                    {
                        start[i * _channels + c] = _byteTables[c][(byte)(pixels[i] >> _shift[c])];
                    }
                }

                break;
        }
    }

    private void WritePlanes(float* destination, long plane, uint* pixels, int count)
    {
        // The channels of the tensor are red, green, blue or the reverse.
        int first = _shift[0] == 0 ? 0 : 2, last = 2 - first;
        float* blue = destination + first * plane, green = destination + plane, red = destination + last * plane;
        if (_by255)
        {
            PlanarNormalizer.ConvertRgb(pixels, blue, green, red, count, default(PlanarNormalizer.DivideBy255), default, default);
        }
        else
        {
            PlanarNormalizer.ConvertRgb(pixels, blue, green, red, count, Affine(first), Affine(1), Affine(last));
        }
    }

    private void WritePlane(uint* pixels, float* destination, int count, int channel)
    {
        if (_by255)
        {
            PlanarNormalizer.ConvertChannel(pixels, destination, count, _shift[channel], default(PlanarNormalizer.DivideBy255));
        }
        else
        {
            PlanarNormalizer.ConvertChannel(pixels, destination, count, _shift[channel], Affine(channel));
        }
    }

    private PlanarNormalizer.Affine Affine(int channel) => new(_factor[channel], _offset[channel]);

    private float Scale(byte value, int channel) => _by255 ? default(PlanarNormalizer.DivideBy255).Apply(value) : Affine(channel).Apply(value);

    /// <summary>Writes a gray level around the image: to the whole tensor except the given rectangle.</summary>
    /// <param name="tensor">First byte of the image in the tensor.</param>
    /// <param name="gray">Gray level.</param>
    /// <param name="left">First column of the image.</param>
    /// <param name="top">First row of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    public void Pad(byte* tensor, byte gray, int left, int top, int width, int height)
    {
        int all = _spec.Width, rows = _spec.Height, right = left + width, bottom = top + height, size = ElementSize;
        uint pixel = gray * 0x010101u;
        if (_spec.Layout == TensorLayout.Nchw)
        {
            long plane = (long)all * rows;
            for (int c = 0; c < _channels; c++)
            {
                switch (_spec.Element)
                {
                    case TensorElement.Float32:
                        Around((float*)tensor + c * plane, Scale(gray, c));
                        break;
                    case TensorElement.Float16:
                        Around((Half*)tensor + c * plane, (Half)Scale(gray, c));
                        break;
                    default:
                        Around(tensor + c * plane, _byteTables[c][gray]);
                        break;
                }
            }

            return;
        }

        // Write one row of the padding and copy it.
        if (top == 0 && bottom == rows && width == all)
        {
            return;
        }

        Span<uint> pixels = _padRow.AsSpan(0, all);
        pixels.Fill(pixel);
        fixed (uint* pad = _padRow)
        {
            int bytes = all * _channels * size, firstPadded = top > 0 ? 0 : bottom < rows ? bottom : -1;
            if (firstPadded >= 0)
            {
                Write(pad, all, tensor, 0, firstPadded);
            }

            for (int y = 0; y < rows; y++)
            {
                if (y < top || y >= bottom)
                {
                    if (y != firstPadded)
                    {
                        new ReadOnlySpan<byte>(tensor + (long)firstPadded * bytes, bytes)
                            .CopyTo(new Span<byte>(tensor + (long)y * bytes, bytes));
                    }

                    continue;
                }

                Write(pad, left, tensor, 0, y);
                Write(pad, all - right, tensor, right, y);
            }
        }

        void Around<T>(T* start, T value)
            where T : unmanaged
        {
            new Span<T>(start, top * all).Fill(value);
            new Span<T>(start + (long)bottom * all, (rows - bottom) * all).Fill(value);
            for (int y = top; y < bottom && width < all; y++)
            {
                new Span<T>(start + (long)y * all, left).Fill(value);
                new Span<T>(start + (long)y * all + right, all - right).Fill(value);
            }
        }
    }

    // Bytes that need no scaling are copied without the table.
    private static void WriteBytes(uint* pixels, byte* destination, int count, int shift, byte[] table, bool plain)
    {
        int i = 0;
        if (plain && Vector128.IsHardwareAccelerated)
        {
            var low = Vector128.Create(0xFFu);
            for (; i <= count - 16; i += 16)
            {
                var a = Vector128.Narrow((Vector128.Load(pixels + i) >>> shift) & low, (Vector128.Load(pixels + i + 4) >>> shift) & low);
                var b = Vector128.Narrow((Vector128.Load(pixels + i + 8) >>> shift) & low,
                    (Vector128.Load(pixels + i + 12) >>> shift) & low);
                Vector128.Narrow(a, b).Store(destination + i);
            }
        }

        for (; i < count; i++)
        {
            destination[i] = table[(byte)(pixels[i] >> shift)];
        }
    }

    // Four pixels per step: their twelve bytes are packed and widened to three vectors of four floats. In each vector the channels start
    // one position later, so each has its own factors and offsets.
    private void WriteInterleaved(uint* pixels, float* destination, int count)
    {
        int i = 0;
        if (Vector128.IsHardwareAccelerated && _channels == 3)
        {
            const byte Zero = 0x80;
            byte s0 = (byte)(_shift[0] / 8), s1 = (byte)(_shift[1] / 8), s2 = (byte)(_shift[2] / 8);
            var order = Vector128.Create(
                s0, s1, s2,
                (byte)(s0 + 4), (byte)(s1 + 4), (byte)(s2 + 4),
                (byte)(s0 + 8), (byte)(s1 + 8), (byte)(s2 + 8),
                (byte)(s0 + 12), (byte)(s1 + 12), (byte)(s2 + 12),
                Zero, Zero, Zero, Zero);
            float f0 = _factor[0], f1 = _factor[1], f2 = _factor[2], o0 = _offset[0], o1 = _offset[1], o2 = _offset[2];
            Vector128<float> fa = Vector128.Create(f0, f1, f2, f0), fb = Vector128.Create(f1, f2, f0, f1),
                fc = Vector128.Create(f2, f0, f1, f2);
            Vector128<float> oa = Vector128.Create(o0, o1, o2, o0), ob = Vector128.Create(o1, o2, o0, o1),
                oc = Vector128.Create(o2, o0, o1, o2);
            PlanarNormalizer.DivideBy255 quotient = default;
            for (; i <= count - 4; i += 4)
            {
                var (low, high) = Vector128.Widen(Vector128.ShuffleNative(Vector128.Load(pixels + i).AsByte(), order));
                var a = Vector128.ConvertToSingle(Vector128.WidenLower(low).AsInt32());
                var b = Vector128.ConvertToSingle(Vector128.WidenUpper(low).AsInt32());
                var c = Vector128.ConvertToSingle(Vector128.WidenLower(high).AsInt32());
                float* d = destination + i * 3;
                (_by255 ? quotient.Apply(a) : a * fa + oa).Store(d);
                (_by255 ? quotient.Apply(b) : b * fb + ob).Store(d + 4);
                (_by255 ? quotient.Apply(c) : c * fc + oc).Store(d + 8);
            }
        }

        for (; i < count; i++)
        {
            for (int c = 0; c < _channels; c++)
            {
                destination[i * _channels + c] = Scale((byte)(pixels[i] >> _shift[c]), c);
            }
        }
    }

    // OpenCV's COLOR_BGR2GRAY: 15-bit weights.
    private static void ToGray(uint* pixels, uint* gray, int count)
    {
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            var byteMask = Vector128.Create(0xFF);
            for (; i <= count - 4; i += 4)
            {
                var p = Vector128.Load((int*)pixels + i);
                var sum = (p & byteMask) * 3735 + ((p >>> 8) & byteMask) * 19235 + ((p >>> 16) & byteMask) * 9798
                    + Vector128.Create(1 << 14);
                (sum >>> 15).AsUInt32().Store(gray + i);
            }
        }

        for (; i < count; i++)
        {
            uint p = pixels[i];
            gray[i] = ((p & 255) * 3735 + ((p >> 8) & 255) * 19235 + ((p >> 16) & 255) * 9798 + (1 << 14)) >> 15;
        }
    }

    // Aligned to a cache line, so that the vectors read back are the vectors written and not halves of two.
    private static float* AlignToCacheLine(float* row) =>
        (float*)(((nuint)row + (CacheLineFloats * sizeof(float) - 1)) & ~(nuint)(CacheLineFloats * sizeof(float) - 1));
}
