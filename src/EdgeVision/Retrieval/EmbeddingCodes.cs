using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace EdgeVision;

/// <summary>
/// Rows of an index as bytes beside their floats, a quarter of the memory: <c>scale * code</c> lies near the row, and what is between them has a
/// bound. A search reads these first and compares as floats only the rows whose bound says that they may be among the nearest
/// (<see cref="CodedQuery"/>). Rows are coded when a search asks for them; not safe for several threads.
/// </summary>
internal sealed class EmbeddingCodes(int dimension, EmbeddingMetric metric)
{
    /// <summary>Least and most components that are coded: below, a code is hardly shorter than the row; above, 32-bit sums leave a query too few bits.</summary>
    public const int LeastDimension = 16, MostDimension = 4096;

    /// <summary>Rows that are bounded at once; there is room for as many behind the last one.</summary>
    public const int Group = 4;

    /// <summary>Half the distance of neighbouring floats around 1: the most that one rounding adds, relatively.</summary>
    public const float Rounding = 1f / (1 << 24);

    // Squares of what lies outside leave float's range, or its precision; such rows are always compared as floats.
    public const float Least = 1e-15f, Most = 1e15f;

    // A sum of squares of floats may have lost this much for each component to float's lower end, and its root as much as this.
    private const float LostRoot = 1f / (1L << 37) / (1L << 37);
    private const int LargestCode = 127;

    private sbyte[] _codes = [];
    private float[] _scales = [];
    private float[] _slacks = [];
    private float[] _squares = [];

    /// <summary>Bytes from one row's code to the next one's: whole vectors, zeros behind the last component.</summary>
    public int Stride { get; } = (dimension + 15) & ~15;

    /// <summary>Rows coded so far, from the first on.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory in use.</summary>
    public long Bytes => _codes.Length + sizeof(float) * ((long)_scales.Length + _slacks.Length + _squares.Length);

    /// <summary>Codes, [rows, <see cref="Stride"/>], -127 to 127.</summary>
    public ReadOnlySpan<sbyte> Codes => _codes;

    /// <summary>What a code is multiplied with, [rows].</summary>
    public ReadOnlySpan<float> Scales => _scales;

    /// <summary>
    /// [rows]. Cosine and dot product: how far the product of codes may lie from the score that the float kernel computes, for a query of length 1, at most.
    /// Distance: how far the coded row may lie from the row, at most. Infinite where a row cannot be coded.
    /// </summary>
    public ReadOnlySpan<float> Slacks => _slacks;

    /// <summary>Square of the length of <c>scale * code</c>, [rows]; for distances only.</summary>
    public ReadOnlySpan<float> Squares => _squares;

    /// <summary>
    /// Greatest number that a component of a query becomes: sums of products with codes stay in 32 bits, and it is 256 times a signed byte and another one
    /// (<see cref="CodedQuery"/> takes it apart where the processor multiplies bytes).
    /// </summary>
    public static int LargestQueryCode(int dimension) => Math.Min(256 * sbyte.MaxValue + sbyte.MaxValue, int.MaxValue / (LargestCode * dimension));

    /// <summary>How far a coded query may lie from the query, in lengths of the query, at most; <see cref="CodedQuery"/> keeps to it.</summary>
    public static double QueryError(int dimension) => 0.501 * Math.Sqrt(dimension) / LargestQueryCode(dimension);

    /// <summary>What rounding may add to a product of two vectors, or to half the square of their distance, in products of their lengths, in any order of summation.</summary>
    public static double SumError(int dimension) => 1.01 * (dimension + 8) * Rounding;

    /// <summary>Whether that many rows can be coded.</summary>
    public bool Holds(int rows) => (rows + (long)Group) * Stride <= Array.MaxLength;

    /// <summary>Codes rows up to <paramref name="count"/>; there is room for <paramref name="capacity"/> afterwards.</summary>
    public void Extend(ReadOnlySpan<float> vectors, int count, int capacity)
    {
        if (_scales.Length < count + Group)
        {
            int rows = (Holds(capacity) ? capacity : count) + Group;
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

    /// <summary>Codes a row again that has changed, where it was coded.</summary>
    public void Refresh(int row, ReadOnlySpan<float> vector)
    {
        if (row < Count)
        {
            Encode(row, vector);
        }
    }

    /// <summary>Forgets rows from <paramref name="count"/> on.</summary>
    public void Cut(int count) => Count = Math.Min(Count, count);

    private void Encode(int row, ReadOnlySpan<float> vector)
    {
        var codes = _codes.AsSpan(row * Stride, Stride);
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector)), scale = 0, residual = 0, length = 0;
        int squares = 0;
        bool coded = largest is 0 or >= Least and <= Most;
        if (coded && largest > 0)
        {
            scale = largest / LargestCode;
            length = TensorPrimitives.Norm(vector);
            (residual, squares) = Encode(vector, codes, scale, LargestCode / largest);
        }
        else
        {
            codes.Clear();
        }

        // Both were computed in floats: sums of squares, of differences of which each is rounded twice.
        double sum = SumError(dimension);
        double norm = (length + LostRoot * dimension) * (1 + sum), rest = (residual + LostRoot * dimension) * (1 + sum) + 4 * Rounding * norm;
        if (metric == EmbeddingMetric.L2)
        {
            _squares[row] = (float)((double)scale * scale * squares);
            rest *= 1 + 8 * Rounding;
        }
        else
        {
            // q.v - q'.v' = q'.(v - v') + (q - q').v, with q', v' coded; then the sum's own rounding, and that of the bound.
            double query = QueryError(dimension);
            rest = (1 + query) * rest + (query + sum) * norm + 8 * Rounding * (norm + rest);
        }

        _scales[row] = scale;
        _slacks[row] = coded ? MathF.BitIncrement((float)rest) : float.PositiveInfinity;
    }

    // Writes the codes; returns the length of what they leave, and the sum of their squares, which fits 32 bits.
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
                var c0 = Nearest(vector[i..], scale, inverse, ref restSum, ref squareSum);
                var c1 = Nearest(vector[(i + width)..], scale, inverse, ref restSum, ref squareSum);
                var c2 = Nearest(vector[(i + 2 * width)..], scale, inverse, ref restSum, ref squareSum);
                var c3 = Nearest(vector[(i + 3 * width)..], scale, inverse, ref restSum, ref squareSum);
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
    private static Vector<int> Nearest(ReadOnlySpan<float> values, float scale, float inverse, ref Vector<float> rest, ref Vector<int> squares)
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
