namespace EdgeVision.Architecture.Tests;

/// <summary>Checks dependencies against an order of layers, the lowest first; a layer may have several rooms side by side.</summary>
internal sealed class LayerRule
{
    private readonly Dictionary<string, int> _layers = new(StringComparer.Ordinal);

    /// <summary>Creates the rule of these layers.</summary>
    public LayerRule(params string[][] layers)
    {
        for (int i = 0; i < layers.Length; i++)
        {
            foreach (string room in layers[i])
            {
                _layers.Add(room, i);
            }
        }
    }

    /// <summary>Gets all rooms of the order.</summary>
    public IReadOnlyCollection<string> Rooms => _layers.Keys;

    /// <summary>Returns a line for each arrow to a later layer or to an unknown room, and one for each cycle.</summary>
    public List<string> FindViolations(IEnumerable<Arrow> arrows)
    {
        var violations = new List<string>();
        var graph = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var arrow in arrows.Where(a => a.From != a.To).Distinct())
        {
            if (!_layers.TryGetValue(arrow.From, out int from) || !_layers.TryGetValue(arrow.To, out int to))
            {
                violations.Add($"{arrow.From} -> {arrow.To} has a room that is not in the order: {arrow.Place}");
                continue;
            }

            if (to > from)
            {
                violations.Add($"{arrow.From} -> {arrow.To} is against the order: {arrow.Place}");
            }

            (graph.TryGetValue(arrow.From, out var targets) ? targets : graph[arrow.From] = new(StringComparer.Ordinal)).Add(arrow.To);
        }

        violations.AddRange(FindCycles(graph).Select(cycle => $"{string.Join(" -> ", cycle)} is a cycle"));
        return violations;
    }

    // Each room is entered once; a room that is met again on the way to it closes a cycle.
    private static List<List<string>> FindCycles(SortedDictionary<string, SortedSet<string>> graph)
    {
        var cycles = new List<List<string>>();
        var done = new HashSet<string>();
        var way = new List<string>();
        foreach (string room in graph.Keys)
        {
            Enter(room);
        }

        return cycles;

        void Enter(string room)
        {
            if (way.IndexOf(room) is >= 0 and int start)
            {
                cycles.Add([.. way[start..], room]);
                return;
            }

            if (!done.Add(room))
            {
                return;
            }

            way.Add(room);
            foreach (string next in graph.GetValueOrDefault(room) ?? [])
            {
                Enter(next);
            }

            way.RemoveAt(way.Count - 1);
        }
    }
}
