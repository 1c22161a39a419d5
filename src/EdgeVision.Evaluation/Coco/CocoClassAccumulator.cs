namespace EdgeVision.Evaluation.Coco;

/// <summary>Collects the detections of one class over all images and computes its precision-recall curves.</summary>
/// <remarks>After cocoeval.py accumulate.</remarks>
internal sealed class CocoClassAccumulator(int areas)
{
    // numpy.spacing(1).
    private const double Epsilon = 2.220446049250313e-16;

    private readonly List<double> _scores = [];
    private readonly List<int> _ranks = [];
    private readonly List<uint> _matched = [];
    private readonly List<uint> _ignored = [];
    private int[]? _order;

    /// <summary>Annotations that count, per size range.</summary>
    public int[] AnnotationCounts { get; } = new int[areas];

    /// <summary>Gets the number of detections kept.</summary>
    public int DetectionCount => _scores.Count;

    /// <summary>Adds a detection with its rank in its image (from 0) and its threshold bits per size range.</summary>
    public void Add(double score, int rank, ReadOnlySpan<uint> matched, ReadOnlySpan<uint> ignored)
    {
        _scores.Add(score);
        _ranks.Add(rank);
        for (int a = 0; a < areas; a++)
        {
            _matched.Add(matched[a]);
            _ignored.Add(ignored[a]);
        }

        _order = null;
    }

    /// <summary>
    /// Computes the precision at each of 101 recalls (0 to 1) at one threshold, and returns the highest recall reached.
    /// </summary>
    /// <remarks>
    /// Precision is made monotone from the right; it is 0 beyond the highest recall. Valid only when <see cref="AnnotationCounts"/> is
    /// above 0.
    /// </remarks>
    public double ComputePrecisionCurve(int threshold, int area, int maxDetections, Span<double> precision)
    {
        int[] order = _order ??= Order();
        uint bit = 1u << threshold;
        var recalls = new List<double>(order.Length);
        var precisions = new List<double>(order.Length);
        double hits = 0, misses = 0;
        foreach (int i in order)
        {
            if (_ranks[i] >= maxDetections)
            {
                continue;
            }

            int at = i * areas + area;
            if ((_ignored[at] & bit) == 0)
            {
                if ((_matched[at] & bit) != 0)
                {
                    hits++;
                }
                else
                {
                    misses++;
                }
            }

            recalls.Add(hits / AnnotationCounts[area]);
            precisions.Add(hits / (misses + hits + Epsilon));
        }

        for (int i = precisions.Count - 1; i > 0; i--)
        {
            precisions[i - 1] = Math.Max(precisions[i - 1], precisions[i]);
        }

        precision.Clear();
        int first = 0;
        for (int r = 0; r < precision.Length; r++)
        {
            // numpy.linspace: the last value is exactly 1, the others are multiples of the rounded step.
            double recall = r == precision.Length - 1 ? 1 : r * (1.0 / (precision.Length - 1));
            while (first < recalls.Count && recalls[first] < recall)
            {
                first++;
            }

            if (first == recalls.Count)
            {
                break;
            }

            precision[r] = precisions[first];
        }

        return recalls.Count > 0 ? recalls[^1] : 0;
    }

    // Equal scores keep the order in which the images were added, as numpy's merge sort does.
    private int[] Order()
    {
        int[] order = new int[_scores.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => _scores[b].CompareTo(_scores[a]) is var byScore && byScore != 0 ? byScore : a.CompareTo(b));
        return order;
    }
}
