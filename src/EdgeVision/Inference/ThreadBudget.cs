namespace EdgeVision;

/// <summary>How the machine's cores are divided. One budget serves a process; a model takes its share of it.</summary>
/// <param name="Cores">Cores that EdgeVision may keep busy.</param>
/// <param name="Inference">Threads of ONNX Runtime within one operator.</param>
/// <param name="Spin">Whether ONNX Runtime's threads spin while they wait: quicker alone, costly beside others.</param>
public sealed record ThreadBudget(int Cores, int Inference, bool Spin)
{
    private static int _sessions;

    /// <summary>
    /// Threads that prepare pictures and read outputs, 1 to 64: rows of a picture, items of a batch, masks. One by default: for one small picture
    /// waking threads costs more than they do.
    /// </summary>
    public int Pixels { get; init; } = 1;

    /// <summary>All cores of the machine for one session.</summary>
    public static ThreadBudget Default { get; } = Of(Environment.ProcessorCount);

    /// <summary>A budget of so many cores, all of them for inference while it runs.</summary>
    public static ThreadBudget Of(int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        return new ThreadBudget(cores, cores, cores > 1);
    }

    /// <summary>The same cores for several sessions that run side by side: an equal share each, and no spinning.</summary>
    public ThreadBudget Shared(int sessions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        return sessions == 1 ? this : this with { Inference = Math.Max(1, Cores / sessions), Spin = false };
    }

    /// <summary>Sessions alive in this process.</summary>
    public static int LiveSessions => Volatile.Read(ref _sessions);

    internal static int SessionOpened() => Interlocked.Increment(ref _sessions);

    internal static void SessionClosed() => Interlocked.Decrement(ref _sessions);
}
