namespace EdgeVision;

/// <summary>A sensor that counts energy, or one that tells power, which is integrated from one look at it to the next.</summary>
internal abstract class EnergyMeter(string source) : IDisposable
{
    /// <summary>Sensor, such as "rapl package-0" or "ina3221 VDD_IN".</summary>
    public string Source { get; } = source;

    /// <summary>How near it is to what the device takes: of several kinds the greatest is believed.</summary>
    public abstract int Rank { get; }

    /// <summary>Energy since <see cref="Begin"/> up to the last look.</summary>
    public double Joules { get; protected set; }

    /// <summary>Starts from zero.</summary>
    /// <param name="seconds">Now, on a clock of the caller's.</param>
    public abstract void Begin(double seconds);

    /// <summary>Looks at the sensor.</summary>
    public abstract void Look(double seconds);

    public abstract void Dispose();

    /// <summary>Every sensor there is and may be read.</summary>
    /// <param name="sys">The system's /sys.</param>
    public static EnergyMeter[] Open(string sys) => [.. Rapl(Path.Combine(sys, "class/powercap")), .. Monitors(Path.Combine(sys, "class/hwmon")), .. Batteries(Path.Combine(sys, "class/power_supply"))];

    // Packages, and what holds them (psys); core, uncore and dram are parts. Readable by root alone since 2020.
    private static IEnumerable<EnergyMeter> Rapl(string folder)
    {
        foreach (string zone in SensorFile.Folders(folder, "intel-rapl:*"))
        {
            if (Path.GetFileName(zone).Count(c => c == ':') == 1 && SensorFile.TryOpen(Path.Combine(zone, "energy_uj")) is { } energy)
            {
                _ = long.TryParse(SensorFile.Text(Path.Combine(zone, "max_energy_range_uj")), out long range);
                yield return new EnergyCounter($"rapl {SensorFile.Text(Path.Combine(zone, "name")) ?? Path.GetFileName(zone)}", energy, range);
            }
        }
    }

    // power*_input is in µW; without it current (mA) times voltage (mV) is.
    private static IEnumerable<EnergyMeter> Monitors(string folder)
    {
        foreach (string monitor in SensorFile.Folders(folder, "hwmon*"))
        {
            if (SensorFile.Text(Path.Combine(monitor, "name")) is not { } name || !name.StartsWith("ina", StringComparison.Ordinal))
            {
                continue;
            }

            for (int i = 1; i <= 8; i++)
            {
                string source = $"{name} {SensorFile.Text(Path.Combine(monitor, $"in{i}_label")) ?? SensorFile.Text(Path.Combine(monitor, $"power{i}_label")) ?? $"channel {i}"}";
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
        foreach (string supply in SensorFile.Folders(folder, "*"))
        {
            if (SensorFile.Text(Path.Combine(supply, "status")) != "Discharging")
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

/// <summary>A counter of microjoules that begins anew behind its greatest value.</summary>
internal sealed class EnergyCounter(string source, SensorFile file, long range) : EnergyMeter(source)
{
    private long? _last;

    public override int Rank => 1;

    public override void Begin(double seconds)
    {
        _last = file.Number();
        Joules = 0;
    }

    // Ten looks a second are many more than turns of the counter: it turns within minutes at the least.
    public override void Look(double seconds)
    {
        if (file.Number() is not { } now)
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

/// <summary>Power, or a current and a voltage; a trapezoid between two looks.</summary>
internal sealed class PowerMeter(string source, int rank, SensorFile first, SensorFile? second, double scale) : EnergyMeter(source)
{
    private double? _watts;
    private double _at;

    public override int Rank => rank;

    public override void Begin(double seconds)
    {
        (_watts, _at) = (Watts(), seconds);
        Joules = 0;
    }

    public override void Look(double seconds)
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

    // The sign of a current is the sensor's, or the battery's, direction.
    private double? Watts() => first.Number() is { } a && (second is null ? 1 : second.Number()) is { } b ? Math.Abs((double)a * b) * scale : null;
}
