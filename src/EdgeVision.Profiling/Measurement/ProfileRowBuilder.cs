using EdgeVision.Profiling.Statistics;
using EdgeVision.Results;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Fills a profile row with the results of a measurement.</summary>
internal static class ProfileRowBuilder
{
    /// <summary>Returns the row with the results of a measurement loop.</summary>
    /// <param name="row">Description of the measured configuration.</param>
    /// <param name="loop">Latencies of the loop.</param>
    /// <param name="warmUps">Number of warm-up runs.</param>
    /// <param name="duration">Time during which runs arrive, in nanoseconds.</param>
    /// <param name="windows">Number of windows whose medians are reported.</param>
    public static ProfileRow Build(ProfileRow row, MeasurementLoop loop, int warmUps, long duration, int windows)
    {
        var latency = loop.Latency;
        var stages = new StageSeries(loop.Stages);
        double runs = latency.Count, seconds = loop.Elapsed / 1e9;
        double[] medians = loop.Service.GetWindowMedians(windows);
        var measured = row with
        {
            WarmupIterations = warmUps,
            Iterations = latency.Count,
            Seconds = seconds,
            MinMs = latency.GetPercentile(0),
            P50Ms = latency.GetPercentile(0.5),
            P90Ms = latency.GetPercentile(0.9),
            P95Ms = latency.GetPercentile(0.95),
            P99Ms = latency.GetPercentile(0.99),
            P999Ms = latency.GetPercentile(0.999),
            MaxMs = latency.GetPercentile(1),
            MeanMs = latency.Mean,
            StddevMs = latency.StandardDeviation,
            P50IntervalMs = GetMedianInterval(latency.GetPercentile(0.5), latency.GetWindowMedians(windows)),
            P99IntervalMs = latency.GetConfidenceInterval(0.99),
            WindowsP50Ms = medians,
            ThroughputFps = seconds > 0 ? runs * row.Batch / seconds : 0,
            StagesMs = stages.Aggregate(static s => s.Mean),
            StagesP50Ms = stages.Aggregate(static s => s.GetPercentile(0.5)),
            StagesP99Ms = stages.Aggregate(static s => s.GetPercentile(0.99)),
            StagesMaxMs = stages.Aggregate(static s => s.GetPercentile(1)),
            ServiceMs = loop.IsOpenLoop ? loop.Service.GetSummary() : null,
            QueueMs = loop.Queue?.GetSummary(),
        };
        if (loop.GetBacklog(duration) is not (> 0 and var waiting))
        {
            return measured;
        }

        string reason = FormattableString.Invariant(
            $"overloaded: {row.RateFps:G4} runs per second arrived, {runs / seconds:F1} finished, {waiting} were still queued at the end");
        return measured with { Unstable = [reason] };
    }

    /// <summary>Latencies per stage.</summary>
    private sealed class StageSeries
    {
        private readonly LatencySeries[] _stages;

        public StageSeries(ReadOnlySpan<StageTimes> runs)
        {
            int count = runs.Length;
            _stages = [.. Enumerable.Range(0, 5).Select(_ => new LatencySeries(count))];
            foreach (var run in runs)
            {
                _stages[0].Add(run.Preprocess);
                _stages[1].Add(run.CopyIn);
                _stages[2].Add(run.Run);
                _stages[3].Add(run.CopyOut);
                _stages[4].Add(run.Postprocess);
            }
        }

        public ProfileStages Aggregate(Func<LatencySeries, double> figure) =>
            new(figure(_stages[0]), figure(_stages[1]), figure(_stages[2]), figure(_stages[3]), figure(_stages[4]));
    }

    // Consecutive runs are correlated, so the interval is computed from the scatter of window medians. Student's t, 95 %.
    private static double[] GetMedianInterval(double median, double[] windows)
    {
        if (windows.Length < 3)
        {
            return [median, median];
        }

        double mean = windows.Average();
        double deviation = Math.Sqrt(windows.Sum(w => (w - mean) * (w - mean)) / (windows.Length - 1));
        double half = StudentT(windows.Length - 1) * deviation / Math.Sqrt(windows.Length);
        return [Math.Max(0, median - half), median + half];
    }

    // 97.5th percentile by degrees of freedom; for those not listed the next lower one, which is never too small.
    private static double StudentT(int freedom) => freedom switch
    {
        <= 2 => 4.303,
        3 => 3.182,
        4 => 2.776,
        5 => 2.571,
        6 => 2.447,
        7 => 2.365,
        8 => 2.306,
        9 => 2.262,
        < 12 => 2.228,
        < 15 => 2.179,
        < 19 => 2.131,
        _ => 2.093,
    };
}
