namespace EdgeVision.Hosting;

/// <summary>Where a hosted pipeline stands.</summary>
public enum PipelineState
{
    /// <summary>Being built: models are loaded.</summary>
    Starting,
    /// <summary>Frames flow, or sources are tried.</summary>
    Running,
    /// <summary>It failed, and is run again after a delay.</summary>
    Restarting,
    /// <summary>Its sources have ended.</summary>
    Ended,
    /// <summary>It failed, and is not run again.</summary>
    Failed,
    /// <summary>Stopped with the host.</summary>
    Stopped,
}

/// <summary>What a host's other parts may know of a pipeline; a keyed service under the pipeline's name.</summary>
public sealed class PipelineStatus
{
    private Func<LedgerSnapshot>? _snapshot;
    private volatile string? _error;
    private volatile int _state, _restarts;

    internal PipelineStatus(string name) => Name = name;

    /// <summary>The pipeline's name.</summary>
    public string Name { get; }

    /// <summary>Where it stands.</summary>
    public PipelineState State => (PipelineState)_state;

    /// <summary>Times that it was run again.</summary>
    public int Restarts => _restarts;

    /// <summary>What it failed of last, without credentials; null where it did not.</summary>
    public string? LastError => _error;

    /// <summary>The accounts of the run that is on, or of the last; null before the first.</summary>
    public LedgerSnapshot? Snapshot() => Volatile.Read(ref _snapshot)?.Invoke();

    internal void Begins() => _state = (int)PipelineState.Starting;

    internal void Runs(Func<LedgerSnapshot> snapshot)
    {
        Volatile.Write(ref _snapshot, snapshot);
        _state = (int)PipelineState.Running;
    }

    // The last accounts stay, without keeping the whole pipeline alive.
    internal void Closes(LedgerSnapshot last) => Volatile.Write(ref _snapshot, () => last);

    internal void Ends(PipelineState state, string? error)
    {
        _error = error ?? _error;
        _state = (int)state;
        if (state == PipelineState.Restarting)
        {
            Interlocked.Increment(ref _restarts);
        }
    }
}
