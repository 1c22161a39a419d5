using EdgeVision.Preprocessing.Kernels;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.Threading;

namespace EdgeVision.Preprocessing;

/// <summary>Converts a frame to the input tensor in one pass: crop, resize, color order, normalization and layout.</summary>
/// <remarks>
/// Resizes by letterbox, stretch, top-left or center crop, with bilinear or nearest interpolation; normalizes by <c>(pixel * scale - mean)
/// / std</c>; writes NCHW or NHWC as float32, float16 or uint8. Only rows are buffered in between, never a whole image. The numbers are
/// those of OpenCV's 8-bit resize followed by the normalization (torchvision's for <see cref="Interpolation.BilinearAntialias"/>). An
/// instance serves one thread at a time and allocates nothing while frames keep their size.
/// </remarks>
public sealed unsafe class Preprocessor : IParallelWork
{
    /// <summary>Maximum width and height of an input, in pixels.</summary>
    internal const int MaxSide = 16384;

    private const int MinRowsPerBand = 16;
    private readonly InputSpec _spec;
    private readonly ResizePlan _plan = new();
    private readonly KernelTables _tables = new();
    private readonly BandProcessor[] _bands;
    private readonly ParallelRunner _team;
    private Frame? _frame;
    private byte* _data, _tensor;
    private int _parts;

    /// <summary>Initializes the pass for an input.</summary>
    /// <param name="spec">Specification of the input.</param>
    /// <param name="threads">Number of threads that share the rows of an image, 1 to 64. More than one pays off for large images
    /// only.</param>
    /// <exception cref="SpecException">The input is not possible.</exception>
    public Preprocessor(InputSpec spec, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 64);
        Validate(spec);
        _spec = spec;
        _team = new ParallelRunner(threads);
        _bands = new BandProcessor[threads];
        for (int i = 0; i < threads; i++)
        {
            _bands[i] = new BandProcessor(spec, _plan, _tables);
        }
    }

    /// <summary>Returns the number of bytes of one image in the tensor.</summary>
    public static int GetByteCount(InputSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Validate(spec);
        int size = spec.Element switch { TensorElement.Float32 => 4, TensorElement.Float16 => 2, _ => 1 };
        return checked(spec.Width * spec.Height * (spec.ColorOrder == ColorOrder.Gray ? 1 : 3) * size);
    }

    /// <summary>Writes the frame as one image of the tensor and returns the mapping from input to frame.</summary>
    /// <param name="frame">Source pixels.</param>
    /// <param name="destination">At least <see cref="GetByteCount"/> bytes.</param>
    public FrameTransform Process(Frame frame, Span<byte> destination) => Process(frame, destination, null);

    /// <summary>Writes a part of the frame as one image of the tensor and returns the mapping from input to frame.</summary>
    /// <param name="frame">Source pixels.</param>
    /// <param name="destination">At least <see cref="GetByteCount"/> bytes.</param>
    /// <param name="crop">Part of the frame in pixels, rounded outwards to whole pixels and clipped to the frame; null for the whole
    /// frame.</param>
    /// <exception cref="FrameFormatException">The crop contains no pixel of the frame.</exception>
    public FrameTransform Process(Frame frame, Span<byte> destination, in Box? crop)
    {
        ArgumentNullException.ThrowIfNull(frame);
        int needed = GetByteCount(_spec);
        if (destination.Length < needed)
        {
            throw new ArgumentException($"the tensor must have at least {needed} bytes; got {destination.Length}", nameof(destination));
        }

        _plan.Update(_spec, frame.Width, frame.Height, GetCrop(frame, crop));
        _tables.Update(_plan, BilinearKernels.ChannelOrder.FromFormat(frame.Format));
        fixed (byte* data = frame.Data)
        fixed (byte* tensor = destination)
        {
            int bands = Math.Min(_bands.Length, (_plan.Height + MinRowsPerBand - 1) / MinRowsPerBand);
            if (bands == 1)
            {
                _bands[0].Pad(tensor);
                _bands[0].ProcessRows(frame, data, tensor, 0, _plan.Height);
            }
            else
            {
                _frame = frame;
                _data = data;
                _tensor = tensor;
                _parts = bands;
                _team.Run(this, bands);
                _frame = null;
            }
        }

        return _plan.Transform;
    }

    void IParallelWork.Execute(int part)
    {
        if (part == 0)
        {
            _bands[0].Pad(_tensor);
        }

        _bands[part].ProcessRows(_frame!, _data, _tensor, _plan.Height * part / _parts, _plan.Height * (part + 1) / _parts);
    }

    private static void Validate(InputSpec spec)
    {
        if (spec.Width < 1 || spec.Height < 1 || spec.Width > MaxSide || spec.Height > MaxSide)
        {
            throw new SpecException($"input width and height must be from 1 to {MaxSide}; got {spec.Width}x{spec.Height}");
        }

        if (spec.Element is not (TensorElement.Float32 or TensorElement.Float16 or TensorElement.UInt8))
        {
            throw new SpecException($"input element must be float32, float16 or uint8; got {spec.Element}");
        }

        int channels = spec.ColorOrder == ColorOrder.Gray ? 1 : 3;
        if (spec.Mean.Length != 1 && spec.Mean.Length != channels || spec.Std.Length != 1 && spec.Std.Length != channels)
        {
            throw new SpecException(
                $"input mean and std must have 1 or {channels} numbers; got {spec.Mean.Length} and {spec.Std.Length}");
        }

        if (spec.Std.Any(s => s == 0 || !float.IsFinite(s)) || spec.Mean.Any(m => !float.IsFinite(m)) || !float.IsFinite(spec.Scale))
        {
            throw new SpecException("input std must not be 0, and scale, mean and std must be finite numbers");
        }

        if (spec.Resize.PadValue is < 0 or > 255)
        {
            throw new SpecException($"padValue must be a gray level from 0 to 255; got {spec.Resize.PadValue}");
        }
    }

    private static (int X, int Y, int Width, int Height) GetCrop(Frame frame, in Box? crop)
    {
        if (crop is not { } box)
        {
            return (0, 0, frame.Width, frame.Height);
        }

        if (!(float.IsFinite(box.X1) && float.IsFinite(box.Y1) && float.IsFinite(box.X2) && float.IsFinite(box.Y2)))
        {
            throw new FrameFormatException($"the crop must have finite corners; got {box}");
        }

        int x1 = (int)Math.Clamp(MathF.Floor(box.X1), 0, frame.Width), y1 = (int)Math.Clamp(MathF.Floor(box.Y1), 0, frame.Height);
        int x2 = (int)Math.Clamp(MathF.Ceiling(box.X2), 0, frame.Width), y2 = (int)Math.Clamp(MathF.Ceiling(box.Y2), 0, frame.Height);
        return x2 > x1 && y2 > y1
            ? (x1, y1, x2 - x1, y2 - y1)
            : throw new FrameFormatException($"the crop must overlap the frame of {frame.Width}x{frame.Height}; got {box}");
    }
}
