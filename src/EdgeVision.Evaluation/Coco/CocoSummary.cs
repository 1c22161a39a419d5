using System.Globalization;
using System.Text;

namespace EdgeVision.Evaluation.Coco;

/// <summary>Average precision and recall of one class; -1 when the class has no annotations.</summary>
/// <param name="ClassId">Class, or 0 when class-agnostic.</param>
/// <param name="AnnotationCount">Annotations that count.</param>
/// <param name="Ap">Average precision, mean over IoU .50 to .95.</param>
/// <param name="Ap50">Average precision at IoU .50.</param>
/// <param name="Ap75">Average precision at IoU .75.</param>
/// <param name="Recall">Highest recall, mean over IoU .50 to .95.</param>
public readonly record struct CocoClassResult(int ClassId, int AnnotationCount, double Ap, double Ap50, double Ap75, double Recall);

/// <summary>
/// COCO's statistics, 0 to 1; -1 when no annotation counts. Means are over the classes that have annotations.
/// </summary>
public sealed class CocoSummary
{
    private readonly CocoIouType _kind;
    private readonly int[] _maxDetections;
    private readonly double[,,,] _recall; // threshold, class, size, limit
    private readonly double[,,,,] _precision; // threshold, recall, class, size, limit

    internal CocoSummary(CocoIouType kind, CocoClassAccumulator[] records, int thresholds, int[] maxDetections, bool classAgnostic)
    {
        _kind = kind;
        _maxDetections = maxDetections;
        int areas = records[0].AnnotationCounts.Length, limits = maxDetections.Length;
        _recall = new double[thresholds, records.Length, areas, limits];
        _precision = new double[thresholds, CocoEvaluator.RecallSteps, records.Length, areas, limits];
        Span<double> curve = stackalloc double[CocoEvaluator.RecallSteps];
        for (int t = 0; t < thresholds; t++)
        {
            for (int c = 0; c < records.Length; c++)
            {
                for (int a = 0; a < areas; a++)
                {
                    for (int m = 0; m < limits; m++)
                    {
                        bool annotated = records[c].AnnotationCounts[a] > 0;
                        _recall[t, c, a, m] = annotated ? records[c].ComputePrecisionCurve(t, a, maxDetections[m], curve) : -1;
                        for (int r = 0; r < curve.Length; r++)
                        {
                            _precision[t, r, c, a, m] = annotated ? curve[r] : -1;
                        }
                    }
                }
            }
        }

        int last = limits - 1;
        Statistics = kind == CocoIouType.Keypoints
            ? [Precision(), Precision(0), Precision(5), Precision(area: 1), Precision(area: 2),
                Recall(last), Recall(last, 0), Recall(last, 5), Recall(last, area: 1), Recall(last, area: 2)]
            : [Precision(), Precision(0), Precision(5), Precision(area: 1), Precision(area: 2), Precision(area: 3),
                Recall(0), Recall(Math.Min(1, last)), Recall(last), Recall(last, area: 1), Recall(last, area: 2), Recall(last, area: 3)];
        var classes = new CocoClassResult[records.Length];
        for (int c = 0; c < classes.Length; c++)
        {
            classes[c] = new CocoClassResult(
                c, records[c].AnnotationCounts[0],
                Precision(classId: c), Precision(0, classId: c), Precision(5, classId: c), Recall(last, classId: c));
        }

        Classes = classes;
        ClassAgnostic = classAgnostic;
    }

    /// <summary>Gets the statistics in the order of COCOeval.summarize: 12, or 10 for keypoints.</summary>
    public IReadOnlyList<double> Statistics { get; }

    /// <summary>Gets the mean average precision at IoU .50 to .95: "mAP".</summary>
    public double Map => Statistics[0];

    /// <summary>Gets the mean average precision at IoU .50.</summary>
    public double Map50 => Statistics[1];

    /// <summary>Gets the mean average precision at IoU .75.</summary>
    public double Map75 => Statistics[2];

    /// <summary>
    /// Gets the mean average precision of objects up to 32^2 square pixels; -1 for keypoints, where COCO has no small size.
    /// </summary>
    public double MapSmall => _kind == CocoIouType.Keypoints ? -1 : Statistics[3];

    /// <summary>Gets the mean average precision of objects of 32^2 to 96^2 square pixels.</summary>
    public double MapMedium => _kind == CocoIouType.Keypoints ? Statistics[3] : Statistics[4];

    /// <summary>Gets the mean average precision of objects of 96^2 square pixels and more.</summary>
    public double MapLarge => _kind == CocoIouType.Keypoints ? Statistics[4] : Statistics[5];

    /// <summary>
    /// Gets the mean recall at each limit of detections per class and image: AR1, AR10, AR100 (keypoints: AR20).
    /// </summary>
    public IReadOnlyList<(int MaxDetections, double Recall)> Recalls => [.. _maxDetections.Select((m, i) => (m, Recall(i)))];

    /// <summary>Gets the mean recall at the highest limit: AR100 (keypoints: AR20).</summary>
    public double AverageRecall => Recall(_maxDetections.Length - 1);

    /// <summary>Gets the mean recall of small objects; -1 for keypoints.</summary>
    public double RecallSmall => _kind == CocoIouType.Keypoints ? -1 : Statistics[9];

    /// <summary>Gets the mean recall of medium objects.</summary>
    public double RecallMedium => _kind == CocoIouType.Keypoints ? Statistics[8] : Statistics[10];

    /// <summary>Gets the mean recall of large objects.</summary>
    public double RecallLarge => _kind == CocoIouType.Keypoints ? Statistics[9] : Statistics[11];

    /// <summary>Gets the result of each class, [classes]; one entry when class-agnostic.</summary>
    public IReadOnlyList<CocoClassResult> Classes { get; }

    /// <summary>Gets whether detections were matched with annotations of any class.</summary>
    public bool ClassAgnostic { get; }

    /// <summary>Returns the precision of one class at the recalls 0, .01, …, 1, [101].</summary>
    /// <remarks>For all sizes and the highest limit of detections; -1 throughout when the class has no annotations.</remarks>
    /// <param name="classId">Class.</param>
    /// <param name="threshold">Index of the IoU threshold: 0 is .50, 1 is .55, 9 is .95.</param>
    public double[] PrecisionCurve(int classId, int threshold = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(classId);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(classId, Classes.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(threshold, _precision.GetLength(0));
        double[] curve = new double[_precision.GetLength(1)];
        for (int r = 0; r < curve.Length; r++)
        {
            curve[r] = _precision[threshold, r, classId, 0, _maxDetections.Length - 1];
        }

        return curve;
    }

    /// <summary>Returns the statistics as a table, one line per statistic.</summary>
    public override string ToString()
    {
        string similarity = _kind == CocoIouType.Keypoints ? "OKS" : "IoU";
        int limit = _maxDetections[^1];
        var text = new StringBuilder();
        void Line(string name, string at, string size, int count, double value) => text.Append(CultureInfo.InvariantCulture,
            $"{name,-17} {similarity} {at,-9}  {size,-6}  max {count,3}  " +
            $"{(value < 0 ? "-" : value.ToString("F3", CultureInfo.InvariantCulture)),5}\n");
        Line("average precision", ".50:.95", "all", limit, Map);
        Line("average precision", ".50", "all", limit, Map50);
        Line("average precision", ".75", "all", limit, Map75);
        if (_kind != CocoIouType.Keypoints)
        {
            Line("average precision", ".50:.95", "small", limit, MapSmall);
        }

        Line("average precision", ".50:.95", "medium", limit, MapMedium);
        Line("average precision", ".50:.95", "large", limit, MapLarge);
        foreach (var (count, recall) in Recalls)
        {
            Line("average recall", ".50:.95", "all", count, recall);
        }

        if (_kind != CocoIouType.Keypoints)
        {
            Line("average recall", ".50:.95", "small", limit, RecallSmall);
        }

        Line("average recall", ".50:.95", "medium", limit, RecallMedium);
        Line("average recall", ".50:.95", "large", limit, RecallLarge);
        return text.ToString();
    }

    private double Precision(int threshold = -1, int area = 0, int classId = -1)
    {
        double sum = 0;
        int count = 0, limit = _maxDetections.Length - 1;
        for (int t = 0; t < _precision.GetLength(0); t++)
        {
            for (int c = 0; c < _precision.GetLength(2); c++)
            {
                if (threshold >= 0 && t != threshold || classId >= 0 && c != classId || _precision[t, 0, c, area, limit] < 0)
                {
                    continue;
                }

                for (int r = 0; r < _precision.GetLength(1); r++)
                {
                    sum += _precision[t, r, c, area, limit];
                    count++;
                }
            }
        }

        return count == 0 ? -1 : sum / count;
    }

    private double Recall(int limit, int threshold = -1, int area = 0, int classId = -1)
    {
        double sum = 0;
        int count = 0;
        for (int t = 0; t < _recall.GetLength(0); t++)
        {
            for (int c = 0; c < _recall.GetLength(1); c++)
            {
                if ((threshold < 0 || t == threshold) && (classId < 0 || c == classId) && _recall[t, c, area, limit] >= 0)
                {
                    sum += _recall[t, c, area, limit];
                    count++;
                }
            }
        }

        return count == 0 ? -1 : sum / count;
    }
}
