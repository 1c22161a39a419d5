using System.Globalization;

namespace EdgeVision;

/// <summary>
/// Limits that a configuration must keep to, and the choice of the best that does. Rows of one device whose metric is the same are weighed against one another
/// (<see cref="ProfileGroup"/>); each such group has a pick of its own.
/// </summary>
public sealed class ProfileBudget
{
    // Percentiles of two runs of the same thing differ by some per cent; this far apart they are about the same.
    private const double AboutTheSame = 0.05;

    private ProfileBudget(string text, IReadOnlyList<ProfileLimit> limits) => (Text, Limits) = (text, limits);

    /// <summary>The budget as it was written.</summary>
    public string Text { get; }

    /// <summary>Its limits.</summary>
    public IReadOnlyList<ProfileLimit> Limits { get; }

    /// <summary>
    /// Reads limits by commas, such as <c>p99=33ms,memory=200MB,fps=30,metric=0.9</c>. Figures are those of <see cref="ProfileFigure.All"/>. Times take us, ms and s;
    /// sizes KB, MB, GB and KiB, MiB, GiB; energy mJ and J; counts K, M and G; the metric %. Without a unit they are ms, MB and J.
    /// </summary>
    /// <exception cref="EdgeVisionException">A figure or unit that is not known (the message lists those that are), no number, or a figure twice.</exception>
    public static ProfileBudget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0)
        {
            throw new EdgeVisionException("the budget is empty; write figure=value by commas, such as p99=33ms,memory=200MB");
        }

        List<ProfileLimit> limits = [];
        foreach (string part in parts)
        {
            var limit = ProfileLimit.Parse(part);
            if (limits.Any(l => l.Figure == limit.Figure))
            {
                throw new EdgeVisionException($"the budget '{OneLine.Of(text)}' limits {limit.Figure.Name} twice");
            }

            limits.Add(limit);
        }

        return new ProfileBudget(text, limits);
    }

    /// <summary>
    /// Picks, for every device, task and metric, the row that fits with the highest metric; of those with the same metric the lowest p99, and then the smallest memory.
    /// Where there is no metric the most multiply-accumulates of a frame stand in for it. Unstable and emulated rows may be picked; whoever shows the pick says so.
    /// </summary>
    /// <returns>A choice for each group, in the order of the rows.</returns>
    public IReadOnlyList<ProfileChoice> Choose(IReadOnlyList<ProfileRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        // A row that failed has no metric; it belongs to the rows of its device and task that have one, where there are such.
        var groups = rows.Where(r => r.Error is null).Select(ProfileGroup.Of).Distinct().ToList();
        return [.. rows.GroupBy(r => r.Error is null ? ProfileGroup.Of(r) : groups.Find(g => g.Device == r.Device && g.Task == r.Task) ?? ProfileGroup.Of(r)).Select(g => Choose(g.Key, [.. g]))];
    }

    private ProfileChoice Choose(ProfileGroup group, ProfileRow[] rows)
    {
        ProfileRow[] fitting = [.. rows.Where(r => r.Error is null && Limits.All(l => l.Allows(r)))
            .OrderByDescending(r => group.Accuracy.Of(r) ?? double.NegativeInfinity)
            .ThenBy(r => ProfileFigure.P99.Of(r) ?? double.PositiveInfinity)
            .ThenBy(r => ProfileFigure.Memory.Of(r) ?? double.PositiveInfinity)];
        var pick = fitting.FirstOrDefault();
        var front = ParetoFront.Of(fitting, group.Accuracy, ProfileFigure.P99);
        var others = rows.Where(r => !ReferenceEquals(r, pick)).Select(r => Verdict(r, group, pick, front)).ToList();
        return new ProfileChoice(this, group, pick, pick is null ? Nearest(rows) : null, others);
    }

    // The one that misses by the least, where the worst of a row's limits counts.
    private ProfileRow? Nearest(ProfileRow[] rows) => rows
        .Where(r => r.Error is null && Limits.All(l => l.Figure.Of(r) is not null))
        .MinBy(r => Limits.Max(l => l.Excess(r)));

    private ProfileVerdict Verdict(ProfileRow row, ProfileGroup group, ProfileRow? pick, ParetoFront front)
    {
        if (row.Error is { } error)
        {
            return new ProfileVerdict(row, ProfileFall.Failed, $"failed: {OneLine.Of(error)}");
        }

        var broken = Limits.Where(l => !l.Allows(row)).ToList();
        if (broken.Count > 0)
        {
            return new ProfileVerdict(row, ProfileFall.OverBudget, string.Join("; ", broken.Select(l => l.Reason(row))));
        }

        return front.BeatenBy(row) is { } by
            ? new ProfileVerdict(row, ProfileFall.Dominated, $"dominated by {ProfileConfiguration.Of(by)}: {Against(row, by, group.Accuracy, named: false)}")
            : new ProfileVerdict(row, ProfileFall.LessAccurate, Against(row, pick!, group.Accuracy, named: true));
    }

    /// <summary>How a row does beside another that is at least as accurate: "0.2 % less accurate than X at about the same time".</summary>
    private static string Against(ProfileRow row, ProfileRow other, ProfileFigure accuracy, bool named)
    {
        string name = ProfileConfiguration.Of(other).ToString(), than = named ? $" than {name}" : "", like = named ? $" as {name}" : "";
        bool trained = accuracy == ProfileFigure.Metric;
        string what = (accuracy.Of(row), accuracy.Of(other)) switch
        {
            ({ } a, { } b) when a == b => (trained ? "as accurate" : "as many multiply-accumulates") + like,
            ({ } a, { } b) => $"{Share(b == 0 ? 1 : (b - a) / Math.Abs(b))} {(trained ? "less accurate" : "fewer multiply-accumulates")}{than}",
            _ => $"its multiply-accumulates are not known, those of {name} are",
        };
        string time = Change(ProfileFigure.P99, row, other) switch
        {
            null => "",
            >= -AboutTheSame and <= AboutTheSame => " at about the same time",
            { } c => $", p99 {Share(Math.Abs(c))} {(c > 0 ? "longer" : "shorter")}",
        };
        string memory = Change(ProfileFigure.Memory, row, other) switch
        {
            null or (>= -AboutTheSame and <= AboutTheSame) => "",
            { } c => $", {Share(Math.Abs(c))} {(c > 0 ? "more" : "less")} memory",
        };
        return what + time + memory;
    }

    private static double? Change(ProfileFigure figure, ProfileRow row, ProfileRow other) => (figure.Of(row), figure.Of(other)) is ({ } a, { } b) && b > 0 ? a / b - 1 : null;

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %") is var text && text != "0 %" ? text : "less than 0.1 %";
}

/// <summary>What a budget came to among rows that can be weighed against one another.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Group">Device, task and metric of the rows.</param>
/// <param name="Pick">The best row that fits; null where none does.</param>
/// <param name="Nearest">Where none fits, the row that misses by the least; null where a limit's figure is known of no row.</param>
/// <param name="Others">Every other row, in their order, and why it fell.</param>
public sealed record ProfileChoice(ProfileBudget Budget, ProfileGroup Group, ProfileRow? Pick, ProfileRow? Nearest, IReadOnlyList<ProfileVerdict> Others);

/// <summary>Why a row was not picked.</summary>
/// <param name="Row">The row.</param>
/// <param name="Fall">In a word.</param>
/// <param name="Reason">In a line: which limit by how much, or what is better and by how much.</param>
public sealed record ProfileVerdict(ProfileRow Row, ProfileFall Fall, string Reason);

/// <summary>Kinds of reasons why a row was not picked.</summary>
public enum ProfileFall
{
    /// <summary>It has no figures.</summary>
    Failed,

    /// <summary>It exceeds a limit, or the limit's figure is not known.</summary>
    OverBudget,

    /// <summary>Another row that fits is at least as accurate and as quick, and better in one.</summary>
    Dominated,

    /// <summary>It fits and nothing beats it, but the pick is more accurate (or the same, at the same p99, in less memory).</summary>
    LessAccurate,
}
