using System.Numerics;

namespace EdgeVision;

/// <summary>
/// Counts durations in bins that grow with them, so that every percentile is known to within 1.6 percent whatever the tail, in memory that
/// never grows. Any thread may record; nothing is allocated.
/// </summary>
public sealed class LatencyRecorder
{
    // Values below 64 ns have a bin each; above, each doubling has 32.
    private const int SubBits = 5, Sub = 1 << SubBits, Bins = (63 - SubBits) * Sub + 2 * Sub;
    private readonly long[] _bins = new long[Bins];
    private long _count, _sum, _least = long.MaxValue, _greatest;

    /// <summary>Durations recorded.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Records a duration; one below zero counts as zero.</summary>
    public void Record(TimeSpan duration)
    {
        long nanoseconds = Math.Clamp(duration.Ticks, 0, long.MaxValue / 100) * 100;
        Interlocked.Increment(ref _bins[Bin(nanoseconds)]);
        Interlocked.Add(ref _sum, nanoseconds);
        Raise(ref _greatest, nanoseconds);
        Lower(ref _least, nanoseconds);
        Interlocked.Increment(ref _count);
    }

    /// <summary>
    /// The duration that a share of all does not exceed: the nearest rank's, as the middle of its bin, between the least and the greatest that were recorded.
    /// </summary>
    /// <param name="share">0..1.</param>
    public TimeSpan Percentile(double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), "a share lies in 0..1");
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

    /// <summary>The usual percentiles, in milliseconds.</summary>
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
