using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Prints rows as a table, and the picks of the budgets.</summary>
internal static class ProfileTable
{
    private const int Gap = 2;

    /// <summary>Prints the measured rows, the legend, and the reasons why rows are unstable or failed.</summary>
    public static void Write(TextWriter to, IReadOnlyList<ProfileRow> rows)
    {
        var table = ProfileColumns.Of(rows);
        if (table.Rows.Count > 0)
        {
            WriteGrid(
                to,
                [.. table.Columns.Select(c => c.Title)],
                [.. table.Columns.Select(c => c.IsNumber)],
                [.. table.Rows.Select(r => table.Columns.Select(c => Sanitize(c.Cell(r))).ToArray())]);
            foreach (string line in table.Legend)
            {
                to.WriteLine(line);
            }
        }

        var unstable = table.Rows.Where(r => !r.Stable);
        Reasons(to, "unstable", unstable, r => r.Unstable.Length > 0 ? string.Join("; ", r.Unstable) : "no reason given");
        Reasons(to, "failed", table.Failed, r => r.Error!);
    }

    /// <summary>Prints the pick of every choice, and why the others were rejected.</summary>
    public static void Write(TextWriter to, IReadOnlyList<ProfileChoice> choices)
    {
        foreach (var choice in choices)
        {
            to.WriteLine();
            to.WriteLine($"budget {Sanitize(choice.Budget.Text)}, {Sanitize(choice.Group.ToString())}: {Sanitize(FormatPick(choice))}");
            int width = choice.Others.Select(o => Sanitize(ProfileConfiguration.FromRow(o.Row).ToString()).Length).DefaultIfEmpty().Max();
            foreach (var other in choice.Others)
            {
                to.WriteLine($"  {Sanitize(ProfileConfiguration.FromRow(other.Row).ToString()).PadRight(width)}  {Sanitize(other.Reason)}");
            }
        }
    }

    /// <summary>Returns the pick of a choice on one line, with its values and caveats; or the nearest configuration.</summary>
    public static string FormatPick(ProfileChoice choice)
    {
        if (choice.Pick is not { } pick)
        {
            return $"nothing fits{(choice.Nearest is { } nearest ? $"; {ProfileConfiguration.FromRow(nearest)} comes nearest" : "")}";
        }

        var figures = choice.Budget.Limits.Select(l => l.Figure).Prepend(ProfileFigure.P99).Prepend(choice.Group.Accuracy).Distinct()
            .Where(f => f.GetValue(pick) is not null).Select(f => $"{Name(f)} {f.Format(f.GetValue(pick)!.Value)}");
        string unstable = pick.Stable ? "" : "; it is unstable: measure it again";
        string emulated = ProfileColumns.IsEmulated(pick) ? "; it is emulated: its times are not those of the real processor" : "";
        return $"{ProfileConfiguration.FromRow(pick)} ({string.Join(", ", figures)}){unstable}{emulated}";

        string Name(ProfileFigure f) =>
            f == ProfileFigure.Metric ? pick.MetricName ?? f.Name : f == ProfileFigure.Capacity ? "MACs" : f.Name;
    }

    /// <summary>Prints cells in columns: numbers right-aligned, text left-aligned.</summary>
    public static void WriteGrid(TextWriter to, IReadOnlyList<string> titles, IReadOnlyList<bool> numbers, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. titles.Select((t, i) => Math.Max(t.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length)))];
        foreach (var cells in rows.Prepend(titles))
        {
            var padded = cells.Select((c, i) => numbers[i] ? c.PadLeft(widths[i]) : c.PadRight(widths[i]));
            to.WriteLine(string.Join(new string(' ', Gap), padded).TrimEnd());
        }
    }

    /// <summary>Replaces control characters by spaces.</summary>
    /// <remarks>Text from a file then stays on one line and cannot control the terminal.</remarks>
    public static string Sanitize(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private static void Reasons(TextWriter to, string title, IEnumerable<ProfileRow> rows, Func<ProfileRow, string> reason)
    {
        foreach (var row in rows)
        {
            string device = row.Device.Length > 0 ? $" on {row.Device}" : "";
            to.WriteLine(Sanitize($"{title}: {ProfileConfiguration.FromRow(row)}{device}: {reason(row)}"));
        }
    }
}
