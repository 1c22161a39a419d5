using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVision.Decoding.Rcnn;

/// <summary>RoIAlign (He et al. 2017, arXiv 1703.06870): pools regions of a feature map to a fixed size.</summary>
/// <remarks>
/// The numbers are torchvision's (csrc/ops/cpu/roi_align_kernel.cpp, float32): each output cell is the mean of bilinear samples of the
/// feature map. Samples form a grid, so their weights are products of weights by row and by column: rows are added up first, several
/// columns at a time, then columns; sums differ from the reference's in their last bits. An instance serves one thread at a time and
/// allocates nothing once its buffers have grown.
/// </remarks>
public sealed class RoiAlign
{
    private const int MaxSamples = 1 << 22;
    private readonly float _scale;
    private readonly int _height, _width, _samplingRatio;
    private readonly bool _aligned;
    private readonly Axis _rows = new(), _columns = new();
    private float[] _sums = [];

    /// <summary>Initializes the operator.</summary>
    /// <param name="scale">Feature cells per pixel of the regions, above 0 (1 / stride).</param>
    /// <param name="height">Number of rows of the output.</param>
    /// <param name="width">Number of columns of the output.</param>
    /// <param name="samplingRatio">Samples per cell and axis, at most 64; 0 or below to use the number of feature cells, rounded
    /// up.</param>
    /// <param name="aligned">Shift by half a cell, as Detectron2 does; otherwise the original, with regions of at least one cell.</param>
    public RoiAlign(float scale, int height, int width, int samplingRatio, bool aligned)
    {
        if (!(scale > 0) || !float.IsFinite(scale) || height is < 1 or > 1024 || width is < 1 or > 1024 || samplingRatio > 64)
        {
            throw new ArgumentOutOfRangeException(
                nameof(scale),
                "the scale must be above 0, the output from 1 to 1024 a side and the sampling ratio at most 64; "
                    + $"got {scale}, {height}x{width} and {samplingRatio}");
        }

        (_scale, _height, _width, _samplingRatio, _aligned) = (scale, height, width, samplingRatio, aligned);
    }

    /// <summary>Pools one region.</summary>
    /// <param name="features">Feature map of the region's image, [channels, rows, columns].</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="rows">Number of rows of the feature map.</param>
    /// <param name="columns">Number of columns of the feature map.</param>
    /// <param name="region">Corners in pixels; may lie outside the image, where the features are 0.</param>
    /// <param name="output">Receives the pooled values, [channels, height, width].</param>
    /// <exception cref="ArgumentException">A span has another length, or the region is not finite or requires more than 4 million
    /// samples.</exception>
    public void Run(ReadOnlySpan<float> features, int channels, int rows, int columns, in Box region, Span<float> output)
    {
        int plane = rows * columns, cells = _height * _width;
        if (rows < 1 || columns < 1 || channels < 0 || features.Length != (long)channels * plane || output.Length != (long)channels * cells
            || !float.IsFinite(region.X1 + region.Y1 + region.X2 + region.Y2))
        {
            throw new ArgumentException(
                $"features must be [{channels}, {rows}, {columns}], the output [{channels}, {_height}, {_width}] and the region finite; "
                    + $"got {features.Length} and {output.Length} values and {region}");
        }

        float offset = _aligned ? 0.5f : 0;
        float x = region.X1 * _scale - offset, y = region.Y1 * _scale - offset;
        float w = region.X2 * _scale - offset - x, h = region.Y2 * _scale - offset - y;
        if (!_aligned)
        {
            (w, h) = (MathF.Max(w, 1), MathF.Max(h, 1));
        }

        float binW = w / _width, binH = h / _height;
        float exactX = _samplingRatio > 0 ? _samplingRatio : MathF.Ceiling(binW);
        float exactY = _samplingRatio > 0 ? _samplingRatio : MathF.Ceiling(binH);
        if ((double)Math.Max(exactX, 0) * Math.Max(exactY, 0) * cells > MaxSamples)
        {
            throw new ArgumentException($"a region must require at most {MaxSamples} samples; got {region}");
        }

        int gridX = (int)MathF.Max(exactX, 0), gridY = (int)MathF.Max(exactY, 0), samples = gridX * gridY;
        _rows.Prepare(rows, _height, y, binH, gridY);
        _columns.Prepare(columns, _width, x, binW, gridX);
        if (_columns.High < _columns.Low || _rows.High < _rows.Low)
        {
            output.Clear(); // no sample lies on the map
            return;
        }

        // At least one vector of columns, where the map has as many, followed by a 0 that padding taps read.
        int first = Math.Max(Math.Min(_columns.Low, columns - Vector<float>.Count), 0);
        int span = Math.Min(Math.Max(_columns.High + 1 - first, Vector<float>.Count), columns - first);
        if (_sums.Length <= span)
        {
            _sums = new float[BitOperations.RoundUpToPowerOf2((uint)span + 1)];
        }

        _columns.PadTaps(first, span);
        for (int c = 0; c < channels; c++)
        {
            Pool(features.Slice(c * plane, plane), columns, first, span, output.Slice(c * cells, cells));
        }

        TensorPrimitives.Divide(output, samples, output);
    }

    private void Pool(ReadOnlySpan<float> map, int columns, int first, int span, Span<float> to)
    {
        _sums[span] = 0;
        ref float sums = ref MemoryMarshal.GetArrayDataReference(_sums);
        ref var start = ref MemoryMarshal.GetArrayDataReference(_columns.Taps);
        int each = _columns.TapsPerCell;
        for (int row = 0; row < _height; row++)
        {
            SumRows(map[first..], columns, _rows.GetTaps(row), _sums.AsSpan(0, span));
            var line = to.Slice(row * _width, _width);

            if (each == 4) // two samples per cell
            {
                WeightedSum4(ref start, ref sums, line);
            }
            else
            {
                WeightedSum(ref start, each, ref sums, line);
            }
        }
    }

    // Taps lie within the sums: Level makes them relative to the first column, and High is the last one. Two independent sums shorten the
    // dependency chain.
    private static void WeightedSum4(ref Tap tap, ref float sums, Span<float> line)
    {
        ref float to = ref MemoryMarshal.GetReference(line);
        for (int column = 0; column < line.Length; column++)
        {
            ref var a = ref Unsafe.Add(ref tap, 4 * column);
            ref var b = ref Unsafe.Add(ref a, 1);
            ref var c = ref Unsafe.Add(ref a, 2);
            ref var d = ref Unsafe.Add(ref a, 3);
            Unsafe.Add(ref to, column) = a.Weight * Unsafe.Add(ref sums, a.At) + c.Weight * Unsafe.Add(ref sums, c.At)
                + (b.Weight * Unsafe.Add(ref sums, b.At) + d.Weight * Unsafe.Add(ref sums, d.At));
        }
    }

    private static void WeightedSum(ref Tap tap, int each, ref float sums, Span<float> line)
    {
        for (int column = 0; column < line.Length; column++)
        {
            float even = 0, odd = 0;
            for (int i = 0; i < each; i += 2)
            {
                even += tap.Weight * Unsafe.Add(ref sums, tap.At);
                tap = ref Unsafe.Add(ref tap, 1);
                odd += tap.Weight * Unsafe.Add(ref sums, tap.At);
                tap = ref Unsafe.Add(ref tap, 1);
            }

            line[column] = even + odd;
        }
    }

    // Weighted sum of rows of the map.
    private static void SumRows(ReadOnlySpan<float> map, int columns, ReadOnlySpan<Tap> taps, Span<float> sums)
    {
        int lanes = Vector<float>.Count, i = 0;
        ref float from = ref MemoryMarshal.GetReference(map);
        if (sums.Length >= lanes)
        {
            // Two vectors at a time; the last ones overlap the ones before them.
            while (i < sums.Length)
            {
                int j = Math.Min(i + lanes, sums.Length - lanes);
                i = Math.Min(i, sums.Length - lanes);
                Vector<float> a = default, b = default;
                foreach (ref readonly var tap in taps)
                {
                    var weight = new Vector<float>(tap.Weight);
                    a += weight * Vector.LoadUnsafe(ref from, (nuint)(tap.At * columns + i));
                    b += weight * Vector.LoadUnsafe(ref from, (nuint)(tap.At * columns + j));
                }

                a.CopyTo(sums[i..]);
                b.CopyTo(sums[j..]);
                i = j + lanes;
            }
        }

        for (; i < sums.Length; i++)
        {
            float sum = 0;
            foreach (ref readonly var tap in taps)
            {
                sum += tap.Weight * map[tap.At * columns + i];
            }

            sums[i] = sum;
        }
    }

    private readonly record struct Tap(int At, float Weight);

    /// <summary>Taps of the cells of one output axis, the same for all channels.</summary>
    private sealed class Axis
    {
        private int[] _starts = [];
        private Tap[] _taps = new Tap[64];
        private int _cells, _count;

        /// <summary>Gets <see cref="TapsPerCell"/> taps per cell, once <see cref="PadTaps"/> has run.</summary>
        public Tap[] Taps { get; private set; } = [];

        /// <summary>Gets the number of taps per cell, an even number, once <see cref="PadTaps"/> has run.</summary>
        public int TapsPerCell { get; private set; }

        /// <summary>Gets the lowest index that is read.</summary>
        public int Low { get; private set; }

        /// <summary>Gets the highest index that is read; below <see cref="Low"/> if none is read.</summary>
        public int High { get; private set; }

        public ReadOnlySpan<Tap> GetTaps(int cell) => _taps.AsSpan(_starts[cell], _starts[cell + 1] - _starts[cell]);

        public void Prepare(int size, int cells, float origin, float bin, int grid)
        {
            if (_starts.Length < cells + 1)
            {
                _starts = new int[cells + 1];
            }

            (_cells, _count, Low, High) = (cells, 0, int.MaxValue, -1);
            for (int cell = 0; cell < cells; cell++)
            {
                _starts[cell] = _count;
                for (int i = 0; i < grid; i++)
                {
                    float at = origin + cell * bin + (i + 0.5f) * bin / grid;
                    if (at < -1 || at > size) // samples more than one cell outside contribute nothing
                    {
                        continue;
                    }

                    at = MathF.Max(at, 0);
                    int low = Math.Min((int)at, size - 1);
                    if (low == size - 1)
                    {
                        Add(cell, low, 1);
                        continue;
                    }

                    Add(cell, low, 1 - (at - low));
                    Add(cell, low + 1, at - low);
                }
            }

            _starts[cells] = _count;
        }

        /// <summary>Makes taps relative to <paramref name="first"/> and pads every cell to the same number of taps.</summary>
        /// <remarks>Padding taps have weight 0 and read at <paramref name="nothing"/>.</remarks>
        public void PadTaps(int first, int nothing)
        {
            int most = 0;
            for (int cell = 0; cell < _cells; cell++)
            {
                most = Math.Max(most, _starts[cell + 1] - _starts[cell]);
            }

            TapsPerCell = (most + 1) & ~1;
            if (Taps.Length < TapsPerCell * _cells)
            {
                Taps = new Tap[BitOperations.RoundUpToPowerOf2((uint)(TapsPerCell * _cells))];
            }

            for (int cell = 0; cell < _cells; cell++)
            {
                var taps = GetTaps(cell);
                for (int i = 0; i < TapsPerCell; i++)
                {
                    Taps[cell * TapsPerCell + i] = i < taps.Length ? taps[i] with { At = taps[i].At - first } : new Tap(nothing, 0);
                }
            }
        }

        // Samples are in order, so an index that was read before is one of the last two.
        private void Add(int cell, int at, float weight)
        {
            for (int i = _count - 1; i >= Math.Max(_count - 2, _starts[cell]); i--)
            {
                if (_taps[i].At == at)
                {
                    _taps[i] = new Tap(at, _taps[i].Weight + weight);
                    return;
                }
            }

            if (_count == _taps.Length)
            {
                Array.Resize(ref _taps, 2 * _count);
            }

            _taps[_count++] = new Tap(at, weight);
            (Low, High) = (Math.Min(Low, at), Math.Max(High, at));
        }
    }
}
