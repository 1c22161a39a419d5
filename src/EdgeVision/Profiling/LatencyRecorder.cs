using System.Numerics;

namespace EdgeVision;

/// <summary>Histogram of durations with logarithmic bins: every percentile is accurate to 1.6 percent at constant memory.</summary>
/// <remarks>Thread-safe; recording allocates nothing.</remarks>
public sealed class LatencyRecorder
{
    // Values below 64 ns have a bin each; above, each doubling has 32.
    private const int SubBits = 5, Sub = 1 << SubBits, Bins = (63 - SubBits) * Sub + 2 * Sub;
    private readonly long[] _bins = new long[Bins];
    private long _count, _sum, _least = long.MaxValue, _greatest;

    /// <summary>Number of recorded durations.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Records a duration; a negative one counts as zero.</summary>
    public void Record(TimeSpan duration)
    {
        long nanoseconds = Math.Clamp(duration.Ticks, 0, long.MaxValue / 100) * 100;
        Interlocked.Increment(ref _bins[Bin(nanoseconds)]);
        Interlocked.Add(ref _sum, nanoseconds);
        Raise(ref _greatest, nanoseconds);
        Lower(ref _least, nanoseconds);
        Interlocked.Increment(ref _count);
    }

    /// <summary>Returns a percentile by nearest rank, as the middle of its bin.</summary>
    /// <remarks>The result is between the minimum and the maximum recorded; zero if nothing was recorded.</remarks>
    /// <param name="share">Fraction, 0 to 1.</param>
    public TimeSpan Percentile(double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), $"{nameof(share)} must be between 0 and 1; got {share}");
        }

        long count = 0;
        foreach (ref long bin in _bins.AsSpan())
        {
            count += Interlocked.Read(ref bin);
        }

        long rank = Math.Max(1, (long)Math.Ceiling(share * count)), seen = 0;
        for (int i = 0; i < _bins.Length && count > 0; i++)
        {
            seen += Interlocked.Read(ref _bins[i]);
            if (seen >= rank)
            {
                long middle = Math.Clamp(Middle(i), Math.Min(_least, _greatest), _greatest);
                return TimeSpan.FromTicks(middle / 100 + (middle % 100 >= 50 ? 1 : 0));
            }
        }

        return TimeSpan.Zero;
    }

    /// <summary>Returns count, mean, the usual percentiles and the maximum, in milliseconds.</summary>
    public LatencySummary Summary()
    {
        long count = Count;
        return count == 0 ? default : new LatencySummary(count, Interlocked.Read(ref _sum) / (double)count / 1e6,
            Percentile(0.5).TotalMilliseconds, Percentile(0.9).TotalMilliseconds, Percentile(0.99).TotalMilliseconds,
            Percentile(0.999).TotalMilliseconds, Interlocked.Read(ref _greatest) / 1e6);
    }

    private static int Bin(long value)
    {
        if (value < 2 * Sub)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - SubBits;
        return shift * Sub + (int)(value >> shift);
    }

    private static long Middle(int bin)
    {
        if (bin < 2 * Sub)
        {
            return bin;
        }

        int shift = bin / Sub - 1;
        long first = (long)(bin % Sub + Sub) << shift;
        return first + (1L << shift) / 2;
    }

    private static void Raise(ref long place, long value)
    {
        long seen = Interlocked.Read(ref place);
        while (value > seen && Interlocked.CompareExchange(ref place, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }

    private static void Lower(ref long place, long value)
    {
        long seen = Interlocked.Read(ref place);
        while (value < seen && Interlocked.CompareExchange(ref place, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }
}
