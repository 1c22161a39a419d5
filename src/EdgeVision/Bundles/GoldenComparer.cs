namespace EdgeVision;

/// <summary>
/// Compares tensors with those that a self-test kept, as shares of each one's range. Rows that a network finds (proposals) are compared
/// in whatever order they stand: equal scores may change places on another processor.
/// </summary>
internal static class GoldenComparer
{
    /// <summary>Most rows whose order is looked for; the search is quadratic.</summary>
    public const int MostRows = 2048;

    private const double SmallestRange = 1e-6; // of a constant tensor

    /// <summary>The largest difference over the range of the expected tensor, and where it is.</summary>
    public static (double Worst, string Where) Compare(GoldenTensor expected, ReadOnlySpan<float> actual) =>
        actual.Length != GoldenData.Count(expected)
            ? (double.PositiveInfinity, $": {actual.Length} numbers, not {GoldenData.Count(expected)}")
            : GoldenData.All(expected) is { } all ? Whole(all, actual, Range(expected)) : Sampled(expected, actual);

    /// <summary>As <see cref="Compare"/> for tensors that share their rows: one order of rows is found for all of them.</summary>
    public static (double Worst, string Where) CompareRows(GoldenTensor[] expected, TensorSet outputs)
    {
        var kept = expected.Select(t => GoldenData.All(t)!).ToArray();
        int[] places = [.. expected.Select(t => outputs.IndexOf(t.Name))];
        double[] ranges = [.. expected.Select(Range)];
        int rows = (int)expected[0].Shape[0];
        var left = new LinkedList<int>(Enumerable.Range(0, rows));
        var (worst, where) = (0.0, "");
        for (int row = 0; row < rows; row++)
        {
            LinkedListNode<int>? best = null;
            double nearest = double.PositiveInfinity;
            for (var other = left.First; other is not null && nearest > 0; other = other.Next)
            {
                double difference = Row(row, other.Value);
                if (best is null || difference < nearest)
                {
                    (best, nearest) = (other, difference);
                }
            }

            left.Remove(best!);
            if (nearest > worst)
            {
                (worst, where) = (nearest, $": row {row} of {string.Join(", ", expected.Select(t => $"'{t.Name}'"))}");
            }
        }

        return (worst, where);

        double Row(int row, int other)
        {
            double most = 0;
            for (int t = 0; t < kept.Length; t++)
            {
                var actual = outputs.Data(places[t]);
                int width = kept[t].Length / rows;
                for (int i = 0; i < width; i++)
                {
                    double d = Math.Abs((double)kept[t][row * width + i] - actual[other * width + i]) / ranges[t];
                    most = double.IsNaN(d) ? double.PositiveInfinity : Math.Max(most, d);
                }
            }

            return most;
        }
    }

    private static double Range(GoldenTensor tensor) => Math.Max(tensor.Range, SmallestRange);

    private static (double Worst, string Where) Whole(float[] expected, ReadOnlySpan<float> actual, double range)
    {
        var worst = (Value: 0.0, At: 0);
        for (int i = 0; i < expected.Length; i++)
        {
            Keep(ref worst, (double)expected[i] - actual[i], i);
        }

        return (worst.Value / range, worst.Value == 0 ? "" : $" at value {worst.At}");
    }

    private static (double Worst, string Where) Sampled(GoldenTensor expected, ReadOnlySpan<float> actual)
    {
        var (indices, values) = (expected.Indices!, expected.Values!);
        double range = Range(expected);
        var worst = (Value: 0.0, At: 0);
        for (int i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)actual.Length)
            {
                throw new SpecException($"the self-test's tensor '{expected.Name}' names value {indices[i]} of {actual.Length}");
            }

            Keep(ref worst, (double)values[i] - actual[indices[i]], indices[i]);
        }

        // What lies between the samples shows in the mean.
        double sum = 0;
        foreach (float v in actual)
        {
            sum += Math.Abs((double)v);
        }

        double mean = Math.Abs(sum / Math.Max(1, actual.Length) - expected.MeanAbsolute);
        return double.IsNaN(mean) ? (double.PositiveInfinity, ": it holds NaN")
            : mean > worst.Value ? (mean / range, " in the mean")
            : (worst.Value / range, worst.Value == 0 ? "" : $" at value {worst.At}");
    }

    private static void Keep(ref (double Value, int At) worst, double difference, int at)
    {
        difference = double.IsNaN(difference) ? double.PositiveInfinity : Math.Abs(difference);
        if (difference > worst.Value)
        {
            worst = (difference, at);
        }
    }
}
