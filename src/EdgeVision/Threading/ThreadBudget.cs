namespace EdgeVision;

/// <summary>Divides the machine's cores among the threads of a process.</summary>
/// <param name="Cores">Maximum number of cores that EdgeVision uses.</param>
/// <param name="InferenceThreads">Intra-op threads of ONNX Runtime.</param>
/// <param name="AllowSpinning">Whether ONNX Runtime's threads spin while they wait: faster for a single session, expensive beside others.</param>
public sealed record ThreadBudget(int Cores, int InferenceThreads, bool AllowSpinning)
{
    private static int _sessions;

    /// <summary>Gets the number of threads for preprocessing and decoding, 1 to 64; 1 by default.</summary>
    /// <remarks>
    /// They share the rows of an image, the items of a batch, and masks. For one small image waking threads costs more than it saves.
    /// </remarks>
    public int ImageThreads { get; init; } = 1;

    /// <summary>Gets the budget of all cores of the machine for one session.</summary>
    public static ThreadBudget Default { get; } = FromCores(Environment.ProcessorCount);

    /// <summary>Creates a budget of <paramref name="cores"/> cores, all of them for inference while it runs.</summary>
    public static ThreadBudget FromCores(int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        return new ThreadBudget(cores, cores, cores > 1);
    }

    /// <summary>Divides the cores among sessions that run in parallel: an equal share each, without spinning.</summary>
    public ThreadBudget DivideAmong(int sessions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        return sessions == 1 ? this : this with { InferenceThreads = Math.Max(1, Cores / sessions), AllowSpinning = false };
    }

    /// <summary>Gets the number of open sessions in this process.</summary>
    public static int OpenSessions => Volatile.Read(ref _sessions);

    internal static int SessionOpened() => Interlocked.Increment(ref _sessions);

    internal static void SessionClosed() => Interlocked.Decrement(ref _sessions);
}
