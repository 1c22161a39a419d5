using EdgeVision.Profiling.Statistics;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Runs work until latencies have settled: the medians of the last three windows are within 3 % of one another.</summary>
/// <remarks>
/// A window is at least 100 ms and five runs, so that the just-in-time compiler, caches, allocators and the processor's frequency have
/// settled.
/// </remarks>
internal static class WarmUp
{
    private const long MinWindowTime = 100_000_000;
    private const int MinRuns = 5, WindowCount = 3;
    private const double Tolerance = 0.03;

    /// <summary>Runs the warm-up.</summary>
    /// <param name="work">Work to run.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="limit">Maximum time in nanoseconds; three windows of slow work may take longer, one run each.</param>
    /// <param name="each">Called after each window with the elapsed fraction of the limit.</param>
    /// <returns>Number of runs, and whether latencies settled.</returns>
    public static (int Runs, bool Settled) Run(IMeasuredWork work, ProfileClock clock, long limit, Action<double> each)
    {
        if (limit <= 0)
        {
            return (0, true);
        }

        var loop = new MeasurementLoop(work, clock, 1 << 16);
        Span<double> medians = stackalloc double[WindowCount];
        int runs = 0, stretches = 0;
        long start = clock.Now;
        while (true)
        {
            // For slow work: as many runs as fit a third of the limit, at least one.
            loop.Start();
            loop.Run(MinRuns, limit / WindowCount);
            if (loop.Elapsed < MinWindowTime)
            {
                loop.Run(int.MaxValue, MinWindowTime);
            }

            runs += loop.Latency.Count;
            medians[stretches++ % WindowCount] = LatencySeries.GetMedian(loop.Latency.Times);
            if (stretches >= WindowCount && GetSpread(medians) <= Tolerance)
            {
                return (runs, true);
            }

            long passed = clock.Now - start;
            if (passed >= limit && stretches >= WindowCount)
            {
                return (runs, false);
            }

            each(Math.Min(1, passed / (double)limit));
        }
    }

    private static double GetSpread(ReadOnlySpan<double> medians)
    {
        double least = double.MaxValue, most = 0;
        foreach (double median in medians)
        {
            (least, most) = (Math.Min(least, median), Math.Max(most, median));
        }

        return least > 0 ? most / least - 1 : 0;
    }
}
