namespace EdgeVision.Pipeline.Sources;

/// <summary>Waits for points in time on a clock, measured from its start; a wait allocates nothing.</summary>
internal sealed class FramePacer : IDisposable
{
    private readonly object _lock = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly long _start;
    private bool _fired, _aborted;

    public FramePacer(TimeProvider clock)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        _timer = clock.CreateTimer(
            static pacer => ((FramePacer)pacer!).Wake(fired: true), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits until the given time, or returns at once if it has passed. False if the wait was aborted.</summary>
    public bool WaitUntil(TimeSpan due, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var wake = cancel.UnsafeRegister(static pacer => ((FramePacer)pacer!).Wake(fired: false), this);
        lock (_lock)
        {
            TimeSpan left;
            while (!_aborted && (left = due - _clock.GetElapsedTime(_start)) > TimeSpan.Zero)
            {
                // Timers truncate to whole milliseconds; a wait that ends early would spin.
                _fired = false;
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                while (!_fired && !_aborted && !cancel.IsCancellationRequested)
                {
                    Monitor.Wait(_lock);
                }

                cancel.ThrowIfCancellationRequested();
            }

            return !_aborted;
        }
    }

    public void Abort()
    {
        lock (_lock)
        {
            _aborted = true;
            Monitor.PulseAll(_lock);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Wake(bool fired)
    {
        lock (_lock)
        {
            _fired |= fired;
            Monitor.PulseAll(_lock);
        }
    }
}
