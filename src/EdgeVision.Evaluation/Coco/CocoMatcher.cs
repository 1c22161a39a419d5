namespace EdgeVision.Evaluation.Coco;

/// <summary>
/// Matches the detections of one class in one image to annotations, at every IoU threshold (cocoeval.py evaluateImg).
/// </summary>
/// <remarks>
/// By descending score; each detection takes the annotation with the highest overlap, the later one at equal overlap.
/// Annotations that do not count come last and are taken only when none that counts reaches the threshold.
/// </remarks>
internal sealed class CocoMatcher(double[] thresholds)
{
    private int[] _order = [];
    private bool[] _taken = [];

    /// <summary>Matches detections to annotations at every threshold.</summary>
    /// <remarks>
    /// Bit t of <c>matched[d]</c> is set when detection d has an annotation at threshold t; bit t of <c>ignored[d]</c> when
    /// it counts neither as true nor as false positive.
    /// </remarks>
    /// <param name="overlaps">[detections, annotations], detections by descending score.</param>
    /// <param name="annotationIgnored">Annotations that do not count: crowds, other sizes.</param>
    /// <param name="crowd">Annotations that several detections may share.</param>
    /// <param name="otherSize">Detections outside the size range: they do not count when unmatched.</param>
    /// <param name="matched">Result, [detections].</param>
    /// <param name="ignored">Result, [detections].</param>
    public void Match(ReadOnlySpan<double> overlaps, ReadOnlySpan<bool> annotationIgnored, ReadOnlySpan<bool> crowd,
        ReadOnlySpan<bool> otherSize, Span<uint> matched, Span<uint> ignored)
    {
        int truths = annotationIgnored.Length;
        if (_order.Length < truths)
        {
            _order = new int[truths];
            _taken = new bool[truths];
        }

        int counting = Order(annotationIgnored);
        matched.Clear();
        ignored.Clear();
        for (int t = 0; t < thresholds.Length; t++)
        {
            Array.Clear(_taken, 0, truths);
            double threshold = Math.Min(thresholds[t], 1 - 1e-10);
            for (int d = 0; d < otherSize.Length; d++)
            {
                var row = overlaps.Slice(d * truths, truths);
                int match = Best(row, crowd, _order.AsSpan(0, counting), threshold);
                if (match < 0)
                {
                    match = Best(row, crowd, _order.AsSpan(counting, truths - counting), threshold);
                }

                if (match >= 0)
                {
                    _taken[match] = true;
                    matched[d] |= 1u << t;
                }

                if (match >= 0 ? annotationIgnored[match] : otherSize[d])
                {
                    ignored[d] |= 1u << t;
                }
            }
        }
    }

    private int Best(ReadOnlySpan<double> row, ReadOnlySpan<bool> crowd, ReadOnlySpan<int> candidates, double threshold)
    {
        int best = -1;
        foreach (int g in candidates)
        {
            if ((!_taken[g] || crowd[g]) && row[g] >= threshold)
            {
                threshold = row[g];
                best = g;
            }
        }

        return best;
    }

    private int Order(ReadOnlySpan<bool> ignored)
    {
        int count = 0;
        for (int pass = 0; pass < 2; pass++)
        {
            for (int g = 0; g < ignored.Length; g++)
            {
                if (ignored[g] == (pass == 1))
                {
                    _order[count++] = g;
                }
            }
        }

        return count - System.MemoryExtensions.Count(ignored, true);
    }
}
