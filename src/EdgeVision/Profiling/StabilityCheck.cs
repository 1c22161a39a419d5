namespace EdgeVision;

/// <summary>
/// Whether the figures of a measurement can be relied on, from the medians of equal stretches of it and from what the sensors told. A reason is one short line for
/// people, with its figure.
/// </summary>
public static class StabilityCheck
{
    private const int FewestWindows = 6;
    private const double Drift = 0.02, Scatter = 0.05, TwoLevels = 0.05, FrequencyDrop = 0.10, HeadroomC = 5, StealPercent = 1, OthersPercent = 10;
    private const double Sigma = 1.4826; // of a normal distribution, over its median absolute deviation

    /// <summary>What speaks against the figures; empty where nothing does.</summary>
    /// <param name="windowsMs">Medians of equal stretches of the measurement, in order; six at least, or they say nothing.</param>
    /// <param name="sensors">What the sensors told meanwhile.</param>
    public static string[] Reasons(ReadOnlySpan<double> windowsMs, SensorSummary? sensors = null)
    {
        var reasons = new List<string>();
        if (windowsMs.Length >= FewestWindows)
        {
            Times([.. windowsMs], reasons);
        }

        if (sensors is not null)
        {
            Heat(sensors, reasons);
            Neighbours(sensors, reasons);
        }

        return [.. reasons];
    }

    /// <summary>What a measurement is too short to tell; no sign that what it tells is wrong.</summary>
    /// <param name="runs">Measured runs.</param>
    /// <param name="windows">Stretches with a median.</param>
    public static string[] Notes(long runs, int windows)
    {
        var notes = new List<string>();
        if (runs < 100)
        {
            notes.Add($"p99 wants 100 runs, there were {runs}");
        }

        if (runs < 1000)
        {
            notes.Add($"p99.9 wants 1000 runs, there were {runs}");
        }

        if (windows < FewestWindows)
        {
            notes.Add($"whether times drift wants {FewestWindows} stretches, there were {windows}");
        }

        return [.. notes];
    }

    private static void Times(double[] windows, List<string> reasons)
    {
        int count = windows.Length, third = count / 3;
        double median = Median(windows);
        if (!(median > 0))
        {
            return;
        }

        double first = Median(windows[..third]), last = Median(windows[^third..]);

        // Noise is what is left around the line from the first third to the last: a steady drift alone is none.
        double slope = (last - first) / (count - third), start = first - slope * (third - 1) / 2;
        double noise = Sigma * Median([.. windows.Select((w, i) => Math.Abs(w - (start + slope * i)))]) / median;
        double drift = (last - first) / median;
        bool drifts = Math.Abs(drift) > Math.Max(Drift, 3 * noise * Math.Sqrt(2.0 / third));
        if (drifts)
        {
            reasons.Add(FormattableString.Invariant($"times drift: the last third is {100 * Math.Abs(drift):F1} % {(drift > 0 ? "slower" : "quicker")} than the first"));
        }

        if (!drifts && Levels(windows) is { } levels)
        {
            reasons.Add(FormattableString.Invariant($"times have two levels: {levels.Low:G3} ms and {levels.High:G3} ms"));
        }
        else if (noise > Scatter)
        {
            reasons.Add(FormattableString.Invariant($"times scatter by {100 * noise:F1} % from one stretch to the next"));
        }
    }

    // Two groups with a quarter of the stretches each at the least, and more between them than within them.
    private static (double Low, double High)? Levels(double[] windows)
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

    private static void Heat(SensorSummary sensors, List<string> reasons)
    {
        if (sensors.Throttled)
        {
            reasons.Add("the processor was slowed down (throttled)");
        }

        if (sensors.FrequencyMhz is { } f && f.End < (1 - FrequencyDrop) * f.Max)
        {
            reasons.Add(FormattableString.Invariant($"the frequency fell from {f.Max:F0} to {f.End:F0} MHz"));
        }

        if (sensors.HeadroomC is < HeadroomC and var headroom)
        {
            reasons.Add(FormattableString.Invariant($"the temperature came within {Math.Max(0, headroom):F1} °C of where the system slows down"));
        }
    }

    private static void Neighbours(SensorSummary sensors, List<string> reasons)
    {
        if (sensors.StealPercent is > StealPercent and var steal)
        {
            reasons.Add(FormattableString.Invariant($"the host took {steal:F1} % of the processor for others (steal)"));
        }

        if (sensors.OtherCpuPercent is > OthersPercent and var others)
        {
            reasons.Add(FormattableString.Invariant($"other processes used {others:F0} % of the machine"));
        }
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
