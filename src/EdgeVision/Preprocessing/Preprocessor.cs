namespace EdgeVision;

/// <summary>
/// Frame to tensor in one pass: crop, letterbox / stretch / top-left / centre crop, bilinear or nearest, colour,
/// <c>(pixel * scale - mean) / std</c>, NCHW or NHWC, float32, float16 or uint8. Only rows are held in between, never a
/// picture. Gives the numbers of OpenCV's 8-bit resize followed by the normalisation (torchvision's for
/// <see cref="Interpolation.BilinearAntialias"/>). An instance serves one thread at a time and allocates nothing while
/// frames keep their size.
/// </summary>
public sealed unsafe class Preprocessor
{
    private readonly InputSpec _spec;
    private readonly ResizePlan _plan = new();
    private readonly AntialiasRows _antialias = new();
    private readonly ColumnGroups _groups = new();
    private readonly TensorRows _tensorRows;
    private readonly uint[] _pixelRow;
    private readonly short[] _rows; // two rows between the passes
    private readonly byte[] _yuvBytes;
    private uint[] _yuvRow = [];
    private uint[] _lowerYuvRow = [];

    /// <summary>Prepares the pass for an input. Throws <see cref="SpecException"/> where the input is impossible.</summary>
    public Preprocessor(InputSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Check(spec);
        _spec = spec;
        _tensorRows = new TensorRows(spec);
        _pixelRow = new uint[spec.Width];
        _yuvBytes = new byte[spec.Width * 3];
        _rows = new short[spec.Width * 8];
    }

    /// <summary>Bytes of one image in the tensor.</summary>
    public static int ByteCount(InputSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Check(spec);
        int size = spec.Element switch { TensorElement.Float32 => 4, TensorElement.Float16 => 2, _ => 1 };
        return checked(spec.Width * spec.Height * (spec.ColorOrder == ColorOrder.Gray ? 1 : 3) * size);
    }

    /// <summary>Writes the frame as one image of the tensor and returns the map from input to frame.</summary>
    /// <param name="frame">Source pixels.</param>
    /// <param name="destination">At least <see cref="ByteCount"/> bytes.</param>
    public FrameTransform Process(Frame frame, Span<byte> destination) => Process(frame, destination, null);

    /// <summary>Writes a part of the frame as one image of the tensor and returns the map from input to frame.</summary>
    /// <param name="frame">Source pixels.</param>
    /// <param name="destination">At least <see cref="ByteCount"/> bytes.</param>
    /// <param name="crop">Part of the frame, in pixels; rounded outwards to whole pixels and clipped. Null for all of it.</param>
    /// <exception cref="FrameFormatException">The crop has no pixel in the frame.</exception>
    public FrameTransform Process(Frame frame, Span<byte> destination, in Box? crop)
    {
        ArgumentNullException.ThrowIfNull(frame);
        int needed = ByteCount(_spec);
        if (destination.Length < needed)
        {
            throw new ArgumentException($"the tensor needs {needed} bytes; {destination.Length} are given", nameof(destination));
        }

        _plan.Update(_spec, frame.Width, frame.Height, CropOf(frame, crop));
        fixed (byte* data = frame.Data)
        fixed (byte* tensor = destination)
        {
            _tensorRows.Pad(tensor, (byte)_spec.Resize.PadValue, _plan.Left, _plan.Top, _plan.Width, _plan.Height);
            if (_spec.Resize.Interpolation == Interpolation.BilinearAntialias)
            {
                Antialiased(frame, data, tensor);
            }
            else
            {
                Bilinear(frame, data, tensor);
            }
        }

        return _plan.Transform;
    }

    private static void Check(InputSpec spec)
    {
        if (spec.Width < 1 || spec.Height < 1 || spec.Width > 16384 || spec.Height > 16384)
        {
            throw new SpecException($"input of {spec.Width}x{spec.Height} is not possible; give width and height from 1 to 16384");
        }

        if (spec.Element is not (TensorElement.Float32 or TensorElement.Float16 or TensorElement.UInt8))
        {
            throw new SpecException($"input element {spec.Element} is not supported; use float32, float16 or uint8");
        }

        int channels = spec.ColorOrder == ColorOrder.Gray ? 1 : 3;
        if (spec.Mean.Length != 1 && spec.Mean.Length != channels || spec.Std.Length != 1 && spec.Std.Length != channels)
        {
            throw new SpecException($"input mean and std need 1 or {channels} numbers");
        }

        if (spec.Std.Any(s => s == 0 || !float.IsFinite(s)) || spec.Mean.Any(m => !float.IsFinite(m)) || !float.IsFinite(spec.Scale))
        {
            throw new SpecException("input std must not be 0, and scale, mean and std must be finite");
        }

        if (spec.Resize.PadValue is < 0 or > 255)
        {
            throw new SpecException($"padValue {spec.Resize.PadValue} is not a grey level from 0 to 255");
        }
    }

    private static (int X, int Y, int Width, int Height) CropOf(Frame frame, in Box? crop)
    {
        if (crop is not { } box)
        {
            return (0, 0, frame.Width, frame.Height);
        }

        if (!(float.IsFinite(box.X1) && float.IsFinite(box.Y1) && float.IsFinite(box.X2) && float.IsFinite(box.Y2)))
        {
            throw new FrameFormatException($"crop {box} is not a box");
        }

        int x1 = (int)Math.Clamp(MathF.Floor(box.X1), 0, frame.Width), y1 = (int)Math.Clamp(MathF.Floor(box.Y1), 0, frame.Height);
        int x2 = (int)Math.Clamp(MathF.Ceiling(box.X2), 0, frame.Width), y2 = (int)Math.Clamp(MathF.Ceiling(box.Y2), 0, frame.Height);
        return x2 > x1 && y2 > y1
            ? (x1, y1, x2 - x1, y2 - y1)
            : throw new FrameFormatException($"crop {box} has no pixel in the frame of {frame.Width}x{frame.Height}");
    }

    private void Bilinear(Frame frame, byte* data, byte* tensor)
    {
        var order = BilinearRows.ChannelOrder.Of(frame.Format);
        int width = _plan.Width;
        _groups.Update(_plan, order);
        if (_plan.Picks)
        {
            Pick(frame, data, tensor, order);
            return;
        }

        if (_plan.RowsApart)
        {
            Apart(frame, data, tensor, order);
            return;
        }

        fixed (int* sourceX = _plan.SourceX)
        fixed (short* weightX = _plan.WeightX)
        fixed (short* rows = _rows)
        fixed (uint* pixels = _pixelRow)
        {
            short* upper = rows, lower = rows + _spec.Width * 4;
            int upperRow = -1, lowerRow = -1;
            for (int y = 0; y < _plan.Height; y++)
            {
                int sy = _plan.SourceY[y];
                short upperWeight = _plan.WeightY[y * 2], lowerWeight = _plan.WeightY[y * 2 + 1];
                int first = Math.Clamp(sy, 0, _plan.CropHeight - 1);
                int second = lowerWeight == 0 ? first : Math.Clamp(sy + 1, 0, _plan.CropHeight - 1);
                if (first == lowerRow)
                {
                    short* swap = upper;
                    upper = lower;
                    lower = swap;
                    (upperRow, lowerRow) = (lowerRow, upperRow);
                }

                if (first != upperRow)
                {
                    Across(frame, data, first, sourceX, weightX, upper, order);
                    upperRow = first;
                }

                if (second != first && second != lowerRow)
                {
                    Across(frame, data, second, sourceX, weightX, lower, order);
                    lowerRow = second;
                }

                BilinearRows.Down(upper, second == first ? upper : lower, upperWeight, lowerWeight, (byte*)pixels, width * 4);
                _tensorRows.Write(pixels, width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    private void Pick(Frame frame, byte* data, byte* tensor, BilinearRows.ChannelOrder order)
    {
        fixed (int* sourceX = _plan.SourceX)
        fixed (uint* pixels = _pixelRow)
        {
            for (int y = 0; y < _plan.Height; y++)
            {
                int row = Math.Clamp(_plan.SourceY[y], 0, _plan.CropHeight - 1);
                byte* source = SourceRow(frame, data, row, out int readable);
                if (source is not null)
                {
                    PickRows.Pick(source, readable, sourceX, pixels, _plan.Width, order, _groups);
                }
                else
                {
                    YuvRows.Pick(frame, data, _plan.CropX, _plan.CropY + row, sourceX, pixels, _plan.Width, _yuvBytes);
                }

                _tensorRows.Write(pixels, _plan.Width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    // Reduced to half or less: every output row has two source rows of its own, or one.
    private void Apart(Frame frame, byte* data, byte* tensor, BilinearRows.ChannelOrder order)
    {
        int width = _plan.Width;
        bool packed = SourceRow(frame, data, 0, out int readable) is not null; // makes room for rows that must be converted
        fixed (int* sourceX = _plan.SourceX)
        fixed (short* weightX = _plan.WeightX)
        fixed (short* scratch = _rows)
        fixed (uint* pixels = _pixelRow, upperYuv = _yuvRow, lowerYuv = _lowerYuvRow)
        {
            for (int y = 0; y < _plan.Height; y++)
            {
                short upperWeight = _plan.WeightY[y * 2], lowerWeight = _plan.WeightY[y * 2 + 1];
                int first = Math.Clamp(_plan.SourceY[y], 0, _plan.CropHeight - 1);
                int second = lowerWeight == 0 ? first : Math.Clamp(_plan.SourceY[y] + 1, 0, _plan.CropHeight - 1);
                byte* upper, lower;
                if (packed)
                {
                    upper = SourceRow(frame, data, first, out _);
                    lower = SourceRow(frame, data, second, out _);
                }
                else
                {
                    readable = _plan.CropWidth * 4;
                    upper = lower = (byte*)(upperYuv + YuvRows.Convert(frame, data, _plan.CropX, _plan.CropY + first, _plan.CropWidth, upperYuv));
                    if (second != first)
                    {
                        lower = (byte*)(lowerYuv + YuvRows.Convert(frame, data, _plan.CropX, _plan.CropY + second, _plan.CropWidth, lowerYuv));
                    }
                }

                if (_plan.Halves)
                {
                    PickRows.Halve(upper, lower, readable, pixels, width, order, _groups);
                }
                else
                {
                    BilinearRows.Both(upper, lower, readable, sourceX, weightX, upperWeight, lowerWeight, scratch, pixels, width, order, _groups);
                }

                _tensorRows.Write(pixels, width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    private void Across(Frame frame, byte* data, int row, int* sourceX, short* weightX, short* destination, BilinearRows.ChannelOrder order)
    {
        byte* source = SourceRow(frame, data, row, out int readable);
        if (source is not null)
        {
            BilinearRows.Across(source, readable, sourceX, weightX, destination, _plan.Width, order, _groups);
            return;
        }

        fixed (uint* converted = _yuvRow)
        {
            int skip = YuvRows.Convert(frame, data, _plan.CropX, _plan.CropY + row, _plan.CropWidth, converted);
            BilinearRows.Across((byte*)(converted + skip), _plan.CropWidth * 4, sourceX, weightX, destination, _plan.Width, order, _groups);
        }
    }

    private void Antialiased(Frame frame, byte* data, byte* tensor)
    {
        var order = BilinearRows.ChannelOrder.Of(frame.Format);
        _antialias.Begin(_plan);
        fixed (uint* pixels = _pixelRow)
        {
            for (int y = 0; y < _plan.Height; y++)
            {
                var (first, count) = _antialias.RowsFor(y);
                for (int row = first; row < first + count; row++)
                {
                    if (_antialias.Has(row))
                    {
                        continue;
                    }

                    byte* source = SourceRow(frame, data, row, out _);
                    if (source is not null)
                    {
                        _antialias.Across(source, order, row, _plan.Width);
                        continue;
                    }

                    fixed (uint* converted = _yuvRow)
                    {
                        int skip = YuvRows.Convert(frame, data, _plan.CropX, _plan.CropY + row, _plan.CropWidth, converted);
                        _antialias.Across((byte*)(converted + skip), order, row, _plan.Width);
                    }
                }

                _antialias.Down(y, pixels, _plan.Width);
                _tensorRows.Write(pixels, _plan.Width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    // First pixel of a packed row of the crop, or null (and room in the scratch row) where the row must be converted.
    private byte* SourceRow(Frame frame, byte* data, int row, out int readable)
    {
        if (frame.Format is PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2)
        {
            if (_yuvRow.Length < _plan.CropWidth + 1)
            {
                _yuvRow = new uint[_plan.CropWidth + 1];
                _lowerYuvRow = new uint[_plan.CropWidth + 1];
            }

            readable = 0;
            return null;
        }

        int n = Frame.BytesPerPixel(frame.Format);
        readable = (frame.Width - _plan.CropX) * n;
        return data + (long)(_plan.CropY + row) * frame.Stride + (long)_plan.CropX * n;
    }
}
