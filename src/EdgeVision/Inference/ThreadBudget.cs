namespace EdgeVision;

/// <summary>Divides the machine's cores among the threads of a process.</summary>
/// <param name="Cores">Maximum number of cores that EdgeVision uses.</param>
/// <param name="Inference">Intra-op threads of ONNX Runtime.</param>
/// <param name="Spin">Whether ONNX Runtime's threads spin while they wait: faster for a single session, expensive beside others.</param>
public sealed record ThreadBudget(int Cores, int Inference, bool Spin)
{
    private static int _sessions;

    /// <summary>Gets the number of threads for preprocessing and decoding, 1 to 64; 1 by default.</summary>
    /// <remarks>
    /// They share the rows of an image, the items of a batch, and masks. For one small image waking threads costs more than it saves.
    /// </remarks>
    public int Pixels { get; init; } = 1;

    /// <summary>Gets the budget of all cores of the machine for one session.</summary>
    public static ThreadBudget Default { get; } = Of(Environment.ProcessorCount);

    /// <summary>Creates a budget of <paramref name="cores"/> cores, all of them for inference while it runs.</summary>
    public static ThreadBudget Of(int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        return new ThreadBudget(cores, cores, cores > 1);
    }

    /// <summary>Divides the cores among sessions that run in parallel: an equal share each, without spinning.</summary>
    public ThreadBudget Shared(int sessions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        return sessions == 1 ? this : this with { Inference = Math.Max(1, Cores / sessions), Spin = false };
    }

    /// <summary>Gets the number of open sessions in this process.</summary>
    public static int LiveSessions => Volatile.Read(ref _sessions);

    internal static int SessionOpened() => Interlocked.Increment(ref _sessions);

    internal static void SessionClosed() => Interlocked.Decrement(ref _sessions);
}
