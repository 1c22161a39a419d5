using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Scheduling;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Runners;

/// <summary>Writes results to one sink on its own thread, with retries.</summary>
/// <remarks>
/// After too many results in a row have failed, the sink is suspended, so that it does not block the pipeline, and probed until it
/// accepts a result again.
/// </remarks>
internal sealed class SinkRunner
{
    private readonly FrameSink _sink;
    private readonly SinkOptions _options;
    private readonly BoundedQueue<PipelineFrame> _queue;
    private readonly Action<PipelineMessageLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly CancellationTokenSource _stop = new(), _stopCompleting = new();
    private readonly TaskCompletionSource _completing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _probeLock = new();
    private bool _opened;
    private int _failedInARow, _suspensions;
    private volatile bool _suspended;
    private long _suspendedSince;
    private TimeSpan _probeAfter;
    private volatile bool _abandoned;

    public SinkRunner(FrameSink sink, SinkOptions options, Action<PipelineMessageLevel, string> notice, TimeProvider clock, int seed)
    {
        (_sink, _options, _notice, _clock) = (sink, options, notice, clock);
        _queue = new BoundedQueue<PipelineFrame>(options.Capacity);
        _random = new Random(seed);
        Ledger = new SinkCounters(sink.Name);
    }

    public SinkCounters Ledger { get; }

    /// <summary>Completes once everything has been written and the sink completed, or once it gave up.</summary>
    public Task Completion => _done.Task;

    public bool Accepts(string source) => _options.Sources is not { } some || some.Contains(source);

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"edgevision sink {_sink.Name}" }.Start();

    /// <summary>Adds a result to the sink's queue; the caller keeps its own reference.</summary>
    public void Offer(PipelineFrame frame)
    {
        Ledger.RecordOffered();
        if (_abandoned || _suspended && !TryBeginProbe())
        {
            Ledger.RecordFailed();
            return;
        }

        var policy = _options.Policy ?? (frame.Policy == QueuePolicy.Wait ? QueuePolicy.Wait : QueuePolicy.DropOldest);
        // With the policies of the sources, a camera frame never displaces a frame of a file: files lose no results.
        if (_queue.Offer(frame.Share(), policy, _options.Policy is null ? static f => f.Policy != QueuePolicy.Wait : null) is { } dropped)
        {
            Ledger.RecordDropped();
            dropped.Dispose();
        }
    }

    /// <summary>Signals that no more results follow.</summary>
    public void End() => _queue.CompleteAdding();

    /// <summary>Time limit for a sink to complete: to finish a file, to send what is buffered.</summary>
    public static TimeSpan CompletionTimeout { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Completes once everything has been written and the sink starts to complete.</summary>
    public Task CompletionStarted => _completing.Task;

    /// <summary>Lets the sink write for the given time, then drops the remaining results and completes it.</summary>
    public void Stop(TimeSpan writeTimeout)
    {
        _queue.Close();
        _queue.CompleteAdding();
        _stop.CancelAfter(writeTimeout);
    }

    /// <summary>Abandons a sink that does not return.</summary>
    public void Abandon()
    {
        if (_done.Task.IsCompleted)
        {
            return;
        }

        _abandoned = true;
        _queue.Close();
        while (_queue.TryTake(out var frame))
        {
            Ledger.RecordDropped();
            frame.Dispose();
        }

        Ledger.FailPending("did not return in time and was abandoned");
        _done.TrySetResult();
    }

    /// <summary>Disposes the sink, once its thread is done.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_abandoned)
        {
            await _sink.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
        _stopCompleting.Dispose();
    }

    // One probe at a time, once its delay is over.
    private bool TryBeginProbe()
    {
        lock (_probeLock)
        {
            if (_queue.Count > 0 || _clock.GetElapsedTime(_suspendedSince) < _probeAfter)
            {
                return false;
            }

            _suspendedSince = _clock.GetTimestamp();
            return true;
        }
    }

    private void Run()
    {
        TryOpen();
        while (_queue.Take(out var frame))
        {
            if (!_abandoned)
            {
                Write(frame);
            }

            frame.Dispose();
        }

        Complete();
        _done.TrySetResult();
    }

    // Sinks are opened before there is anything to write; if that fails, opening is retried with the first result.
    private void TryOpen()
    {
        try
        {
            Wait(_sink.OpenAsync(_stop.Token));
            _opened = true;
            Ledger.SetState(SinkState.Running);
        }
        catch (Exception e)
        {
            Ledger.SetState(SinkState.Retrying, GetErrorText(e));
            _notice(PipelineMessageLevel.Warning, $"cannot be opened, retrying with the first result: {GetErrorText(e)}");
        }
    }

    private void Write(PipelineFrame frame)
    {
        if (_stop.IsCancellationRequested)
        {
            Ledger.RecordDropped();
            return;
        }

        long start = _clock.GetTimestamp();
        for (int failures = 0; ;)
        {
            try
            {
                if (!_opened)
                {
                    Wait(_sink.OpenAsync(_stop.Token));
                    _opened = true;
                }

                Wait(_sink.WriteAsync(frame, _stop.Token));
                if (!_abandoned)
                {
                    HandleSuccess(frame, start);
                }

                return;
            }
            catch (Exception e)
            {
                if (_abandoned)
                {
                    return;
                }

                failures++;
                bool again = e is not SinkException { CanRetry: false }
                    && !_suspended
                    && _options.Retry.AllowsRetry(failures)
                    && !_stop.IsCancellationRequested;
                if (again)
                {
                    Ledger.SetState(SinkState.Retrying);
                    Ledger.RecordRetry(GetErrorText(e));
                    again = !_stop.Token.WaitHandle.WaitOne(_options.Retry.GetDelay(failures, _random));
                }

                if (!again)
                {
                    HandleFailure(e);
                    return;
                }
            }
        }
    }

    private void HandleSuccess(PipelineFrame frame, long start)
    {
        long end = _clock.GetTimestamp();
        Ledger.Write.Record(_clock.GetElapsedTime(start, end));
        Ledger.Age.Record(_clock.GetElapsedTime(frame.CapturedTimestamp, end));
        Ledger.RecordWritten();
        if (_suspended)
        {
            _notice(PipelineMessageLevel.Information, "resumed, results are written again");
        }

        (_failedInARow, _suspensions, _suspended) = (0, 0, false);
        Ledger.SetState(SinkState.Running);
    }

    private void HandleFailure(Exception e)
    {
        if (_stop.IsCancellationRequested && e is OperationCanceledException)
        {
            Ledger.RecordDropped();
            return;
        }

        Ledger.RecordFailed();
        _failedInARow++;
        if (!_suspended && (_options.SuspendAfter is not { } most || _failedInARow < most))
        {
            Ledger.SetState(SinkState.Retrying, GetErrorText(e));
            if (_failedInARow == 1)
            {
                _notice(PipelineMessageLevel.Warning, $"a result could not be written: {GetErrorText(e)}");
            }

            return;
        }

        lock (_probeLock)
        {
            _probeAfter = RetryPolicy.ForSources.GetDelay(++_suspensions, _random);
            _suspendedSince = _clock.GetTimestamp();
        }

        if (!_suspended)
        {
            _suspended = true;
            Ledger.SetState(SinkState.Suspended, GetErrorText(e));
            _notice(PipelineMessageLevel.Error, $"suspended after {_failedInARow} failed results in a row, retrying at intervals: {GetErrorText(e)}");
            while (_queue.TryTake(out var waiting))
            {
                Ledger.RecordFailed();
                waiting.Dispose();
            }
        }
    }

    private void Complete()
    {
        if (_abandoned)
        {
            return;
        }

        _completing.TrySetResult();
        _stopCompleting.CancelAfter(CompletionTimeout);
        try
        {
            if (_opened)
            {
                Wait(_sink.CompleteAsync(_stopCompleting.Token));
            }

            Ledger.SetState(_opened && !_suspended ? SinkState.Completed : SinkState.Failed);
        }
        catch (Exception e)
        {
            Ledger.SetState(SinkState.Failed, GetErrorText(e));
            _notice(PipelineMessageLevel.Error, $"could not be completed: {GetErrorText(e)}");
        }
    }

    private static void Wait(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }

    private static string GetErrorText(Exception e) =>
        SourceAddress.Redact(e is EdgeVisionException ? e.Message : $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
}
