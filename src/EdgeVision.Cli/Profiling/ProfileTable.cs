namespace EdgeVision.Cli;

/// <summary>Rows as a table in a terminal, and what budgets came to.</summary>
internal static class ProfileTable
{
    private const int Gap = 2;

    /// <summary>Prints the rows with figures, what their marks mean, and the reasons of those that are unstable or failed.</summary>
    public static void Write(TextWriter to, IReadOnlyList<ProfileRow> rows)
    {
        var table = ProfileColumns.Of(rows);
        if (table.Rows.Count > 0)
        {
            Grid(to, [.. table.Columns.Select(c => c.Title)], [.. table.Columns.Select(c => c.IsNumber)], [.. table.Rows.Select(r => table.Columns.Select(c => Plain(c.Cell(r))).ToArray())]);
            foreach (string line in table.Legend)
            {
                to.WriteLine(line);
            }
        }

        Reasons(to, "unstable", table.Rows.Where(r => !r.Stable), r => r.Unstable.Length > 0 ? string.Join("; ", r.Unstable) : "no reason given");
        Reasons(to, "failed", table.Failed, r => r.Error!);
    }

    /// <summary>Prints the pick of every choice, and why the others fell.</summary>
    public static void Write(TextWriter to, IReadOnlyList<ProfileChoice> choices)
    {
        foreach (var choice in choices)
        {
            to.WriteLine();
            to.WriteLine($"budget {Plain(choice.Budget.Text)}, {Plain(choice.Group.ToString())}: {Plain(Pick(choice))}");
            int width = choice.Others.Select(o => Plain(ProfileConfiguration.Of(o.Row).ToString()).Length).DefaultIfEmpty().Max();
            foreach (var other in choice.Others)
            {
                to.WriteLine($"  {Plain(ProfileConfiguration.Of(other.Row).ToString()).PadRight(width)}  {Plain(other.Reason)}");
            }
        }
    }

    /// <summary>The pick of a choice in a line, with its figures and what is to be known of it; or what comes nearest.</summary>
    public static string Pick(ProfileChoice choice)
    {
        if (choice.Pick is not { } pick)
        {
            return $"nothing fits{(choice.Nearest is { } nearest ? $"; {ProfileConfiguration.Of(nearest)} comes nearest" : "")}";
        }

        var figures = choice.Budget.Limits.Select(l => l.Figure).Prepend(ProfileFigure.P99).Prepend(choice.Group.Accuracy).Distinct()
            .Where(f => f.Of(pick) is not null).Select(f => $"{(f == ProfileFigure.Metric ? pick.MetricName ?? f.Name : f == ProfileFigure.Capacity ? "MACs" : f.Name)} {f.Text(f.Of(pick)!.Value)}");
        return $"{ProfileConfiguration.Of(pick)} ({string.Join(", ", figures)}){(pick.Stable ? "" : "; it is unstable: measure it again")}{(ProfileColumns.IsEmulated(pick) ? "; it is emulated: its times say nothing of the real processor" : "")}";
    }

    /// <summary>Prints cells in columns: numbers to the right, text to the left.</summary>
    public static void Grid(TextWriter to, IReadOnlyList<string> titles, IReadOnlyList<bool> numbers, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. titles.Select((t, i) => Math.Max(t.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length)))];
        foreach (var cells in rows.Prepend(titles))
        {
            to.WriteLine(string.Join(new string(' ', Gap), cells.Select((c, i) => numbers[i] ? c.PadLeft(widths[i]) : c.PadRight(widths[i]))).TrimEnd());
        }
    }

    /// <summary>Text from a file on one line, without what a terminal would act on.</summary>
    public static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private static void Reasons(TextWriter to, string title, IEnumerable<ProfileRow> rows, Func<ProfileRow, string> reason)
    {
        foreach (var row in rows)
        {
            to.WriteLine(Plain($"{title}: {ProfileConfiguration.Of(row)}{(row.Device.Length > 0 ? $" on {row.Device}" : "")}: {reason(row)}"));
        }
    }
}
