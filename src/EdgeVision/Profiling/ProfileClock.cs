using System.Diagnostics;

namespace EdgeVision;

/// <summary>The time that measurements are taken by; tests put a clock of their own in its place.</summary>
internal abstract class ProfileClock
{
    /// <summary>The machine's clock.</summary>
    public static ProfileClock System { get; } = new SystemClock();

    /// <summary>Now, in nanoseconds since some moment.</summary>
    public abstract long Now { get; }

    /// <summary>Comes back at that moment, or at once where it is past.</summary>
    public abstract void WaitUntil(long moment);

    private sealed class SystemClock : ProfileClock
    {
        // Sleeping is exact to a millisecond at best; the rest is spent looking at the clock.
        private const long Look = 1_500_000;

        private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

        public override long Now => Stopwatch.Frequency == 1_000_000_000 ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * NanosecondsPerTick);

        public override void WaitUntil(long moment)
        {
            for (long left = moment - Now; left > 0; left = moment - Now)
            {
                if (left > Look)
                {
                    Thread.Sleep((int)Math.Min((left - Look) / 1_000_000 + 1, 1000));
                }
                else
                {
                    Thread.SpinWait(20);
                }
            }
        }
    }
}
