namespace EdgeVision.Suppression;

/// <summary>Weighted box fusion (Solovyev et al. 2019, arXiv 1910.13302) with the numbers of the package ensemble-boxes.</summary>
/// <remarks>
/// Boxes of several models, or of several views of one image, that show the same object become one box: the mean weighted by score, in
/// float32 as in the reference; a box without a match keeps its double precision. The score is the mean, times min(models, boxes) over the
/// sum of the weights. Coordinates are fractions of the image, 0..1. An instance serves one thread at a time.
/// </remarks>
public sealed class WeightedBoxFusion
{
    private readonly List<Member> _members = [];
    private readonly List<Cluster> _clusters = [];
    private readonly List<int> _labels = [];
    private readonly List<FusedBox> _fused = [];
    private int _order;

    /// <summary>Gets the IoU that a box must exceed to join a fused box.</summary>
    public double Iou { get; init; } = 0.55;

    /// <summary>Gets the score below which a box is ignored.</summary>
    public double MinScore { get; init; }

    /// <summary>Gets whether a score may exceed 1 where a model has several boxes for one object.</summary>
    /// <remarks>The score is then the mean times the number of boxes over the sum of the weights.</remarks>
    public bool AllowOverflow { get; init; }

    private record struct Member(int Label, double Score, double Weight, double X1, double Y1, double X2, double Y2, int Order);

    private struct Cluster
    {
        public int Label;
        public double Score, X1, Y1, X2, Y2;

        // Sums of score * corner in float32, and of scores in double, as in the reference.
        public float SumX1, SumY1, SumX2, SumY2;
        public double SumScore;
        public int Count;
    }

    /// <summary>Box of one model, or a fused box.</summary>
    /// <param name="X1">Left, 0..1.</param>
    /// <param name="Y1">Top, 0..1.</param>
    /// <param name="X2">Right, 0..1.</param>
    /// <param name="Y2">Bottom, 0..1.</param>
    /// <param name="Score">Score.</param>
    /// <param name="ClassId">Class.</param>
    public readonly record struct FusedBox(double X1, double Y1, double X2, double Y2, double Score, int ClassId);

    /// <summary>Fuses the boxes of several models and returns them by descending score.</summary>
    /// <remarks>The result is valid until the next call. Corners are sorted and clamped to 0..1; a box without area is ignored.</remarks>
    /// <param name="models">Boxes of each model.</param>
    /// <param name="weights">Weight of each model, above 0; empty for 1 each.</param>
    /// <exception cref="ArgumentException">Models and weights differ in number, a weight is not above 0 or is infinite, or a number is
    /// NaN.</exception>
    public IReadOnlyList<FusedBox> Run(IReadOnlyList<IReadOnlyList<FusedBox>> models, IReadOnlyList<double>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (weights is not null && (weights.Count != models.Count || weights.Any(w => !(w > 0) || double.IsInfinity(w))))
        {
            throw new ArgumentException($"weights must hold one finite number above 0 for each of {models.Count} models", nameof(weights));
        }

        _members.Clear();
        _labels.Clear();
        _fused.Clear();
        _order = 0;
        double total = 0;
        for (int m = 0; m < models.Count; m++)
        {
            double weight = weights?[m] ?? 1;
            total += weight;
            foreach (var box in models[m])
            {
                AddBox(box, weight);
            }
        }

        foreach (int label in _labels)
        {
            Fuse(label);
            foreach (ref readonly var c in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_clusters))
            {
                double score = c.Score * (AllowOverflow ? c.Count : Math.Min(models.Count, c.Count)) / total;
                _fused.Add(new FusedBox(c.X1, c.Y1, c.X2, c.Y2, score, c.Label));
            }
        }

        // A stable ascending sort in reverse: of equal scores the later one comes first, as in the reference.
        var sorted = _fused.Select((box, i) => (box, i)).OrderBy(p => p.box.Score).ThenBy(p => p.i).Select(p => p.box).Reverse().ToArray();
        _fused.Clear();
        _fused.AddRange(sorted);
        return _fused;
    }

    private void AddBox(in FusedBox box, double weight)
    {
        if (double.IsNaN(box.X1 + box.Y1 + box.X2 + box.Y2 + box.Score))
        {
            throw new ArgumentException(
                $"coordinates and scores must not be NaN; got ({box.X1}, {box.Y1}, {box.X2}, {box.Y2}) with score {box.Score}");
        }

        if (box.Score < MinScore)
        {
            return;
        }

        double x1 = Math.Clamp(Math.Min(box.X1, box.X2), 0, 1), x2 = Math.Clamp(Math.Max(box.X1, box.X2), 0, 1);
        double y1 = Math.Clamp(Math.Min(box.Y1, box.Y2), 0, 1), y2 = Math.Clamp(Math.Max(box.Y1, box.Y2), 0, 1);
        if ((x2 - x1) * (y2 - y1) == 0)
        {
            return;
        }

        if (!_labels.Contains(box.ClassId))
        {
            _labels.Add(box.ClassId);
        }

        _members.Add(new Member(box.ClassId, box.Score * weight, weight, x1, y1, x2, y2, _order++));
    }

    private void Fuse(int label)
    {
        _clusters.Clear();
        var clusters = _clusters;
        foreach (var member in _members.Where(m => m.Label == label).OrderBy(m => m.Score).ThenBy(m => m.Order).Reverse())
        {
            int match = Match(member);
            if (match < 0)
            {
                clusters.Add(new Cluster
                {
                    Label = label, Score = member.Score, X1 = member.X1, Y1 = member.Y1, X2 = member.X2, Y2 = member.Y2,
                    SumX1 = (float)(member.Score * member.X1), SumY1 = (float)(member.Score * member.Y1),
                    SumX2 = (float)(member.Score * member.X2), SumY2 = (float)(member.Score * member.Y2),
                    SumScore = member.Score, Count = 1,
                });
                continue;
            }

            ref var c = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(clusters)[match];
            c.Count++;
            c.SumScore += member.Score;
            c.SumX1 = (float)(c.SumX1 + member.Score * member.X1);
            c.SumY1 = (float)(c.SumY1 + member.Score * member.Y1);
            c.SumX2 = (float)(c.SumX2 + member.Score * member.X2);
            c.SumY2 = (float)(c.SumY2 + member.Score * member.Y2);
            c.Score = (float)(c.SumScore / c.Count);
            (c.X1, c.Y1) = ((float)(c.SumX1 / c.SumScore), (float)(c.SumY1 / c.SumScore));
            (c.X2, c.Y2) = ((float)(c.SumX2 / c.SumScore), (float)(c.SumY2 / c.SumScore));
        }
    }

    // First of the best overlaps, if it exceeds the threshold.
    private int Match(in Member m)
    {
        double best = Iou;
        int match = -1;
        var clusters = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_clusters);
        for (int i = 0; i < clusters.Length; i++)
        {
            ref readonly var c = ref clusters[i];
            double inter =
                Math.Max(Math.Min(c.X2, m.X2) - Math.Max(c.X1, m.X1), 0) * Math.Max(Math.Min(c.Y2, m.Y2) - Math.Max(c.Y1, m.Y1), 0);
            double iou = inter / ((c.X2 - c.X1) * (c.Y2 - c.Y1) + (m.X2 - m.X1) * (m.Y2 - m.Y1) - inter);
            if (iou > best)
            {
                (best, match) = (iou, i);
            }
        }

        return match;
    }
}
