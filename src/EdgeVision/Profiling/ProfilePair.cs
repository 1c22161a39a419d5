namespace EdgeVision;

/// <summary>A configuration before and after.</summary>
public sealed class ProfilePair
{
    // A metric and a file's size are the same however often they are read; a time that was read once may have been anything.
    private static readonly (ProfileFigure Figure, Func<ProfileRow, ProfileRow, (double Low, double High)?> Interval)[] Figures =
    [
        (ProfileFigure.P50, ProfileIntervals.OfMedians),
        (ProfileFigure.P99, (a, b) => ProfileIntervals.OfIntervals(a.P99Ms, a.P99IntervalMs, b.P99Ms, b.P99IntervalMs)),
        (ProfileFigure.Throughput, ProfileIntervals.OfThroughputs),
        (ProfileFigure.Memory, (_, _) => null),
        (ProfileFigure.Load, (_, _) => null),
        (ProfileFigure.ModelSize, Exact(ProfileFigure.ModelSize, (_, _) => true)),
        (ProfileFigure.Metric, Exact(ProfileFigure.Metric, (a, b) => a.MetricSource is not null && a.MetricSource == b.MetricSource)),
    ];

    private ProfilePair(ProfileRow before, ProfileRow after) => (Before, After) = (before, after);

    /// <summary>The row of the base.</summary>
    public ProfileRow Before { get; }

    /// <summary>The row that is judged.</summary>
    public ProfileRow After { get; }

    /// <summary>Figures that both rows have; none where one of them failed.</summary>
    public IReadOnlyList<ProfileChange> Changes { get; private init; } = [];

    /// <summary>Whether it works since then, or fails since then; what did both times the same is <see cref="ProfileTrend.Same"/>.</summary>
    public ProfileTrend Works { get; private init; }

    /// <summary>What makes this pair doubtful: another model file, an unstable or emulated row, a metric that is another thing.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>The change of a figure; null where one of the rows has none.</summary>
    public ProfileChange? Change(ProfileFigure figure) => Changes.FirstOrDefault(c => c.Figure == figure);

    internal int Count(ProfileTrend verdict) => Changes.Count(c => c.Verdict == verdict) + (Works == verdict ? 1 : 0);

    internal static ProfilePair Of(ProfileRow before, ProfileRow after, double threshold)
    {
        List<ProfileChange> changes = [];
        List<string> warnings = [.. Doubts(before, after)];
        foreach (var (figure, interval) in Figures)
        {
            if (figure.Of(before) is not { } a || figure.Of(after) is not { } b || a <= 0)
            {
                continue;
            }

            if (figure == ProfileFigure.Metric && before.MetricName != after.MetricName)
            {
                warnings.Add($"the metrics are not the same: {before.MetricName ?? "one without a name"} before, {after.MetricName ?? "one without a name"} after");
                continue;
            }

            changes.Add(ProfileChange.Of(figure, a, b, interval(before, after), threshold));
        }

        return new ProfilePair(before, after)
        {
            Changes = changes,
            Warnings = warnings,
            Works = (before.Error, after.Error) switch
            {
                (null, not null) => ProfileTrend.Regression,
                (not null, null) => ProfileTrend.Improvement,
                _ => ProfileTrend.Same,
            },
        };
    }

    private static Func<ProfileRow, ProfileRow, (double, double)?> Exact(ProfileFigure figure, Func<ProfileRow, ProfileRow, bool> comparable) =>
        (a, b) => comparable(a, b) ? (figure.Of(b)!.Value / figure.Of(a)!.Value, figure.Of(b)!.Value / figure.Of(a)!.Value) : null;

    private static IEnumerable<string> Doubts(ProfileRow before, ProfileRow after)
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
                yield return $"unstable {when}{(row.Unstable.Length > 0 ? $": {OneLine.Of(string.Join("; ", row.Unstable))}" : "")}";
            }

            if (row.Machine?.Emulated == true)
            {
                yield return $"emulated {when}: its times say nothing of the real processor";
            }
        }
    }
}

/// <summary>How a figure changed.</summary>
/// <param name="Figure">Which.</param>
/// <param name="Before">Its value in the base, in its unit; above 0.</param>
/// <param name="After">Its value in what is judged.</param>
/// <param name="Interval">95 % confidence interval of <see cref="Share"/>; both ends are the same where the figure has no scatter; null where nothing tells of it.</param>
/// <param name="Verdict">What to think of it.</param>
public sealed record ProfileChange(ProfileFigure Figure, double Before, double After, ProfileInterval? Interval, ProfileTrend Verdict)
{
    /// <summary>The change as a share of the value before: 0.05 is five per cent more.</summary>
    public double Share => After / Before - 1;

    internal static ProfileChange Of(ProfileFigure figure, double before, double after, (double Low, double High)? ratio, double threshold)
    {
        double share = after / before - 1;
        ProfileInterval? interval = ratio is { } r ? new ProfileInterval(r.Low - 1, r.High - 1) : null;
        // What two equal figures are divided by leaves no rounding that could exceed a threshold of 0.
        bool exceeds = after != before && Math.Abs(share) > threshold;
        var verdict = !exceeds ? ProfileTrend.Same
            : interval is null ? ProfileTrend.Unproven
            : interval.Low <= 0 && interval.High >= 0 ? ProfileTrend.Same
            : figure.IsBetter(after, before) ? ProfileTrend.Improvement : ProfileTrend.Regression;
        return new ProfileChange(figure, before, after, interval, verdict);
    }
}

/// <summary>An interval of shares.</summary>
public sealed record ProfileInterval(double Low, double High);

/// <summary>What to think of a change.</summary>
public enum ProfileTrend
{
    /// <summary>It is below the threshold, or may be chance.</summary>
    Same,

    /// <summary>It exceeds the threshold, but it was read once on each side and nothing tells how much it scatters.</summary>
    Unproven,

    /// <summary>Better.</summary>
    Improvement,

    /// <summary>Worse.</summary>
    Regression,
}
