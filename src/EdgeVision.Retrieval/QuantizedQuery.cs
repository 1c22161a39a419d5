using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Retrieval;

/// <summary>Integer-coded query that finds, four coded rows at a time, which rows may be as near as a limit.</summary>
/// <remarks>
/// Never excludes a row that the float kernel would score as high: by Cauchy-Schwarz an error of the codes changes a product at most
/// by its length times the other vector's length, and every rounding, the kernel's and the bound's own, is included.
/// </remarks>
internal readonly unsafe struct QuantizedQuery
{
    private readonly QuantizedRows _rows;
    private readonly short[] _codes;
    private readonly bool _distance;
    private readonly int _dimension;
    private readonly float _scale;
    private readonly float _length;
    private readonly float _square;
    private readonly double _error;

    private QuantizedQuery(QuantizedRows rows, ReadOnlySpan<float> query, bool distance, float largest)
    {
        (_rows, _distance, _dimension) = (rows, distance, query.Length);
        _codes = ArrayPool<short>.Shared.Rent(rows.Stride);
        Array.Clear(_codes, 0, rows.Stride);
        int most = QuantizedRows.GetMaxQueryCode(query.Length);
        _scale = largest / most;
        double sum = 0, square = 0, error = 0;
        for (int i = 0; i < query.Length; i++)
        {
            double code = Math.Clamp(Math.Round(query[i] / (double)_scale), -most, most), left = query[i] - code * _scale;
            _codes[i] = (short)code;
            sum += (double)query[i] * query[i];
            square += code * code;
            error += left * left;
        }

        _length = MathF.BitIncrement((float)(Math.Sqrt(sum) / _scale * (1 + 4 * QuantizedRows.UnitRoundoff)));
        _square = (float)(square * _scale * _scale);
        _error = Math.Sqrt(error) * (1 + 1e-9);
    }

    /// <summary>Codes a query; returns false if its components are too small or too large for codes.</summary>
    /// <param name="rows">Coded rows that the query is compared with.</param>
    /// <param name="query">Query as the metric compares it.</param>
    /// <param name="metric">Metric of the index.</param>
    /// <param name="coded">The coded query, whose buffer must be returned with <see cref="ReturnBuffer"/>.</param>
    public static bool TryCreate(QuantizedRows rows, ReadOnlySpan<float> query, EmbeddingMetric metric, out QuantizedQuery coded)
    {
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(query));
        bool usable = largest is >= QuantizedRows.MinCodedMagnitude and <= QuantizedRows.MaxCodedMagnitude;
        coded = usable ? new QuantizedQuery(rows, query, metric == EmbeddingMetric.L2, largest) : default;
        return usable;
    }

    /// <summary>Returns the rented buffer.</summary>
    public void ReturnBuffer() => ArrayPool<short>.Shared.Return(_codes);

    /// <summary>Returns the bound for <see cref="GetCandidateMask"/>: rows that cannot reach the nearness are excluded.</summary>
    public float GetBound(float nearness)
    {
        // First the underflow error that the float kernel may have.
        if (!_distance)
        {
            return MathF.BitDecrement((float)((nearness - _dimension * (double)float.Epsilon) / _scale));
        }

        // A computed distance has a lower bound in the true one, which is at least the distance of the codes minus both errors.
        double distance = Math.Max(0, -(double)nearness) + Math.Sqrt(_dimension * (double)float.Epsilon);
        double error = (distance * (1 + 2 * QuantizedRows.GetSumError(_dimension)) + _error) * (1 + 8 * QuantizedRows.UnitRoundoff);
        return MathF.BitIncrement((float)error);
    }

    /// <summary>Returns a bit mask of the four rows from <paramref name="row"/> on that may reach the bound.</summary>
    /// <param name="row">First of the four rows.</param>
    /// <param name="bound">Bound from <see cref="GetBound"/> for the nearness to reach.</param>
    public uint GetCandidateMask(int row, float bound)
    {
        Vector128<float> products;
        fixed (sbyte* codes = _rows.Codes)
        fixed (short* query = _codes)
        {
            products = Vector128.ConvertToSingle(DotProducts(codes + (nint)row * _rows.Stride, _rows.Stride, query));
        }

        var scale = Vector128.Create(_rows.Scales.Slice(row, QuantizedRows.GroupSize));
        var slack = Vector128.Create(_rows.ErrorBounds.Slice(row, QuantizedRows.GroupSize));
        if (!_distance)
        {
            // In units of the query's scale, so that no precision is lost if both scales are small.
            return ~Vector128.LessThan(products * scale + slack * _length, Vector128.Create(bound)).ExtractMostSignificantBits() & 15;
        }

        // |q' - v'|^2 against the square of the maximum distance at which v' may be. The rounding errors of the squares count, as they
        // cancel in the sum.
        var sum = Vector128.Create(_rows.SquaredNorms.Slice(row, QuantizedRows.GroupSize)) + Vector128.Create(_square);
        var reach = slack + Vector128.Create(bound);
        var distance = sum - 2 * products * (scale * _scale);
        return ~Vector128.GreaterThan(distance, reach * reach + sum * (16 * QuantizedRows.UnitRoundoff)).ExtractMostSignificantBits() & 15;
    }

    /// <summary>Returns the dot products of a query with four rows of [stride] codes; the sums fit 32 bits.</summary>
    /// <remarks>The stride is a multiple of 16. One lane per row.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> DotProducts(sbyte* rows, int stride, short* query)
    {
        if (Avx2.IsSupported)
        {
            return DotProductsAvx2(rows, stride, query);
        }

        if (Dp.IsSupported)
        {
            return DotProductsArmDp(rows, stride, query);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<int> a = default, b = default, c = default, d = default;
            for (int i = 0; i < stride; i += 16)
            {
                Vector128<short> low = Vector128.Load(query + i), high = Vector128.Load(query + i + 8);
                a = Add(a, rows + i, low, high);
                b = Add(b, rows + stride + i, low, high);
                c = Add(c, rows + 2 * stride + i, low, high);
                d = Add(d, rows + 3 * stride + i, low, high);
            }

            return Vector128.Create(Vector128.Sum(a), Vector128.Sum(b), Vector128.Sum(c), Vector128.Sum(d));
        }

        return Vector128.Create(
            DotProductScalar(rows, stride, query),
            DotProductScalar(rows + stride, stride, query),
            DotProductScalar(rows + 2 * stride, stride, query),
            DotProductScalar(rows + 3 * stride, stride, query));
    }

    private static Vector128<int> DotProductsAvx2(sbyte* rows, int stride, short* query)
    {
        Vector256<int> a = default, b = default, c = default, d = default;
        for (int i = 0; i < stride; i += 16)
        {
            var q = Vector256.Load(query + i);
            a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(rows + i), q);
            b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(rows + stride + i), q);
            c += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(rows + 2 * stride + i), q);
            d += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(rows + 3 * stride + i), q);
        }

        var sums = Avx2.HorizontalAdd(Avx2.HorizontalAdd(a, b), Avx2.HorizontalAdd(c, d));
        return sums.GetLower() + sums.GetUpper();
    }

    // A byte dot product takes sixteen codes at once. The query is split into 256 * high + low, both signed bytes: the high byte is rounded
    // up where the low byte is negative. 256 times the sum of the high products may wrap, but the total fits 32 bits and is exact.
    private static Vector128<int> DotProductsArmDp(sbyte* rows, int stride, short* query)
    {
        Vector128<int> a = default, b = default, c = default, d = default;
        Vector128<int> highA = default, highB = default, highC = default, highD = default;
        var half = Vector128.Create((short)128);
        for (int i = 0; i < stride; i += 16)
        {
            Vector128<short> first = Vector128.Load(query + i), second = Vector128.Load(query + i + 8);
            var low = AdvSimd.Arm64.UnzipEven(first.AsSByte(), second.AsSByte());
            var high = AdvSimd.Arm64.UnzipOdd((first + half).AsSByte(), (second + half).AsSByte());
            Add(ref a, ref highA, rows + i, low, high);
            Add(ref b, ref highB, rows + stride + i, low, high);
            Add(ref c, ref highC, rows + 2 * stride + i, low, high);
            Add(ref d, ref highD, rows + 3 * stride + i, low, high);
        }

        return HorizontalSums(a, b, c, d) + (HorizontalSums(highA, highB, highC, highD) << 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector128<int> sum, ref Vector128<int> highSum, sbyte* codes, Vector128<sbyte> low, Vector128<sbyte> high)
    {
        var row = Vector128.Load(codes);
        sum = Dp.DotProduct(sum, row, low);
        highSum = Dp.DotProduct(highSum, row, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> HorizontalSums(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) =>
        AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a, b), AdvSimd.Arm64.AddPairwise(c, d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Add(Vector128<int> sum, sbyte* codes, Vector128<short> low, Vector128<short> high)
    {
        var (first, second) = Vector128.Widen(Vector128.Load(codes));
        if (Sse2.IsSupported)
        {
            return sum + Sse2.MultiplyAddAdjacent(first, low) + Sse2.MultiplyAddAdjacent(second, high);
        }

        if (AdvSimd.IsSupported)
        {
            sum = AdvSimd.MultiplyWideningLowerAndAdd(sum, first.GetLower(), low.GetLower());
            sum = AdvSimd.MultiplyWideningUpperAndAdd(sum, first, low);
            sum = AdvSimd.MultiplyWideningLowerAndAdd(sum, second.GetLower(), high.GetLower());
            return AdvSimd.MultiplyWideningUpperAndAdd(sum, second, high);
        }

        return sum
            + Vector128.WidenLower(first) * Vector128.WidenLower(low) + Vector128.WidenUpper(first) * Vector128.WidenUpper(low)
            + Vector128.WidenLower(second) * Vector128.WidenLower(high) + Vector128.WidenUpper(second) * Vector128.WidenUpper(high);
    }

    private static int DotProductScalar(sbyte* codes, int length, short* query)
    {
        int sum = 0;
        for (int i = 0; i < length; i++)
        {
            sum += codes[i] * query[i];
        }

        return sum;
    }
}
