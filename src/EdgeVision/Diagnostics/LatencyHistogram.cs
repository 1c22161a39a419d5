using System.Numerics;

namespace EdgeVision.Diagnostics;

/// <summary>Histogram of durations with logarithmic bins: every percentile is accurate to 1.6 percent at constant memory.</summary>
/// <remarks>Thread-safe; recording allocates nothing.</remarks>
public sealed class LatencyHistogram
{
    // Values below 64 ns have a bin each; above, each doubling has 32.
    private const int SubBits = 5, Sub = 1 << SubBits, Bins = (63 - SubBits) * Sub + 2 * Sub;
    private readonly long[] _bins = new long[Bins];
    private long _count, _sum, _min = long.MaxValue, _max;

    /// <summary>Number of recorded durations.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Records a duration; a negative one counts as zero.</summary>
    public void Record(TimeSpan duration)
    {
        long nanoseconds = Math.Clamp(duration.Ticks, 0, long.MaxValue / 100) * 100;
        Interlocked.Increment(ref _bins[GetBin(nanoseconds)]);
        Interlocked.Add(ref _sum, nanoseconds);
        UpdateMax(ref _max, nanoseconds);
        UpdateMin(ref _min, nanoseconds);
        Interlocked.Increment(ref _count);
    }

    /// <summary>Returns a percentile by nearest rank, as the middle of its bin.</summary>
    /// <remarks>The result is between the minimum and the maximum recorded; zero if nothing was recorded.</remarks>
    /// <param name="fraction">Fraction, 0 to 1.</param>
    public TimeSpan GetPercentile(double fraction)
    {
        if (!(fraction is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), $"{nameof(fraction)} must be between 0 and 1; got {fraction}");
        }

        long count = 0;
        foreach (ref long bin in _bins.AsSpan())
        {
            count += Interlocked.Read(ref bin);
        }

        long rank = Math.Max(1, (long)Math.Ceiling(fraction * count)), seen = 0;
        for (int i = 0; i < _bins.Length && count > 0; i++)
        {
            seen += Interlocked.Read(ref _bins[i]);
            if (seen >= rank)
            {
                long middle = Math.Clamp(GetBinMiddle(i), Math.Min(_min, _max), _max);
                return TimeSpan.FromTicks(middle / 100 + (middle % 100 >= 50 ? 1 : 0));
            }
        }

        return TimeSpan.Zero;
    }

    /// <summary>Returns count, mean, the usual percentiles and the maximum, in milliseconds.</summary>
    public LatencySummary GetSummary()
    {
        long count = Count;
        return count == 0 ? default : new LatencySummary(count, Interlocked.Read(ref _sum) / (double)count / 1e6,
            GetPercentile(0.5).TotalMilliseconds, GetPercentile(0.9).TotalMilliseconds, GetPercentile(0.99).TotalMilliseconds,
            GetPercentile(0.999).TotalMilliseconds, Interlocked.Read(ref _max) / 1e6);
    }

    private static int GetBin(long value)
    {
        if (value < 2 * Sub)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - SubBits;
        return shift * Sub + (int)(value >> shift);
    }

    private static long GetBinMiddle(int bin)
    {
        if (bin < 2 * Sub)
        {
            return bin;
        }

        int shift = bin / Sub - 1;
        long first = (long)(bin % Sub + Sub) << shift;
        return first + (1L << shift) / 2;
    }

    private static void UpdateMax(ref long place, long value)
    {
        long seen = Interlocked.Read(ref place);
        while (value > seen && Interlocked.CompareExchange(ref place, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }

    private static void UpdateMin(ref long place, long value)
    {
        long seen = Interlocked.Read(ref place);
        while (value < seen && Interlocked.CompareExchange(ref place, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }
}
