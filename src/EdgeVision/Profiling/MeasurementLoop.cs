namespace EdgeVision;

/// <summary>What is measured: one run at a time.</summary>
internal interface IProfileWork
{
    /// <summary>Does it once.</summary>
    void Run();

    /// <summary>Times of the stages of the last run, in nanoseconds.</summary>
    StageTimes LastStages { get; }
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
    private readonly StageTimes[] _stages;
    private readonly double _period; // mean time between arrivals, in nanoseconds
    private readonly Random? _gaps;
    private double _next; // arrival, in nanoseconds since the start
    private long _start, _arrivals, _measured;

    /// <summary>Prepares a loop.</summary>
    /// <param name="work">What is run.</param>
    /// <param name="clock">Time.</param>
    /// <param name="capacity">Most runs.</param>
    /// <param name="rate">Arrivals a second; null for a closed loop.</param>
    /// <param name="random">Whether arrivals know nothing of one another (a Poisson process, the same each time) and do not come evenly.</param>
    public MeasurementLoop(IProfileWork work, ProfileClock clock, int capacity, double? rate = null, bool random = false)
    {
        (_work, _clock, Latency, _stages) = (work, clock, new LatencySeries(capacity), new StageTimes[capacity]);
        if (rate is { } r)
        {
            (_service, _queue, _period) = (new LatencySeries(capacity), new LatencySeries(capacity), 1e9 / r);
            _gaps = random ? new Random(1) : null;
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

    /// <summary>Times of the stages, run by run.</summary>
    public ReadOnlySpan<StageTimes> Stages => _stages.AsSpan(0, Latency.Count);

    /// <summary>Nanoseconds from the first begin (or arrival) to the last end.</summary>
    public long Elapsed => _measured;

    /// <summary>Forgets what was measured and begins anew; an open loop's first run arrives now.</summary>
    public void Start()
    {
        Latency.Clear();
        _service?.Clear();
        _queue?.Clear();
        (_start, _arrivals, _next, _measured) = (_clock.Now, 0, 0, 0);
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
                arrival = _start + (long)_next;
                if (arrival - _start >= nanoseconds)
                {
                    return;
                }

                _arrivals++;
                _next = _gaps is null ? _arrivals * _period : _next - Math.Log(1 - _gaps.NextDouble()) * _period;
                _clock.WaitUntil(arrival);
            }

            long begin = _clock.Now;
            _work.Run();
            long end = _clock.Now;
            _stages[Latency.Count] = _work.LastStages;
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

    /// <summary>Runs that arrive in so much time and were not begun: an open loop that cannot keep up leaves them.</summary>
    public long Backlog(long nanoseconds) => IsOpen ? (long)Math.Max(0, Math.Ceiling((nanoseconds - _next) / _period)) : 0;
}
