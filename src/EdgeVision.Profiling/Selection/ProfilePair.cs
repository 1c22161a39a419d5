using EdgeVision.Diagnostics;
using EdgeVision.Profiling.Statistics;

namespace EdgeVision.Profiling.Selection;

/// <summary>Rows of one configuration before and after, with the changes of their figures.</summary>
public sealed class ProfilePair
{
    // A metric and a file's size do not vary between readings; a time that was measured once may be anything.
    private static readonly (ProfileFigure Figure, Func<ProfileRow, ProfileRow, (double Low, double High)?> Interval)[] Figures =
    [
        (ProfileFigure.P50, ProfileIntervals.ForMedians),
        (ProfileFigure.P99, (a, b) => ProfileIntervals.FromIntervals(a.P99Ms, a.P99IntervalMs, b.P99Ms, b.P99IntervalMs)),
        (ProfileFigure.Throughput, ProfileIntervals.ForThroughputs),
        (ProfileFigure.Memory, (_, _) => null),
        (ProfileFigure.Load, (_, _) => null),
        (ProfileFigure.ModelSize, Exact(ProfileFigure.ModelSize, (_, _) => true)),
        (ProfileFigure.Metric, Exact(ProfileFigure.Metric, (a, b) => a.MetricSource is not null && a.MetricSource == b.MetricSource)),
    ];

    private ProfilePair(ProfileRow before, ProfileRow after) => (Before, After) = (before, after);

    /// <summary>Row of the baseline.</summary>
    public ProfileRow Before { get; }

    /// <summary>Row to judge.</summary>
    public ProfileRow After { get; }

    /// <summary>Changes of the figures that both rows have; empty if one of them failed.</summary>
    public IReadOnlyList<ProfileChange> Changes { get; private init; } = [];

    /// <summary>Change between failing and working; <see cref="ProfileTrend.Same"/> if there is none.</summary>
    public ProfileTrend StatusTrend { get; private init; }

    /// <summary>Warnings about this pair: another model file, an unstable or emulated row, another metric.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Returns the change of a figure; null if one of the rows has no value.</summary>
    public ProfileChange? GetChange(ProfileFigure figure) => Changes.FirstOrDefault(c => c.Figure == figure);

    internal int Count(ProfileTrend verdict) => Changes.Count(c => c.Verdict == verdict) + (StatusTrend == verdict ? 1 : 0);

    internal static ProfilePair Compare(ProfileRow before, ProfileRow after, double threshold)
    {
        List<ProfileChange> changes = [];
        List<string> warnings = [.. GetWarnings(before, after)];
        foreach (var (figure, interval) in Figures)
        {
            if (figure.GetValue(before) is not { } a || figure.GetValue(after) is not { } b || a <= 0)
            {
                continue;
            }

            if (figure == ProfileFigure.Metric && before.MetricName != after.MetricName)
            {
                warnings.Add($"the metrics differ: {before.MetricName ?? "unnamed"} before, {after.MetricName ?? "unnamed"} after");
                continue;
            }

            changes.Add(ProfileChange.Create(figure, a, b, interval(before, after), threshold));
        }

        return new ProfilePair(before, after)
        {
            Changes = changes,
            Warnings = warnings,
            StatusTrend = (before.Error, after.Error) switch
            {
                (null, not null) => ProfileTrend.Regression,
                (not null, null) => ProfileTrend.Improvement,
                _ => ProfileTrend.Same,
            },
        };
    }

    private static Func<ProfileRow, ProfileRow, (double, double)?> Exact(
        ProfileFigure figure, Func<ProfileRow, ProfileRow, bool> comparable) =>
        (a, b) => comparable(a, b) ? (figure.GetValue(b)!.Value / figure.GetValue(a)!.Value, figure.GetValue(b)!.Value / figure.GetValue(a)!.Value) : null;

    private static IEnumerable<string> GetWarnings(ProfileRow before, ProfileRow after)
    {
        if (before.ModelSha256 is not null && after.ModelSha256 is not null && before.ModelSha256 != after.ModelSha256)
        {
            yield return "the model files differ";
        }

        if (before.Device != after.Device)
        {
            yield return $"the devices differ: '{before.Device}' before, '{after.Device}' after";
        }

        foreach (var (row, when) in (IEnumerable<(ProfileRow, string)>)[(before, "before"), (after, "after")])
        {
            if (row.Error is null && !row.Stable)
            {
                yield return $"unstable {when}{(row.Unstable.Length > 0 ? $": {ErrorText.ToSingleLine(string.Join("; ", row.Unstable))}" : "")}";
            }

            if (row.Machine?.Emulated == true)
            {
                yield return $"emulated {when}: its latencies are not those of the real processor";
            }
        }
    }
}

/// <summary>Change of a figure.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Before">Value in the baseline in the figure's unit; above 0.</param>
/// <param name="After">Value in the profile to judge.</param>
/// <param name="Interval">
/// 95 % confidence interval of <see cref="RelativeChange"/>; both ends are equal if the figure has no scatter; null if the scatter is unknown.
/// </param>
/// <param name="Verdict">Verdict on the change.</param>
public sealed record ProfileChange(ProfileFigure Figure, double Before, double After, ConfidenceInterval? Interval, ProfileTrend Verdict)
{
    /// <summary>Change as a fraction of the value before: 0.05 is five per cent more.</summary>
    public double RelativeChange => After / Before - 1;

    internal static ProfileChange Create(ProfileFigure figure, double before, double after, (double Low, double High)? ratio, double threshold)
    {
        double share = after / before - 1;
        ConfidenceInterval? interval = ratio is { } r ? new ConfidenceInterval(r.Low - 1, r.High - 1) : null;
        // Equal figures are excluded first, so that no rounding can exceed a threshold of 0.
        bool exceeds = after != before && Math.Abs(share) > threshold;
        var verdict = !exceeds ? ProfileTrend.Same
            : interval is null ? ProfileTrend.Unproven
            : interval.Low <= 0 && interval.High >= 0 ? ProfileTrend.Same
            : figure.IsBetter(after, before) ? ProfileTrend.Improvement : ProfileTrend.Regression;
        return new ProfileChange(figure, before, after, interval, verdict);
    }
}

/// <summary>Interval of fractions.</summary>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
public sealed record ConfidenceInterval(double Low, double High);

/// <summary>Verdict on a change.</summary>
public enum ProfileTrend
{
    /// <summary>The change is below the threshold, or may be chance.</summary>
    Same,

    /// <summary>The change exceeds the threshold, but was measured once on each side and its scatter is unknown.</summary>
    Unproven,

    /// <summary>Better.</summary>
    Improvement,

    /// <summary>Worse.</summary>
    Regression,
}
