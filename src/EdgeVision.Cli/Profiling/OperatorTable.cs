using System.Globalization;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Operators;

namespace EdgeVision.Cli.Profiling;

/// <summary>Prints the time of a network by operator and by node, and the number of nodes on each provider.</summary>
internal static class OperatorTable
{
    private const int ShownNodes = 10;

    /// <summary>Prints the operators of every row that has operator times.</summary>
    public static void Write(TextWriter to, IReadOnlyList<ProfileRow> rows)
    {
        foreach (var row in rows.Where(r => r.Operators is { Length: > 0 }))
        {
            double nodes = row.Operators!.Where(o => o.Name != OperatorProfile.BetweenNodes).Sum(o => o.Share);
            to.WriteLine();
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{ProfileConfiguration.FromRow(row)}: operators, in a separate session ({nodes:P1} of its time is in nodes)"));
            ProfileTable.WriteGrid(
                to,
                ["operator", "provider", "nodes", "ms", "share"],
                [false, false, true, true, true],
                [.. row.Operators!.Select(o => Cells(o, o.Nodes > 0 ? o.Nodes.ToString(CultureInfo.InvariantCulture) : ""))]);
            if (row.Nodes is { Length: > 0 } own)
            {
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the {Math.Min(ShownNodes, own.Length)} slowest nodes"));
                ProfileTable.WriteGrid(
                    to,
                    ["node", "provider", "operator", "ms", "share"],
                    [false, false, false, true, true],
                    [.. own.Take(ShownNodes).Select(n => Cells(n, n.Operator))]);
            }

            var placement = (row.Placement ?? []).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Value} nodes on {p.Key}"));
            to.WriteLine($"placement: {string.Join(", ", placement)}");
        }
    }

    private static string[] Cells(ProfileOperator o, string third) =>
    [
        ProfileTable.Sanitize(o.Name),
        o.Provider.Replace("ExecutionProvider", "", StringComparison.Ordinal),
        third,
        o.Ms.ToString("F3", CultureInfo.InvariantCulture),
        o.Share.ToString("P1", CultureInfo.InvariantCulture),
    ];
}
