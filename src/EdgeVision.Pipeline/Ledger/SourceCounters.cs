using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>Counters of a running source.</summary>
/// <remarks>
/// A frame enters once and leaves once, each time under the lock, so that the counts add up at any moment: frames in flight are counted
/// on their own, not derived from the others.
/// </remarks>
internal sealed class SourceCounters(string name, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly RateMeter _captureRate = new(clock), _deliveryRate = new(clock);
    private readonly long[] _dropped = new long[4];
    private SourceState _state;
    private long _captured, _delivered, _failed, _inFlight, _inferred, _reconnects, _stalls;
    private string? _lastError;

    public string Name => name;

    public LatencyHistogram Age { get; } = new();

    public LatencyHistogram Queue { get; } = new();

    public LatencyHistogram Preprocess { get; } = new();

    public LatencyHistogram Inference { get; } = new();

    public LatencyHistogram Postprocess { get; } = new();

    public LatencyHistogram Analysis { get; } = new();

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

    public void RecordCaptured()
    {
        lock (_lock)
        {
            _captured++;
            _inFlight++;
            _captureRate.Record();
        }
    }

    public void RecordDelivered(bool inferred)
    {
        lock (_lock)
        {
            _delivered++;
            _inFlight--;
            _inferred += inferred ? 1 : 0;
            _deliveryRate.Record();
        }
    }

    public void RecordDropped(DropReason reason)
    {
        lock (_lock)
        {
            _dropped[(int)reason]++;
            _inFlight--;
        }
    }

    public void RecordFailed(string error)
    {
        lock (_lock)
        {
            _failed++;
            _inFlight--;
            _lastError = error;
        }
    }

    public void SetLastError(string error)
    {
        lock (_lock)
        {
            _lastError = error;
        }
    }

    public void SetState(SourceState state)
    {
        lock (_lock)
        {
            _state = state;
        }
    }

    public void RecordReconnect()
    {
        lock (_lock)
        {
            _reconnects++;
        }
    }

    public void RecordStall()
    {
        lock (_lock)
        {
            _stalls++;
        }
    }

    public SourceStatistics GetStatistics()
    {
        lock (_lock)
        {
            return new SourceStatistics
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
                CapturedPerSecond = _captureRate.GetRate(),
                DeliveredPerSecond = _deliveryRate.GetRate(),
                Age = Age.GetSummary(),
                Queue = Queue.GetSummary(),
                Preprocess = Preprocess.GetSummary(),
                Inference = Inference.GetSummary(),
                Postprocess = Postprocess.GetSummary(),
                Analysis = Analysis.GetSummary(),
                LastError = _lastError,
            };
        }
    }
}
