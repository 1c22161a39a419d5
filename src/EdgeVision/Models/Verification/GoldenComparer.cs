using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Models.Verification;

/// <summary>Compares tensors with those of a self-test; differences are fractions of each tensor's range.</summary>
/// <remarks>
/// Rows that a network finds (proposals) are compared in any order: rows of equal score may swap on another processor.
/// </remarks>
internal static class GoldenComparer
{
    /// <summary>Maximum number of rows that are matched in any order; the search is quadratic.</summary>
    public const int MaxRows = 2048;

    private const double MinRange = 1e-6; // keeps a constant tensor from dividing by 0

    /// <summary>Returns the largest difference, divided by the expected tensor's range, and its place.</summary>
    public static (double Worst, string Where) Compare(GoldenTensor expected, ReadOnlySpan<float> actual) =>
        actual.Length != GoldenData.GetValueCount(expected)
            ? (double.PositiveInfinity, $": expected {GoldenData.GetValueCount(expected)} values, got {actual.Length}")
            : GoldenData.ReadValues(expected) is { } all ? CompareAll(all, actual, Range(expected)) : CompareSamples(expected, actual);

    /// <summary>Compares tensors that share their rows, with one row order found for all of them.</summary>
    public static (double Worst, string Where) CompareRows(GoldenTensor[] expected, TensorSet outputs)
    {
        var kept = expected.Select(t => GoldenData.ReadValues(t)!).ToArray();
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
                var actual = outputs.GetData(places[t]);
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

    private static double Range(GoldenTensor tensor) => Math.Max(tensor.Range, MinRange);

    private static (double Worst, string Where) CompareAll(float[] expected, ReadOnlySpan<float> actual, double range)
    {
        var worst = (Value: 0.0, At: 0);
        for (int i = 0; i < expected.Length; i++)
        {
            UpdateWorst(ref worst, (double)expected[i] - actual[i], i);
        }

        return (worst.Value / range, worst.Value == 0 ? "" : $" at value {worst.At}");
    }

    private static (double Worst, string Where) CompareSamples(GoldenTensor expected, ReadOnlySpan<float> actual)
    {
        var (indices, values) = (expected.Indices!, expected.Values!);
        double range = Range(expected);
        var worst = (Value: 0.0, At: 0);
        for (int i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)actual.Length)
            {
                throw new SpecException(
                    $"the self-test's tensor '{expected.Name}' has the sample index {indices[i]}, which must be below {actual.Length}");
            }

            UpdateWorst(ref worst, (double)values[i] - actual[indices[i]], indices[i]);
        }

        // The mean covers the values between the samples.
        double sum = 0;
        foreach (float v in actual)
        {
            sum += Math.Abs((double)v);
        }

        double mean = Math.Abs(sum / Math.Max(1, actual.Length) - expected.MeanAbsolute);
        return double.IsNaN(mean) ? (double.PositiveInfinity, ": it contains NaN")
            : mean > worst.Value ? (mean / range, " in the mean")
            : (worst.Value / range, worst.Value == 0 ? "" : $" at value {worst.At}");
    }

    private static void UpdateWorst(ref (double Value, int At) worst, double difference, int at)
    {
        difference = double.IsNaN(difference) ? double.PositiveInfinity : Math.Abs(difference);
        if (difference > worst.Value)
        {
            worst = (difference, at);
        }
    }
}
