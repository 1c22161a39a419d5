namespace EdgeVision.Profiling.Statistics;

/// <summary>95 % confidence intervals of the ratio <c>after / before</c> of two measured times, on a logarithmic scale.</summary>
/// <remarks>Intervals are [low, high]; null if the scatter of the figures is unknown.</remarks>
internal static class ProfileIntervals
{
    private const int MinWindows = 3;

    // Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom; the normal distribution's at infinity.
    private const double Normal = 1.959964;
    private static readonly double[] StudentT =
    [
        12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216, 2.22814, 2.20099, 2.17881, 2.16037, 2.14479,
        2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.06390, 2.05954, 2.05553, 2.05183,
        2.04841, 2.04523, 2.04227,
    ];

    /// <summary>Returns the interval for medians, by Welch's test on the logarithms of the window medians.</summary>
    /// <remarks>
    /// The interval is centred on the ratio of the medians themselves. A window counts once, however many runs it has, so correlated
    /// runs do not shrink the interval; correlated windows count less, by their lag-1 autocorrelation.
    /// </remarks>
    public static (double Low, double High)? ForMedians(ProfileRow before, ProfileRow after)
    {
        if (before.P50Ms is not > 0 || after.P50Ms is not > 0)
        {
            return null;
        }

        if (GetLogVariance(before.WindowsP50Ms) is not { } a || GetLogVariance(after.WindowsP50Ms) is not { } b)
        {
            return FromIntervals(before.P50Ms, before.P50IntervalMs, after.P50Ms, after.P50IntervalMs);
        }

        return CreateAround(after.P50Ms.Value / before.P50Ms.Value, a, b);
    }

    /// <summary>Returns the interval for figures that have confidence intervals of their own (Zou and Donner 2008, "MOVER").</summary>
    /// <remarks>
    /// The distances to each figure's bounds, on the side that counts, are added as squares, so an asymmetric interval stays asymmetric.
    /// </remarks>
    public static (double Low, double High)? FromIntervals(
        double? before, double[]? beforeInterval, double? after, double[]? afterInterval)
    {
        if (GetDistances(before, beforeInterval) is not { } a || GetDistances(after, afterInterval) is not { } b)
        {
            return null;
        }

        double ratio = after!.Value / before!.Value;
        return (ratio * Math.Exp(-Math.Sqrt(b.Down * b.Down + a.Up * a.Up)), ratio * Math.Exp(Math.Sqrt(b.Up * b.Up + a.Down * a.Down)));
    }

    /// <summary>Returns the interval for throughputs of closed loops, which are the inverse of the mean time.</summary>
    /// <remarks>
    /// Uses the standard error of the mean or, if greater, the scatter of the windows, which accounts for correlated runs.
    /// </remarks>
    public static (double Low, double High)? ForThroughputs(ProfileRow before, ProfileRow after) =>
        before.Mode == ProfileMode.Closed && after.Mode == ProfileMode.Closed
        && before.ThroughputFps is > 0 && after.ThroughputFps is > 0
        && GetMeanVariance(before) is { } a && GetMeanVariance(after) is { } b
            ? CreateAround(after.ThroughputFps.Value / before.ThroughputFps.Value, a, b)
            : null;

    /// <summary>Returns the two-sided 95 % quantile of Student's t, interpolated by the inverse of the degrees of freedom.</summary>
    internal static double GetStudentT(double degrees)
    {
        double clamped = Math.Clamp(degrees, 1, 1e6);
        int below = (int)Math.Floor(clamped);
        if (below >= StudentT.Length)
        {
            // After the last entry t - z decreases as 1/degrees.
            return Normal + (StudentT[^1] - Normal) * StudentT.Length / clamped;
        }

        double low = StudentT[below - 1], high = StudentT[below], share = (1.0 / below - 1 / clamped) / (1.0 / below - 1.0 / (below + 1));
        return low + (high - low) * share;
    }

    private static (double Low, double High) CreateAround(double ratio, (double Variance, double Degrees) a, (double Variance, double Degrees) b)
    {
        double sum = a.Variance + b.Variance;
        double degrees = sum > 0 ? sum * sum / (a.Variance * a.Variance / a.Degrees + b.Variance * b.Variance / b.Degrees) : 1;
        double reach = Math.Exp(GetStudentT(degrees) * Math.Sqrt(sum));
        return (ratio / reach, ratio * reach);
    }

    /// <summary>Returns the variance of the mean of the windows' logarithms, and its degrees of freedom.</summary>
    private static (double Variance, double Degrees)? GetLogVariance(double[]? windows)
    {
        if (windows is null || windows.Length < MinWindows || !windows.All(w => double.IsFinite(w) && w > 0))
        {
            return null;
        }

        double[] logs = [.. windows.Select(w => Math.Log(w))];
        double mean = logs.Average(), squares = logs.Sum(l => (l - mean) * (l - mean)), neighbours = 0;
        for (int i = 1; i < logs.Length; i++)
        {
            neighbours += (logs[i] - mean) * (logs[i - 1] - mean);
        }

        // Effective number of independent windows; at least two, or there would be no interval.
        double correlation = squares > 0 ? Math.Max(0, neighbours / squares) : 0;
        double effective = Math.Max(2, logs.Length * (1 - correlation) / (1 + correlation));
        return (squares / (logs.Length - 1) / effective, effective - 1);
    }

    private static (double Variance, double Degrees)? GetMeanVariance(ProfileRow row)
    {
        (double Variance, double Degrees)? windows = GetLogVariance(row.WindowsP50Ms);
        if (row is not { MeanMs: > 0, StddevMs: >= 0, Iterations: > 1 })
        {
            return windows;
        }

        double error = row.StddevMs.Value / row.MeanMs.Value;
        var single = (Variance: error * error / row.Iterations, Degrees: row.Iterations - 1.0);
        return windows is { } w && w.Variance > single.Variance ? w : single;
    }

    private static (double Down, double Up)? GetDistances(double? value, double[]? interval) =>
        value is > 0 && interval is [> 0 and var low, var high] && low <= value && high >= value && double.IsFinite(high)
            ? (Math.Log(value.Value / low), Math.Log(high / value.Value))
            : null;
}
