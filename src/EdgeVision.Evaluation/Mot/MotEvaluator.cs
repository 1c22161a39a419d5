using EdgeVision.Tracking;

namespace EdgeVision.Evaluation.Mot;

/// <summary>Box with an identity on one frame.</summary>
/// <param name="Id">Identity; any number.</param>
/// <param name="Box">Corners in pixels.</param>
public readonly record struct MotBox(int Id, Box Box);

/// <summary>Metrics of multiple-object tracking. Shares are 0 to 1; without any objects they follow TrackEval.</summary>
public sealed record MotSummary
{
    /// <summary>Gets the higher-order tracking accuracy (HOTA).</summary>
    /// <remarks>
    /// Geometric mean of detection and association accuracy, averaged over the IoU thresholds 0.05 to 0.95 (Luiten et al.
    /// 2020).
    /// </remarks>
    public double Hota { get; init; }

    /// <summary>Gets the detection accuracy, averaged over the IoU thresholds.</summary>
    public double DetA { get; init; }

    /// <summary>Gets the association accuracy, averaged over the IoU thresholds.</summary>
    public double AssA { get; init; }

    /// <summary>Gets the mean IoU of the matches, averaged over the IoU thresholds.</summary>
    public double LocA { get; init; }

    /// <summary>
    /// Gets the multiple-object tracking accuracy: 1 - (misses + false positives + switches) / boxes; may be below 0.
    /// </summary>
    public double Mota { get; init; }

    /// <summary>Gets the mean IoU of the matches that MOTA counts.</summary>
    public double Motp { get; init; }

    /// <summary>Gets the F1 of boxes with the right identity over the whole sequence (Ristani et al. 2016).</summary>
    public double Idf1 { get; init; }

    /// <summary>Gets the precision of identities.</summary>
    public double IdPrecision { get; init; }

    /// <summary>Gets the recall of identities.</summary>
    public double IdRecall { get; init; }

    /// <summary>Gets the number of boxes that were found.</summary>
    public long TruePositives { get; init; }

    /// <summary>Gets the number of boxes that were missed.</summary>
    public long Misses { get; init; }

    /// <summary>Gets the number of predicted boxes without a true box.</summary>
    public long FalsePositives { get; init; }

    /// <summary>Gets how often an object changed its track.</summary>
    public long IdSwitches { get; init; }

    /// <summary>Gets how often an object was found again after it had been lost.</summary>
    public long Fragments { get; init; }

    /// <summary>Gets the number of objects found on more than 80 % of their frames.</summary>
    public int MostlyTracked { get; init; }

    /// <summary>Gets the number of objects found on less than 20 % of their frames.</summary>
    public int MostlyLost { get; init; }

    /// <summary>Gets the number of true objects.</summary>
    public int Objects { get; init; }

    /// <summary>Gets the number of true boxes.</summary>
    public long Boxes => TruePositives + Misses;
}

/// <summary>Evaluates tracks against ground truth: HOTA, MOTA and IDF1 as TrackEval computes them.</summary>
/// <remarks>
/// CLEAR, Identity and HOTA metrics; IoU without +1; sequences are combined by their counts. Double precision.
/// </remarks>
public sealed class MotEvaluator
{
    private const int Alphas = 19;
    private const double Epsilon = 2.220446049250313e-16;
    private readonly double _threshold;
    private readonly LinearAssignment _assignment = new();
    private readonly double[] _hotaTp = new double[Alphas], _hotaFn = new double[Alphas], _hotaFp = new double[Alphas];
    private readonly double[] _association = new double[Alphas], _location = new double[Alphas];
    private long _tp, _fn, _fp, _switches, _fragments, _idTp, _idFn, _idFp;
    private double _overlaps;
    private int _mostly, _lost, _objects;

    /// <summary>Initializes an evaluation without sequences.</summary>
    /// <param name="threshold">Minimum IoU of a match for MOTA and IDF1; 0.5 in every benchmark.</param>
    public MotEvaluator(double threshold = 0.5)
    {
        if (!(threshold is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), $"{nameof(threshold)} must be between 0 and 1; got {threshold}");
        }

        _threshold = threshold;
    }

    /// <summary>Adds a sequence.</summary>
    /// <param name="groundTruth">True boxes by frame.</param>
    /// <param name="predicted">Predicted boxes by frame, as many frames.</param>
    /// <exception cref="ArgumentException">The numbers of frames differ, or an identity occurs twice on one frame.</exception>
    public void Add(IReadOnlyList<IReadOnlyList<MotBox>> groundTruth, IReadOnlyList<IReadOnlyList<MotBox>> predicted)
    {
        ArgumentNullException.ThrowIfNull(groundTruth);
        ArgumentNullException.ThrowIfNull(predicted);
        if (groundTruth.Count != predicted.Count)
        {
            throw new ArgumentException(
                $"ground truth and tracks must have the same number of frames; got {groundTruth.Count} and {predicted.Count}", nameof(predicted));
        }

        var sequence = new Sequence(
            Number(groundTruth, "ground truth", out int objects), objects, Number(predicted, "tracks", out int tracks), tracks);
        Clear(sequence);
        Identity(sequence);
        Hota(sequence);
    }

    /// <summary>Computes the metrics over all sequences.</summary>
    public MotSummary Summarize()
    {
        double hota = 0, detection = 0, association = 0, location = 0;
        for (int a = 0; a < Alphas; a++)
        {
            double det = _hotaTp[a] / Math.Max(1, _hotaTp[a] + _hotaFn[a] + _hotaFp[a]), ass = _association[a] / Math.Max(1, _hotaTp[a]);
            detection += det / Alphas;
            association += ass / Alphas;
            location += Math.Max(1e-10, _location[a]) / Math.Max(1e-10, _hotaTp[a]) / Alphas;
            hota += Math.Sqrt(det * ass) / Alphas;
        }

        return new MotSummary
        {
            Hota = hota,
            DetA = detection,
            AssA = association,
            LocA = location,
            Mota = (_tp - _fp - _switches) / Math.Max(1.0, _tp + _fn),
            Motp = _overlaps / Math.Max(1.0, _tp),
            Idf1 = _idTp / Math.Max(1.0, _idTp + 0.5 * _idFp + 0.5 * _idFn),
            IdPrecision = _idTp / Math.Max(1.0, _idTp + _idFp),
            IdRecall = _idTp / Math.Max(1.0, _idTp + _idFn),
            TruePositives = _tp,
            Misses = _fn,
            FalsePositives = _fp,
            IdSwitches = _switches,
            Fragments = _fragments,
            MostlyTracked = _mostly,
            MostlyLost = _lost,
            Objects = _objects,
        };
    }

    private sealed record Sequence((int Id, Box Box)[][] Truth, int Objects, (int Id, Box Box)[][] Found, int Tracks);

    // Identities become 0, 1, 2, ... in order of appearance.
    private static (int, Box)[][] Number(IReadOnlyList<IReadOnlyList<MotBox>> frames, string what, out int count)
    {
        Dictionary<int, int> numbers = [];
        HashSet<int> onFrame = [];
        var numbered = new (int, Box)[frames.Count][];
        for (int f = 0; f < frames.Count; f++)
        {
            onFrame.Clear();
            numbered[f] = new (int, Box)[frames[f].Count];
            for (int i = 0; i < frames[f].Count; i++)
            {
                var (id, box) = frames[f][i];
                if (!onFrame.Add(id))
                {
                    throw new ArgumentException($"identity {id} of the {what} occurs twice on frame {f + 1}");
                }

                if (!numbers.TryGetValue(id, out int number))
                {
                    numbers.Add(id, number = numbers.Count);
                }

                numbered[f][i] = (number, box);
            }
        }

        count = numbers.Count;
        return numbered;
    }

    private void Clear(Sequence s)
    {
        int[] last = new int[s.Objects], lastFrame = new int[s.Objects], seen = new int[s.Objects];
        int[] matched = new int[s.Objects], begun = new int[s.Objects];
        Array.Fill(last, -1);
        Array.Fill(lastFrame, -1);
        int[] now = new int[s.Objects];
        for (int f = 0; f < s.Truth.Length; f++)
        {
            var (truth, found) = (s.Truth[f], s.Found[f]);
            foreach (var (id, _) in truth)
            {
                seen[id]++;
            }

            if (truth.Length == 0 || found.Length == 0)
            {
                _fp += found.Length;
                _fn += truth.Length;
                continue;
            }

            // The track an object was matched with on the previous frame takes precedence over any overlap.
            var costs = _assignment.GetCostBuffer(truth.Length, found.Length);
            for (int i = 0; i < truth.Length; i++)
            {
                for (int j = 0; j < found.Length; j++)
                {
                    double overlap = Overlap(truth[i].Box, found[j].Box);
                    double score = (lastFrame[truth[i].Id] == found[j].Id ? 1000 : 0) + overlap;
                    costs[i * found.Length + j] = overlap < _threshold - Epsilon ? 0 : -score;
                }
            }

            _assignment.Solve();
            Array.Fill(now, -1);
            int matches = 0;
            for (int i = 0; i < truth.Length; i++)
            {
                int j = _assignment.RowToColumn[i];
                if (j < 0 || !(-costs[i * found.Length + j] > Epsilon))
                {
                    continue;
                }

                (int id, int track) = (truth[i].Id, found[j].Id);
                _switches += last[id] >= 0 && last[id] != track ? 1 : 0;
                _overlaps += Overlap(truth[i].Box, found[j].Box);
                last[id] = now[id] = track;
                matched[id]++;
                matches++;
            }

            for (int id = 0; id < s.Objects; id++)
            {
                begun[id] += lastFrame[id] < 0 && now[id] >= 0 ? 1 : 0;
            }

            (lastFrame, now) = (now, lastFrame);
            _tp += matches;
            _fn += truth.Length - matches;
            _fp += found.Length - matches;
        }

        for (int id = 0; id < s.Objects; id++)
        {
            double share = matched[id] / (double)seen[id];
            _mostly += share > 0.8 ? 1 : 0;
            _lost += share < 0.2 ? 1 : 0;
            _fragments += Math.Max(0, begun[id] - 1);
        }

        _objects += s.Objects;
    }

    private void Identity(Sequence s)
    {
        double[,] together = new double[s.Objects, s.Tracks];
        long truths = 0, founds = 0;
        for (int f = 0; f < s.Truth.Length; f++)
        {
            truths += s.Truth[f].Length;
            founds += s.Found[f].Length;
            foreach (var (id, box) in s.Truth[f])
            {
                foreach (var (track, other) in s.Found[f])
                {
                    together[id, track] += Overlap(box, other) >= _threshold ? 1 : 0;
                }
            }
        }

        var costs = _assignment.GetCostBuffer(s.Objects, s.Tracks);
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i] = -together[i / s.Tracks, i % s.Tracks];
        }

        _assignment.Solve();
        long right = 0;
        for (int id = 0; id < s.Objects; id++)
        {
            int track = _assignment.RowToColumn[id];
            right += track >= 0 ? (long)together[id, track] : 0;
        }

        _idTp += right;
        _idFn += truths - right;
        _idFp += founds - right;
    }

    private void Hota(Sequence s)
    {
        double[,] potential = new double[s.Objects, s.Tracks];
        double[] seen = new double[s.Objects], shown = new double[s.Tracks];
        for (int f = 0; f < s.Truth.Length; f++)
        {
            Align(s.Truth[f], s.Found[f], potential);
            foreach (var (id, _) in s.Truth[f])
            {
                seen[id]++;
            }

            foreach (var (track, _) in s.Found[f])
            {
                shown[track]++;
            }
        }

        double[][,] matches = [.. Enumerable.Range(0, Alphas).Select(_ => new double[s.Objects, s.Tracks])];
        for (int f = 0; f < s.Truth.Length; f++)
        {
            MatchFrame(s.Truth[f], s.Found[f], potential, seen, shown, matches);
        }

        for (int a = 0; a < Alphas; a++)
        {
            for (int i = 0; i < s.Objects; i++)
            {
                for (int j = 0; j < s.Tracks; j++)
                {
                    double m = matches[a][i, j];
                    _association[a] += m * (m / Math.Max(1, seen[i] + shown[j] - m));
                }
            }
        }
    }

    // Share of each pair's overlap in all overlaps of both, summed over the sequence.
    private static void Align((int Id, Box Box)[] truth, (int Id, Box Box)[] found, double[,] potential)
    {
        double[] rows = new double[truth.Length], columns = new double[found.Length];
        double[,] overlaps = new double[truth.Length, found.Length];
        for (int i = 0; i < truth.Length; i++)
        {
            for (int j = 0; j < found.Length; j++)
            {
                double overlap = overlaps[i, j] = Overlap(truth[i].Box, found[j].Box);
                rows[i] += overlap;
                columns[j] += overlap;
            }
        }

        for (int i = 0; i < truth.Length; i++)
        {
            for (int j = 0; j < found.Length; j++)
            {
                double all = rows[i] + columns[j] - overlaps[i, j];
                potential[truth[i].Id, found[j].Id] += all > Epsilon ? overlaps[i, j] / all : 0;
            }
        }
    }

    private void MatchFrame(
        (int Id, Box Box)[] truth, (int Id, Box Box)[] found, double[,] potential, double[] seen, double[] shown, double[][,] matches)
    {
        var costs = _assignment.GetCostBuffer(truth.Length, found.Length);
        for (int i = 0; i < truth.Length; i++)
        {
            for (int j = 0; j < found.Length; j++)
            {
                (int id, int track) = (truth[i].Id, found[j].Id);
                double alignment = potential[id, track] / (seen[id] + shown[track] - potential[id, track]);
                costs[i * found.Length + j] = -alignment * Overlap(truth[i].Box, found[j].Box);
            }
        }

        _assignment.Solve();
        for (int a = 0; a < Alphas; a++)
        {
            double alpha = 0.05 + 0.05 * a;
            int count = 0;
            for (int i = 0; i < truth.Length; i++)
            {
                int j = _assignment.RowToColumn[i];
                double overlap = j < 0 ? -1 : Overlap(truth[i].Box, found[j].Box);
                if (overlap >= alpha - Epsilon)
                {
                    matches[a][truth[i].Id, found[j].Id]++;
                    _location[a] += overlap;
                    count++;
                }
            }

            _hotaTp[a] += count;
            _hotaFn[a] += truth.Length - count;
            _hotaFp[a] += found.Length - count;
        }
    }

    private static double Overlap(in Box a, in Box b)
    {
        double w = Math.Max(0, Math.Min((double)a.X2, b.X2) - Math.Max((double)a.X1, b.X1));
        double h = Math.Max(0, Math.Min((double)a.Y2, b.Y2) - Math.Max((double)a.Y1, b.Y1));
        double union = ((double)a.X2 - a.X1) * ((double)a.Y2 - a.Y1) + ((double)b.X2 - b.X1) * ((double)b.Y2 - b.Y1) - w * h;
        return union > Epsilon ? w * h / union : 0;
    }
}
