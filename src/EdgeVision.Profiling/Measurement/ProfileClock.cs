using System.Diagnostics;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Clock for measurements; replaced by a fake one in tests.</summary>
public abstract class ProfileClock
{
    /// <summary>Clock of the system.</summary>
    public static ProfileClock System { get; } = new SystemClock();

    /// <summary>Current time in nanoseconds since an arbitrary origin.</summary>
    public abstract long Now { get; }

    /// <summary>Waits until a time; returns at once if it has passed.</summary>
    public abstract void WaitUntil(long moment);

    internal static long Nanoseconds(long ticks) => Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));

    private sealed class SystemClock : ProfileClock
    {
        // Sleeping is accurate to a millisecond at best; the rest is a busy wait.
        private const long SpinTime = 1_500_000;

        private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

        public override long Now => Stopwatch.Frequency == 1_000_000_000
            ? Stopwatch.GetTimestamp()
            : (long)(Stopwatch.GetTimestamp() * NanosecondsPerTick);

        public override void WaitUntil(long moment)
        {
            for (long left = moment - Now; left > 0; left = moment - Now)
            {
                if (left > SpinTime)
                {
                    Thread.Sleep((int)Math.Min((left - SpinTime) / 1_000_000 + 1, 1000));
                }
                else
                {
                    Thread.SpinWait(20);
                }
            }
        }
    }
}
