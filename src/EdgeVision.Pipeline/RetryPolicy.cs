namespace EdgeVision.Pipeline;

/// <summary>Retry policy with exponential backoff and jitter.</summary>
/// <remarks>Jitter spreads the retries, so that many devices do not reconnect at the same moment.</remarks>
public sealed record RetryPolicy
{
    // Timers cannot wait longer than about 24 days, and a retry after more than one day is of no use.
    private static readonly TimeSpan MaxSupportedDelay = TimeSpan.FromDays(1);

    /// <summary>Default for sources: unlimited attempts, delays from 0.5 s to 30 s.</summary>
    public static RetryPolicy ForSources { get; } = new();

    /// <summary>Default for sinks: five attempts per frame, delays from 0.1 s to 5 s.</summary>
    public static RetryPolicy ForSinks { get; } = new()
    {
        MaxAttempts = 5,
        InitialDelay = TimeSpan.FromMilliseconds(100),
        MaxDelay = TimeSpan.FromSeconds(5),
    };

    /// <summary>No retries.</summary>
    public static RetryPolicy None { get; } = new() { MaxAttempts = 1 };

    /// <summary>Maximum number of consecutive attempts, including the first; null for unlimited.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Delay after the first failure.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Maximum delay.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Factor by which each delay grows, at least 1.</summary>
    public double Multiplier { get; init; } = 2;

    /// <summary>Fraction of a delay that is randomly added or subtracted, 0..1.</summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>Gets whether another attempt is allowed after the given number of consecutive failures.</summary>
    public bool AllowsRetry(int failures) => MaxAttempts is not { } most || failures < most;

    /// <summary>Returns the delay after the given number of consecutive failures; at most one day.</summary>
    /// <param name="failures">At least 1.</param>
    /// <param name="random">Random number generator for the jitter.</param>
    public TimeSpan GetDelay(int failures, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        ArgumentNullException.ThrowIfNull(random);
        double seconds = Math.Min(InitialDelay.TotalSeconds * Math.Pow(Multiplier, Math.Min(failures - 1, 64)), MaxDelay.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(seconds * (1 + Jitter * (2 * random.NextDouble() - 1)), MaxSupportedDelay.TotalSeconds));
    }
}
