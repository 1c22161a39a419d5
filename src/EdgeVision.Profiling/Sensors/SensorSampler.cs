using System.Diagnostics;

namespace EdgeVision.Profiling.Sensors;

/// <summary>Samples the sensors during a measurement, at most ten times per second, on its own thread without allocation.</summary>
/// <remarks>If sensors are slow, the interval grows so that sampling uses at most a hundredth of one core.</remarks>
public sealed class SensorSampler : IDisposable
{
    private const double MaxCpuFraction = 0.01;

    private readonly SystemSensors _sensors;
    private readonly TimeSpan _period;
    private readonly ManualResetEventSlim _stop = new();
    private readonly TimeProvider _clock;
    private Thread? _thread;
    private long _begin;
    private Extremes _temperature, _frequency;
    private double? _headroom;
    private long? _throttles;
    private bool _boardThrottled;
    private ProcessorTimes? _times;
    private TimeSpan _own;

    /// <summary>Initializes a sampler; <see cref="Start"/> begins sampling.</summary>
    /// <param name="sensors">Sensors, which the caller disposes.</param>
    /// <param name="interval">Interval between samples; a tenth of a second by default and at least.</param>
    public SensorSampler(SystemSensors sensors, TimeSpan? interval = null) : this(sensors, interval, TimeProvider.System)
    {
    }

    internal SensorSampler(SystemSensors sensors, TimeSpan? interval, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(sensors);
        _sensors = sensors;
        _period = interval is { } p && p > TimeSpan.FromMilliseconds(100) ? p : TimeSpan.FromMilliseconds(100);
        _clock = clock;
    }

    /// <summary>Starts sampling.</summary>
    /// <exception cref="InvalidOperationException">Sampling has already started.</exception>
    public void Start()
    {
        if (_thread is not null)
        {
            throw new InvalidOperationException("sampling has already started; stop it first");
        }

        TakeFirstSample();
        _stop.Reset();
        _thread = new Thread(RunSampling) { IsBackground = true, Name = "edgevision sensors" };
        _thread.Start();
    }

    /// <summary>Stops sampling and returns the summary.</summary>
    /// <exception cref="InvalidOperationException">Sampling has not started.</exception>
    public SensorSummary Stop()
    {
        if (_thread is null)
        {
            throw new InvalidOperationException("sampling has not started; start it first");
        }

        _stop.Set();
        _thread.Join();
        _thread = null;
        return TakeLastSample();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_thread is not null)
        {
            Stop();
        }

        _stop.Dispose();
    }

    /// <summary>Takes the first sample.</summary>
    internal void TakeFirstSample()
    {
        _begin = _clock.GetTimestamp();
        (_temperature, _frequency, _headroom, _boardThrottled) = (default, default, null, false);
        _throttles = _sensors.ThrottleCount;
        _times = _sensors.ReadProcessorTimes();
        _own = Environment.CpuUsage.TotalTime;
        foreach (var meter in _sensors.Energy)
        {
            meter.Start(0);
        }

        SampleGauges();
    }

    /// <summary>Takes a sample.</summary>
    internal void TakeSample()
    {
        SampleGauges();
        double seconds = Seconds;
        for (int i = 0; i < _sensors.Energy.Count; i++)
        {
            _sensors.Energy[i].Sample(seconds);
        }
    }

    /// <summary>Takes the last sample and returns the summary.</summary>
    internal SensorSummary TakeLastSample()
    {
        TakeSample();
        double seconds = Seconds;
        var own = Environment.CpuUsage.TotalTime - _own;
        double? steal = null, others = null;
        if (_times is { } before && _sensors.ReadProcessorTimes() is { } after && after.All > before.All)
        {
            double all = after.All - before.All;
            steal = 100 * (after.Steal - before.Steal) / all;
            double busy = all - (after.Idle - before.Idle) - (after.Steal - before.Steal) - (after.Own - before.Own);
            others = Math.Max(0, 100 * busy / all);
        }

        // Of several power rails the greatest supplies the others; packages of a processor are independent and added.
        int rank = _sensors.Energy.Select(m => m.Priority).DefaultIfEmpty().Max();
        var meters = _sensors.Energy.Where(m => m.Priority == rank && m.Joules > 0).OrderByDescending(m => m.Joules).ToArray();
        var packages = meters.Where(m => m.Source.StartsWith("rapl package-", StringComparison.Ordinal)).ToArray();
        (string, double)? energy = null;
        if (meters.Length > 0)
        {
            energy = packages.Length == meters.Length
                ? (string.Join(" + ", packages.Select(m => m.Source).Order(StringComparer.Ordinal)), packages.Sum(m => m.Joules))
                : (meters[0].Source, meters[0].Joules);
        }
        return new SensorSummary
        {
            Seconds = seconds,
            TemperatureC = _temperature.Range,
            FrequencyMhz = _frequency.Range,
            HeadroomC = _headroom,
            Throttled = _boardThrottled || _sensors.ThrottleCount > _throttles,
            CpuPercent = seconds > 0 ? 100 * own.TotalSeconds / seconds : null,
            OtherCpuPercent = others,
            StealPercent = steal,
            EnergySource = energy?.Item1,
            Joules = energy?.Item2,
        };
    }

    private double Seconds => _clock.GetElapsedTime(_begin).TotalSeconds;

    private void RunSampling()
    {
        var wait = _period;
        while (!_stop.Wait(wait))
        {
            long begin = Stopwatch.GetTimestamp();
            TakeSample();
            var least = Stopwatch.GetElapsedTime(begin) / MaxCpuFraction;
            wait = least > _period ? least : _period;
        }
    }

    private void SampleGauges()
    {
        _temperature.Add(_sensors.TemperatureC);
        _frequency.Add(_sensors.FrequencyMhz);
        _boardThrottled |= _sensors.BoardThrottled == true;
        if (_sensors.HeadroomC is { } headroom && !(headroom >= _headroom))
        {
            _headroom = headroom;
        }
    }

    private struct Extremes
    {
        private double _start, _end, _min, _max;
        private bool _any;

        public readonly ProfileRange? Range => _any ? new ProfileRange(_start, _end, _min, _max) : null;

        public void Add(double? reading)
        {
            if (reading is not { } value)
            {
                return;
            }

            if (!_any)
            {
                (_start, _min, _max, _any) = (value, value, value, true);
            }

            (_end, _min, _max) = (value, Math.Min(_min, value), Math.Max(_max, value));
        }
    }
}

/// <summary>Summary of the sensors during a measurement; null for those not available.</summary>
public sealed record SensorSummary
{
    /// <summary>Duration of the measurement in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Temperature of the hottest sensor in °C.</summary>
    public ProfileRange? TemperatureC { get; init; }

    /// <summary>Mean frequency of the cores in MHz.</summary>
    public ProfileRange? FrequencyMhz { get; init; }

    /// <summary>Minimum distance from a temperature at which the system throttles, in °C.</summary>
    public double? HeadroomC { get; init; }

    /// <summary>Gets whether the processor or the board reported throttling.</summary>
    public bool Throttled { get; init; }

    /// <summary>Processor usage of this process, in per cent of one core.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Processor usage of all other processes, in per cent of all cores.</summary>
    public double? OtherCpuPercent { get; init; }

    /// <summary>Time taken by the host of a virtual machine (steal), in per cent of all cores.</summary>
    public double? StealPercent { get; init; }

    /// <summary>Name of the sensor of <see cref="Joules"/>.</summary>
    /// <remarks>
    /// A board's own sensor is preferred to the processor's, and that to the battery's; of several rails the one with the most power.
    /// </remarks>
    public string? EnergySource { get; init; }

    /// <summary>Energy of the measurement in joules.</summary>
    public double? Joules { get; init; }

    /// <summary>Returns the energy per run and the mean power; null if there is no sensor.</summary>
    /// <param name="runs">Number of runs of the measurement, at least 1.</param>
    public ProfileEnergy? GetEnergy(long runs) =>
        EnergySource is not null && Joules is { } joules && runs > 0 && Seconds > 0
            ? new ProfileEnergy(EnergySource, joules / runs, joules / Seconds)
            : null;
}
