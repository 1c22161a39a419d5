namespace EdgeVision;

/// <summary>
/// Which rows nothing beats: a row is on the front where no other is at least as good in every objective and better in one. Rows that are equal in every
/// objective are on the front together. A row that lacks an objective's figure takes no part: it neither beats nor is beaten.
/// </summary>
public sealed class ParetoFront
{
    private readonly Dictionary<ProfileRow, ProfileRow> _beatenBy = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<ProfileRow> _front = new(ReferenceEqualityComparer.Instance);

    private ParetoFront(IReadOnlyList<ProfileFigure> objectives) => Objectives = objectives;

    /// <summary>What rows were weighed by.</summary>
    public IReadOnlyList<ProfileFigure> Objectives { get; }

    /// <summary>Rows that nothing beats, best in the first objective first.</summary>
    public IReadOnlyList<ProfileRow> Rows { get; private set; } = [];

    /// <summary>Rows that lack a figure of the objectives, or failed.</summary>
    public IReadOnlyList<ProfileRow> Missing { get; private set; } = [];

    /// <summary>The front of some rows, whatever their device and task.</summary>
    /// <param name="rows">Rows to weigh.</param>
    /// <param name="objectives">What to weigh them by; at least one.</param>
    public static ParetoFront Of(IReadOnlyList<ProfileRow> rows, params IReadOnlyList<ProfileFigure> objectives)
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

        // In the order of the objectives, so that whatever beats a row comes before it and is itself on the front or beaten by one that is.
        candidates = [.. candidates.Order(Comparer<(ProfileRow, double[] Values)>.Create((a, b) => Order(a.Values, b.Values)))];
        List<(ProfileRow Row, double[] Values)> best = [];
        foreach (var candidate in candidates)
        {
            int by = best.FindIndex(b => Dominates(b.Values, candidate.Values));
            if (by >= 0)
            {
                front._beatenBy[candidate.Row] = best[by].Row;
            }
            else
            {
                best.Add(candidate);
                front._front.Add(candidate.Row);
            }
        }

        front.Rows = [.. best.Select(b => b.Row)];
        front.Missing = missing;
        return front;
    }

    /// <summary>
    /// The fronts of accuracy against p99 latency, one for each device, task and metric: figures of different tasks cannot be weighed. Rows without a metric have
    /// fronts of their own, of <see cref="ProfileFigure.Capacity"/> against p99.
    /// </summary>
    public static IReadOnlyDictionary<ProfileGroup, ParetoFront> ByGroup(IReadOnlyList<ProfileRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.Where(r => r.Error is null).GroupBy(ProfileGroup.Of).ToDictionary(g => g.Key, g => Of([.. g], g.Key.Accuracy, ProfileFigure.P99));
    }

    /// <summary>Whether a row is on the front.</summary>
    public bool Contains(ProfileRow row) => _front.Contains(row);

    /// <summary>A row of the front that beats this one; null where none does.</summary>
    public ProfileRow? BeatenBy(ProfileRow row) => _beatenBy.GetValueOrDefault(row);

    private static double[]? Values(ProfileRow row, IReadOnlyList<ProfileFigure> objectives)
    {
        double[] values = new double[objectives.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if (objectives[i].Of(row) is not { } value)
            {
                return null;
            }

            // Less is better from here on.
            values[i] = objectives[i].GreaterIsBetter ? -value : value;
        }

        return values;
    }

    private static int Order(double[] a, double[] b)
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
