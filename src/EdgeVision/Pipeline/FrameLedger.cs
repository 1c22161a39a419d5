namespace EdgeVision;

/// <summary>Reason for which a frame was dropped.</summary>
internal enum DropReason
{
    Policy,
    Stale,
    DecodeError,
    Stopped,
}

/// <summary>Counters of a running source.</summary>
/// <remarks>
/// A frame enters once and leaves once, each time under the lock, so that the counts add up at any moment: frames in flight are counted
/// on their own, not derived from the others.
/// </remarks>
internal sealed class SourceLedger(string name, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly RateMeter _captureRate = new(clock), _deliveryRate = new(clock);
    private readonly long[] _dropped = new long[4];
    private SourceState _state;
    private long _captured, _delivered, _failed, _inFlight, _inferred, _reconnects, _stalls;
    private string? _lastError;

    public string Name => name;

    public LatencyRecorder Age { get; } = new();

    public LatencyRecorder Queue { get; } = new();

    public LatencyRecorder Preprocess { get; } = new();

    public LatencyRecorder Inference { get; } = new();

    public LatencyRecorder Postprocess { get; } = new();

    public LatencyRecorder Analysis { get; } = new();

    public SourceState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    public void Captured()
    {
        lock (_lock)
        {
            _captured++;
            _inFlight++;
            _captureRate.Count();
        }
    }

    public void Delivered(bool inferred)
    {
        lock (_lock)
        {
            _delivered++;
            _inFlight--;
            _inferred += inferred ? 1 : 0;
            _deliveryRate.Count();
        }
    }

    public void Dropped(DropReason reason)
    {
        lock (_lock)
        {
            _dropped[(int)reason]++;
            _inFlight--;
        }
    }

    public void Failed(string error)
    {
        lock (_lock)
        {
            _failed++;
            _inFlight--;
            _lastError = error;
        }
    }

    public void Error(string error)
    {
        lock (_lock)
        {
            _lastError = error;
        }
    }

    public void Enter(SourceState state)
    {
        lock (_lock)
        {
            _state = state;
        }
    }

    public void Reconnected()
    {
        lock (_lock)
        {
            _reconnects++;
        }
    }

    public void Stalled()
    {
        lock (_lock)
        {
            _stalls++;
        }
    }

    public SourceAccount Account()
    {
        lock (_lock)
        {
            return new SourceAccount
            {
                Name = name,
                State = _state,
                Captured = _captured,
                Delivered = _delivered,
                DroppedByPolicy = _dropped[(int)DropReason.Policy],
                DroppedStale = _dropped[(int)DropReason.Stale],
                DroppedDecodeError = _dropped[(int)DropReason.DecodeError],
                DroppedAtStop = _dropped[(int)DropReason.Stopped],
                Failed = _failed,
                InFlight = _inFlight,
                Inferred = _inferred,
                Reconnects = _reconnects,
                Stalls = _stalls,
                CapturedPerSecond = _captureRate.PerSecond(),
                DeliveredPerSecond = _deliveryRate.PerSecond(),
                Age = Age.Summary(),
                Queue = Queue.Summary(),
                Preprocess = Preprocess.Summary(),
                Inference = Inference.Summary(),
                Postprocess = Postprocess.Summary(),
                Analysis = Analysis.Summary(),
                LastError = _lastError,
            };
        }
    }
}

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

/// <summary>Events per second over the last five full seconds. Not thread-safe.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    private const int Seconds = 5;
    private readonly long _start = clock.GetTimestamp();
    private readonly int[] _counts = new int[Seconds + 1]; // and the current second
    private long _second;

    public void Count()
    {
        MoveOn();
        _counts[_second % _counts.Length]++;
    }

    public double PerSecond()
    {
        double elapsed = MoveOn();
        int sum = 0;
        for (long s = Math.Max(0, _second - Seconds); s < _second; s++)
        {
            sum += _counts[s % _counts.Length];
        }

        return _second >= 1 ? sum / (double)Math.Min(Seconds, _second) : elapsed > 0 ? _counts[0] / Math.Max(elapsed, 0.1) : 0;
    }

    private double MoveOn()
    {
        double elapsed = clock.GetElapsedTime(_start).TotalSeconds;
        long now = (long)elapsed;
        for (long s = Math.Max(_second + 1, now - Seconds); s <= now; s++)
        {
            _counts[s % _counts.Length] = 0;
        }

        _second = Math.Max(_second, now);
        return elapsed;
    }
}
