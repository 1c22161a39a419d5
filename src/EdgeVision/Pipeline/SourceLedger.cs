namespace EdgeVision;

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
