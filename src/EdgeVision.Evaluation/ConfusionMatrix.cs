using System.Globalization;
using System.Text;

namespace EdgeVision.Evaluation;

/// <summary>Confusion matrix of classes. Rows are the ground truth, columns the predictions.</summary>
/// <remarks>Not thread-safe: use one instance per thread. Adding allocates nothing.</remarks>
public sealed class ConfusionMatrix
{
    private readonly long[] _counts;

    /// <summary>Initializes a matrix of zeros.</summary>
    /// <param name="classes">Number of classes, 1 to 32768.</param>
    /// <exception cref="EdgeVisionException">No classes, or too many for a table.</exception>
    public ConfusionMatrix(int classes)
    {
        if (classes is < 1 or > 32768)
        {
            throw new EdgeVisionException($"the number of classes of a confusion matrix must be 1 to 32768; got {classes}");
        }

        ClassCount = classes;
        _counts = new long[classes * classes];
    }

    /// <summary>Gets the number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>Gets the number of examples added.</summary>
    public long Total { get; private set; }

    /// <summary>
    /// Gets the number of examples of class <paramref name="truth"/> that were predicted as <paramref name="predicted"/>.
    /// </summary>
    public long this[int truth, int predicted] => _counts[ValidateClass(truth) * ClassCount + ValidateClass(predicted)];

    /// <summary>Gets the share of examples predicted correctly (top-1), 0 to 1; NaN without examples.</summary>
    public double Accuracy
    {
        get
        {
            long hits = 0;
            for (int c = 0; c < ClassCount; c++)
            {
                hits += _counts[c * ClassCount + c];
            }

            return Ratio(hits, Total);
        }
    }

    /// <summary>
    /// Gets the mean recall of the classes that occur, 0 to 1: the accuracy if all classes had equally many examples.
    /// </summary>
    public double BalancedAccuracy => Mean(Recall);

    /// <summary>Gets the mean F1 of the classes that occur or were predicted.</summary>
    public double MacroF1 => Mean(F1);

    /// <summary>Adds examples of class <paramref name="actual"/> that were predicted as <paramref name="predicted"/>.</summary>
    /// <exception cref="EdgeVisionException">A class out of range, or a negative count.</exception>
    public void Add(int actual, int predicted, long count = 1)
    {
        if (count < 0)
        {
            throw new EdgeVisionException($"the number of examples must be 0 or more; got {count}");
        }

        _counts[ValidateClass(actual) * ClassCount + ValidateClass(predicted)] += count;
        Total += count;
    }

    /// <summary>Counts the examples of class <paramref name="classId"/>.</summary>
    public long GroundTruthCount(int classId)
    {
        long sum = 0;
        foreach (long count in _counts.AsSpan(ValidateClass(classId) * ClassCount, ClassCount))
        {
            sum += count;
        }

        return sum;
    }

    /// <summary>Counts the examples predicted as class <paramref name="classId"/>.</summary>
    public long PredictedCount(int classId)
    {
        long sum = 0;
        for (int at = ValidateClass(classId); at < _counts.Length; at += ClassCount)
        {
            sum += _counts[at];
        }

        return sum;
    }

    /// <summary>Computes the share of the predictions of a class that are correct; NaN when it was never predicted.</summary>
    public double Precision(int classId) => Ratio(this[classId, classId], PredictedCount(classId));

    /// <summary>
    /// Computes the share of the examples of a class that were predicted correctly; NaN when it does not occur.
    /// </summary>
    public double Recall(int classId) => Ratio(this[classId, classId], GroundTruthCount(classId));

    /// <summary>Computes F1, the harmonic mean of precision and recall (for pixels: Dice).</summary>
    /// <remarks>NaN when the class neither occurs nor was predicted.</remarks>
    public double F1(int classId) => Ratio(2 * this[classId, classId], GroundTruthCount(classId) + PredictedCount(classId));

    /// <summary>Computes the intersection over union of a class.</summary>
    /// <remarks>
    /// Correct predictions over all examples that are of the class or were predicted as it; NaN when there are none.
    /// </remarks>
    public double Iou(int classId)
    {
        long hits = this[classId, classId];
        return Ratio(hits, GroundTruthCount(classId) + PredictedCount(classId) - hits);
    }

    /// <summary>
    /// Computes the mean of <paramref name="metric"/> over the classes for which it is not NaN; NaN when there are none.
    /// </summary>
    public double Mean(Func<int, double> metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        double sum = 0;
        int count = 0;
        for (int c = 0; c < ClassCount; c++)
        {
            double value = metric(c);
            if (!double.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Sets all counts to zero.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Total = 0;
    }

    /// <summary>
    /// Returns a table with a row per class: examples, precision, recall, F1 and the class it is confused with most often.
    /// </summary>
    /// <param name="labels">Class names; ids where null or too few.</param>
    public string ToTable(IReadOnlyList<string>? labels = null)
    {
        string Name(int c) => labels is not null && c < labels.Count ? labels[c] : c.ToString(CultureInfo.InvariantCulture);
        static string Share(double value) => double.IsNaN(value) ? "-" : value.ToString("F3", CultureInfo.InvariantCulture);
        int width = Math.Max(5, Enumerable.Range(0, ClassCount).Max(c => Name(c).Length));
        var text = new StringBuilder();
        text.Append("class".PadRight(width)).Append("  examples  precision  recall     F1  most often taken for\n");
        for (int c = 0; c < ClassCount; c++)
        {
            int other = MostConfused(c);
            text.Append(Name(c).PadRight(width)).Append(CultureInfo.InvariantCulture,
                $"  {GroundTruthCount(c),8}  {Share(Precision(c)),9}  {Share(Recall(c)),6}  {Share(F1(c)),5}  " +
                $"{(other < 0 ? "-" : $"{Name(other)} ({this[c, other]})")}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"accuracy {Share(Accuracy)} of {Total}\n").ToString();
    }

    private int MostConfused(int truth)
    {
        int best = -1;
        for (int c = 0; c < ClassCount; c++)
        {
            if (c != truth && this[truth, c] > (best < 0 ? 0 : this[truth, best]))
            {
                best = c;
            }
        }

        return best;
    }

    private int ValidateClass(int classId) => (uint)classId < (uint)ClassCount
        ? classId
        : throw new EdgeVisionException($"the class must be 0 to {ClassCount - 1}; got {classId}");

    private static double Ratio(long part, long whole) => whole == 0 ? double.NaN : (double)part / whole;
}
