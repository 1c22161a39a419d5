using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;
using EdgeVision.Threading;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Instance masks from prototypes [N, coefficients, h, w] and a row of coefficients for each box.</summary>
/// <remarks>
/// YOLACT (Bolya et al. 2019), as Ultralytics and YOLOv5 export it: coefficients @ prototypes, enlarged bilinearly (align_corners=False) to
/// the network's input. The parameter <c>masks</c> tells when the mask is cropped to the box: <c>crop-first</c>, at the prototypes' size
/// (process_mask with upsample), or <c>upsample-first</c>, at the input's size (process_mask_native, process_mask_upsample).
/// <c>threshold</c> selects what is compared: <c>logit</c>, sums above 0 (Ultralytics), or <c>sigmoid</c>, interpolated sigmoids of the
/// sums above 0.5 (YOLOv5).
/// </remarks>
internal sealed class PrototypeMasks : IParallelWork
{
    private readonly string _decoder;
    private readonly int _prototypes;
    private readonly bool _upsampleFirst, _sigmoid;
    private readonly int _coefficients;
    private readonly ParallelRunner _team;
    private readonly Filler[] _fillers;
    private Axis _columns, _rows;
    private float[] _queued;
    private Job[] _jobs = new Job[16];
    private int _count, _parts, _batch;
    private TensorSet? _outputs;
    private Detections? _detections;

    /// <summary>Reads the parameters of a head.</summary>
    /// <param name="inputs">Inputs of the decoder.</param>
    /// <param name="prototypes">Index of the head's output that holds the prototypes.</param>
    /// <param name="threshold">Value of <c>threshold</c> if the spec has none.</param>
    public PrototypeMasks(DecoderInputs inputs, int prototypes, string threshold)
    {
        _decoder = inputs.Output.Decoder;
        inputs.RequireShape(prototypes, "prototypes", -1, -1, -1, -1);
        _prototypes = inputs.OutputIndices[prototypes];
        if (inputs.GetTensorInfo(prototypes).Shape[1] == 0)
        {
            throw new ModelFormatException(
                $"decoder '{_decoder}' expects prototypes [N, coefficients, h, w]; the graph has {inputs.GetTensorInfo(prototypes)}");
        }

        int coefficients = inputs.GetInt("coefficients", (int)Math.Max(inputs.GetTensorInfo(prototypes).Shape[1], 0));
        if (coefficients is < 1 or > 65536)
        {
            throw new SpecException($"parameter 'coefficients' of decoder '{_decoder}' must be from 1 to 65536; got {coefficients}");
        }

        _coefficients = coefficients;
        _queued = new float[coefficients * _jobs.Length];
        _team = new ParallelRunner(Math.Clamp(inputs.Options.Threads, 1, 64));
        _fillers = new Filler[_team.ThreadCount];
        for (int i = 0; i < _fillers.Length; i++)
        {
            _fillers[i] = new Filler(this);
        }

        _upsampleFirst = ReadChoice(inputs, "masks", "crop-first", "upsample-first", "crop-first");
        _sigmoid = ReadChoice(inputs, "threshold", "logit", "sigmoid", threshold);
    }

    /// <summary>Gets the number of coefficients of a mask.</summary>
    public int CoefficientCount => _coefficients;

    /// <summary>Gets the buffer for the coefficients of the next mask.</summary>
    public Span<float> NextCoefficients => _queued.AsSpan(_count * _coefficients, _coefficients);

    /// <summary>Starts with the masks of another frame.</summary>
    public void Begin() => _count = 0;

    /// <summary>Returns the index of the output that holds the prototypes, for a head with two; some exports list it first.</summary>
    public static int FindPrototypes(DecoderInputs inputs) => inputs.GetTensorInfo(0).Shape.Length == 4 ? 0 : 1;

    /// <summary>Reserves the mask of detection <paramref name="index"/>; <see cref="Complete"/> fills it.</summary>
    /// <param name="outputs">Outputs of the network.</param>
    /// <param name="batch">Item of the batch.</param>
    /// <param name="box">Corners in pixels of the input.</param>
    /// <param name="detections">Detections that receive the mask; their mask plane is the input.</param>
    /// <param name="index">Index of the detection.</param>
    /// <exception cref="ModelFormatException">The shape of the prototypes does not match.</exception>
    public void AddMask(TensorSet outputs, int batch, in Box box, Detections detections, int index)
    {
        var shape = outputs.GetShape(_prototypes);
        if (shape.Length != 4 || shape[1] != _coefficients || batch >= shape[0] || shape[2] < 1 || shape[3] < 1)
        {
            throw new ModelFormatException(
                $"decoder '{_decoder}' expects prototypes [N, {_coefficients}, h, w]; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        _columns.Prepare((int)shape[3], detections.MaskWidth);
        _rows.Prepare((int)shape[2], detections.MaskHeight);
        var (c1, c2, x1, x2) = _columns.GetRanges(box.X1, box.X2, _upsampleFirst);
        var (r1, r2, y1, y2) = _rows.GetRanges(box.Y1, box.Y2, _upsampleFirst);
        if (x2 <= x1 || y2 <= y1)
        {
            detections.AddMask(index, 0, 0, 0, 0);
            return;
        }

        detections.AddMask(index, x1, y1, x2 - x1, y2 - y1);
        _jobs[_count++] = new Job(index, (c1, c2), (r1, r2), (x1, x2), (y1, y2));
        if (_count == _jobs.Length)
        {
            Array.Resize(ref _jobs, _count * 2);
            Array.Resize(ref _queued, _count * 2 * _coefficients);
        }
    }

    /// <summary>Fills all masks that were added.</summary>
    /// <exception cref="InvalidOutputException">A sum is NaN or infinite.</exception>
    public void Complete(TensorSet outputs, int batch, Detections detections)
    {
        (_outputs, _batch, _detections, _parts) = (outputs, batch, detections, Math.Min(_fillers.Length, _count));
        _team.Run(this, _parts);
        (_outputs, _detections) = (null, null);
    }

    void IParallelWork.Execute(int part)
    {
        for (int i = part; i < _count; i += _parts)
        {
            _fillers[part].Fill(
                _jobs[i],
                _queued.AsSpan(i * _coefficients, _coefficients),
                _outputs!,
                _batch,
                _detections!.GetMutableMask(_jobs[i].Index));
        }
    }

    private bool ReadChoice(DecoderInputs inputs, string name, string plain, string other, string fallback)
    {
        string value = inputs.GetString(name, fallback);
        return value == other || (value == plain
            ? false
            : throw new SpecException($"parameter '{name}' of decoder '{_decoder}' must be {plain} or {other}; got '{value}'"));
    }

    /// <summary>Position of one mask: its detection, and the ranges of prototype cells and input pixels, the ends exclusive.</summary>
    private readonly record struct Job(
        int Index, (int From, int To) Columns, (int From, int To) Rows, (int From, int To) X, (int From, int To) Y);

    /// <summary>Fills masks with buffers of its own.</summary>
    private sealed class Filler(PrototypeMasks masks)
    {
        private float[] _cells = [], _upper = [], _lower = [];
        private int[] _left = [], _right = [];

        public void Fill(in Job job, ReadOnlySpan<float> coefficients, TensorSet outputs, int batch, Span<byte> mask)
        {
            var shape = outputs.GetShape(masks._prototypes);
            int pw = (int)shape[3], plane = (int)shape[2] * pw;
            var prototypes = outputs.GetData(masks._prototypes).Slice(batch * plane * coefficients.Length, plane * coefficients.Length);
            int c1 = job.Columns.From, cw = job.Columns.To - c1, ch = job.Rows.To - job.Rows.From, stride = cw + 2;
            Reserve(ch * stride, job.X.To - job.X.From);
            for (int r = 0; r < ch; r++)
            {
                var row = _cells.AsSpan(r * stride, stride);
                (row[0], row[^1]) = (0, 0); // values outside the crop
                var sums = row[1..^1];
                Sum(prototypes, coefficients, plane, (job.Rows.From + r) * pw + c1, sums);
                // A NaN or infinite coefficient or prototype is detected here; it would otherwise look like an empty mask.
                FiniteCheck.ThrowIfNotFinite(sums, outputs.GetName(masks._prototypes));
                if (masks._sigmoid)
                {
                    TensorPrimitives.Sigmoid(sums, sums);
                }
            }

            // Taps outside the crop read its border of zeros.
            for (int x = job.X.From; x < job.X.To; x++)
            {
                _left[x - job.X.From] = Math.Clamp(masks._columns.Low[x] - c1 + 1, 0, cw + 1);
                _right[x - job.X.From] = Math.Clamp(masks._columns.High[x] - c1 + 1, 0, cw + 1);
            }

            ResizeMask(mask, job.Rows, stride, job.X, job.Y);
        }

        // Each row of cells is widened once; the rows between two of them are interpolated, several pixels at a time.
        private void ResizeMask(Span<byte> mask, (int From, int To) cells, int stride, (int From, int To) x, (int From, int To) y)
        {
            int width = x.To - x.From, above = -1, below = -1;
            float limit = masks._sigmoid ? 0.5f : 0;
            for (int row = y.From; row < y.To; row++)
            {
                int top = masks._rows.Low[row], bottom = masks._rows.High[row];
                if (top != above)
                {
                    if (top == below)
                    {
                        (_upper, _lower, below) = (_lower, _upper, above);
                    }
                    else
                    {
                        ResizeRow(top, cells, stride, x, _upper);
                    }

                    above = top;
                }

                if (bottom != below)
                {
                    ResizeRow(bottom, cells, stride, x, _lower);
                    below = bottom;
                }

                var pixels = mask.Slice((row - y.From) * width, width);
                Threshold(_upper.AsSpan(0, width), _lower.AsSpan(0, width), masks._rows.Weight[row], limit, pixels);
            }
        }

        private void ResizeRow(int row, (int From, int To) cells, int stride, (int From, int To) x, float[] to)
        {
            int width = x.To - x.From;
            if (row < cells.From || row >= cells.To)
            {
                to.AsSpan(0, width).Clear();
                return;
            }

            var from = _cells.AsSpan((row - cells.From) * stride, stride);
            var left = _left.AsSpan(0, width);
            var right = _right.AsSpan(0, width);
            var weight = masks._columns.Weight.AsSpan(x.From, width);
            for (int i = 0; i < width; i++)
            {
                to[i] = (1 - weight[i]) * from[left[i]] + weight[i] * from[right[i]];
            }
        }

        // The loop runs over coefficients, and each lane is one cell, so that every cell's sum has the order of a plain loop.
        private static void Sum(ReadOnlySpan<float> prototypes, ReadOnlySpan<float> coefficients, int plane, int first, Span<float> to)
        {
            int lanes = Vector<float>.Count, i = 0;
            ref float from = ref MemoryMarshal.GetReference(prototypes);
            for (; i <= to.Length - 4 * lanes; i += 4 * lanes)
            {
                Vector<float> a = default, b = default, c = default, d = default;
                for (int k = 0; k < coefficients.Length; k++)
                {
                    var factor = new Vector<float>(coefficients[k]);
                    nuint at = (nuint)(k * plane + first + i);
                    a += Vector.LoadUnsafe(ref from, at) * factor;
                    b += Vector.LoadUnsafe(ref from, at + (nuint)lanes) * factor;
                    c += Vector.LoadUnsafe(ref from, at + (nuint)(2 * lanes)) * factor;
                    d += Vector.LoadUnsafe(ref from, at + (nuint)(3 * lanes)) * factor;
                }

                a.CopyTo(to[i..]);
                b.CopyTo(to[(i + lanes)..]);
                c.CopyTo(to[(i + 2 * lanes)..]);
                d.CopyTo(to[(i + 3 * lanes)..]);
            }

            while (to.Length >= lanes && i < to.Length)
            {
                i = Math.Min(i, to.Length - lanes); // the last vector overlaps the one before it
                Vector<float> sum = default;
                for (int k = 0; k < coefficients.Length; k++)
                {
                    sum += Vector.LoadUnsafe(ref from, (nuint)(k * plane + first + i)) * new Vector<float>(coefficients[k]);
                }

                sum.CopyTo(to[i..]);
                i += lanes;
            }

            for (; i < to.Length; i++)
            {
                float sum = 0;
                for (int k = 0; k < coefficients.Length; k++)
                {
                    sum += prototypes[k * plane + first + i] * coefficients[k];
                }

                to[i] = sum;
            }
        }

        // 1 where (1 - weight) * upper + weight * lower is above the limit; comparisons yield all bits set, narrowed twice to bytes.
        private static void Threshold(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float weight, float limit, Span<byte> to)
        {
            int lanes = Vector<float>.Count, i = 0;
            var low = new Vector<float>(1 - weight);
            var high = new Vector<float>(weight);
            var gate = new Vector<float>(limit);
            while (to.Length >= 4 * lanes && i < to.Length)
            {
                i = Math.Min(i, to.Length - 4 * lanes); // the last block overlaps the one before it
                var ab = Vector.Narrow(Above(upper[i..], lower[i..]), Above(upper[(i + lanes)..], lower[(i + lanes)..]));
                var cd = Vector.Narrow(
                    Above(upper[(i + 2 * lanes)..], lower[(i + 2 * lanes)..]), Above(upper[(i + 3 * lanes)..], lower[(i + 3 * lanes)..]));
                (Vector.AsVectorByte(Vector.Narrow(ab, cd)) & Vector<byte>.One).CopyTo(to[i..]);
                i += 4 * lanes;
            }

            for (; i < to.Length; i++)
            {
                to[i] = (1 - weight) * upper[i] + weight * lower[i] > limit ? (byte)1 : (byte)0;
            }

            Vector<int> Above(ReadOnlySpan<float> u, ReadOnlySpan<float> l) =>
                Vector.GreaterThan(low * new Vector<float>(u) + high * new Vector<float>(l), gate);
        }

        private void Reserve(int cells, int width)
        {
            if (_cells.Length < cells)
            {
                _cells = new float[BitOperations.RoundUpToPowerOf2((uint)cells)];
            }

            if (_left.Length < width)
            {
                int size = (int)BitOperations.RoundUpToPowerOf2((uint)width);
                (_left, _right, _upper, _lower) = (new int[size], new int[size], new float[size], new float[size]);
            }
        }
    }

    /// <summary>Cells from which the pixels of one axis are interpolated; the same for all masks of a size.</summary>
    private struct Axis
    {
        private int _cells, _pixels;

        /// <summary>Gets the cell before each pixel.</summary>
        public int[] Low { get; private set; }

        /// <summary>Gets the cell after each pixel.</summary>
        public int[] High { get; private set; }

        /// <summary>Gets the weight of the cell after each pixel.</summary>
        public float[] Weight { get; private set; }

        public void Prepare(int cells, int pixels)
        {
            if (cells == _cells && pixels == _pixels)
            {
                return;
            }

            (_cells, _pixels) = (cells, pixels);
            (Low, High, Weight) = (new int[pixels], new int[pixels], new float[pixels]);
            float ratio = (float)cells / pixels;
            for (int i = 0; i < pixels; i++)
            {
                float at = Math.Max((i + 0.5f) * ratio - 0.5f, 0);
                Low[i] = Math.Min((int)at, cells - 1);
                High[i] = Math.Min(Low[i] + 1, cells - 1);
                Weight[i] = at - Low[i];
            }
        }

        /// <summary>Returns the cells and pixels that a box from <paramref name="from"/> to <paramref name="to"/> covers.</summary>
        /// <remarks>Both ranges exclude their end. The ranges are empty if the box covers no cell or pixel.</remarks>
        public readonly (int C1, int C2, int P1, int P2) GetRanges(float from, float to, bool upsampleFirst)
        {
            if (upsampleFirst)
            {
                // Pixels p with p >= from and p < to, and the cells that they are interpolated from.
                int p1 = ClampToInt(MathF.Ceiling(from), _pixels), p2 = ClampToInt(MathF.Ceiling(to), _pixels);
                return p2 > p1 ? (Low[p1], High[p2 - 1] + 1, p1, p2) : default;
            }

            // Cells c with c >= from and c < to, and the pixels that are interpolated from at least one of them.
            float ratio = (float)_cells / _pixels;
            int c1 = ClampToInt(MathF.Ceiling(from * ratio), _cells), c2 = ClampToInt(MathF.Ceiling(to * ratio), _cells);
            return c2 > c1
                ? (
                    c1,
                    c2,
                    ClampToInt(MathF.Floor((c1 - 0.5f) / ratio - 0.5f), _pixels),
                    ClampToInt(MathF.Ceiling((c2 + 0.5f) / ratio - 0.5f) + 1, _pixels))
                : default;
        }

        private static int ClampToInt(float value, int most) => (int)Math.Clamp(value, 0, most);
    }
}
