namespace EdgeVision.Profiling.Statistics;

/// <summary>All latencies of a measurement in order, in preallocated memory: adding allocates nothing.</summary>
public sealed class LatencySeries(int capacity)
{
    private readonly long[] _times = new long[capacity];
    private long[]? _sorted;

    /// <summary>Number of latencies.</summary>
    public int Count { get; private set; }

    /// <summary>Gets whether the capacity is used up.</summary>
    public bool IsFull => Count == _times.Length;

    /// <summary>Adds a latency in nanoseconds.</summary>
    public void Add(long nanoseconds)
    {
        _times[Count++] = nanoseconds;
        _sorted = null;
    }

    /// <summary>Removes all latencies.</summary>
    public void Clear() => (Count, _sorted) = (0, null);

    /// <summary>Latencies in order, in nanoseconds.</summary>
    public ReadOnlySpan<long> Times => _times.AsSpan(0, Count);

    /// <summary>Returns a percentile by nearest rank, in milliseconds.</summary>
    /// <param name="share">Fraction, 0 to 1.</param>
    public double GetPercentile(double share) => At(Rank(share));

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

    /// <summary>Sample standard deviation in milliseconds.</summary>
    public double StandardDeviation
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

    /// <summary>Returns the usual percentiles, the maximum and the mean, in milliseconds.</summary>
    public ProfileTimes GetSummary() => new(GetPercentile(0.5), GetPercentile(0.9), GetPercentile(0.99), GetPercentile(0.999), GetPercentile(1), Mean);

    /// <summary>Returns a 95 % confidence interval of a percentile in milliseconds, by binomial ranks.</summary>
    /// <remarks>The maximum bounds it if there are too few latencies. Assumes that runs are independent.</remarks>
    public double[] GetConfidenceInterval(double share)
    {
        double half = 1.96 * Math.Sqrt(Count * share * (1 - share));
        int low = (int)Math.Floor(Count * share - half) - 1, high = (int)Math.Ceiling(Count * share + half);
        return [At(Math.Clamp(low, 0, Count - 1)), At(Math.Clamp(high, 0, Count - 1))];
    }

    /// <summary>Returns the medians of equal consecutive windows, in milliseconds.</summary>
    /// <remarks>Fewer than <paramref name="wanted"/> if windows would have fewer than five latencies.</remarks>
    public double[] GetWindowMedians(int wanted)
    {
        int windows = Math.Clamp(Count / 5, Math.Min(Count, 1), wanted);
        double[] medians = new double[windows];
        for (int i = 0; i < windows; i++)
        {
            int from = (int)((long)Count * i / windows), to = (int)((long)Count * (i + 1) / windows);
            medians[i] = GetMedian(Times[from..to]);
        }

        return medians;
    }

    /// <summary>Returns the median of latencies, in milliseconds.</summary>
    public static double GetMedian(ReadOnlySpan<long> times)
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
