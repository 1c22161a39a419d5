using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Scheduling;

namespace EdgeVision.Pipeline.Runners;

/// <summary>Runs a model on the scheduled frames and passes them on in the order of each source.</summary>
/// <remarks>
/// While sources wait for the model, a second thread preprocesses and decodes during the run of the first, so that the network is never
/// idle.
/// </remarks>
internal sealed class ModelRunner : IDisposable
{
    private readonly AnalysisRunner[] _next;
    private readonly Action<PipelineMessageLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly ModelWorker[] _workers;
    private readonly object _order = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private long _nextTicket; // ticket of the frames that are passed on next
    private bool _abandoned;
    private volatile bool _stopping;
    private long _lastNotice;

    public ModelRunner(
        IFrameModel model,
        string name,
        FrameScheduler scheduler,
        AnalysisRunner[] next,
        Action<PipelineMessageLevel, string> notice,
        TimeProvider clock)
    {
        (Name, Scheduler, _next, _notice, _clock) = (name, scheduler, next, notice, clock);
        _workers = [new ModelWorker(this, model, ahead: false), new ModelWorker(this, model, ahead: true)];
        _running = _workers.Length;
    }

    public string Name { get; }

    public FrameScheduler Scheduler { get; }

    public bool Stopping => _stopping;

    /// <summary>Completes once every frame has been passed on.</summary>
    public Task Completion => _done.Task;

    /// <summary>Completes once no thread runs the model any more, including abandoned threads.</summary>
    public Task Ended => _ended.Task;

    public void Start() => Array.ForEach(_workers, w => w.Start());

    /// <summary>Schedules no more frames; a run in progress may finish.</summary>
    public void Stop()
    {
        _stopping = true;
        Scheduler.Stop();
    }

    /// <summary>Terminates a run in progress.</summary>
    public void Terminate() => Array.ForEach(_workers, w => w.Terminate());

    /// <summary>Abandons runs that do not return; their frames count as dropped.</summary>
    public void Abandon()
    {
        lock (_order)
        {
            if (_done.Task.IsCompleted)
            {
                return;
            }

            _abandoned = true;
            foreach (var worker in _workers)
            {
                foreach (var turn in worker.Turns)
                {
                    _next[turn.Lane].Ledger.RecordDropped(DropReason.Stopped);
                }
            }

            Monitor.PulseAll(_order);
        }

        _done.TrySetResult();
    }

    /// <summary>Records the frames that a worker has taken.</summary>
    /// <returns>False if the runner was abandoned in the meantime.</returns>
    public bool TryBegin(ModelWorker worker, List<FrameScheduler.ScheduledFrame> taken)
    {
        lock (_order)
        {
            if (_abandoned)
            {
                taken.ForEach(Drop);
                return false;
            }

            worker.Turns.AddRange(taken);
            return true;
        }
    }

    /// <summary>Waits for the frames taken earlier, then passes on those of a worker.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="ticket">Ticket of its frames from the scheduler.</param>
    /// <param name="errors">Error of each frame that the model ran on, in order; null for success.</param>
    /// <returns>False if the runner was abandoned in the meantime.</returns>
    public bool Deliver(ModelWorker worker, long ticket, ReadOnlySpan<string?> errors)
    {
        lock (_order)
        {
            while (_nextTicket != ticket && !_abandoned)
            {
                Monitor.Wait(_order);
            }

            if (_abandoned)
            {
                worker.Turns.ForEach(t => t.Frame.Dispose()); // counted when the runner was abandoned
                return false;
            }

            int at = 0;
            foreach (var turn in worker.Turns)
            {
                Deliver(turn, turn.Infer ? errors[at++] : null);
            }

            worker.Turns.Clear();
            _nextTicket++;
            Monitor.PulseAll(_order);
            return true;
        }
    }

    /// <summary>Signals that a worker takes no more frames; the last worker ends the next stages.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _running) > 0)
        {
            return;
        }

        foreach (var next in _next)
        {
            next.End();
        }

        _done.TrySetResult();
        _ended.TrySetResult();
    }

    public void Report(PipelineMessageLevel level, string message) => _notice(level, message);

    public void Dispose() => Array.ForEach(_workers, w => w.Dispose());

    private void Deliver(in FrameScheduler.ScheduledFrame turn, string? error)
    {
        var frame = turn.Frame;
        var next = _next[turn.Lane];
        frame.Model = Name;
        frame.IsInferred = turn.Infer;
        if (error is null)
        {
            if (turn.Infer)
            {
                Record(next.Ledger, frame.Result.Timing);
            }

            next.Offer(frame); // never blocks: the scheduler limits the frames in flight
        }
        else if (_stopping)
        {
            Drop(turn);
        }
        else
        {
            next.Ledger.RecordFailed(error);
            if (PipelineTracing.IsEnabled)
            {
                PipelineTracing.Write(new FrameTrace(frame.Source, Name, frame.Sequence, frame.CapturedAt)
                {
                    Queue = frame.QueueTime,
                    Total = _clock.GetElapsedTime(frame.CapturedTimestamp),
                    Error = error,
                });
            }

            // A model that fails on every frame reports it once in ten seconds; the statistics have the count.
            if (_lastNotice == 0 || _clock.GetElapsedTime(_lastNotice) > TimeSpan.FromSeconds(10))
            {
                _lastNotice = _clock.GetTimestamp();
                Report(PipelineMessageLevel.Warning, $"failed on frame {frame.Sequence} of {frame.Source}; the frame is skipped: {error}");
            }

            Scheduler.Release(turn.Lane);
            frame.Dispose();
        }
    }

    private void Drop(FrameScheduler.ScheduledFrame turn)
    {
        _next[turn.Lane].Ledger.RecordDropped(DropReason.Stopped);
        Scheduler.Release(turn.Lane);
        turn.Frame.Dispose();
    }

    private static void Record(SourceCounters ledger, in StageTiming timing)
    {
        ledger.Preprocess.Record(TimeSpan.FromMilliseconds(timing.PreprocessMs));
        ledger.Inference.Record(TimeSpan.FromMilliseconds(timing.InferenceMs));
        ledger.Postprocess.Record(TimeSpan.FromMilliseconds(timing.PostprocessMs));
    }
}
