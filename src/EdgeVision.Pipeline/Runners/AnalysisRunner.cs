using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Scheduling;
using EdgeVision.Pipeline.Sources;
using EdgeVision.Tracking;

namespace EdgeVision.Pipeline.Runners;

/// <summary>Runs tracking, crop models and rules on the frames of one source, then passes the results to the sinks.</summary>
/// <remarks>Each source has a thread of its own, so that its frames keep their order.</remarks>
internal sealed class AnalysisRunner
{
    // Gap between two frames after which existing tracks are taken as lost.
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(2);
    private const int MaxMissedFrames = 300;
    private readonly BoundedQueue<PipelineFrame> _queue = new(int.MaxValue); // the scheduler limits how many frames are in it
    private Action? _release;
    private readonly ITracker? _tracker;
    private readonly KeypointSmoother? _smoother;
    private readonly bool _keepUntracked;
    private readonly TrackExtrapolator? _carrier;
    private readonly CropRunner[] _crops;
    private readonly IPipelineRule[] _rules;
    private readonly SinkRunner[] _sinks;
    private readonly Action<PipelineMessageLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Detections _noDetections = new();
    private TimeSpan? _last;
    private TimeSpan _step;
    private volatile bool _dropping;
    private int _inWork;
    private long _lastNotice;

    public AnalysisRunner(
        SourceCounters ledger,
        ITracker? tracker,
        KeypointSmoother? smoother,
        bool keepUntracked,
        bool extrapolates,
        CropRunner[] crops,
        IPipelineRule[] rules,
        SinkRunner[] sinks,
        Action<PipelineMessageLevel, string> notice,
        TimeProvider clock)
    {
        (Ledger, _tracker, _smoother, _keepUntracked) = (ledger, tracker, smoother, keepUntracked);
        (_crops, _rules, _sinks, _notice, _clock) = (crops, rules, sinks, notice, clock);
        _carrier = extrapolates ? new TrackExtrapolator() : null;
    }

    public SourceCounters Ledger { get; }

    public IReadOnlyList<IPipelineRule> Rules => _rules;

    /// <summary>Completes once every frame received has been passed on.</summary>
    public Task Completion => _done.Task;

    /// <summary>Completes once the thread has ended, even if it was abandoned before.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"edgevision analysis {Ledger.Name}" }.Start();

    /// <summary>Sets the callback that runs when a frame has left this stage.</summary>
    public void SetReleaseCallback(Action release) => _release = release;

    /// <summary>Enqueues a frame that the model has processed; takes ownership of it.</summary>
    public void Offer(PipelineFrame frame)
    {
        if (_queue.Offer(frame, QueuePolicy.Wait) is { } dropped)
        {
            Ledger.RecordDropped(DropReason.Stopped);
            dropped.Dispose();
        }
    }

    /// <summary>Signals that no more frames follow.</summary>
    public void End() => _queue.CompleteAdding();

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
            Ledger.RecordDropped(DropReason.Stopped);
            waiting.Dispose();
        }

        if (!_done.Task.IsCompleted && Interlocked.Exchange(ref _inWork, 0) == 1)
        {
            Ledger.RecordDropped(DropReason.Stopped);
        }

        _done.TrySetResult();
    }

    private void Run()
    {
        while (_queue.Take(out var frame))
        {
            if (_dropping)
            {
                Ledger.RecordDropped(DropReason.Stopped);
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
                Ledger.RecordDropped(DropReason.Stopped);
            }

            return;
        }

        string? error = null;
        try
        {
            Track(frame);
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

        if (PipelineTracing.IsEnabled)
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
        Ledger.Age.Record(_clock.GetElapsedTime(frame.CapturedTimestamp, end));
        Ledger.RecordDelivered(frame.IsInferred);
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
            Queue = frame.QueueTime,
            Preprocess = TimeSpan.FromMilliseconds(timing.PreprocessMs),
            Inference = TimeSpan.FromMilliseconds(timing.InferenceMs),
            Postprocess = TimeSpan.FromMilliseconds(timing.PostprocessMs),
            Analysis = _clock.GetElapsedTime(start, end),
            Total = _clock.GetElapsedTime(frame.CapturedTimestamp, end),
            Detections = frame.Result.Detections.Count,
            Error = error,
        });
    }

    private void Fail(PipelineFrame frame, string error)
    {
        if (_dropping)
        {
            Ledger.RecordDropped(DropReason.Stopped); // the run of its model was terminated
            return;
        }

        Ledger.RecordFailed(error);
        if (_lastNotice == 0 || _clock.GetElapsedTime(_lastNotice) > TimeSpan.FromSeconds(10))
        {
            _lastNotice = _clock.GetTimestamp();
            _notice(PipelineMessageLevel.Warning, $"frame {frame.Sequence} failed in tracking, a crop model or a rule and is skipped: {error}");
        }
    }

    private void Track(PipelineFrame frame)
    {
        var result = frame.Result;
        if (!frame.IsInferred)
        {
            _carrier?.Extrapolate(result, frame.Frame);
            return;
        }

        if (_tracker is not null)
        {
            CatchUp(frame.Timestamp);
            _tracker.Update(result.Detections, frame.Frame);
            if (!_keepUntracked)
            {
                result.Detections.RemoveUntracked();
            }

            _smoother?.Smooth(result.Detections, frame.Timestamp);
        }

        _carrier?.Update(result.Detections, frame.Timestamp);
    }

    // Trackers count frames, not seconds: after a gap they get empty frames for those that are missing, so that old ids expire.
    private void CatchUp(TimeSpan time)
    {
        if (_last is { } last && time - last > Gap)
        {
            int missed = _step > TimeSpan.Zero ? (int)Math.Min(MaxMissedFrames, (time - last) / _step) : MaxMissedFrames;
            for (int i = 0; i < missed; i++)
            {
                _noDetections.Clear();
                _tracker!.Update(_noDetections);
            }
        }
        else if (_last is { } before && time > before)
        {
            _step = time - before;
        }

        _last = time;
    }
}
