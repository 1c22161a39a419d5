using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Runners;

/// <summary>Reads one source on its own thread and keeps it alive.</summary>
/// <remarks>
/// Opens the source and reopens it with growing delays when it fails. If the source neither delivers a frame nor returns, its thread is
/// abandoned and a new one is started.
/// </remarks>
internal sealed class SourceRunner
{
    private const string StalledError = "closed because it delivered no frame";

    // Consecutive frames that cannot be decoded after which a source counts as lost: its stream is nothing but noise.
    private const int MaxDecodeErrors = 100;

    // Maximum number of abandoned threads that hang in a source at one time before the runner gives up.
    private const int MaxAbandonedThreads = 8;

    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1);

    // Time that a source has to return after an abort.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private readonly Func<FrameSource> _create;
    private readonly SourceOptions _options;
    private readonly SourceCounters _ledger;
    private readonly Action<Frame, QueuePolicy> _deliver;
    private readonly Action<PipelineMessageLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly CancellationToken _cancel;
    private readonly FramePool _pool = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Session? _session;
    private int _failures, _abandonedThreads;
    private bool _paced;
    private long _nextSequence;
    private TimeSpan _lastTimestamp, _timeOffset;
    private long _sequenceOffset;

    public SourceRunner(
        VisionPipelineBuilder.Source source,
        SourceCounters ledger,
        Action<Frame, QueuePolicy> deliver,
        Action<PipelineMessageLevel, string> notice,
        TimeProvider clock,
        int seed,
        CancellationToken cancel)
    {
        (_create, _options, _ledger, _deliver) = (source.Create, source.Options, ledger, deliver);
        (_notice, _clock, _cancel) = (notice, clock, cancel);
        _random = new Random(seed);
    }

    /// <summary>Completes once the source has ended, failed for good or was stopped.</summary>
    public Task Completion => _done.Task;

    /// <summary>Number of frames read and not returned to the pool.</summary>
    public int RentedFrameCount => _pool.RentedCount;

    public void Start()
    {
        lock (_lock)
        {
            Begin(new Session());
        }
    }

    /// <summary>Checks whether the source has stalled; called by the pipeline a few times a second.</summary>
    public void CheckStalled()
    {
        FrameSource? stalled;
        bool left = false, giveUp = false;
        lock (_lock)
        {
            if (_done.Task.IsCompleted
                || _cancel.IsCancellationRequested
                || _session is not { IsLive: true, Busy: false } session
                || session.Abandoned)
            {
                return;
            }

            var silent = _clock.GetElapsedTime(session.LastActivity);
            stalled = !session.Aborting && silent > _options.StallTimeout ? session.Source : null;
            if (stalled is not null)
            {
                session.Aborting = true;
            }
            else if (session.Aborting && silent > _options.StallTimeout + AbortTimeout)
            {
                (session.Abandoned, left) = (true, true);
                _failures++;
                var retry = _options.Reconnect ?? RetryPolicy.ForSources;
                giveUp = !retry.AllowsRetry(_failures) || ++_abandonedThreads > MaxAbandonedThreads;
                if (!giveUp)
                {
                    Begin(new Session { Busy = true, FirstDelay = retry.GetDelay(_failures, _random) });
                }
            }
        }

        if (stalled is not null)
        {
            _ledger.RecordStall();
            _notice(PipelineMessageLevel.Warning, FormattableString.Invariant($"no frame for {_options.StallTimeout.TotalSeconds:0.#} s"));
            Abort(stalled);
        }
        else if (giveUp)
        {
            _ledger.SetLastError("reads do not return");
            _notice(PipelineMessageLevel.Error, "gave up: reads do not return");
            Finish(SourceState.Failed);
        }
        else if (left)
        {
            _notice(PipelineMessageLevel.Warning, "a read does not return; abandoning it and opening the source again");
        }
    }

    /// <summary>Aborts a waiting read; for the end of the pipeline.</summary>
    public void Abort()
    {
        FrameSource? source;
        lock (_lock)
        {
            source = _session?.Source;
        }

        if (source is not null)
        {
            Abort(source);
        }
    }

    /// <summary>Abandons a thread that does not return after the pipeline was stopped.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            if (_session is not null)
            {
                _session.Abandoned = true;
            }
        }

        Finish(SourceState.Stopped);
    }

    // A source may be user code: its Abort may throw, block, or run on a source that has just been disposed.
    private static void Abort(FrameSource source) => ThreadPool.UnsafeQueueUserWorkItem(static s =>
    {
        try
        {
            s.Abort();
        }
        catch (Exception)
        {
            // The thread is abandoned if it does not return.
        }
    }, source, preferLocal: false);

    // Call with the lock held.
    private void Begin(Session session)
    {
        _session = session;
        new Thread(() => Run(session)) { IsBackground = true, Name = $"edgevision source {_ledger.Name}" }.Start();
    }

    private void Run(Session session)
    {
        try
        {
            if (session.FirstDelay > TimeSpan.Zero)
            {
                _ledger.SetState(SourceState.Reconnecting);
                Wait(session.FirstDelay);
                session.MarkActive(_clock);
                session.Busy = false;
                _ledger.RecordReconnect();
            }

            while (!session.Abandoned)
            {
                _ledger.SetState(SourceState.Connecting);
                string? error = ReadAll(session, out bool canRetry);
                lock (_lock)
                {
                    if (session.Abandoned)
                    {
                        _abandonedThreads--;
                        return;
                    }

                    session.Busy = true; // no stall detection until it is reopened
                }

                if (error is null && session.Aborting && !_cancel.IsCancellationRequested)
                {
                    error = StalledError; // it ended because of the abort
                }

                if (_cancel.IsCancellationRequested || error is null)
                {
                    Finish(error is null && !_cancel.IsCancellationRequested ? SourceState.Ended : SourceState.Stopped);
                    return;
                }

                _failures++;
                _ledger.SetLastError(error);
                var retry = _options.Reconnect ?? (session.IsLive ? RetryPolicy.ForSources : RetryPolicy.None);
                if (!canRetry || !retry.AllowsRetry(_failures))
                {
                    _notice(PipelineMessageLevel.Error, $"gave up: {error}");
                    Finish(SourceState.Failed);
                    return;
                }

                var delay = retry.GetDelay(_failures, _random);
                _ledger.SetState(SourceState.Reconnecting);
                _notice(PipelineMessageLevel.Warning, FormattableString.Invariant($"failed: {error}; retrying in {delay.TotalSeconds:0.0} s"));
                Wait(delay);
                session.MarkActive(_clock);
                (session.Aborting, session.Busy) = (false, false);
                _ledger.RecordReconnect();
            }
        }
        catch (OperationCanceledException)
        {
            if (!session.Abandoned)
            {
                Finish(SourceState.Stopped);
            }
        }
        catch (Exception e) when (!session.Abandoned)
        {
            _ledger.SetLastError($"unexpected {e.GetType().Name}: {SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}");
            Finish(SourceState.Failed);
        }
    }

    // Opens the source and reads to its end; returns null if it ended on its own, otherwise the error.
    private string? ReadAll(Session session, out bool canRetry)
    {
        canRetry = true;
        try
        {
            using var source = _create();
            lock (_lock)
            {
                if (session.Abandoned)
                {
                    return null;
                }

                session.Begin(source, _clock);
            }

            source.Open(_cancel);
            bool back;
            lock (_lock)
            {
                if (session.Abandoned)
                {
                    return null; // another thread has taken over
                }

                session.MarkActive(_clock);
                _ledger.SetState(SourceState.Running);
                back = _failures > 0;
                _paced = false;
                (_sequenceOffset, _timeOffset) = (_nextSequence, _nextSequence == 0 ? TimeSpan.Zero : _lastTimestamp + Step(source));
            }

            if (back)
            {
                _notice(PipelineMessageLevel.Information, "reconnected");
            }

            return Read(source, session);
        }
        catch (SourceException e)
        {
            canRetry = e.CanRetry;
            return SourceAddress.Redact(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException || !_cancel.IsCancellationRequested)
        {
            // Drivers may throw anything: this source is lost, the others continue.
            return session.Aborting ? StalledError : SourceAddress.Redact(e is EdgeVisionException
                ? e.Message
                : $"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            lock (_lock)
            {
                session.Source = null;
            }
        }
    }

    private string? Read(FrameSource source, Session session)
    {
        int broken = 0;
        long start = 0;
        while (!session.Abandoned)
        {
            _cancel.ThrowIfCancellationRequested();
            Frame? frame;
            try
            {
                frame = source.Read(_pool, _cancel);
            }
            catch (FrameFormatException e)
            {
                if (session.Abandoned)
                {
                    break;
                }

                session.MarkActive(_clock);
                _ledger.RecordCaptured();
                _ledger.RecordDropped(DropReason.DecodeError);
                _ledger.SetLastError(SourceAddress.Redact(e.Message));
                _nextSequence++;
                if (++broken == 1)
                {
                    _notice(PipelineMessageLevel.Warning, $"a frame cannot be decoded and is skipped: {SourceAddress.Redact(e.Message)}");
                }

                if (broken >= MaxDecodeErrors)
                {
                    return $"{MaxDecodeErrors} frames in a row cannot be decoded, the last: {SourceAddress.Redact(e.Message)}";
                }

                continue;
            }

            lock (_lock)
            {
                if (session.Abandoned || frame is null)
                {
                    frame?.Dispose();
                    break;
                }

                (broken, _failures) = (0, 0);
                session.MarkActive(_clock);
                session.Aborting = false;
                frame.OffsetTiming(_sequenceOffset, _timeOffset);
                (_nextSequence, _lastTimestamp) = (Math.Max(_nextSequence, frame.Sequence + 1), frame.Timestamp);
            }

            if (_options.RealTime && !source.IsLive)
            {
                start = Pace(frame, start);
            }

            _ledger.RecordCaptured();
            session.Busy = true;
            _deliver(frame, _options.Policy ?? (IsLive(source) ? QueuePolicy.Latest : QueuePolicy.Wait));
            session.MarkActive(_clock);
            session.Busy = false;
        }

        return null;
    }

    private long Pace(Frame frame, long start)
    {
        if (!_paced)
        {
            _paced = true;
            return _clock.GetTimestamp() - (long)((frame.Timestamp - _timeOffset).TotalSeconds * _clock.TimestampFrequency);
        }

        var ahead = frame.Timestamp - _timeOffset - _clock.GetElapsedTime(start);
        if (ahead > TimeSpan.Zero)
        {
            try
            {
                Wait(ahead);
            }
            catch
            {
                frame.Dispose();
                throw;
            }
        }

        return start;
    }

    // A paced file is treated like a camera.
    private bool IsLive(FrameSource source) => source.IsLive || _options.RealTime;

    private static TimeSpan Step(FrameSource source) => TimeSpan.FromSeconds(1 / Math.Clamp(source.FrameRate ?? 25, 0.1, 1000));

    private void Wait(TimeSpan time)
    {
        if (_clock == TimeProvider.System)
        {
            _cancel.WaitHandle.WaitOne(time < MaxWait ? time : MaxWait);
            _cancel.ThrowIfCancellationRequested();
        }
        else
        {
            Task.Delay(time, _clock, _cancel).GetAwaiter().GetResult();
        }
    }

    private void Finish(SourceState state)
    {
        if (_done.TrySetResult())
        {
            _ledger.SetState(state);
        }
    }

    /// <summary>State of one thread that reads the source.</summary>
    private sealed class Session
    {
        private long _lastActivity;

        public volatile bool Abandoned;
        public volatile bool Aborting;

        // Waiting for something else (space in a queue, the next retry), which is not a stall.
        public volatile bool Busy;

        public FrameSource? Source { get; set; }

        /// <summary>Delay before opening, if an earlier thread was abandoned.</summary>
        public TimeSpan FirstDelay { get; init; }

        public bool IsLive { get; private set; }

        public long LastActivity => Interlocked.Read(ref _lastActivity);

        public void Begin(FrameSource source, TimeProvider clock)
        {
            (Source, IsLive) = (source, source.IsLive);
            MarkActive(clock);
        }

        public void MarkActive(TimeProvider clock) => Interlocked.Exchange(ref _lastActivity, clock.GetTimestamp());
    }
}
