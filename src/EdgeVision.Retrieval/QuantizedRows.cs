using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace EdgeVision.Retrieval;

/// <summary>Rows of an index quantized to bytes, kept beside their floats in a quarter of the memory.</summary>
/// <remarks>
/// <c>scale * code</c> approximates a row, with a bound on the difference. A search reads the codes first and compares as floats only
/// the rows whose bound allows them among the nearest (<see cref="QuantizedQuery"/>). Rows are coded when a search first needs them.
/// Not thread-safe.
/// </remarks>
internal sealed class QuantizedRows(int dimension, EmbeddingMetric metric)
{
    /// <summary>Minimum and maximum dimension that is coded.</summary>
    /// <remarks>Below, a code is hardly shorter than the row; above, 32-bit sums leave too few bits for a query.</remarks>
    public const int MinDimension = 16, MaxDimension = 4096;

    /// <summary>Number of rows that are bounded at once; the buffers have as many spare rows at the end.</summary>
    public const int GroupSize = 4;

    /// <summary>Unit roundoff of float, 2^-24: the maximum relative error of one rounding.</summary>
    public const float UnitRoundoff = 1f / (1 << 24);

    // Squares outside this range overflow, underflow or lose precision in float; such rows are always compared as floats.
    public const float MinCodedMagnitude = 1e-15f, MaxCodedMagnitude = 1e15f;

    // Maximum underflow error of a float sum of squares per component, and of its square root.
    private const float UnderflowError = 1f / (1L << 37) / (1L << 37);
    private const int MaxCode = 127;

    private sbyte[] _codes = [];
    private float[] _scales = [];
    private float[] _slacks = [];
    private float[] _squares = [];

    /// <summary>Bytes per coded row: a multiple of the vector length, zero-padded after the last component.</summary>
    public int Stride { get; } = (dimension + 15) & ~15;

    /// <summary>Number of rows coded so far, from the first on.</summary>
    public int Count { get; private set; }

    /// <summary>Memory in use, in bytes.</summary>
    public long MemoryBytes => _codes.Length + sizeof(float) * ((long)_scales.Length + _slacks.Length + _squares.Length);

    /// <summary>Codes, [rows, <see cref="Stride"/>], -127 to 127.</summary>
    public ReadOnlySpan<sbyte> Codes => _codes;

    /// <summary>Scale factor of each row's codes, [rows].</summary>
    public ReadOnlySpan<float> Scales => _scales;

    /// <summary>Error bound of each row, [rows]; infinite if the row cannot be coded.</summary>
    /// <remarks>
    /// Cosine and dot product: maximum difference between the product of codes and the score that the float kernel computes, for a query
    /// of length 1. L2: maximum distance between the coded row and the row.
    /// </remarks>
    public ReadOnlySpan<float> ErrorBounds => _slacks;

    /// <summary>Squared length of <c>scale * code</c>, [rows]; for the L2 metric only.</summary>
    public ReadOnlySpan<float> SquaredNorms => _squares;

    /// <summary>Returns the maximum code of a query's component, such that sums of products with codes fit 32 bits.</summary>
    /// <remarks>
    /// It also fits 256 times a signed byte plus a signed byte, into which <see cref="QuantizedQuery"/> splits it if the processor multiplies
    /// bytes.
    /// </remarks>
    public static int GetMaxQueryCode(int dimension) =>
        Math.Min(256 * sbyte.MaxValue + sbyte.MaxValue, int.MaxValue / (MaxCode * dimension));

    /// <summary>Returns the maximum distance of a coded query from the query, relative to the query's length.</summary>
    /// <remarks><see cref="QuantizedQuery"/> relies on it.</remarks>
    public static double GetQueryError(int dimension) => 0.501 * Math.Sqrt(dimension) / GetMaxQueryCode(dimension);

    /// <summary>Returns the maximum rounding error of a dot product, or of half a squared distance, in any summation order.</summary>
    /// <remarks>Relative to the product of the vectors' lengths.</remarks>
    public static double GetSumError(int dimension) => 1.01 * (dimension + 8) * UnitRoundoff;

    /// <summary>Returns whether that many rows can be coded.</summary>
    public bool CanHold(int rows) => (rows + (long)GroupSize) * Stride <= Array.MaxLength;

    /// <summary>Codes rows up to <paramref name="count"/> and reserves space for <paramref name="capacity"/>.</summary>
    public void EncodeUpTo(ReadOnlySpan<float> vectors, int count, int capacity)
    {
        if (_scales.Length < count + GroupSize)
        {
            int rows = (CanHold(capacity) ? capacity : count) + GroupSize;
            Array.Resize(ref _codes, rows * Stride);
            Array.Resize(ref _scales, rows);
            Array.Resize(ref _slacks, rows);
            Array.Resize(ref _squares, metric == EmbeddingMetric.L2 ? rows : 0);
        }

        for (; Count < count; Count++)
        {
            Encode(Count, vectors.Slice(Count * dimension, dimension));
        }
    }

    /// <summary>Recodes a changed row, if it was coded.</summary>
    public void EncodeAgain(int row, ReadOnlySpan<float> vector)
    {
        if (row < Count)
        {
            Encode(row, vector);
        }
    }

    /// <summary>Discards the codes of rows from <paramref name="count"/> on.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);

    private void Encode(int row, ReadOnlySpan<float> vector)
    {
        var codes = _codes.AsSpan(row * Stride, Stride);
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector)), scale = 0, residual = 0, length = 0;
        int squares = 0;
        bool coded = largest is 0 or >= MinCodedMagnitude and <= MaxCodedMagnitude;
        if (coded && largest > 0)
        {
            scale = largest / MaxCode;
            length = TensorPrimitives.Norm(vector);
            (residual, squares) = Encode(vector, codes, scale, MaxCode / largest);
        }
        else
        {
            codes.Clear();
        }

        // Both were computed in float, as sums of squares and of differences that are each rounded twice.
        double sum = GetSumError(dimension);
        double norm = (length + UnderflowError * dimension) * (1 + sum);
        double rest = (residual + UnderflowError * dimension) * (1 + sum) + 4 * UnitRoundoff * norm;
        if (metric == EmbeddingMetric.L2)
        {
            _squares[row] = (float)((double)scale * scale * squares);
            rest *= 1 + 8 * UnitRoundoff;
        }
        else
        {
            // q.v - q'.v' = q'.(v - v') + (q - q').v, with q', v' coded; plus the rounding of the sum and of the bound itself.
            double query = GetQueryError(dimension);
            rest = (1 + query) * rest + (query + sum) * norm + 8 * UnitRoundoff * (norm + rest);
        }

        _scales[row] = scale;
        _slacks[row] = coded ? MathF.BitIncrement((float)rest) : float.PositiveInfinity;
    }

    // Writes the codes; returns the length of the residual, and the sum of the squared codes, which fits 32 bits.
    private static (float Residual, int Squares) Encode(ReadOnlySpan<float> vector, Span<sbyte> codes, float scale, float inverse)
    {
        int width = Vector<float>.Count, i = 0, squares = 0;
        float rest = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var restSum = Vector<float>.Zero;
            var squareSum = Vector<int>.Zero;
            for (; i <= vector.Length - 4 * width; i += 4 * width)
            {
                var c0 = EncodeVector(vector[i..], scale, inverse, ref restSum, ref squareSum);
                var c1 = EncodeVector(vector[(i + width)..], scale, inverse, ref restSum, ref squareSum);
                var c2 = EncodeVector(vector[(i + 2 * width)..], scale, inverse, ref restSum, ref squareSum);
                var c3 = EncodeVector(vector[(i + 3 * width)..], scale, inverse, ref restSum, ref squareSum);
                Vector.Narrow(Vector.Narrow(c0, c1), Vector.Narrow(c2, c3)).CopyTo(codes[i..]);
            }

            (rest, squares) = (Vector.Sum(restSum), Vector.Sum(squareSum));
        }

        for (; i < vector.Length; i++)
        {
            float code = MathF.Round(vector[i] * inverse), left = vector[i] - code * scale;
            codes[i] = (sbyte)code;
            rest += left * left;
            squares += codes[i] * codes[i];
        }

        codes[i..].Clear();
        return (MathF.Sqrt(rest), squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> EncodeVector(
        ReadOnlySpan<float> values, float scale, float inverse, ref Vector<float> rest, ref Vector<int> squares)
    {
        var v = new Vector<float>(values);
        var rounded = Vector.Round(v * inverse);
        var left = v - rounded * scale;
        var code = Vector.ConvertToInt32(rounded);
        rest += left * left;
        squares += code * code;
        return code;
    }
}
