using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision;

/// <summary>
/// Rows of 8-bit pixels (blue, green, red, unused) into the network's tensor: channel order, <c>pixel * factor + offset</c>,
/// layout and element type. Multiplication and addition are rounded apart on every path, so vector and scalar agree. The
/// common plain scale of 1/255 gives the rounded quotient <c>pixel / 255</c>, as the references divide.
/// </summary>
internal sealed unsafe class TensorRows
{
    private const float Inverse255 = 1f / 255f;
    private readonly InputSpec _spec;
    private readonly int _channels;
    private readonly bool _by255;
    private readonly float[] _factor = new float[4];
    private readonly float[] _offset = new float[4];
    private readonly int[] _shift = new int[3];
    private readonly byte[][] _byteTables;
    private readonly Half[] _halfRow;
    private readonly float[] _floatRow;
    private readonly byte[] _grayRow;

    public TensorRows(InputSpec spec)
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

        int row = spec.Width * _channels;
        _floatRow = spec.Element == TensorElement.Float16 ? new float[row] : [];
        _halfRow = spec.Element == TensorElement.Float16 ? new Half[row] : [];
        _grayRow = _channels == 1 ? new byte[spec.Width * 4] : [];
    }

    private int ElementSize => _spec.Element switch { TensorElement.Float32 => 4, TensorElement.Float16 => 2, _ => 1 };

    /// <summary>Writes <paramref name="count"/> pixels at column <paramref name="x"/>, row <paramref name="y"/> of the tensor at <paramref name="tensor"/>.</summary>
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
            for (int c = 0; c < _channels; c++)
            {
                byte* at = tensor + (c * plane + (long)y * _spec.Width + x) * size;
                switch (_spec.Element)
                {
                    case TensorElement.Float32:
                        Plane(pixels, (float*)at, count, _shift[c], _factor[c], _offset[c], _by255);
                        break;
                    case TensorElement.Float16:
                        fixed (float* row = _floatRow)
                        {
                            Plane(pixels, row, count, _shift[c], _factor[c], _offset[c], _by255);
                        }

                        TensorPrimitives.ConvertToHalf(_floatRow.AsSpan(0, count), _halfRow);
                        _halfRow.AsSpan(0, count).CopyTo(new Span<Half>(at, count));
                        break;
                    default:
                        var table = _byteTables[c];
                        for (int i = 0; i < count; i++)
                        {
                            at[i] = table[(byte)(pixels[i] >> _shift[c])];
                        }

                        break;
                }
            }

            return;
        }

        byte* start = tensor + ((long)y * _spec.Width + x) * _channels * size;
        switch (_spec.Element)
        {
            case TensorElement.Float32:
                Interleaved(pixels, (float*)start, count);
                break;
            case TensorElement.Float16:
                fixed (float* row = _floatRow)
                {
                    Interleaved(pixels, row, count);
                }

                TensorPrimitives.ConvertToHalf(_floatRow.AsSpan(0, count * _channels), _halfRow);
                _halfRow.AsSpan(0, count * _channels).CopyTo(new Span<Half>(start, count * _channels));
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

    /// <summary>One channel of each pixel to floats.</summary>
    internal static void Plane(uint* pixels, float* destination, int count, int shift, float factor, float offset, bool by255 = false)
    {
        int i = 0;
        if (by255)
        {
            // The exact quotient costs a product and one correction with fused operations, instead of a division.
            if (Vector512.IsHardwareAccelerated)
            {
                for (; i <= count - 16; i += 16)
                {
                    var v = Vector512.ConvertToSingle(((Vector512.Load(pixels + i) >>> shift) & Vector512.Create(0xFFu)).AsInt32());
                    var q = v * Inverse255;
                    var rest = Vector512.FusedMultiplyAdd(q, Vector512.Create(-255f), v);
                    Vector512.FusedMultiplyAdd(rest, Vector512.Create(Inverse255), q).Store(destination + i);
                }
            }

            if (Fma.IsSupported)
            {
                for (; i <= count - 8; i += 8)
                {
                    var v = Vector256.ConvertToSingle(((Vector256.Load(pixels + i) >>> shift) & Vector256.Create(0xFFu)).AsInt32());
                    var q = v * Inverse255;
                    var rest = Vector256.FusedMultiplyAdd(q, Vector256.Create(-255f), v);
                    Vector256.FusedMultiplyAdd(rest, Vector256.Create(Inverse255), q).Store(destination + i);
                }
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                for (; i <= count - 4; i += 4)
                {
                    var v = Vector128.ConvertToSingle(((Vector128.Load(pixels + i) >>> shift) & Vector128.Create(0xFFu)).AsInt32());
                    (v / 255f).Store(destination + i);
                }
            }

            for (; i < count; i++)
            {
                destination[i] = (byte)(pixels[i] >> shift) / 255f;
            }

            return;
        }

        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= count - 16; i += 16)
            {
                var v = (Vector512.Load(pixels + i) >>> shift) & Vector512.Create(0xFFu);
                (Vector512.ConvertToSingle(v.AsInt32()) * Vector512.Create(factor) + Vector512.Create(offset)).Store(destination + i);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= count - 8; i += 8)
            {
                var v = (Vector256.Load(pixels + i) >>> shift) & Vector256.Create(0xFFu);
                (Vector256.ConvertToSingle(v.AsInt32()) * Vector256.Create(factor) + Vector256.Create(offset)).Store(destination + i);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= count - 4; i += 4)
            {
                var v = (Vector128.Load(pixels + i) >>> shift) & Vector128.Create(0xFFu);
                (Vector128.ConvertToSingle(v.AsInt32()) * Vector128.Create(factor) + Vector128.Create(offset)).Store(destination + i);
            }
        }

        for (; i < count; i++)
        {
            destination[i] = Scale((byte)(pixels[i] >> shift), factor, offset);
        }
    }

    // Each store writes four lanes and the next pixel overwrites the fourth; the last pixels are scalar.
    private void Interleaved(uint* pixels, float* destination, int count)
    {
        int i = 0;
        if (Vector128.IsHardwareAccelerated && _channels == 3)
        {
            var factor = Vector128.Create(_factor[0], _factor[1], _factor[2], 0);
            var offset = Vector128.Create(_offset[0], _offset[1], _offset[2], 0);
            var order = Vector128.Create(_shift[0] / 8, _shift[1] / 8, _shift[2] / 8, 3);
            for (; i < count - 1; i++)
            {
                var (lower, _) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalar(pixels[i]).AsByte()));
                var v = Vector128.Shuffle(lower.AsInt32(), order);
                var scaled = _by255 ? Vector128.ConvertToSingle(v) / 255f : Vector128.ConvertToSingle(v) * factor + offset;
                scaled.Store(destination + i * 3);
            }
        }

        for (; i < count; i++)
        {
            for (int c = 0; c < _channels; c++)
            {
                byte value = (byte)(pixels[i] >> _shift[c]);
                destination[i * _channels + c] = _by255 ? value / 255f : Scale(value, _factor[c], _offset[c]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Scale(byte value, float factor, float offset)
    {
        float product = value * factor;
        return product + offset;
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
                var sum = (p & byteMask) * 3735 + ((p >>> 8) & byteMask) * 19235 + ((p >>> 16) & byteMask) * 9798 + Vector128.Create(1 << 14);
                (sum >>> 15).AsUInt32().Store(gray + i);
            }
        }

        for (; i < count; i++)
        {
            uint p = pixels[i];
            gray[i] = ((p & 255) * 3735 + ((p >> 8) & 255) * 19235 + ((p >> 16) & 255) * 9798 + (1 << 14)) >> 15;
        }
    }
}
