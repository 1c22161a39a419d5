namespace EdgeVision;

/// <summary>Runs tracking, crop models and rules on the frames of one source, then passes the results to the sinks.</summary>
/// <remarks>Each source has a thread of its own, so that its frames keep their order.</remarks>
internal sealed class AnalysisRunner
{
    // Gap between two frames after which existing tracks are taken as lost.
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(2);
    private const int MostMissed = 300;
    private readonly BoundedQueue<PipelineFrame> _queue = new(int.MaxValue); // the scheduler limits how many frames are in it
    private Action? _release;
    private readonly ITracker? _tracker;
    private readonly KeypointSmoother? _smoother;
    private readonly bool _keepUntracked;
    private readonly TrackCarrier? _carrier;
    private readonly CropRunner[] _crops;
    private readonly IPipelineRule[] _rules;
    private readonly SinkRunner[] _sinks;
    private readonly Action<NoticeLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Detections _nothing = new();
    private TimeSpan? _last;
    private TimeSpan _step;
    private volatile bool _dropping;
    private int _inWork;
    private long _lastNotice;

    public AnalysisRunner(
        SourceLedger ledger,
        ITracker? tracker,
        KeypointSmoother? smoother,
        bool keepUntracked,
        bool carries,
        CropRunner[] crops,
        IPipelineRule[] rules,
        SinkRunner[] sinks,
        Action<NoticeLevel, string> notice,
        TimeProvider clock)
    {
        (Ledger, _tracker, _smoother, _keepUntracked) = (ledger, tracker, smoother, keepUntracked);
        (_crops, _rules, _sinks, _notice, _clock) = (crops, rules, sinks, notice, clock);
        _carrier = carries ? new TrackCarrier() : null;
    }

    public SourceLedger Ledger { get; }

    public IReadOnlyList<IPipelineRule> Rules => _rules;

    /// <summary>Completes once every frame received has been passed on.</summary>
    public Task Completion => _done.Task;

    /// <summary>Completes once the thread has ended, even if it was abandoned before.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"edgevision analysis {Ledger.Name}" }.Start();

    /// <summary>Sets the callback that runs when a frame has left this stage.</summary>
    public void OnThrough(Action release) => _release = release;

    /// <summary>Enqueues a frame that the model has processed; takes ownership of it.</summary>
    public void Offer(PipelineFrame frame)
    {
        if (_queue.Offer(frame, QueuePolicy.Wait) is { } dropped)
        {
            Ledger.Dropped(DropReason.Stopped);
            dropped.Dispose();
        }
    }

    /// <summary>Signals that no more frames follow.</summary>
    public void End() => _queue.End();

    /// <summary>Drops the frames that have not been started and accepts no more.</summary>
    public void Stop()
    {
        _dropping = true;
        _queue.Close();
    }

    /// <summary>Abandons a frame whose tracker, model or rule does not return; it and the frames still queued count as dropped.</summary>
    public void Abandon()
    {
        Stop();
        while (_queue.TryTake(out var waiting))
        {
            Ledger.Dropped(DropReason.Stopped);
            waiting.Dispose();
        }

        if (!_done.Task.IsCompleted && Interlocked.Exchange(ref _inWork, 0) == 1)
        {
            Ledger.Dropped(DropReason.Stopped);
        }

        _done.TrySetResult();
    }

    private void Run()
    {
        while (_queue.Take(out var frame))
        {
            if (_dropping)
            {
                Ledger.Dropped(DropReason.Stopped);
            }
            else
            {
                Work(frame);
            }

            _release?.Invoke();
            frame.Dispose();
        }

        _done.TrySetResult();
        _ended.TrySetResult();
    }

    private void Work(PipelineFrame frame)
    {
        long start = _clock.GetTimestamp();
        Interlocked.Exchange(ref _inWork, 1);
        if (_dropping)
        {
            if (Interlocked.Exchange(ref _inWork, 0) == 1)
            {
                Ledger.Dropped(DropReason.Stopped);
            }

            return;
        }

        string? error = null;
        try
        {
            Follow(frame);
            foreach (var crop in _crops)
            {
                crop.Update(frame);
            }

            foreach (var rule in _rules)
            {
                rule.Update(frame);
            }
        }
        catch (Exception e)
        {
            // Trackers and rules may be user code; an error costs one frame, not the source.
            error = SourceAddress.Redact(e is EdgeVisionException
                ? e.Message
                : $"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }

        if (Interlocked.Exchange(ref _inWork, 0) == 0)
        {
            return; // abandoned, and counted then
        }

        if (PipelineTracing.IsOn)
        {
            Trace(frame, start, error);
        }

        if (error is not null)
        {
            Fail(frame, error);
            return;
        }

        long end = _clock.GetTimestamp();
        Ledger.Analysis.Record(_clock.GetElapsedTime(start, end));
        Ledger.Age.Record(_clock.GetElapsedTime(frame.Captured, end));
        Ledger.Delivered(frame.Inferred);
        foreach (var sink in _sinks)
        {
            sink.Offer(frame);
        }
    }

    private void Trace(PipelineFrame frame, long start, string? error)
    {
        long end = _clock.GetTimestamp();
        var timing = frame.Result.Timing;
        PipelineTracing.Write(new FrameTrace(frame.Source, frame.Model, frame.Sequence, frame.CapturedAt)
        {
            Queue = frame.Queued,
            Preprocess = TimeSpan.FromMilliseconds(timing.PreprocessMs),
            Inference = TimeSpan.FromMilliseconds(timing.InferenceMs),
            Postprocess = TimeSpan.FromMilliseconds(timing.PostprocessMs),
            Analysis = _clock.GetElapsedTime(start, end),
            Total = _clock.GetElapsedTime(frame.Captured, end),
            Detections = frame.Result.Detections.Count,
            Error = error,
        });
    }

    private void Fail(PipelineFrame frame, string error)
    {
        if (_dropping)
        {
            Ledger.Dropped(DropReason.Stopped); // the run of its model was terminated
            return;
        }

        Ledger.Failed(error);
        if (_lastNotice == 0 || _clock.GetElapsedTime(_lastNotice) > TimeSpan.FromSeconds(10))
        {
            _lastNotice = _clock.GetTimestamp();
            _notice(NoticeLevel.Warning, $"frame {frame.Sequence} failed in tracking, a crop model or a rule and is skipped: {error}");
        }
    }

    private void Follow(PipelineFrame frame)
    {
        var result = frame.Result;
        if (!frame.Inferred)
        {
            _carrier?.Carry(result, frame.Frame);
            return;
        }

        if (_tracker is not null)
        {
            CatchUp(frame.Timestamp);
            _tracker.Update(result.Detections, frame.Frame);
            if (!_keepUntracked)
            {
                result.Detections.KeepTracked();
            }

            _smoother?.Smooth(result.Detections, frame.Timestamp);
        }

        _carrier?.Remember(result.Detections, frame.Timestamp);
    }

    // Trackers count frames, not seconds: after a gap they get empty frames for those that are missing, so that old ids expire.
    private void CatchUp(TimeSpan time)
    {
        if (_last is { } last && time - last > Gap)
        {
            int missed = _step > TimeSpan.Zero ? (int)Math.Min(MostMissed, (time - last) / _step) : MostMissed;
            for (int i = 0; i < missed; i++)
            {
                _nothing.Clear();
                _tracker!.Update(_nothing);
            }
        }
        else if (_last is { } before && time > before)
        {
            _step = time - before;
        }

        _last = time;
    }
}
