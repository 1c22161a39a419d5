using EdgeVision.Preprocessing.Kernels;
using EdgeVision.Specs;

namespace EdgeVision.Preprocessing;

/// <summary>Resizes and normalizes bands of rows of an image with buffers of its own, so that bands can run in parallel.</summary>
internal sealed unsafe class BandProcessor
{
    private readonly InputSpec _spec;
    private readonly ResizePlan _plan;
    private readonly KernelTables _tables;
    private readonly TensorWriter _tensorRows;
    private readonly AntialiasResizer _antialias = new();
    private readonly uint[] _pixelRow;
    private readonly short[] _rows; // two rows between the horizontal and the vertical pass
    private readonly byte[] _yuvBytes;
    private uint[] _yuvRow = [];
    private uint[] _lowerYuvRow = [];

    public BandProcessor(InputSpec spec, ResizePlan plan, KernelTables tables)
    {
        (_spec, _plan, _tables) = (spec, plan, tables);
        _tensorRows = new TensorWriter(spec);
        _pixelRow = new uint[spec.Width];
        _yuvBytes = new byte[spec.Width * 3];
        _rows = new short[spec.Width * 8];
    }

    /// <summary>Writes the padding around the image.</summary>
    public void Pad(byte* tensor) => _tensorRows.Pad(tensor, (byte)_spec.Resize.PadValue, _plan.Left, _plan.Top, _plan.Width, _plan.Height);

    /// <summary>Writes output rows <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive) of the image.</summary>
    public void ProcessRows(Frame frame, byte* data, byte* tensor, int from, int to)
    {
        if (_spec.Resize.Interpolation == Interpolation.BilinearAntialias)
        {
            ProcessAntialiased(frame, data, tensor, from, to);
        }
        else
        {
            ProcessBilinear(frame, data, tensor, from, to);
        }
    }

    private void ProcessBilinear(Frame frame, byte* data, byte* tensor, int from, int to)
    {
        var order = BilinearKernels.ChannelOrder.FromFormat(frame.Format);
        int width = _plan.Width;
        if (_plan.IsNearest)
        {
            ProcessNearest(frame, data, tensor, order, from, to);
            return;
        }

        if (_plan.HasDisjointRows)
        {
            ProcessFused(frame, data, tensor, order, from, to);
            return;
        }

        fixed (int* sourceX = _plan.SourceX)
        fixed (short* weightX = _plan.WeightX)
        fixed (short* rows = _rows)
        fixed (uint* pixels = _pixelRow)
        {
            short* upper = rows, lower = rows + _spec.Width * 4;
            int upperRow = -1, lowerRow = -1;
            for (int y = from; y < to; y++)
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
                    ResizeHorizontally(frame, data, first, sourceX, weightX, upper, order);
                    upperRow = first;
                }

                if (second != first && second != lowerRow)
                {
                    ResizeHorizontally(frame, data, second, sourceX, weightX, lower, order);
                    lowerRow = second;
                }

                BilinearKernels.Vertical(upper, second == first ? upper : lower, upperWeight, lowerWeight, (byte*)pixels, width * 4);
                _tensorRows.Write(pixels, width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    private void ProcessNearest(Frame frame, byte* data, byte* tensor, BilinearKernels.ChannelOrder order, int from, int to)
    {
        fixed (int* sourceX = _plan.SourceX)
        fixed (uint* pixels = _pixelRow)
        {
            for (int y = from; y < to; y++)
            {
                int row = Math.Clamp(_plan.SourceY[y], 0, _plan.CropHeight - 1);
                byte* source = GetSourceRow(frame, data, row, out int readable);
                if (source is not null)
                {
                    NearestKernels.Gather(source, readable, sourceX, pixels, _plan.Width, order, _tables);
                }
                else
                {
                    YuvKernels.Gather(frame, data, _plan.CropX, _plan.CropY + row, sourceX, pixels, _plan.Width, _yuvBytes);
                }

                _tensorRows.Write(pixels, _plan.Width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    // Reduction to half or less: every output row has one or two source rows that no other output row uses.
    private void ProcessFused(Frame frame, byte* data, byte* tensor, BilinearKernels.ChannelOrder order, int from, int to)
    {
        int width = _plan.Width;
        bool packed = GetSourceRow(frame, data, 0, out int readable) is not null; // allocates the buffers for rows that must be converted
        fixed (int* sourceX = _plan.SourceX)
        fixed (short* weightX = _plan.WeightX)
        fixed (short* scratch = _rows)
        fixed (uint* pixels = _pixelRow, upperYuv = _yuvRow, lowerYuv = _lowerYuvRow)
        {
            for (int y = from; y < to; y++)
            {
                short upperWeight = _plan.WeightY[y * 2], lowerWeight = _plan.WeightY[y * 2 + 1];
                int first = Math.Clamp(_plan.SourceY[y], 0, _plan.CropHeight - 1);
                int second = lowerWeight == 0 ? first : Math.Clamp(_plan.SourceY[y] + 1, 0, _plan.CropHeight - 1);
                byte* upper, lower;
                if (packed)
                {
                    upper = GetSourceRow(frame, data, first, out _);
                    lower = GetSourceRow(frame, data, second, out _);
                }
                else
                {
                    readable = _plan.CropWidth * 4;
                    upper = lower =
                        (byte*)(upperYuv + YuvKernels.Convert(frame, data, _plan.CropX, _plan.CropY + first, _plan.CropWidth, upperYuv));
                    if (second != first)
                    {
                        lower = (byte*)(lowerYuv
                            + YuvKernels.Convert(frame, data, _plan.CropX, _plan.CropY + second, _plan.CropWidth, lowerYuv));
                    }
                }

                if (_plan.IsAverage2x2)
                {
                    NearestKernels.Average2x2(upper, lower, readable, sourceX, pixels, width, order, _tables);
                }
                else
                {
                    BilinearKernels.Fused(upper, lower, readable, sourceX, weightX, upperWeight, lowerWeight, scratch, pixels, width,
                        order, _tables);
                }

                _tensorRows.Write(pixels, width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    private void ResizeHorizontally(Frame frame, byte* data, int row, int* sourceX, short* weightX, short* destination, BilinearKernels.ChannelOrder order)
    {
        byte* source = GetSourceRow(frame, data, row, out int readable);
        if (source is not null)
        {
            BilinearKernels.Horizontal(source, readable, sourceX, weightX, destination, _plan.Width, order, _tables);
            return;
        }

        fixed (uint* converted = _yuvRow)
        {
            int skip = YuvKernels.Convert(frame, data, _plan.CropX, _plan.CropY + row, _plan.CropWidth, converted);
            BilinearKernels.Horizontal((byte*)(converted + skip), _plan.CropWidth * 4, sourceX, weightX, destination, _plan.Width, order, _tables);
        }
    }

    private void ProcessAntialiased(Frame frame, byte* data, byte* tensor, int from, int to)
    {
        var order = BilinearKernels.ChannelOrder.FromFormat(frame.Format);
        _antialias.BeginFrame(_plan);
        fixed (uint* pixels = _pixelRow)
        {
            for (int y = from; y < to; y++)
            {
                var (first, count) = _antialias.GetSourceRows(y);
                for (int row = first; row < first + count; row++)
                {
                    if (_antialias.HasRow(row))
                    {
                        continue;
                    }

                    byte* source = GetSourceRow(frame, data, row, out _);
                    if (source is not null)
                    {
                        _antialias.Horizontal(source, order, row, _plan.Width);
                        continue;
                    }

                    fixed (uint* converted = _yuvRow)
                    {
                        int skip = YuvKernels.Convert(frame, data, _plan.CropX, _plan.CropY + row, _plan.CropWidth, converted);
                        _antialias.Horizontal((byte*)(converted + skip), order, row, _plan.Width);
                    }
                }

                _antialias.Vertical(y, pixels, _plan.Width);
                _tensorRows.Write(pixels, _plan.Width, tensor, _plan.Left, _plan.Top + y);
            }
        }
    }

    // Returns the first pixel of a packed row of the crop, or null (with the scratch rows allocated) where the row must be converted.
    private byte* GetSourceRow(Frame frame, byte* data, int row, out int readable)
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

        int n = Frame.GetBytesPerPixel(frame.Format);
        readable = (frame.Width - _plan.CropX) * n;
        return data + (long)(_plan.CropY + row) * frame.Stride + (long)_plan.CropX * n;
    }
}
