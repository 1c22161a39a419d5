using System.Globalization;
using System.Text;

namespace EdgeVision;

/// <summary>
/// How often each class was taken for each other. Rows are the truth, columns the prediction. One instance serves one
/// thread at a time and allocates nothing while adding.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly long[] _counts;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="classes">Number of classes, 1 to 32768.</param>
    /// <exception cref="EdgeVisionException">No classes, or too many for a table.</exception>
    public ConfusionMatrix(int classes)
    {
        if (classes is < 1 or > 32768)
        {
            throw new EdgeVisionException($"a confusion matrix has 1 to 32768 classes, not {classes}");
        }

        ClassCount = classes;
        _counts = new long[classes * classes];
    }

    /// <summary>Number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>Examples added.</summary>
    public long Total { get; private set; }

    /// <summary>How often an example of class <paramref name="truth"/> was taken for <paramref name="predicted"/>.</summary>
    public long this[int truth, int predicted] => _counts[Checked(truth) * ClassCount + Checked(predicted)];

    /// <summary>Share of examples taken for what they are (top-1), 0 to 1; NaN without examples.</summary>
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

    /// <summary>Mean recall of the classes that occur, 0 to 1: what accuracy would be if each had as many examples.</summary>
    public double BalancedAccuracy => Mean(Recall);

    /// <summary>Mean F1 of the classes that occur or were predicted.</summary>
    public double MacroF1 => Mean(F1);

    /// <summary>Adds examples of class <paramref name="truth"/> that were taken for <paramref name="predicted"/>.</summary>
    /// <exception cref="EdgeVisionException">A class that is not there, or a negative count.</exception>
    public void Add(int truth, int predicted, long count = 1)
    {
        if (count < 0)
        {
            throw new EdgeVisionException($"{count} examples cannot be added");
        }

        _counts[Checked(truth) * ClassCount + Checked(predicted)] += count;
        Total += count;
    }

    /// <summary>Examples of class <paramref name="classId"/>.</summary>
    public long TruthCount(int classId)
    {
        long sum = 0;
        foreach (long count in _counts.AsSpan(Checked(classId) * ClassCount, ClassCount))
        {
            sum += count;
        }

        return sum;
    }

    /// <summary>Examples taken for class <paramref name="classId"/>.</summary>
    public long PredictedCount(int classId)
    {
        long sum = 0;
        for (int at = Checked(classId); at < _counts.Length; at += ClassCount)
        {
            sum += _counts[at];
        }

        return sum;
    }

    /// <summary>Share of what was taken for the class that is of it; NaN where nothing was.</summary>
    public double Precision(int classId) => Ratio(this[classId, classId], PredictedCount(classId));

    /// <summary>Share of the class that was taken for it; NaN where it does not occur.</summary>
    public double Recall(int classId) => Ratio(this[classId, classId], TruthCount(classId));

    /// <summary>Harmonic mean of precision and recall (of pixels: Dice); NaN where the class neither occurs nor was predicted.</summary>
    public double F1(int classId) => Ratio(2 * this[classId, classId], TruthCount(classId) + PredictedCount(classId));

    /// <summary>Intersection over union: hits over everything that is of the class or was taken for it; NaN where nothing is.</summary>
    public double Iou(int classId)
    {
        long hits = this[classId, classId];
        return Ratio(hits, TruthCount(classId) + PredictedCount(classId) - hits);
    }

    /// <summary>Mean over the classes for which <paramref name="measure"/> is a number; NaN where there is none.</summary>
    public double Mean(Func<int, double> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        double sum = 0;
        int count = 0;
        for (int c = 0; c < ClassCount; c++)
        {
            double value = measure(c);
            if (!double.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Sets every count to zero.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Total = 0;
    }

    /// <summary>A table: a line a class with examples, precision, recall, F1, and the class it is most often taken for.</summary>
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
                $"  {TruthCount(c),8}  {Share(Precision(c)),9}  {Share(Recall(c)),6}  {Share(F1(c)),5}  {(other < 0 ? "-" : $"{Name(other)} ({this[c, other]})")}\n");
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

    private int Checked(int classId) => (uint)classId < (uint)ClassCount
        ? classId
        : throw new EdgeVisionException($"class {classId} is not one of the matrix's {ClassCount}");

    private static double Ratio(long part, long whole) => whole == 0 ? double.NaN : (double)part / whole;
}
