namespace EdgeVision.Profiling.Sensors;

/// <summary>Energy sensor, or power sensor whose readings are integrated over time.</summary>
internal abstract class EnergyMeter(string source) : IDisposable
{
    /// <summary>Sensor, such as "rapl package-0" or "ina3221 VDD_IN".</summary>
    public string Source { get; } = source;

    /// <summary>Preference among kinds of sensors: the highest is closest to the consumption of the whole device.</summary>
    public abstract int Priority { get; }

    /// <summary>Energy from <see cref="Start"/> to the last reading.</summary>
    public double Joules { get; protected set; }

    /// <summary>Resets the energy to zero and takes the first reading.</summary>
    /// <param name="seconds">Current time on a clock of the caller's choice.</param>
    public abstract void Start(double seconds);

    /// <summary>Takes a reading.</summary>
    public abstract void Sample(double seconds);

    public abstract void Dispose();

    /// <summary>Opens every sensor that exists and is readable.</summary>
    /// <param name="sys">Path of /sys.</param>
    public static EnergyMeter[] OpenAll(string sys) =>
    [
        .. Rapl(Path.Combine(sys, "class/powercap")),
        .. Monitors(Path.Combine(sys, "class/hwmon")),
        .. Batteries(Path.Combine(sys, "class/power_supply")),
    ];

    // Packages, and the platform that contains them (psys); core, uncore and dram are parts of a package. Readable only by root since 2020.
    private static IEnumerable<EnergyMeter> Rapl(string folder)
    {
        foreach (string zone in SensorFile.GetFolders(folder, "intel-rapl:*"))
        {
            if (Path.GetFileName(zone).Count(c => c == ':') == 1 && SensorFile.TryOpen(Path.Combine(zone, "energy_uj")) is { } energy)
            {
                _ = long.TryParse(SensorFile.ReadFirstLine(Path.Combine(zone, "max_energy_range_uj")), out long range);
                string name = SensorFile.ReadFirstLine(Path.Combine(zone, "name")) ?? Path.GetFileName(zone);
                yield return new EnergyCounter($"rapl {name}", energy, range);
            }
        }
    }

    // power*_input is in µW; without it, current (mA) times voltage (mV) is.
    private static IEnumerable<EnergyMeter> Monitors(string folder)
    {
        foreach (string monitor in SensorFile.GetFolders(folder, "hwmon*"))
        {
            if (SensorFile.ReadFirstLine(Path.Combine(monitor, "name")) is not { } name || !name.StartsWith("ina", StringComparison.Ordinal))
            {
                continue;
            }

            for (int i = 1; i <= 8; i++)
            {
                string channel = SensorFile.ReadFirstLine(Path.Combine(monitor, $"in{i}_label"))
                    ?? SensorFile.ReadFirstLine(Path.Combine(monitor, $"power{i}_label"))
                    ?? $"channel {i}";
                string source = $"{name} {channel}";
                if (SensorFile.TryOpen(Path.Combine(monitor, $"power{i}_input")) is { } power)
                {
                    yield return new PowerMeter(source, 2, power, null, 1e-6);
                }
                else if (SensorFile.TryOpen(Path.Combine(monitor, $"curr{i}_input")) is { } current)
                {
                    // ina226 and ina219: in0 is the shunt, in1 the bus; ina3221: in1 to in3 the buses.
                    if (SensorFile.TryOpen(Path.Combine(monitor, $"in{i}_input")) is { } voltage)
                    {
                        yield return new PowerMeter(source, 2, current, voltage, 1e-6);
                    }
                    else
                    {
                        current.Dispose();
                    }
                }
            }
        }
    }

    private static IEnumerable<EnergyMeter> Batteries(string folder)
    {
        foreach (string supply in SensorFile.GetFolders(folder, "*"))
        {
            if (SensorFile.ReadFirstLine(Path.Combine(supply, "status")) != "Discharging")
            {
                continue;
            }

            string source = $"battery {Path.GetFileName(supply)}";
            if (SensorFile.TryOpen(Path.Combine(supply, "power_now")) is { } power)
            {
                yield return new PowerMeter(source, 0, power, null, 1e-6);
            }
            else if (SensorFile.TryOpen(Path.Combine(supply, "current_now")) is { } current)
            {
                if (SensorFile.TryOpen(Path.Combine(supply, "voltage_now")) is { } voltage)
                {
                    yield return new PowerMeter(source, 0, current, voltage, 1e-12);
                }
                else
                {
                    current.Dispose();
                }
            }
        }
    }
}

/// <summary>Counter of microjoules that wraps around after its maximum.</summary>
internal sealed class EnergyCounter(string source, SensorFile file, long range) : EnergyMeter(source)
{
    private long? _last;

    public override int Priority => 1;

    public override void Start(double seconds)
    {
        _last = file.ReadNumber();
        Joules = 0;
    }

    // Ten readings per second are far more frequent than wraparounds, which take minutes at least.
    public override void Sample(double seconds)
    {
        if (file.ReadNumber() is not { } now)
        {
            return;
        }

        if (_last is { } last)
        {
            long step = now >= last ? now - last : now + range - last;
            Joules += step > 0 ? step * 1e-6 : 0;
        }

        _last = now;
    }

    public override void Dispose() => file.Dispose();
}

/// <summary>Power sensor, or current and voltage sensors; integrates by the trapezoidal rule between readings.</summary>
internal sealed class PowerMeter(string source, int rank, SensorFile first, SensorFile? second, double scale) : EnergyMeter(source)
{
    private double? _watts;
    private double _at;

    public override int Priority => rank;

    public override void Start(double seconds)
    {
        (_watts, _at) = (Watts(), seconds);
        Joules = 0;
    }

    public override void Sample(double seconds)
    {
        if (Watts() is not { } watts)
        {
            return;
        }

        Joules += ((_watts ?? watts) + watts) / 2 * (seconds - _at);
        (_watts, _at) = (watts, seconds);
    }

    public override void Dispose()
    {
        first.Dispose();
        second?.Dispose();
    }

    // The sign of a current is the direction of the sensor or the battery.
    private double? Watts() => first.ReadNumber() is { } a && (second is null ? 1 : second.ReadNumber()) is { } b
        ? Math.Abs((double)a * b) * scale
        : null;
}
