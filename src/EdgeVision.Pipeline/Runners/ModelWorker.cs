using EdgeVision.Pipeline.Scheduling;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Runners;

/// <summary>Thread that runs a model.</summary>
/// <remarks>
/// The second of two workers prepares frames ahead on a second context of the model, which it creates when it is first needed.
/// </remarks>
internal sealed class ModelWorker : IDisposable
{
    private readonly ModelRunner _runner;
    private readonly IFrameModel _original;
    private readonly bool _ahead;
    private readonly List<FrameScheduler.ScheduledFrame> _taken = [];
    private readonly Frame[] _frames;
    private readonly VisionResult[] _results;
    private readonly string?[] _errors;
    private volatile IFrameModel? _model;

    public ModelWorker(ModelRunner runner, IFrameModel model, bool ahead)
    {
        (_runner, _original, _ahead) = (runner, model, ahead);
        (_frames, _results, _errors) = (new Frame[model.BatchSize], new VisionResult[model.BatchSize], new string?[model.BatchSize]);
    }

    /// <summary>Frames in progress; guarded by the runner's lock.</summary>
    public List<FrameScheduler.ScheduledFrame> Turns { get; } = [];

    public void Start() =>
        new Thread(Run) { IsBackground = true, Name = $"edgevision model {_runner.Name}{(_ahead ? " ahead" : "")}" }.Start();

    public void Terminate() => _model?.Terminate();

    /// <summary>Disposes the second context; the pipeline owns the original model.</summary>
    public void Dispose()
    {
        if (_ahead)
        {
            _model?.Dispose();
        }
    }

    private void Run()
    {
        if (Prepare())
        {
            while (_runner.Scheduler.Take(_taken, out long ticket, _ahead) && Process(ticket))
            {
            }
        }

        _runner.End();
    }

    private bool Prepare()
    {
        if (!_ahead)
        {
            _model = _original;
            return true;
        }

        if (!_runner.Scheduler.WaitForFirstFrame())
        {
            return false;
        }

        try
        {
            _model = _original.CreateContext();
            return _model is not null;
        }
        catch (Exception e)
        {
            _runner.Report(
                PipelineMessageLevel.Warning,
                $"cannot create a second context to prepare frames during a run; throughput is lower: {e.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    private bool Process(long ticket)
    {
        if (!_runner.TryBegin(this, _taken))
        {
            return false;
        }

        int count = 0;
        foreach (var turn in _taken)
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

        Array.Clear(_frames);
        Array.Clear(_results);
        return _runner.Deliver(this, ticket, _errors);
    }

    // One bad frame must not fail the whole batch: its frames are run again one by one.
    private void Infer(int count)
    {
        string? error = Try(_frames.AsSpan(0, count), _results.AsSpan(0, count));
        if (error is not null && count > 1 && !_runner.Stopping)
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
            _model!.RunBatch(frames, results, default);
            return null;
        }
        catch (EdgeVisionException e)
        {
            return SourceAddress.Redact(e.Message);
        }
        catch (Exception e)
        {
            return SourceAddress.Redact($"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
