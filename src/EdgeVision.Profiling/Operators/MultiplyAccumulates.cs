namespace EdgeVision.Profiling.Operators;

/// <summary>Computes the multiply-accumulates of one node from the shapes of its tensors.</summary>
internal static class MultiplyAccumulates
{
    /// <summary>Returns the multiply-accumulates; 0 for an operator without any, null if they cannot be derived.</summary>
    /// <param name="type">Operator type.</param>
    /// <param name="inputs">Shapes of the inputs present, in order.</param>
    /// <param name="outputs">Shapes of the outputs.</param>
    /// <param name="equation">Equation of an Einsum node.</param>
    public static long? Compute(string type, long[][] inputs, long[][] outputs, string? equation = null)
    {
        try
        {
            return checked(type switch
            {
                // Every output element reads a window of a group's channels: W is [out channels, in channels / groups, kernel…].
                "Conv" or "FusedConv" or "DeformConv" or "ConvInteger" => Convolution(inputs, 1, outputs),
                "QLinearConv" => Convolution(inputs, 3, outputs),

                // Every input element contributes to a window of a group's outputs: W is [in channels, out channels / groups, kernel…].
                "ConvTranspose" => inputs is [var x, [_, ..] w, ..] ? CountElements(x) * CountElements(w.AsSpan(1)) : null,

                "MatMul" or "FusedMatMul" or "Gemm" or "FusedGemm"
                    or "MatMulInteger" or "MatMulIntegerToFloat" or "DynamicQuantizeMatMul" => Product(inputs, 1, outputs),
                "QLinearMatMul" or "QGemm" => Product(inputs, 3, outputs),
                // The right matrix is packed.
                "MatMulNBits" => inputs is [[.., var k], ..] && outputs is [var y, ..] ? CountElements(y) * k : null,
                "Einsum" => Einsum(inputs, equation),

                // X is [steps, batch, …] or [batch, steps, …]; W and R are [directions, gates * hidden, …].
                "LSTM" or "GRU" or "RNN" => inputs is [[var a, var b, _], { Length: 3 } w, { Length: 3 } r, ..]
                    ? a * b * (CountElements(w) + CountElements(r))
                    : null,

                "Attention" => inputs is [_, { Length: 2 }, ..] ? PackedAttention(inputs, outputs) : Attention(inputs, outputs),
                "MultiHeadAttention" => Attention(inputs, outputs),

                "GroupQueryAttention" or "PackedAttention" or "PackedMultiHeadAttention" or "QAttention" or "LongformerAttention"
                    or "DecoderMaskedMultiHeadAttention" or "SparseAttention" or "QLinearConvTranspose" or "MatMulBnb4"
                    or "DynamicQuantizeLSTM" or "AttnLSTM" or "NhwcFusedConv" or "QEmbedLayerNormalization" => null,
                _ => 0,
            });
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static long? Convolution(long[][] inputs, int weight, long[][] outputs) =>
        inputs.Length > weight && inputs[weight] is [_, .. var window] && outputs is [var y, ..] ? checked(CountElements(y) * CountElements(window)) : null;

    // Rows times columns times the reduced dimension: the elements of a row of the left matrix, transposed or not.
    private static long? Product(long[][] inputs, int right, long[][] outputs)
    {
        if (inputs is not [[_, ..] a, ..] || outputs is not [var y, ..])
        {
            return null;
        }

        if (a.Length == 1)
        {
            return checked(CountElements(y) * a[0]);
        }

        // A right operand of one dimension, a vector, removes the columns from the output.
        bool vector = inputs.Length > right && inputs[right].Length == 1;
        long rows = vector ? y is [.., var last] ? last : 1 : y is [.., var row, _] ? row : 1;
        return rows > 0 ? checked(CountElements(y) * (a[^1] * a[^2] / rows)) : 0;
    }

    // Every combination of the indices is one product; more than two operands would depend on the order of contraction.
    private static long? Einsum(long[][] inputs, string? equation)
    {
        if (equation?.Split("->")[0].Split(',') is not { Length: 2 } terms || inputs.Length != 2)
        {
            return null;
        }

        var sizes = new Dictionary<char, long>();
        for (int i = 0; i < 2; i++)
        {
            string indices = terms[i].Replace(" ", "", StringComparison.Ordinal);
            if (indices.Contains('.', StringComparison.Ordinal) || indices.Length != inputs[i].Length)
            {
                return null;
            }

            for (int d = 0; d < indices.Length; d++)
            {
                sizes[indices[d]] = Math.Max(sizes.GetValueOrDefault(indices[d], 1), inputs[i][d]);
            }
        }

        return CountElements(sizes.Values.ToArray());
    }

    // Q K' and the weights times V: Q is [batch, queries, width] or [batch, heads, queries, head width], Y alike with V's widths.
    private static long? Attention(long[][] inputs, long[][] outputs) => (inputs, outputs) switch
    {
        ([[var b, var queries, var width], [_, var keys, _], [_, _, _], ..], [[_, _, var values], ..]) =>
            checked(b * queries * keys * (width + values)),
        ([[var b, var heads, var queries, var width], [_, _, var keys, _], [_, _, _, _], ..], [[_, _, _, var values], ..]) =>
            checked(b * heads * queries * keys * (width + values)),
        _ => null,
    };

    // X [batch, steps, in] times weights [in, Q + K + V], then attention; Q and K have the same width.
    private static long? PackedAttention(long[][] inputs, long[][] outputs) =>
        (inputs, outputs) is ([[var b, var steps, _], [var @in, var all], ..], [[_, _, var values], ..])
            ? checked(b * steps * @in * all + b * steps * steps * ((all - values) / 2 + values))
            : null;

    private static long CountElements(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long d in shape)
        {
            count = checked(count * d);
        }

        return count;
    }
}
