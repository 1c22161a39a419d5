using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Pillow's 8-bit bilinear resize with antialiasing, as torchvision's Resize applies it to a PIL image.</summary>
/// <remarks>
/// The triangle filter grows with the reduction. Weights have 22 bits; the horizontal pass comes first and is rounded to 8 bits, then the
/// vertical pass. Source rows are resized once into a ring buffer that holds as many rows as the filter is high; there is no intermediate
/// image.
/// </remarks>
internal sealed unsafe class AntialiasResizer
{
    private const int Precision = 32 - 8 - 2;

    private int _version = -1;
    private int _tapsX;
    private int _tapsY;
    private int[] _firstX = [];
    private int[] _countX = [];
    private int[] _weightX = [];
    private int[] _firstY = [];
    private int[] _countY = [];
    private int[] _weightY = [];
    private uint[] _ring = [];
    private int[] _ringRow = [];

    /// <summary>Updates the filter tables for the plan and discards the buffered rows of the last frame.</summary>
    public void BeginFrame(ResizePlan plan)
    {
        if (_version != plan.Version)
        {
            _tapsX = ComputeTaps(plan.CropWidth, plan.Resized.Width, plan.CenterCrop.X, plan.Width, ref _firstX, ref _countX, ref _weightX);
            _tapsY = ComputeTaps(plan.CropHeight, plan.Resized.Height, plan.CenterCrop.Y, plan.Height, ref _firstY, ref _countY, ref _weightY);
            if (_ring.Length < (long)_tapsY * plan.Width)
            {
                _ring = new uint[_tapsY * plan.Width];
            }

            if (_ringRow.Length < _tapsY)
            {
                _ringRow = new int[_tapsY];
            }

            _version = plan.Version;
        }

        Array.Fill(_ringRow, -1);
    }

    /// <summary>Returns the first source row and the number of source rows that output row <paramref name="y"/> is computed from.</summary>
    public (int First, int Count) GetSourceRows(int y) => (_firstY[y], _countY[y]);

    /// <summary>Gets whether source row <paramref name="row"/> has been resized horizontally already.</summary>
    public bool HasRow(int row) => _ringRow[row % _tapsY] == row;

    /// <summary>Resizes one source row horizontally into the ring buffer.</summary>
    public void Horizontal(byte* source, BilinearKernels.ChannelOrder order, int row, int width)
    {
        int slot = row % _tapsY;
        _ringRow[slot] = row;
        fixed (uint* ring = _ring)
        fixed (int* weights = _weightX)
        {
            uint* destination = ring + (long)slot * width;
            int n = order.BytesPerPixel;
            for (int i = 0; i < width; i++)
            {
                byte* p = source + (long)_firstX[i] * n;
                int* w = weights + (long)i * _tapsX;
                var sum = Vector128.Create(1 << (Precision - 1));
                for (int k = _countX[i]; k > 0; k--, p += n, w++)
                {
                    sum += Vector128.Create(p[order.Blue], p[order.Green], p[order.Red], 0) * *w;
                }

                destination[i] = Pack(sum);
            }
        }
    }

    /// <summary>Combines rows of the ring buffer into output row <paramref name="y"/> of <paramref name="width"/> pixels.</summary>
    public void Vertical(int y, uint* destination, int width)
    {
        fixed (uint* ring = _ring)
        fixed (int* weights = _weightY)
        {
            int* w = weights + (long)y * _tapsY;
            int first = _firstY[y], count = _countY[y];
            for (int i = 0; i < width; i++)
            {
                var sum = Vector128.Create(1 << (Precision - 1));
                for (int k = 0; k < count; k++)
                {
                    uint pixel = ring[(long)((first + k) % _tapsY) * width + i];
                    var (lanes, _) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalar(pixel).AsByte()));
                    sum += lanes.AsInt32() * w[k];
                }

                destination[i] = Pack(sum);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Pack(Vector128<int> sum)
    {
        var v = Vector128.Min(Vector128.Max(sum >> Precision, Vector128<int>.Zero), Vector128.Create(255));
        var halves = Vector128.Narrow(v, v).AsUInt16();
        return Vector128.Narrow(halves, halves).AsUInt32().ToScalar();
    }

    // Pillow's precompute_coeffs for the triangle filter, followed by normalize_coeffs_8bpc.
    private static int ComputeTaps(int source, int resized, int cut, int count, ref int[] first, ref int[] counts, ref int[] weights)
    {
        double scale = (double)source / resized;
        double filterScale = Math.Max(scale, 1.0);
        double support = filterScale;
        int taps = (int)Math.Ceiling(support) * 2 + 1;
        if (first.Length < count)
        {
            first = new int[count];
            counts = new int[count];
        }

        if (weights.Length < (long)count * taps)
        {
            weights = new int[count * taps];
        }

        Span<double> row = taps <= 256 ? stackalloc double[taps] : new double[taps];
        for (int i = 0; i < count; i++)
        {
            double center = (i + cut + 0.5) * scale;
            int min = Math.Max((int)(center - support + 0.5), 0);
            int n = Math.Min((int)(center + support + 0.5), source) - min;
            double total = 0;
            for (int k = 0; k < n; k++)
            {
                double d = Math.Abs((k + min - center + 0.5) / filterScale);
                row[k] = d < 1.0 ? 1.0 - d : 0.0;
                total += row[k];
            }

            for (int k = 0; k < n; k++)
            {
                double w = total != 0 ? row[k] / total : row[k];
                weights[(long)i * taps + k] = (int)(0.5 + w * (1 << Precision));
            }

            first[i] = min;
            counts[i] = n;
        }

        return taps;
    }
}
