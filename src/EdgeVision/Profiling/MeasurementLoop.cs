namespace EdgeVision;

/// <summary>What is measured: one run at a time.</summary>
internal interface IProfileWork
{
    /// <summary>Does it once.</summary>
    void Run();

    /// <summary>Times of the stages of the last run, in nanoseconds.</summary>
    StageTimes LastStages { get; }
}

/// <summary>Times of the stages of one run, or sums of many, in nanoseconds.</summary>
internal record struct StageTimes(long Preprocess, long CopyIn, long Run, long CopyOut, long Postprocess)
{
    public void Add(in StageTimes other)
    {
        Preprocess += other.Preprocess;
        CopyIn += other.CopyIn;
        Run += other.Run;
        CopyOut += other.CopyOut;
        Postprocess += other.Postprocess;
    }
}

/// <summary>
/// Runs work over and over and notes how long each run took. In a closed loop the next begins when the last ends. In an open one runs arrive at a rate of
/// their own: one that arrives while another goes on waits, and its wait is part of its time. A closed loop hides that, because while it is held up it asks for
/// nothing (coordinated omission). Nothing is allocated.
/// </summary>
internal sealed class MeasurementLoop
{
    private readonly IProfileWork _work;
    private readonly ProfileClock _clock;
    private readonly LatencySeries? _service, _queue;
    private readonly double _period; // between arrivals, in nanoseconds
    private long _start, _arrivals, _measured;
    private StageTimes _stages;

    /// <summary>Prepares a loop.</summary>
    /// <param name="work">What is run.</param>
    /// <param name="clock">Time.</param>
    /// <param name="capacity">Most runs.</param>
    /// <param name="rate">Arrivals a second; null for a closed loop.</param>
    public MeasurementLoop(IProfileWork work, ProfileClock clock, int capacity, double? rate = null)
    {
        (_work, _clock, Latency) = (work, clock, new LatencySeries(capacity));
        if (rate is { } r)
        {
            (_service, _queue, _period) = (new LatencySeries(capacity), new LatencySeries(capacity), 1e9 / r);
        }
    }

    /// <summary>Whether runs arrive at a rate.</summary>
    public bool IsOpen => _queue is not null;

    /// <summary>Times of runs: from arrival in an open loop, else from the begin.</summary>
    public LatencySeries Latency { get; }

    /// <summary>Times from begin to end.</summary>
    public LatencySeries Service => _service ?? Latency;

    /// <summary>Waits before the begin, in an open loop.</summary>
    public LatencySeries? Queue => _queue;

    /// <summary>Sums of the stages.</summary>
    public StageTimes Stages => _stages;

    /// <summary>Nanoseconds from the first begin (or arrival) to the last end.</summary>
    public long Elapsed => _measured;

    /// <summary>Forgets what was measured and begins anew; an open loop's first run arrives now.</summary>
    public void Start()
    {
        Latency.Clear();
        _service?.Clear();
        _queue?.Clear();
        (_start, _arrivals, _measured, _stages) = (_clock.Now, 0, 0, default);
    }

    /// <summary>
    /// Goes on until so many runs are done, or so much time since <see cref="Start"/> has passed when a run ends. An open loop goes on with all that
    /// arrived in that time, or until twice the time has passed: leaving out what still waits would leave out the longest waits.
    /// </summary>
    /// <param name="runs">Number of runs since the start.</param>
    /// <param name="nanoseconds">Time since the start.</param>
    public void Run(long runs, long nanoseconds)
    {
        while (Latency.Count < runs && !Latency.IsFull)
        {
            long arrival = 0;
            if (_queue is not null)
            {
                arrival = _start + (long)(_arrivals * _period);
                if (arrival - _start >= nanoseconds)
                {
                    return;
                }

                _arrivals++;
                _clock.WaitUntil(arrival);
            }

            long begin = _clock.Now;
            _work.Run();
            long end = _clock.Now;
            _stages.Add(_work.LastStages);
            if (_queue is null)
            {
                Latency.Add(end - begin);
            }
            else
            {
                Latency.Add(end - arrival);
                _service!.Add(end - begin);
                _queue.Add(begin - arrival);
            }

            _measured = end - _start;
            if (_measured >= (IsOpen ? 2 * nanoseconds : nanoseconds))
            {
                return;
            }
        }
    }

    /// <summary>Runs that arrived in so much time and were not begun: an open loop that cannot keep up leaves them.</summary>
    public long Backlog(long nanoseconds) => IsOpen ? Math.Max(0, (long)Math.Ceiling(nanoseconds / _period) - _arrivals) : 0;
}
