namespace EdgeVision.Tracking.Tests;

/// <summary>
/// OC-SORT written as plainly as the paper's code reads: seven-dimensional filters with whole matrices, dictionaries of sights by age, a
/// list of every measurement, copies of the whole filter when a track is missed. The assignment has tests of its own.
/// </summary>
internal sealed class OcSortReference(double threshold, double iouThreshold, int deltaT, double inertia, int minHits, int maxAge)
{
    private readonly List<Trk> _trackers = [];
    private int _frame, _count;

    public List<(int Id, double[] Box)> Update(IReadOnlyList<double[]> found)
    {
        _frame++;
        var dets = found.Where(d => d[4] > threshold).ToList();
        foreach (var t in _trackers)
        {
            t.Predict();
        }

        _trackers.RemoveAll(t => t.Box().Any(double.IsNaN));
        int n = dets.Count, m = _trackers.Count;
        double[,] iou = new double[n, m], cost = new double[n, m];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < m; j++)
            {
                iou[i, j] = Iou(dets[i], _trackers[j].Box());
                double[]? previous = _trackers[j].Previous(deltaT);
                double angle = 0;
                if (previous is not null)
                {
                    double[] way = Direction(previous, dets[i]), velocity = _trackers[j].Velocity ?? [0, 0];
                    double diff = Math.Acos(Math.Clamp(velocity[1] * way[1] + velocity[0] * way[0], -1, 1));
                    angle = (Math.PI / 2 - Math.Abs(diff)) / Math.PI;
                }

                cost[i, j] = -(iou[i, j] + angle * inertia * dets[i][4]);
            }
        }

        List<(int, int)> matched = [];
        var above = (from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, m) where iou[i, j] > iouThreshold select (i, j)).ToList();
        if (above.Count > 0 && above.GroupBy(p => p.i).All(g => g.Count() == 1) && above.GroupBy(p => p.j).All(g => g.Count() == 1))
        {
            matched = [.. above.Select(p => (p.i, p.j))];
        }
        else
        {
            matched = [.. Assign(cost).Where(p => iou[p.Item1, p.Item2] >= iouThreshold)];
        }

        foreach (var (i, j) in matched)
        {
            _trackers[j].Update(dets[i], deltaT);
        }

        var leftDets = Enumerable.Range(0, n).Except(matched.Select(p => p.Item1)).ToList();
        var leftTracks = Enumerable.Range(0, m).Except(matched.Select(p => p.Item2)).ToList();
        if (leftDets.Count > 0 && leftTracks.Count > 0)
        {
            double[,] left = new double[leftDets.Count, leftTracks.Count], negative = new double[leftDets.Count, leftTracks.Count];
            double most = 0;
            for (int i = 0; i < leftDets.Count; i++)
            {
                for (int j = 0; j < leftTracks.Count; j++)
                {
                    left[i, j] = Iou(dets[leftDets[i]], _trackers[leftTracks[j]].Last);
                    negative[i, j] = -left[i, j];
                    most = Math.Max(most, left[i, j]);
                }
            }

            if (most > iouThreshold)
            {
                var pairs = Assign(negative).Where(p => left[p.Item1, p.Item2] >= iouThreshold).Select(p => (leftDets[p.Item1], leftTracks[p.Item2])).ToList();
                foreach (var (i, j) in pairs)
                {
                    _trackers[j].Update(dets[i], deltaT);
                    leftDets.Remove(i);
                    leftTracks.Remove(j);
                }
            }
        }

        foreach (int j in leftTracks)
        {
            _trackers[j].Update(null, deltaT);
        }

        foreach (int i in leftDets)
        {
            _trackers.Add(new Trk(dets[i], _count++));
        }

        List<(int, double[])> result = [];
        foreach (var t in Enumerable.Reverse(_trackers).ToList())
        {
            double[] d = t.Last.Sum() < 0 ? t.Box() : t.Last[..4];
            if (t.SinceUpdate < 1 && (t.HitStreak >= minHits || _frame <= minHits))
            {
                result.Add((t.Id + 1, d));
            }

            if (t.SinceUpdate > maxAge)
            {
                _trackers.Remove(t);
            }
        }

        return result;
    }

    private static List<(int, int)> Assign(double[,] cost)
    {
        var assignment = new LinearAssignment();
        var costs = assignment.GetCostBuffer(cost.GetLength(0), cost.GetLength(1));
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i] = cost[i / cost.GetLength(1), i % cost.GetLength(1)];
        }

        assignment.Solve();
        List<(int, int)> pairs = [];
        for (int i = 0; i < cost.GetLength(0); i++)
        {
            if (assignment.RowToColumn[i] >= 0)
            {
                pairs.Add((i, assignment.RowToColumn[i]));
            }
        }

        return pairs;
    }

    private static double Iou(double[] a, double[] b)
    {
        double w = Math.Max(0, Math.Min(a[2], b[2]) - Math.Max(a[0], b[0])), h = Math.Max(0, Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]));
        return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
    }

    private static double[] Direction(double[] from, double[] to)
    {
        double dy = (to[1] + to[3]) / 2 - (from[1] + from[3]) / 2, dx = (to[0] + to[2]) / 2 - (from[0] + from[2]) / 2;
        double norm = Math.Sqrt(dx * dx + dy * dy) + 1e-6;
        return [dy / norm, dx / norm];
    }

    private sealed class Trk
    {
        private readonly Dictionary<int, double[]> _observations = [];
        private readonly Filter _filter = new();
        private int _age;

        public Trk(double[] box, int id)
        {
            Id = id;
            double[] z = Measure(box);
            for (int i = 0; i < 4; i++)
            {
                _filter.State.X[i] = z[i];
            }
        }

        public int Id { get; }

        public int SinceUpdate { get; private set; }

        public int HitStreak { get; private set; }

        public double[] Last { get; private set; } = [-1, -1, -1, -1, -1];

        public double[]? Velocity { get; private set; }

        public void Predict()
        {
            if (_filter.State.X[6] + _filter.State.X[2] <= 0)
            {
                _filter.State.X[6] = 0;
            }

            _filter.Predict();
            _age++;
            if (SinceUpdate > 0)
            {
                HitStreak = 0;
            }

            SinceUpdate++;
        }

        public double[] Box()
        {
            double[] x = _filter.State.X;
            double w = Math.Sqrt(x[2] * x[3]), h = x[2] / w;
            return [x[0] - w / 2, x[1] - h / 2, x[0] + w / 2, x[1] + h / 2];
        }

        public double[]? Previous(int k)
        {
            for (int i = 0; i < k; i++)
            {
                if (_observations.TryGetValue(_age - (k - i), out double[]? box))
                {
                    return box;
                }
            }

            return _observations.Count == 0 ? null : _observations[_observations.Keys.Max()];
        }

        public void Update(double[]? box, int deltaT)
        {
            if (box is null)
            {
                _filter.Update(null);
                return;
            }

            if (Last.Sum() >= 0)
            {
                double[]? previous = null;
                for (int i = 0; i < deltaT && previous is null; i++)
                {
                    _observations.TryGetValue(_age - (deltaT - i), out previous);
                }

                Velocity = Direction(previous ?? Last, box);
            }

            Last = box;
            _observations[_age] = box;
            SinceUpdate = 0;
            HitStreak++;
            _filter.Update(Measure(box));
        }

        private static double[] Measure(double[] box)
        {
            double w = box[2] - box[0], h = box[3] - box[1];
            return [box[0] + w / 2, box[1] + h / 2, w * h, w / (h + 1e-6)];
        }
    }

    private sealed record State(double[] X, double[,] P, bool Observed, List<double[]?> History)
    {
        public State Copy() => new((double[])X.Clone(), (double[,])P.Clone(), Observed, [.. History]);
    }

    private sealed class Filter
    {
        private State? _saved;

        public Filter()
        {
            State = new State(new double[7], new double[7, 7], false, []);
            for (int i = 0; i < 7; i++)
            {
                State.P[i, i] = i < 4 ? 10 : 10_000;
            }
        }

        public State State { get; private set; }

        public void Predict()
        {
            double[,] f = new double[7, 7];
            for (int i = 0; i < 7; i++)
            {
                f[i, i] = 1;
            }

            (f[0, 4], f[1, 5], f[2, 6]) = (1, 1, 1);
            double[] x = new double[7];
            for (int i = 0; i < 7; i++)
            {
                for (int k = 0; k < 7; k++)
                {
                    x[i] += f[i, k] * State.X[k];
                }
            }

            double[,] p = Times(Times(f, State.P), Flipped(f));
            for (int i = 0; i < 7; i++)
            {
                p[i, i] += i < 4 ? 1 : i < 6 ? 0.01 : 0.0001;
            }

            State = State with { X = x, P = p };
        }

        public void Update(double[]? z)
        {
            State.History.Add(z);
            if (z is null)
            {
                if (State.Observed)
                {
                    _saved = State.Copy();
                }

                State = State with { Observed = false };
                return;
            }

            if (!State.Observed && _saved is not null)
            {
                var history = State.History;
                State = _saved;
                _saved = null;
                State.History.RemoveAt(State.History.Count - 1);
                int last = history.FindLastIndex(h => h is not null), before = history.FindLastIndex(last - 1, h => h is not null);
                double[] a = history[before]!, b = history[last]!;
                double w1 = Math.Sqrt(a[2] * a[3]), h1 = Math.Sqrt(a[2] / a[3]), w2 = Math.Sqrt(b[2] * b[3]), h2 = Math.Sqrt(b[2] / b[3]);
                int gap = last - before;
                for (int i = 0; i < gap; i++)
                {
                    double share = (i + 1) / (double)gap;
                    double w = w1 + share * (w2 - w1), h = h1 + share * (h2 - h1);
                    Update([a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), w * h, w / h]);
                    if (i != gap - 1)
                    {
                        Predict();
                    }
                }
            }

            double[] x = (double[])State.X.Clone();
            double[,] p = State.P;
            // Measurements are of the first four numbers, each with noise of its own: one after the other is the same as all at once.
            for (int k = 0; k < 4; k++)
            {
                double s = p[k, k] + (k < 2 ? 1 : 10), y = z[k] - x[k];
                double[,] next = new double[7, 7];
                for (int i = 0; i < 7; i++)
                {
                    x[i] += p[i, k] / s * y;
                    for (int j = 0; j < 7; j++)
                    {
                        next[i, j] = p[i, j] - p[i, k] * p[k, j] / s;
                    }
                }

                p = next;
            }

            State = State with { X = x, P = p, Observed = true };
        }

        private static double[,] Times(double[,] a, double[,] b)
        {
            double[,] c = new double[7, 7];
            for (int i = 0; i < 7; i++)
            {
                for (int j = 0; j < 7; j++)
                {
                    for (int k = 0; k < 7; k++)
                    {
                        c[i, j] += a[i, k] * b[k, j];
                    }
                }
            }

            return c;
        }

        private static double[,] Flipped(double[,] a)
        {
            double[,] c = new double[7, 7];
            for (int i = 0; i < 7; i++)
            {
                for (int j = 0; j < 7; j++)
                {
                    c[j, i] = a[i, j];
                }
            }

            return c;
        }
    }
}
