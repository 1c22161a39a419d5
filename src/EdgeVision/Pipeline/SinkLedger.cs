namespace EdgeVision;

/// <summary>Counters of a running sink, with the same guarantees as <see cref="SourceLedger"/>.</summary>
internal sealed class SinkLedger(string name)
{
    private readonly Lock _lock = new();
    private SinkState _state;
    private long _offered, _written, _dropped, _failed, _pending, _retries;
    private string? _lastError;

    public LatencyRecorder Age { get; } = new();

    public LatencyRecorder Write { get; } = new();

    public void Offered()
    {
        lock (_lock)
        {
            _offered++;
            _pending++;
        }
    }

    public void Written() => Leave(ref _written);

    public void Dropped() => Leave(ref _dropped);

    public void Failed() => Leave(ref _failed);

    /// <summary>Counts everything pending as failed.</summary>
    public void Abandon(string error)
    {
        lock (_lock)
        {
            (_state, _lastError) = (SinkState.Failed, error);
            _failed += _pending;
            _pending = 0;
        }
    }

    public void Retried(string error)
    {
        lock (_lock)
        {
            _retries++;
            _lastError = error;
        }
    }

    public void Enter(SinkState state, string? error = null)
    {
        lock (_lock)
        {
            _state = state;
            _lastError = error ?? _lastError;
        }
    }

    // Nothing is pending if the sink was abandoned in the meantime: its results were counted then.
    private void Leave(ref long count)
    {
        lock (_lock)
        {
            if (_pending > 0)
            {
                count++;
                _pending--;
            }
        }
    }

    public SinkAccount Account()
    {
        lock (_lock)
        {
            return new SinkAccount
            {
                Name = name,
                State = _state,
                Offered = _offered,
                Written = _written,
                Dropped = _dropped,
                Failed = _failed,
                Pending = _pending,
                Retries = _retries,
                Age = Age.Summary(),
                Write = Write.Summary(),
                LastError = _lastError,
            };
        }
    }
}
