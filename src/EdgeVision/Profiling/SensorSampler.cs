using System.Diagnostics;

namespace EdgeVision;

/// <summary>
/// Looks at the sensors while something is measured, ten times a second or less, on a thread of its own that allocates nothing; where sensors are slow it looks
/// so seldom that it takes a hundredth of one core at most.
/// </summary>
public sealed class SensorSampler : IDisposable
{
    private const double Share = 0.01;

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

    /// <summary>Prepares; <see cref="Start"/> begins.</summary>
    /// <param name="sensors">Stay the caller's.</param>
    /// <param name="period">Time between two looks; a tenth of a second by default and at the least.</param>
    public SensorSampler(SystemSensors sensors, TimeSpan? period = null) : this(sensors, period, TimeProvider.System)
    {
    }

    internal SensorSampler(SystemSensors sensors, TimeSpan? period, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(sensors);
        _sensors = sensors;
        _period = period is { } p && p > TimeSpan.FromMilliseconds(100) ? p : TimeSpan.FromMilliseconds(100);
        _clock = clock;
    }

    /// <summary>Begins a measurement.</summary>
    /// <exception cref="InvalidOperationException">One goes on already.</exception>
    public void Start()
    {
        if (_thread is not null)
        {
            throw new InvalidOperationException("the sensors are being sampled already");
        }

        Begin();
        _stop.Reset();
        _thread = new Thread(Sample) { IsBackground = true, Name = "edgevision sensors" };
        _thread.Start();
    }

    /// <summary>Ends the measurement.</summary>
    /// <exception cref="InvalidOperationException">None was started.</exception>
    public SensorSummary Stop()
    {
        if (_thread is null)
        {
            throw new InvalidOperationException("the sensors are not being sampled");
        }

        _stop.Set();
        _thread.Join();
        _thread = null;
        return End();
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

    /// <summary>The first look.</summary>
    internal void Begin()
    {
        _begin = _clock.GetTimestamp();
        (_temperature, _frequency, _headroom, _boardThrottled) = (default, default, null, false);
        _throttles = _sensors.ThrottleCount;
        _times = _sensors.ProcessorTimes();
        _own = Environment.CpuUsage.TotalTime;
        foreach (var meter in _sensors.Energy)
        {
            meter.Begin(0);
        }

        LookAtGauges();
    }

    /// <summary>A look in between.</summary>
    internal void Look()
    {
        LookAtGauges();
        double seconds = Seconds;
        for (int i = 0; i < _sensors.Energy.Count; i++)
        {
            _sensors.Energy[i].Look(seconds);
        }
    }

    /// <summary>The last look, and what all of them came to.</summary>
    internal SensorSummary End()
    {
        Look();
        double seconds = Seconds;
        var own = Environment.CpuUsage.TotalTime - _own;
        double? steal = null, others = null;
        if (_times is { } before && _sensors.ProcessorTimes() is { } after && after.All > before.All)
        {
            double all = after.All - before.All;
            steal = 100 * (after.Steal - before.Steal) / all;
            others = Math.Max(0, 100 * (all - (after.Idle - before.Idle) - (after.Steal - before.Steal) - (after.Own - before.Own)) / all);
        }

        // Of several rails the greatest feeds the others; packages of a processor stand beside each other.
        int rank = _sensors.Energy.Select(m => m.Rank).DefaultIfEmpty().Max();
        var meters = _sensors.Energy.Where(m => m.Rank == rank && m.Joules > 0).OrderByDescending(m => m.Joules).ToArray();
        var packages = meters.Where(m => m.Source.StartsWith("rapl package-", StringComparison.Ordinal)).ToArray();
        (string, double)? energy = meters.Length == 0 ? null
            : packages.Length == meters.Length ? (string.Join(" + ", packages.Select(m => m.Source).Order(StringComparer.Ordinal)), packages.Sum(m => m.Joules))
            : (meters[0].Source, meters[0].Joules);
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

    private void Sample()
    {
        var wait = _period;
        while (!_stop.Wait(wait))
        {
            long begin = Stopwatch.GetTimestamp();
            Look();
            var least = Stopwatch.GetElapsedTime(begin) / Share;
            wait = least > _period ? least : _period;
        }
    }

    private void LookAtGauges()
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

/// <summary>What the sensors told during a measurement; null where they tell nothing.</summary>
public sealed record SensorSummary
{
    /// <summary>Time of the measurement.</summary>
    public double Seconds { get; init; }

    /// <summary>Hottest sensor.</summary>
    public ProfileRange? TemperatureC { get; init; }

    /// <summary>Mean frequency of the cores in MHz.</summary>
    public ProfileRange? FrequencyMhz { get; init; }

    /// <summary>The least distance from a temperature at which the system slows down, in °C.</summary>
    public double? HeadroomC { get; init; }

    /// <summary>Whether the processor or the board said that it was slowed down.</summary>
    public bool Throttled { get; init; }

    /// <summary>Use of the processor by this process, in per cent of one core.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Use of the processor by everything else, in per cent of all cores.</summary>
    public double? OtherCpuPercent { get; init; }

    /// <summary>Time that the host of a virtual machine took away, in per cent of all cores.</summary>
    public double? StealPercent { get; init; }

    /// <summary>Sensor that <see cref="Joules"/> is from: a board's own before the processor's, the battery's last; of several rails the one with the most power.</summary>
    public string? EnergySource { get; init; }

    /// <summary>Energy of the measurement.</summary>
    public double? Joules { get; init; }

    /// <summary>The energy as a row has it.</summary>
    /// <param name="runs">Runs of the measurement, 1 or more.</param>
    public ProfileEnergy? Energy(long runs) =>
        EnergySource is not null && Joules is { } joules && runs > 0 && Seconds > 0 ? new ProfileEnergy(EnergySource, joules / runs, joules / Seconds) : null;
}
