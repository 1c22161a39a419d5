namespace EdgeVision;

/// <summary>
/// Runs until times have settled: the medians of the last three stretches lie within 3 % of one another. A stretch is at least 100 ms and five runs, so that the
/// just-in-time compiler, caches, allocators and the processor's frequency have had their turn.
/// </summary>
internal static class WarmUp
{
    private const long Stretch = 100_000_000;
    private const int LeastRuns = 5, Stretches = 3;
    private const double Near = 0.03;

    /// <summary>Warms up.</summary>
    /// <param name="work">What is run.</param>
    /// <param name="clock">Time.</param>
    /// <param name="limit">Longest time, in nanoseconds; three stretches of slow work may take longer, one run each.</param>
    /// <param name="each">Called after each stretch with the share of the limit that is over.</param>
    /// <returns>Runs that were made, and whether times settled.</returns>
    public static (int Runs, bool Settled) Run(IProfileWork work, ProfileClock clock, long limit, Action<double> each)
    {
        if (limit <= 0)
        {
            return (0, true);
        }

        var loop = new MeasurementLoop(work, clock, 1 << 16);
        Span<double> medians = stackalloc double[Stretches];
        int runs = 0, stretches = 0;
        long start = clock.Now;
        while (true)
        {
            // Slow work: as many runs as fit a third of the limit, at least one.
            loop.Start();
            loop.Run(LeastRuns, limit / Stretches);
            if (loop.Elapsed < Stretch)
            {
                loop.Run(int.MaxValue, Stretch);
            }

            runs += loop.Latency.Count;
            medians[stretches++ % Stretches] = LatencySeries.Median(loop.Latency.Times);
            if (stretches >= Stretches && Spread(medians) <= Near)
            {
                return (runs, true);
            }

            long passed = clock.Now - start;
            if (passed >= limit && stretches >= Stretches)
            {
                return (runs, false);
            }

            each(Math.Min(1, passed / (double)limit));
        }
    }

    private static double Spread(ReadOnlySpan<double> medians)
    {
        double least = double.MaxValue, most = 0;
        foreach (double median in medians)
        {
            (least, most) = (Math.Min(least, median), Math.Max(most, median));
        }

        return least > 0 ? most / least - 1 : 0;
    }
}
