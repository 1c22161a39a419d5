using System.Runtime.InteropServices;

namespace EdgeVision;

/// <summary>Runs a model on the frames whose turn it is, on a thread of its own, and hands them on in each source's order.</summary>
internal sealed class ModelRunner
{
    private readonly IFrameModel _model;
    private readonly FrameScheduler _scheduler;
    private readonly AnalysisRunner[] _next;
    private readonly Action<NoticeLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly List<FrameScheduler.Turn> _taken = [], _turns = [];
    private readonly Frame[] _frames;
    private readonly VisionResult[] _results;
    private readonly string?[] _errors;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private bool _abandoned;
    private long _lastNotice;

    public ModelRunner(IFrameModel model, string name, FrameScheduler scheduler, AnalysisRunner[] next, Action<NoticeLevel, string> notice, TimeProvider clock)
    {
        (_model, Name, _scheduler, _next, _notice, _clock) = (model, name, scheduler, next, notice, clock);
        (_frames, _results, _errors) = (new Frame[model.BatchSize], new VisionResult[model.BatchSize], new string?[model.BatchSize]);
    }

    public string Name { get; }

    public FrameScheduler Scheduler => _scheduler;

    /// <summary>Done once every frame is handed on.</summary>
    public Task Completion => _done.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"edgevision model {Name}" }.Start();

    /// <summary>Gives no more turns; a run that goes on may end first.</summary>
    public void Stop()
    {
        _stopping = true;
        _scheduler.Stop();
    }

    /// <summary>Leaves a run behind that does not come back; its frames are dropped.</summary>
    public void Abandon()
    {
        lock (_turns)
        {
            if (_done.Task.IsCompleted)
            {
                return;
            }

            _abandoned = true;
            foreach (var turn in _turns)
            {
                _next[turn.Lane].Ledger.Dropped(DropReason.Stopped);
            }
        }

        _done.TrySetResult();
    }

    private void Run()
    {
        while (_scheduler.Take(_taken))
        {
            lock (_turns)
            {
                _turns.AddRange(_taken);
            }

            int count = 0;
            foreach (var turn in _turns)
            {
                if (turn.Infer)
                {
                    (_frames[count], _results[count], _errors[count]) = (turn.Frame.Frame, turn.Frame.Result, null);
                    count++;
                }
            }

            if (count > 0)
            {
                Infer(count);
            }

            lock (_turns)
            {
                if (_abandoned)
                {
                    _turns.ForEach(t => t.Frame.Dispose());
                    return;
                }

                HandOn();
                _turns.Clear();
            }

            Array.Clear(_frames);
            Array.Clear(_results);
        }

        foreach (var next in _next)
        {
            next.End();
        }

        _done.TrySetResult();
    }

    // What one frame of a batch does wrong must not cost the others theirs: they are run again, each alone.
    private void Infer(int count)
    {
        string? error = Try(_frames.AsSpan(0, count), _results.AsSpan(0, count));
        if (error is not null && count > 1 && !_stopping)
        {
            for (int i = 0; i < count; i++)
            {
                _errors[i] = Try(_frames.AsSpan(i, 1), _results.AsSpan(i, 1));
            }
        }
        else
        {
            _errors.AsSpan(0, count).Fill(error);
        }
    }

    private string? Try(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results)
    {
        try
        {
            _model.RunBatch(frames, results, default);
            return null;
        }
        catch (EdgeVisionException e)
        {
            return e.Message;
        }
        catch (Exception e)
        {
            return $"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}";
        }
    }

    private void HandOn()
    {
        int at = 0;
        foreach (ref readonly var turn in CollectionsMarshal.AsSpan(_turns))
        {
            var frame = turn.Frame;
            var next = _next[turn.Lane];
            frame.Model = Name;
            frame.Inferred = turn.Infer;
            string? error = turn.Infer ? _errors[at++] : null;
            if (error is null)
            {
                if (turn.Infer)
                {
                    Record(next.Ledger, frame.Result.Timing);
                }

                next.Offer(frame);
            }
            else if (_stopping)
            {
                next.Ledger.Dropped(DropReason.Stopped);
                frame.Dispose();
            }
            else
            {
                next.Ledger.Failed(error);
                if (PipelineTracing.IsOn)
                {
                    PipelineTracing.Write(new FrameTrace(frame.Source, Name, frame.Sequence, frame.CapturedAt) { Queue = frame.Queued, Total = _clock.GetElapsedTime(frame.Captured), Error = error });
                }

                Tell(frame, error);
                frame.Dispose();
            }
        }
    }

    private static void Record(SourceLedger ledger, in StageTiming timing)
    {
        ledger.Preprocess.Record(TimeSpan.FromMilliseconds(timing.PreprocessMs));
        ledger.Inference.Record(TimeSpan.FromMilliseconds(timing.InferenceMs));
        ledger.Postprocess.Record(TimeSpan.FromMilliseconds(timing.PostprocessMs));
    }

    // A model that fails on every frame says so once in ten seconds; the account has the number.
    private void Tell(PipelineFrame frame, string error)
    {
        if (_lastNotice == 0 || _clock.GetElapsedTime(_lastNotice) > TimeSpan.FromSeconds(10))
        {
            _lastNotice = _clock.GetTimestamp();
            _notice(NoticeLevel.Warning, $"failed on frame {frame.Sequence} of {frame.Source}, which is counted and left out: {error}");
        }
    }
}
