using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>Counters of a running sink, with the same guarantees as <see cref="SourceCounters"/>.</summary>
internal sealed class SinkCounters(string name)
{
    private readonly Lock _lock = new();
    private SinkState _state;
    private long _offered, _written, _dropped, _failed, _pending, _retries;
    private string? _lastError;

    public LatencyHistogram Age { get; } = new();

    public LatencyHistogram Write { get; } = new();

    public void RecordOffered()
    {
        lock (_lock)
        {
            _offered++;
            _pending++;
        }
    }

    public void RecordWritten() => MovePendingTo(ref _written);

    public void RecordDropped() => MovePendingTo(ref _dropped);

    public void RecordFailed() => MovePendingTo(ref _failed);

    /// <summary>Counts everything pending as failed.</summary>
    public void FailPending(string error)
    {
        lock (_lock)
        {
            (_state, _lastError) = (SinkState.Failed, error);
            _failed += _pending;
            _pending = 0;
        }
    }

    public void RecordRetry(string error)
    {
        lock (_lock)
        {
            _retries++;
            _lastError = error;
        }
    }

    public void SetState(SinkState state, string? error = null)
    {
        lock (_lock)
        {
            _state = state;
            _lastError = error ?? _lastError;
        }
    }

    // Nothing is pending if the sink was abandoned in the meantime: its results were counted then.
    private void MovePendingTo(ref long count)
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

    public SinkStatistics GetStatistics()
    {
        lock (_lock)
        {
            return new SinkStatistics
            {
                Name = name,
                State = _state,
                Offered = _offered,
                Written = _written,
                Dropped = _dropped,
                Failed = _failed,
                Pending = _pending,
                Retries = _retries,
                Age = Age.GetSummary(),
                Write = Write.GetSummary(),
                LastError = _lastError,
            };
        }
    }
}
