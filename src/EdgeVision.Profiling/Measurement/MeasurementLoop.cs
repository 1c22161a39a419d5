using EdgeVision.Profiling.Statistics;
using EdgeVision.Results;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Work that is measured one run at a time.</summary>
public interface IMeasuredWork
{
    /// <summary>Runs the work once.</summary>
    void Run();

    /// <summary>Stage times of the last run, in nanoseconds.</summary>
    StageTimes LastStages { get; }
}

/// <summary>Runs work repeatedly in a closed or an open loop and records the latency of each run. Allocates nothing.</summary>
/// <remarks>
/// In a closed loop the next run begins when the last one ends. In an open loop runs arrive at a fixed rate: a run that arrives during
/// another one waits, and the wait is part of its latency. A closed loop hides that wait, because it issues no runs while it is delayed
/// (coordinated omission).
/// </remarks>
public sealed class MeasurementLoop
{
    private readonly IMeasuredWork _work;
    private readonly ProfileClock _clock;
    private readonly LatencySeries? _service, _queue;
    private readonly StageTimes[] _stages;
    private readonly double _period; // mean time between arrivals, in nanoseconds
    private readonly Random? _gaps;
    private double _next; // arrival, in nanoseconds since the start
    private long _start, _arrivals, _measured;

    /// <summary>Initializes a loop.</summary>
    /// <param name="work">Work to run.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="capacity">Maximum number of runs.</param>
    /// <param name="rate">Arrivals per second; null for a closed loop.</param>
    /// <param name="random">Whether arrivals are a Poisson process (with a fixed seed) instead of evenly spaced.</param>
    public MeasurementLoop(IMeasuredWork work, ProfileClock clock, int capacity, double? rate = null, bool random = false)
    {
        (_work, _clock, Latency, _stages) = (work, clock, new LatencySeries(capacity), new StageTimes[capacity]);
        if (rate is { } r)
        {
            (_service, _queue, _period) = (new LatencySeries(capacity), new LatencySeries(capacity), 1e9 / r);
            _gaps = random ? new Random(1) : null;
        }
    }

    /// <summary>Gets whether the loop is open, that is, runs arrive at a rate.</summary>
    public bool IsOpenLoop => _queue is not null;

    /// <summary>Latencies: from arrival to end in an open loop, else from start to end.</summary>
    public LatencySeries Latency { get; }

    /// <summary>Service times, from start to end.</summary>
    public LatencySeries Service => _service ?? Latency;

    /// <summary>Queueing times, from arrival to start; null in a closed loop.</summary>
    public LatencySeries? Queue => _queue;

    /// <summary>Stage times per run.</summary>
    public ReadOnlySpan<StageTimes> Stages => _stages.AsSpan(0, Latency.Count);

    /// <summary>Nanoseconds from the first start (or arrival) to the last end.</summary>
    public long Elapsed => _measured;

    /// <summary>Clears the results and restarts; an open loop's first run arrives now.</summary>
    public void Start()
    {
        Latency.Clear();
        _service?.Clear();
        _queue?.Clear();
        (_start, _arrivals, _next, _measured) = (_clock.Now, 0, 0, 0);
    }

    /// <summary>Continues until a number of runs is done, or a run ends after a time since <see cref="Start"/>.</summary>
    /// <remarks>
    /// An open loop continues with all runs that arrived in that time, or until twice the time has passed: leaving out queued runs would
    /// leave out the longest waits.
    /// </remarks>
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
            if (_measured >= (IsOpenLoop ? 2 * nanoseconds : nanoseconds))
            {
                return;
            }
        }
    }

    /// <summary>Returns how many runs arrive in a time but were not started, because an open loop could not keep up.</summary>
    public long GetBacklog(long nanoseconds) => IsOpenLoop ? (long)Math.Max(0, Math.Ceiling((nanoseconds - _next) / _period)) : 0;
}
