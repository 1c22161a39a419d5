namespace EdgeVision;

/// <summary>
/// Reads one source on a thread of its own and keeps it alive: opens it, opens it again with growing delays when it fails, and, when it neither
/// gives a frame nor returns, leaves its thread behind and begins with a fresh one.
/// </summary>
internal sealed class SourceRunner
{
    private const string Silent = "it was closed because it gave no frame";

    // Broken frames in a row after which a source counts as lost: a stream that is nothing but noise.
    private const int MostBroken = 100;

    // Threads that hang in a source at one time; a source that leaves more behind is given up.
    private const int MostLeftBehind = 8;

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    // How long a source may take to give up once it was told to.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Func<FrameSource> _create;
    private readonly SourceOptions _options;
    private readonly SourceLedger _ledger;
    private readonly Action<Frame, QueuePolicy> _deliver;
    private readonly Action<NoticeLevel, string> _notice;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly CancellationToken _cancel;
    private readonly FramePool _pool = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Session? _session;
    private int _failures, _leftBehind;
    private bool _paced;
    private long _nextSequence;
    private TimeSpan _lastTimestamp, _timeOffset;
    private long _sequenceOffset;

    public SourceRunner(VisionPipelineBuilder.Source source, SourceLedger ledger, Action<Frame, QueuePolicy> deliver, Action<NoticeLevel, string> notice,
        TimeProvider clock, int seed, CancellationToken cancel)
    {
        (_create, _options, _ledger, _deliver, _notice, _clock, _cancel) = (source.Create, source.Options, ledger, deliver, notice, clock, cancel);
        _random = new Random(seed);
    }

    /// <summary>Done once the source has ended, failed for good or was stopped.</summary>
    public Task Completion => _done.Task;

    /// <summary>Frames read and not given back.</summary>
    public int FramesOutstanding => _pool.Outstanding;

    public void Start()
    {
        lock (_lock)
        {
            Begin(new Session());
        }
    }

    /// <summary>Looks whether the source has stalled; the pipeline calls it a few times a second.</summary>
    public void Watch()
    {
        FrameSource? stalled;
        bool left = false, giveUp = false;
        lock (_lock)
        {
            if (_done.Task.IsCompleted || _cancel.IsCancellationRequested || _session is not { IsLive: true, Busy: false } session || session.Abandoned)
            {
                return;
            }

            var silent = _clock.GetElapsedTime(session.LastSign);
            stalled = !session.Aborting && silent > _options.StallTimeout ? session.Source : null;
            if (stalled is not null)
            {
                session.Aborting = true;
            }
            else if (session.Aborting && silent > _options.StallTimeout + Grace)
            {
                (session.Abandoned, left) = (true, true);
                _failures++;
                var retry = _options.Reconnect ?? RetryPolicy.Source;
                giveUp = !retry.Allows(_failures) || ++_leftBehind > MostLeftBehind;
                if (!giveUp)
                {
                    Begin(new Session { Busy = true, FirstDelay = retry.Delay(_failures, _random) });
                }
            }
        }

        if (stalled is not null)
        {
            _ledger.Stalled();
            _notice(NoticeLevel.Warning, FormattableString.Invariant($"has given no frame for {_options.StallTimeout.TotalSeconds:0.#} s"));
            Abort(stalled);
        }
        else if (giveUp)
        {
            _ledger.Error("does not return from its reads");
            _notice(NoticeLevel.Error, "is given up: it does not return from its reads");
            Finish(SourceState.Failed);
        }
        else if (left)
        {
            _notice(NoticeLevel.Warning, "does not return from its read; it is left behind and opened anew");
        }
    }

    /// <summary>Makes a read that waits give up; for the end of the pipeline.</summary>
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

    /// <summary>Gives up a thread that does not come back after the pipeline was stopped.</summary>
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

    // A source is anybody's code: its abort may throw, block, or meet a source that has just been disposed.
    private static void Abort(FrameSource source) => ThreadPool.UnsafeQueueUserWorkItem(static s =>
    {
        try
        {
            s.Abort();
        }
        catch (Exception)
        {
            // It is left behind if it does not come back.
        }
    }, source, preferLocal: false);

    // Under the lock.
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
                _ledger.Enter(SourceState.Reconnecting);
                Wait(session.FirstDelay);
                session.Sign(_clock);
                session.Busy = false;
                _ledger.Reconnected();
            }

            while (!session.Abandoned)
            {
                _ledger.Enter(SourceState.Connecting);
                string? error = ReadAll(session, out bool canRetry);
                lock (_lock)
                {
                    if (session.Abandoned)
                    {
                        _leftBehind--;
                        return;
                    }

                    session.Busy = true; // nothing to watch until it is opened again
                }

                if (error is null && session.Aborting && !_cancel.IsCancellationRequested)
                {
                    error = Silent; // it answered the abort by ending
                }

                if (_cancel.IsCancellationRequested || error is null)
                {
                    Finish(error is null && !_cancel.IsCancellationRequested ? SourceState.Ended : SourceState.Stopped);
                    return;
                }

                _failures++;
                _ledger.Error(error);
                var retry = _options.Reconnect ?? (session.IsLive ? RetryPolicy.Source : RetryPolicy.Never);
                if (!canRetry || !retry.Allows(_failures))
                {
                    _notice(NoticeLevel.Error, $"is given up: {error}");
                    Finish(SourceState.Failed);
                    return;
                }

                var delay = retry.Delay(_failures, _random);
                _ledger.Enter(SourceState.Reconnecting);
                _notice(NoticeLevel.Warning, FormattableString.Invariant($"failed: {error}; next try in {delay.TotalSeconds:0.0} s"));
                Wait(delay);
                session.Sign(_clock);
                (session.Aborting, session.Busy) = (false, false);
                _ledger.Reconnected();
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
            _ledger.Error($"unexpected {e.GetType().Name}: {SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}");
            Finish(SourceState.Failed);
        }
    }

    // Opens and reads to the end; null when the source ended by itself, else what went wrong.
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
                    return null; // another thread has gone on
                }

                session.Sign(_clock);
                _ledger.Enter(SourceState.Running);
                back = _failures > 0;
                _paced = false;
                (_sequenceOffset, _timeOffset) = (_nextSequence, _nextSequence == 0 ? TimeSpan.Zero : _lastTimestamp + Step(source));
            }

            if (back)
            {
                _notice(NoticeLevel.Information, "is back");
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
            // Whatever a driver throws: the source is lost, the others go on.
            return session.Aborting ? Silent : SourceAddress.Redact(e is EdgeVisionException ? e.Message : $"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
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

                session.Sign(_clock);
                _ledger.Captured();
                _ledger.Dropped(DropReason.DecodeError);
                _ledger.Error(SourceAddress.Redact(e.Message));
                _nextSequence++;
                if (++broken == 1)
                {
                    _notice(NoticeLevel.Warning, $"gave a broken frame, which is skipped: {SourceAddress.Redact(e.Message)}");
                }

                if (broken >= MostBroken)
                {
                    return $"gave {MostBroken} broken frames in a row, the last: {SourceAddress.Redact(e.Message)}";
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
                session.Sign(_clock);
                session.Aborting = false;
                frame.Shift(_sequenceOffset, _timeOffset);
                (_nextSequence, _lastTimestamp) = (Math.Max(_nextSequence, frame.Sequence + 1), frame.Timestamp);
            }

            if (_options.RealTime && !source.IsLive)
            {
                start = Pace(frame, start);
            }

            _ledger.Captured();
            session.Busy = true;
            _deliver(frame, _options.Policy ?? (IsLive(source) ? QueuePolicy.Latest : QueuePolicy.Wait));
            session.Sign(_clock);
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

    // A file that is paced is taken for a camera.
    private bool IsLive(FrameSource source) => source.IsLive || _options.RealTime;

    private static TimeSpan Step(FrameSource source) => TimeSpan.FromSeconds(1 / Math.Clamp(source.FrameRate ?? 25, 0.1, 1000));

    private void Wait(TimeSpan time)
    {
        if (_clock == TimeProvider.System)
        {
            _cancel.WaitHandle.WaitOne(time < LongestWait ? time : LongestWait);
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
            _ledger.Enter(state);
        }
    }

    /// <summary>One thread's time with the source.</summary>
    private sealed class Session
    {
        private long _lastSign;

        public volatile bool Abandoned;
        public volatile bool Aborting;

        // Waits for somebody else (room in a queue, its next try), which is no stall.
        public volatile bool Busy;

        public FrameSource? Source { get; set; }

        /// <summary>Wait before it is opened, where another was left behind.</summary>
        public TimeSpan FirstDelay { get; init; }

        public bool IsLive { get; private set; }

        public long LastSign => Interlocked.Read(ref _lastSign);

        public void Begin(FrameSource source, TimeProvider clock)
        {
            (Source, IsLive) = (source, source.IsLive);
            Sign(clock);
        }

        public void Sign(TimeProvider clock) => Interlocked.Exchange(ref _lastSign, clock.GetTimestamp());
    }
}
