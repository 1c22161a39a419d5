using System.Globalization;
using EdgeVision.Diagnostics;

namespace EdgeVision.Profiling.Selection;

/// <summary>Limits on profile figures, and the choice of the best configuration that meets them.</summary>
/// <remarks>Rows of one device with the same metric are compared (<see cref="ProfileGroup"/>); each such group has its own pick.</remarks>
public sealed class ProfileBudget
{
    // Percentiles of two runs of the same configuration differ by some per cent; changes up to this fraction count as equal.
    private const double EqualityTolerance = 0.05;

    private ProfileBudget(string text, IReadOnlyList<ProfileLimit> limits) => (Text, Limits) = (text, limits);

    /// <summary>Text of the budget as written.</summary>
    public string Text { get; }

    /// <summary>Limits of the budget.</summary>
    public IReadOnlyList<ProfileLimit> Limits { get; }

    /// <summary>Parses comma-separated limits such as <c>p99=33ms,memory=200MB,fps=30,metric=0.9</c>.</summary>
    /// <remarks>
    /// Figures are those of <see cref="ProfileFigure.All"/>. Units are us, ms and s for times; KB, MB, GB and KiB, MiB, GiB for sizes;
    /// mJ and J for energy; K, M and G for counts; % for the metric. The default units are ms, MB and J.
    /// </remarks>
    /// <exception cref="EdgeVisionException">
    /// A figure or unit is unknown (the message lists the known ones), a value is not a number, or a figure occurs twice.
    /// </exception>
    public static ProfileBudget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0)
        {
            throw new EdgeVisionException("the budget is empty; write figure=value, separated by commas, such as p99=33ms,memory=200MB");
        }

        List<ProfileLimit> limits = [];
        foreach (string part in parts)
        {
            var limit = ProfileLimit.Parse(part);
            if (limits.Any(l => l.Figure == limit.Figure))
            {
                throw new EdgeVisionException($"the budget '{ErrorText.ToSingleLine(text)}' limits {limit.Figure.Name} twice");
            }

            limits.Add(limit);
        }

        return new ProfileBudget(text, limits);
    }

    /// <summary>Picks, for every device, task and metric, the row within the limits with the highest metric.</summary>
    /// <remarks>
    /// Of those with the same metric the one with the lowest p99, and then the lowest memory, is picked. Without a metric the number of
    /// multiply-accumulates per frame replaces it. Unstable and emulated rows may be picked; callers that show the pick should mark it.
    /// </remarks>
    /// <returns>One choice per group, in the order of the rows.</returns>
    public IReadOnlyList<ProfileChoice> Choose(IReadOnlyList<ProfileRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        // A failed row has no metric; it belongs to the rows of its device and task with a metric, if there are any.
        var groups = rows.Where(r => r.Error is null).Select(ProfileGroup.FromRow).Distinct().ToList();
        return
        [
            .. rows
                .GroupBy(r => r.Error is null
                    ? ProfileGroup.FromRow(r)
                    : groups.Find(g => g.Device == r.Device && g.Task == r.Task) ?? ProfileGroup.FromRow(r))
                .Select(g => Choose(g.Key, [.. g])),
        ];
    }

    private ProfileChoice Choose(ProfileGroup group, ProfileRow[] rows)
    {
        ProfileRow[] fitting = [.. rows.Where(r => r.Error is null && Limits.All(l => l.IsMetBy(r)))
            .OrderByDescending(r => group.Accuracy.GetValue(r) ?? double.NegativeInfinity)
            .ThenBy(r => ProfileFigure.P99.GetValue(r) ?? double.PositiveInfinity)
            .ThenBy(r => ProfileFigure.Memory.GetValue(r) ?? double.PositiveInfinity)];
        var pick = fitting.FirstOrDefault();
        var front = ParetoFront.Compute(fitting, group.Accuracy, ProfileFigure.P99);
        var others = rows.Where(r => !ReferenceEquals(r, pick)).Select(r => Reject(r, group, pick, front)).ToList();
        return new ProfileChoice(this, group, pick, pick is null ? FindNearest(rows) : null, others);
    }

    // The row with the smallest excess, where the worst of its limits counts.
    private ProfileRow? FindNearest(ProfileRow[] rows) => rows
        .Where(r => r.Error is null && Limits.All(l => l.Figure.GetValue(r) is not null))
        .MinBy(r => Limits.Max(l => l.GetExcess(r)));

    private ProfileRejection Reject(ProfileRow row, ProfileGroup group, ProfileRow? pick, ParetoFront front)
    {
        if (row.Error is { } error)
        {
            return new ProfileRejection(row, ProfileRejectionKind.Failed, $"failed: {ErrorText.ToSingleLine(error)}");
        }

        var broken = Limits.Where(l => !l.IsMetBy(row)).ToList();
        if (broken.Count > 0)
        {
            return new ProfileRejection(row, ProfileRejectionKind.OverBudget, string.Join("; ", broken.Select(l => l.DescribeViolation(row))));
        }

        if (front.GetDominator(row) is not { } by)
        {
            return new ProfileRejection(row, ProfileRejectionKind.LessAccurate, DescribeDifference(row, pick!, group.Accuracy, named: true));
        }

        string reason = $"dominated by {ProfileConfiguration.FromRow(by)}: {DescribeDifference(row, by, group.Accuracy, named: false)}";
        return new ProfileRejection(row, ProfileRejectionKind.Dominated, reason);
    }

    /// <summary>Compares a row with an at least equally accurate one: "0.2 % less accurate than X at about the same time".</summary>
    private static string DescribeDifference(ProfileRow row, ProfileRow other, ProfileFigure accuracy, bool named)
    {
        string name = ProfileConfiguration.FromRow(other).ToString(), than = named ? $" than {name}" : "", like = named ? $" as {name}" : "";
        bool trained = accuracy == ProfileFigure.Metric;
        string what = (accuracy.GetValue(row), accuracy.GetValue(other)) switch
        {
            ({ } a, { } b) when a == b => (trained ? "as accurate" : "as many multiply-accumulates") + like,
            ({ } a, { } b) =>
                $"{FormatPercent(b == 0 ? 1 : (b - a) / Math.Abs(b))} {(trained ? "less accurate" : "fewer multiply-accumulates")}{than}",
            _ => $"its multiply-accumulates are unknown, those of {name} are known",
        };
        string time = GetRelativeChange(ProfileFigure.P99, row, other) switch
        {
            null => "",
            >= -EqualityTolerance and <= EqualityTolerance => " at about the same time",
            { } c => $", p99 {FormatPercent(Math.Abs(c))} {(c > 0 ? "longer" : "shorter")}",
        };
        string memory = GetRelativeChange(ProfileFigure.Memory, row, other) switch
        {
            null or (>= -EqualityTolerance and <= EqualityTolerance) => "",
            { } c => $", {FormatPercent(Math.Abs(c))} {(c > 0 ? "more" : "less")} memory",
        };
        return what + time + memory;
    }

    private static double? GetRelativeChange(ProfileFigure figure, ProfileRow row, ProfileRow other) =>
        (figure.GetValue(row), figure.GetValue(other)) is ({ } a, { } b) && b > 0 ? a / b - 1 : null;

    private static string FormatPercent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %") is var text && text != "0 %" ? text : "less than 0.1 %";
}

/// <summary>Result of a budget for one group of comparable rows.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Group">Device, task and metric of the rows.</param>
/// <param name="Pick">The best row within the limits; null if there is none.</param>
/// <param name="Nearest">
/// Without a pick, the row with the smallest excess; null if no row has a value for every limit.
/// </param>
/// <param name="Others">All other rows in order, with the reasons why they were not picked.</param>
public sealed record ProfileChoice(
    ProfileBudget Budget, ProfileGroup Group, ProfileRow? Pick, ProfileRow? Nearest, IReadOnlyList<ProfileRejection> Others);

/// <summary>Reason why a row was not picked.</summary>
/// <param name="Row">The row.</param>
/// <param name="Kind">Kind of reason.</param>
/// <param name="Reason">One line: which limit is exceeded by how much, or what is better and by how much.</param>
public sealed record ProfileRejection(ProfileRow Row, ProfileRejectionKind Kind, string Reason);

/// <summary>Kinds of reasons why a row was not picked.</summary>
public enum ProfileRejectionKind
{
    /// <summary>The row has no figures.</summary>
    Failed,

    /// <summary>The row exceeds a limit, or has no value for it.</summary>
    OverBudget,

    /// <summary>Another row within the limits is at least as accurate and as fast, and better in one.</summary>
    Dominated,

    /// <summary>The row is within the limits and on the front, but the pick is more accurate.</summary>
    /// <remarks>Or the pick is as accurate, at the same p99, with less memory.</remarks>
    LessAccurate,
}
