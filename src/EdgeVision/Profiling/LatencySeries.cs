namespace EdgeVision;

/// <summary>Every time of a measurement in its order, in memory that is there before it begins: adding one allocates nothing, and no tail is cut.</summary>
internal sealed class LatencySeries(int capacity)
{
    private readonly long[] _times = new long[capacity];
    private long[]? _sorted;

    /// <summary>Times there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there is no room for another.</summary>
    public bool IsFull => Count == _times.Length;

    /// <summary>Adds a time in nanoseconds.</summary>
    public void Add(long nanoseconds)
    {
        _times[Count++] = nanoseconds;
        _sorted = null;
    }

    /// <summary>Forgets all times.</summary>
    public void Clear() => (Count, _sorted) = (0, null);

    /// <summary>Times in their order, in nanoseconds.</summary>
    public ReadOnlySpan<long> Times => _times.AsSpan(0, Count);

    /// <summary>The time that a share of all does not exceed, in milliseconds: the nearest rank's.</summary>
    /// <param name="share">0..1.</param>
    public double Percentile(double share) => At(Rank(share));

    /// <summary>Mean in milliseconds.</summary>
    public double Mean
    {
        get
        {
            double sum = 0;
            foreach (long time in Times)
            {
                sum += time;
            }

            return Count == 0 ? 0 : sum / Count / 1e6;
        }
    }

    /// <summary>Standard deviation in milliseconds, of the sample.</summary>
    public double Deviation
    {
        get
        {
            double mean = Mean * 1e6, sum = 0;
            foreach (long time in Times)
            {
                sum += (time - mean) * (time - mean);
            }

            return Count < 2 ? 0 : Math.Sqrt(sum / (Count - 1)) / 1e6;
        }
    }

    /// <summary>The usual percentiles.</summary>
    public ProfileTimes Summary() => new(Percentile(0.5), Percentile(0.9), Percentile(0.99), Percentile(0.999), Percentile(1), Mean);

    /// <summary>
    /// A 95 % confidence interval of a percentile in milliseconds, from the ranks between which a binomial count lies; the greatest time bounds it where there
    /// are too few. It takes runs for independent of one another.
    /// </summary>
    public double[] Interval(double share)
    {
        double half = 1.96 * Math.Sqrt(Count * share * (1 - share));
        int low = (int)Math.Floor(Count * share - half) - 1, high = (int)Math.Ceiling(Count * share + half);
        return [At(Math.Clamp(low, 0, Count - 1)), At(Math.Clamp(high, 0, Count - 1))];
    }

    /// <summary>Medians of equal stretches in their order, in milliseconds; fewer than asked for where stretches would have less than five times.</summary>
    public double[] Windows(int wanted)
    {
        int windows = Math.Clamp(Count / 5, Math.Min(Count, 1), wanted);
        double[] medians = new double[windows];
        for (int i = 0; i < windows; i++)
        {
            int from = (int)((long)Count * i / windows), to = (int)((long)Count * (i + 1) / windows);
            medians[i] = Median(Times[from..to]);
        }

        return medians;
    }

    /// <summary>Median of some times, in milliseconds.</summary>
    public static double Median(ReadOnlySpan<long> times)
    {
        long[] sorted = times.ToArray();
        Array.Sort(sorted);
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2e6;
    }

    private int Rank(double share) => Math.Clamp((int)Math.Ceiling(share * Count) - 1, 0, Math.Max(Count - 1, 0));

    private double At(int rank)
    {
        if (Count == 0)
        {
            return 0;
        }

        if (_sorted is null)
        {
            _sorted = Times.ToArray();
            Array.Sort(_sorted);
        }

        return _sorted[rank] / 1e6;
    }
}
