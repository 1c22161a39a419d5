using System.Globalization;
using System.Text;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Formats a comparison of profiles for a terminal and as Markdown.</summary>
/// <remarks>All changes in a table, and the significant ones with their intervals.</remarks>
internal static class ComparisonText
{
    private const int ShownNames = 8;

    private static readonly (ProfileTrend Trend, string Title)[] Trends =
    [
        (ProfileTrend.Regression, "worse"),
        (ProfileTrend.Improvement, "better"),
        (ProfileTrend.Unproven, "changed, but measured only once on each side"),
    ];

    private static readonly string[] DetailTitles = ["configuration", "figure", "before", "after", "change", "95 % interval"];
    private static readonly bool[] DetailNumbers = [false, false, true, true, true, true];

    /// <summary>Prints the comparison.</summary>
    public static void Write(TextWriter to, ProfileComparison comparison)
    {
        var (titles, rows) = Table(comparison);
        ProfileTable.WriteGrid(to, titles, [false, .. titles.Skip(1).Select(_ => true)], rows);
        if (rows.Any(r => r.Skip(1).Any(c => c.EndsWith('!') || c.EndsWith('+') || c.EndsWith('?'))))
        {
            to.WriteLine("! worse  + better  ? changed, but measured only once on each side");
        }

        foreach (var (trend, title) in Trends)
        {
            if (Details(comparison, trend) is { Count: > 0 } details)
            {
                to.WriteLine();
                to.WriteLine($"{title}:");
                ProfileTable.WriteGrid(to, DetailTitles, DetailNumbers, details);
            }
        }

        to.WriteLine();
        foreach (string line in Remarks(comparison))
        {
            to.WriteLine(ProfileTable.Sanitize(line));
        }
    }

    /// <summary>Returns the comparison as GitHub tables.</summary>
    public static string FormatMarkdown(ProfileComparison comparison)
    {
        var text = new StringBuilder();
        foreach (var (trend, title) in Trends)
        {
            if (Details(comparison, trend) is { Count: > 0 } details)
            {
                text.Append($"**{char.ToUpperInvariant(title[0])}{title[1..]}**\n\n");
                ProfileMarkdown.Table(text, DetailTitles, DetailNumbers, details);
                text.Append('\n');
            }
        }

        text.AppendJoin('\n', Remarks(comparison).Select(r => $"- {ProfileMarkdown.Escape(r)}")).Append("\n\n");
        var (titles, rows) = Table(comparison);
        ProfileMarkdown.Table(text, titles, [false, .. titles.Skip(1).Select(_ => true)], rows);
        return text.ToString();
    }

    /// <summary>Formats a share as a signed percentage, such as "+6.0 %".</summary>
    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:+0.0;-0.0;0.0} %");

    private static (string[] Titles, List<string[]> Rows) Table(ProfileComparison comparison)
    {
        ProfileFigure[] figures = [.. comparison.Pairs.SelectMany(p => p.Changes).Select(c => c.Figure).Distinct()];
        List<string[]> rows = [.. comparison.Pairs.Select(p => (string[])[Name(p), .. figures.Select(f => Cell(p, f))])];
        string[] overall =
            [.. figures.Select(f => comparison.GetMeanChange(f) is { } share && comparison.Pairs.Count > 1 ? Percent(share) + "  " : "")];
        if (comparison.Pairs.Count > 1 && figures.Length > 0)
        {
            rows.Add(["geometric mean", .. overall]);
        }

        return (["configuration", .. figures.Select(f => f.Name + "  ")], rows);
    }

    // Every cell ends with two characters for its mark, so that the numbers are aligned.
    private static string Cell(ProfilePair pair, ProfileFigure figure) =>
        pair.GetChange(figure) is not { } change ? "" : Percent(change.RelativeChange) + change.Verdict switch
        {
            ProfileTrend.Regression => " !",
            ProfileTrend.Improvement => " +",
            ProfileTrend.Unproven => " ?",
            _ => "  ",
        };

    private static List<string[]> Details(ProfileComparison comparison, ProfileTrend trend)
    {
        List<string[]> rows = [];
        foreach (var pair in comparison.Pairs)
        {
            if (pair.StatusTrend == trend && pair.StatusTrend != ProfileTrend.Same)
            {
                string before = pair.Before.Error is null ? "yes" : "no";
                string after = pair.After.Error is null ? "yes" : $"no: {ProfileTable.Sanitize(pair.After.Error)}";
                rows.Add([Name(pair), "works", before, after, "", ""]);
            }

            rows.AddRange(pair.Changes.Where(c => c.Verdict == trend).Select(c => (string[])
                [Name(pair), c.Figure.Name, c.Figure.Format(c.Before), c.Figure.Format(c.After), Percent(c.RelativeChange), Interval(c)]));
        }

        return rows;

        static string Interval(ProfileChange c) =>
            c.Interval is not { } i ? "" : i.Low == i.High ? "exact" : $"{Percent(i.Low)} to {Percent(i.High)}";
    }

    private static IEnumerable<string> Remarks(ProfileComparison comparison)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{comparison.Pairs.Count} configuration{(comparison.Pairs.Count == 1 ? "" : "s")} compared: "
            + $"{comparison.Regressions} worse and {comparison.Improvements} better "
            + $"by more than {100 * comparison.Threshold:0.##} % and statistically significant");
        IEnumerable<(IReadOnlyList<ProfileRow>, string)> unmatched = [(comparison.OnlyBefore, "first"), (comparison.OnlyAfter, "second")];
        foreach (var (rows, where) in unmatched)
        {
            if (rows.Count > 0)
            {
                string names = Some(rows.Select(r => ProfileConfiguration.FromRow(r).ToString()));
                yield return string.Create(CultureInfo.InvariantCulture, $"unmatched, only in the {where} profile: {rows.Count} ({names})");
            }
        }

        foreach (string warning in comparison.Warnings)
        {
            yield return $"warning: {warning}";
        }

        foreach (var same in comparison.Pairs.SelectMany(p => p.Warnings.Select(w => (Warning: w, Pair: p))).GroupBy(w => w.Warning))
        {
            yield return $"warning: {same.Key} ({Some(same.Select(s => Name(s.Pair)))})";
        }
    }

    private static string Name(ProfilePair pair) => ProfileTable.Sanitize(ProfileConfiguration.FromRow(pair.After).ToString());

    private static string Some(IEnumerable<string> names)
    {
        string[] all = [.. names];
        string rest = all.Length > ShownNames ? string.Create(CultureInfo.InvariantCulture, $" and {all.Length - ShownNames} more") : "";
        return string.Join(", ", all.Take(ShownNames)) + rest;
    }
}
