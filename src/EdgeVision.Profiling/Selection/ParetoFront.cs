namespace EdgeVision.Profiling.Selection;

/// <summary>Pareto front of profile rows over several objectives.</summary>
/// <remarks>
/// A row is on the front if no other is at least as good in every objective and better in one. Rows that are equal in every objective
/// are on the front together. A row without a value for an objective is excluded: it neither dominates nor is dominated.
/// </remarks>
public sealed class ParetoFront
{
    private readonly Dictionary<ProfileRow, ProfileRow> _dominators = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<ProfileRow> _front = new(ReferenceEqualityComparer.Instance);

    private ParetoFront(IReadOnlyList<ProfileFigure> objectives) => Objectives = objectives;

    /// <summary>Objectives by which rows are compared.</summary>
    public IReadOnlyList<ProfileFigure> Objectives { get; }

    /// <summary>Rows on the front, ordered by the first objective, best first.</summary>
    public IReadOnlyList<ProfileRow> Rows { get; private set; } = [];

    /// <summary>Rows that lack a value for an objective, or failed.</summary>
    public IReadOnlyList<ProfileRow> Excluded { get; private set; } = [];

    /// <summary>Computes the front of rows, regardless of their device and task.</summary>
    /// <param name="rows">Rows to compare.</param>
    /// <param name="objectives">Objectives; at least one.</param>
    public static ParetoFront Compute(IReadOnlyList<ProfileRow> rows, params IReadOnlyList<ProfileFigure> objectives)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentOutOfRangeException.ThrowIfZero(objectives.Count);
        var front = new ParetoFront(objectives);
        List<(ProfileRow Row, double[] Values)> candidates = [];
        List<ProfileRow> missing = [];
        foreach (var row in rows)
        {
            if (Values(row, objectives) is { } values)
            {
                candidates.Add((row, values));
            }
            else
            {
                missing.Add(row);
            }
        }

        // Sorted by the objectives, so that a row comes after every row that dominates it, and one of those is on the front.
        candidates = [.. candidates.Order(Comparer<(ProfileRow, double[] Values)>.Create((a, b) => CompareValues(a.Values, b.Values)))];
        List<(ProfileRow Row, double[] Values)> best = [];
        foreach (var candidate in candidates)
        {
            int by = best.FindIndex(b => Dominates(b.Values, candidate.Values));
            if (by >= 0)
            {
                front._dominators[candidate.Row] = best[by].Row;
            }
            else
            {
                best.Add(candidate);
                front._front.Add(candidate.Row);
            }
        }

        front.Rows = [.. best.Select(b => b.Row)];
        front.Excluded = missing;
        return front;
    }

    /// <summary>Computes the fronts of accuracy against p99 latency, one per device, task and metric.</summary>
    /// <remarks>
    /// Metrics of different tasks cannot be compared. Rows without a metric have fronts of their own, of
    /// <see cref="ProfileFigure.Capacity"/> against p99.
    /// </remarks>
    public static IReadOnlyDictionary<ProfileGroup, ParetoFront> ComputeByGroup(IReadOnlyList<ProfileRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.Where(r => r.Error is null)
            .GroupBy(ProfileGroup.FromRow)
            .ToDictionary(g => g.Key, g => Compute([.. g], g.Key.Accuracy, ProfileFigure.P99));
    }

    /// <summary>Returns whether a row is on the front.</summary>
    public bool Contains(ProfileRow row) => _front.Contains(row);

    /// <summary>Returns a row of the front that dominates a row; null if there is none.</summary>
    public ProfileRow? GetDominator(ProfileRow row) => _dominators.GetValueOrDefault(row);

    private static double[]? Values(ProfileRow row, IReadOnlyList<ProfileFigure> objectives)
    {
        double[] values = new double[objectives.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if (objectives[i].GetValue(row) is not { } value)
            {
                return null;
            }

            // From here on lower is better.
            values[i] = objectives[i].GreaterIsBetter ? -value : value;
        }

        return values;
    }

    private static int CompareValues(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i].CompareTo(b[i]) is not 0 and var order)
            {
                return order;
            }
        }

        return 0;
    }

    private static bool Dominates(double[] a, double[] b)
    {
        bool better = false;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] > b[i])
            {
                return false;
            }

            better |= a[i] < b[i];
        }

        return better;
    }
}
