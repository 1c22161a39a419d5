using EdgeVision.Profiling.Sensors;

namespace EdgeVision.Profiling.Statistics;

/// <summary>Checks whether the figures of a measurement are reliable, from its window medians and the sensors.</summary>
/// <remarks>A reason is one short line for users, with its figure.</remarks>
public static class StabilityCheck
{
    private const int MinWindows = 6;
    private const double Drift = 0.02, Scatter = 0.05, TwoLevels = 0.05, FrequencyDrop = 0.10;
    private const double HeadroomC = 5, StealPercent = 1, OthersPercent = 10;
    private const double Sigma = 1.4826; // standard deviation of a normal distribution per median absolute deviation

    /// <summary>Returns the reasons why the figures are not reliable; empty if there are none.</summary>
    /// <param name="windowsMs">Medians of equal consecutive windows of the measurement; at least six, or they are ignored.</param>
    /// <param name="sensors">Sensor readings during the measurement.</param>
    public static string[] GetReasons(ReadOnlySpan<double> windowsMs, SensorSummary? sensors = null)
    {
        var reasons = new List<string>();
        if (windowsMs.Length >= MinWindows)
        {
            CheckLatencies([.. windowsMs], reasons);
        }

        if (sensors is not null)
        {
            CheckThrottling(sensors, reasons);
            CheckOtherLoad(sensors, reasons);
        }

        return [.. reasons];
    }

    /// <summary>Returns notes on figures for which the measurement was too short; the others are not affected.</summary>
    /// <param name="runs">Number of measured runs.</param>
    /// <param name="windows">Number of windows with a median.</param>
    public static string[] GetNotes(long runs, int windows)
    {
        var notes = new List<string>();
        if (runs < 100)
        {
            notes.Add($"p99 needs at least 100 runs; got {runs}");
        }

        if (runs < 1000)
        {
            notes.Add($"p99.9 needs at least 1000 runs; got {runs}");
        }

        if (windows < MinWindows)
        {
            notes.Add($"drift detection needs at least {MinWindows} windows; got {windows}");
        }

        return [.. notes];
    }

    private static void CheckLatencies(double[] windows, List<string> reasons)
    {
        int count = windows.Length, third = count / 3;
        double median = Median(windows);
        if (!(median > 0))
        {
            return;
        }

        double first = Median(windows[..third]), last = Median(windows[^third..]);

        // Noise is the deviation from the line through the first and the last third, so that a steady drift alone is not noise.
        double slope = (last - first) / (count - third), start = first - slope * (third - 1) / 2;
        double noise = Sigma * Median([.. windows.Select((w, i) => Math.Abs(w - (start + slope * i)))]) / median;
        double drift = (last - first) / median;
        bool drifts = Math.Abs(drift) > Math.Max(Drift, 3 * noise * Math.Sqrt(2.0 / third));
        if (drifts)
        {
            reasons.Add(FormattableString.Invariant(
                $"latencies drift: the last third is {100 * Math.Abs(drift):F1} % {(drift > 0 ? "slower" : "faster")} than the first"));
        }

        if (!drifts && FindTwoLevels(windows) is { } levels)
        {
            reasons.Add(FormattableString.Invariant($"latencies have two levels: {levels.Low:G3} ms and {levels.High:G3} ms"));
        }
        else if (noise > Scatter)
        {
            reasons.Add(FormattableString.Invariant($"latencies scatter by {100 * noise:F1} % between windows"));
        }
    }

    // Two groups with at least a quarter of the windows each, and a gap between them larger than the range within them.
    private static (double Low, double High)? FindTwoLevels(double[] windows)
    {
        double[] sorted = [.. windows.Order()];
        int least = Math.Max(2, (int)Math.Ceiling(sorted.Length / 4.0));
        int at = -1;
        for (int i = least; i <= sorted.Length - least; i++)
        {
            at = at < 0 || sorted[i] - sorted[i - 1] > sorted[at] - sorted[at - 1] ? i : at;
        }

        if (at < 0)
        {
            return null;
        }

        double gap = sorted[at] - sorted[at - 1], low = Median(sorted[..at]), high = Median(sorted[at..]);
        double within = Math.Max(sorted[at - 1] - sorted[0], sorted[^1] - sorted[at]);
        return gap > TwoLevels * low && gap > within ? (low, high) : null;
    }

    private static void CheckThrottling(SensorSummary sensors, List<string> reasons)
    {
        if (sensors.Throttled)
        {
            reasons.Add("the processor was throttled");
        }

        if (sensors.FrequencyMhz is { } f && f.End < (1 - FrequencyDrop) * f.Max)
        {
            reasons.Add(FormattableString.Invariant($"the processor frequency fell from {f.Max:F0} to {f.End:F0} MHz"));
        }

        if (sensors.HeadroomC is < HeadroomC and var headroom)
        {
            reasons.Add(FormattableString.Invariant(
                $"the temperature came within {Math.Max(0, headroom):F1} °C of the throttling limit"));
        }
    }

    private static void CheckOtherLoad(SensorSummary sensors, List<string> reasons)
    {
        if (sensors.StealPercent is > StealPercent and var steal)
        {
            reasons.Add(FormattableString.Invariant($"the host used {steal:F1} % of the processor for others (steal)"));
        }

        if (sensors.OtherCpuPercent is > OthersPercent and var others)
        {
            reasons.Add(FormattableString.Invariant($"other processes used {others:F0} % of the processor"));
        }
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
