using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Hosting;

/// <summary>State of a hosted pipeline.</summary>
public enum PipelineState
{
    /// <summary>The pipeline is being built and loads its models.</summary>
    Starting,
    /// <summary>Frames are processed, or sources are being connected.</summary>
    Running,
    /// <summary>The pipeline failed, and restarts after a delay.</summary>
    Restarting,
    /// <summary>The sources have ended.</summary>
    Ended,
    /// <summary>The pipeline failed, and is not restarted.</summary>
    Failed,
    /// <summary>The pipeline was stopped with the host.</summary>
    Stopped,
}

/// <summary>Status of a hosted pipeline for other services of the host; a keyed service under the pipeline's name.</summary>
public sealed class PipelineStatus
{
    private Func<PipelineStatistics>? _snapshot;
    private volatile string? _error;
    private volatile int _state, _restarts;

    internal PipelineStatus(string name) => Name = name;

    /// <summary>Gets the pipeline's name.</summary>
    public string Name { get; }

    /// <summary>Gets the current state.</summary>
    public PipelineState State => (PipelineState)_state;

    /// <summary>Gets the number of restarts.</summary>
    public int RestartCount => _restarts;

    /// <summary>Gets the last error, without credentials; null if there was none.</summary>
    public string? LastError => _error;

    /// <summary>Returns the ledger of the current run, or of the last; null before the first.</summary>
    public PipelineStatistics? Snapshot() => Volatile.Read(ref _snapshot)?.Invoke();

    internal void SetStarting() => _state = (int)PipelineState.Starting;

    internal void SetRunning(Func<PipelineStatistics> snapshot)
    {
        Volatile.Write(ref _snapshot, snapshot);
        _state = (int)PipelineState.Running;
    }

    // Keeps the last ledger without keeping the whole pipeline alive.
    internal void SetLastSnapshot(PipelineStatistics last) => Volatile.Write(ref _snapshot, () => last);

    internal void SetEnded(PipelineState state, string? error)
    {
        _error = error ?? _error;
        _state = (int)state;
        if (state == PipelineState.Restarting)
        {
            Interlocked.Increment(ref _restarts);
        }
    }
}
