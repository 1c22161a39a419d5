namespace EdgeVision;

/// <summary>When to try again: delays grow from one failure to the next and are spread, so that a thousand devices do not come back in one instant.</summary>
public sealed record RetryPolicy
{
    // Timers wait no longer than some 24 days, and nobody waits for a try that comes after more than one.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    /// <summary>Sources: for ever, from half a second up to half a minute.</summary>
    public static RetryPolicy Source { get; } = new();

    /// <summary>Sinks: five tries a frame, from a tenth of a second up to five.</summary>
    public static RetryPolicy Sink { get; } = new() { Attempts = 5, First = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(5) };

    /// <summary>No second try.</summary>
    public static RetryPolicy Never { get; } = new() { Attempts = 1 };

    /// <summary>Tries in a row before giving up, the first included; null for ever.</summary>
    public int? Attempts { get; init; }

    /// <summary>Delay after the first failure.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest delay.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Factor from one delay to the next, at least 1.</summary>
    public double Growth { get; init; } = 2;

    /// <summary>Share of a delay that chance may take off or add, 0..1.</summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>Whether another try is due after so many failures in a row.</summary>
    public bool Allows(int failures) => Attempts is not { } most || failures < most;

    /// <summary>Delay after so many failures in a row; a day at most.</summary>
    /// <param name="failures">At least 1.</param>
    /// <param name="random">Where chance comes from.</param>
    public TimeSpan Delay(int failures, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        ArgumentNullException.ThrowIfNull(random);
        double seconds = Math.Min(First.TotalSeconds * Math.Pow(Growth, Math.Min(failures - 1, 64)), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(seconds * (1 + Jitter * (2 * random.NextDouble() - 1)), LongestDelay.TotalSeconds));
    }
}
