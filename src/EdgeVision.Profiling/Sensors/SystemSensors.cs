namespace EdgeVision.Profiling.Sensors;

/// <summary>Reads the system's sensors: temperature, frequency, throttling, processor usage, memory, energy.</summary>
/// <remarks>
/// Most are in /sys and /proc of Linux; on other systems unavailable values are null. Reading allocates nothing.
/// </remarks>
public sealed class SystemSensors : IDisposable
{
    private readonly SensorFile[] _temperatures, _frequencies, _throttles;
    private readonly (SensorFile Temperature, double Trip)[] _trips;
    private readonly SensorFile? _cpuInfo, _stat, _ownStat, _status, _boardThrottles;

    /// <summary>Opens the sensors of this machine.</summary>
    public SystemSensors() : this("/")
    {
    }

    /// <summary>Opens the sensors below a root folder.</summary>
    internal SystemSensors(string root)
    {
        string sys = Path.Combine(root, "sys"), proc = Path.Combine(root, "proc");
        string cpus = Path.Combine(sys, "devices/system/cpu"), zones = Path.Combine(sys, "class/thermal");
        string monitors = Path.Combine(sys, "class/hwmon");
        _temperatures = [.. SensorFile.OpenAll(zones, "thermal_zone*", "temp"), .. Monitors(monitors, "temp*_input")];
        _frequencies = SensorFile.OpenAll(cpus, "cpu?*", "cpufreq/scaling_cur_freq");
        _throttles = SensorFile.OpenAll(cpus, "cpu?*", "thermal_throttle/core_throttle_count", "thermal_throttle/package_throttle_count");
        _boardThrottles = SensorFile.TryOpen(Path.Combine(sys, "devices/platform/soc/soc:firmware/get_throttled"));
        _trips = [.. SensorFile.GetFolders(zones, "thermal_zone*").Select(OpenTripPoint).OfType<(SensorFile, double)>()];
        _cpuInfo = _frequencies.Length == 0 ? SensorFile.TryOpen(Path.Combine(proc, "cpuinfo"), 1 << 16) : null;
        _stat = SensorFile.TryOpen(Path.Combine(proc, "stat"), 256);
        _ownStat = SensorFile.TryOpen(Path.Combine(proc, "self/stat"), 1024);
        _status = SensorFile.TryOpen(Path.Combine(proc, "self/status"), 4096);
        Governor = SensorFile.ReadFirstLine(Path.Combine(cpus, "cpu0/cpufreq/scaling_governor"));
        Energy = EnergyMeter.OpenAll(sys);
    }

    /// <summary>Frequency governor of the cores: performance, schedutil, ….</summary>
    public string? Governor { get; }

    /// <summary>Temperature of the hottest sensor in °C.</summary>
    public double? TemperatureC
    {
        get
        {
            double? hottest = null;
            foreach (var file in _temperatures)
            {
                // A sensor that is switched off reports impossible values.
                if (file.ReadNumber() is > -40_000 and < 200_000 and var thousandths && !(thousandths * 1e-3 <= hottest))
                {
                    hottest = thousandths * 1e-3;
                }
            }

            return hottest;
        }
    }

    /// <summary>Minimum distance of a thermal zone from the temperature at which the system throttles or stops, in °C.</summary>
    public double? HeadroomC
    {
        get
        {
            double? least = null;
            foreach (var (file, trip) in _trips)
            {
                if (file.ReadNumber() is { } thousandths && !(trip - thousandths * 1e-3 >= least))
                {
                    least = trip - thousandths * 1e-3;
                }
            }

            return least;
        }
    }

    /// <summary>Mean frequency of the cores in MHz.</summary>
    public double? FrequencyMhz
    {
        get
        {
            double sum = 0;
            int count = 0;
            foreach (var file in _frequencies)
            {
                if (file.ReadNumber() is > 0 and var kilohertz)
                {
                    sum += kilohertz * 1e-3;
                    count++;
                }
            }

            return count > 0 ? sum / count : CpuInfoMhz();
        }
    }

    /// <summary>Number of thermal throttling events of the cores since the system started.</summary>
    public long? ThrottleCount
    {
        get
        {
            long? sum = null;
            foreach (var file in _throttles)
            {
                sum = (sum ?? 0) + (file.ReadNumber() ?? 0);
            }

            return sum;
        }
    }

    /// <summary>Gets whether a Raspberry Pi reports current throttling: low voltage, limited frequency, or heat.</summary>
    public bool? BoardThrottled
    {
        get
        {
            var text = _boardThrottles is null ? default : _boardThrottles.ReadBytes();
            text = text.StartsWith("0x"u8) ? text[2..] : text;

            // Bits 0 to 3 are current, 16 to 19 since the start: https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
            return System.Buffers.Text.Utf8Parser.TryParse(text, out uint bits, out _, 'x') ? (bits & 0xF) != 0 : null;
        }
    }

    /// <summary>Resident memory of this process in MB (10^6 bytes).</summary>
    public double? ResidentMb => ReadStatus("VmRSS:"u8) is { } kib ? kib * 1024e-6 : Environment.WorkingSet * 1e-6;

    /// <summary>Peak resident memory of this process in MB (10^6 bytes).</summary>
    public double? PeakResidentMb
    {
        get
        {
            if (ReadStatus("VmHWM:"u8) is { } kib)
            {
                return kib * 1024e-6;
            }

            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.PeakWorkingSet64 is > 0 and var peak ? peak * 1e-6 : null;
        }
    }

    /// <summary>Sensors of energy and power.</summary>
    internal IReadOnlyList<EnergyMeter> Energy { get; }

    /// <summary>Returns the time of all processors since the system started, in ticks of a hundredth of a second.</summary>
    internal ProcessorTimes? ReadProcessorTimes()
    {
        // "cpu user nice system idle iowait irq softirq steal …"
        var text = _stat is null ? default : _stat.ReadBytes();
        if (!text.StartsWith("cpu "u8))
        {
            return null;
        }

        text = text[4..];
        long all = 0, idle = 0, steal = 0;
        for (int i = 0; i < 8; i++)
        {
            long value = ParseNext(ref text);
            all += value;
            idle += i is 3 or 4 ? value : 0;
            steal += i == 7 ? value : 0;
        }

        // "pid (name) state …": the name may contain anything; user and system time are the twelfth and thirteenth fields after it.
        var own = _ownStat is null ? default : _ownStat.ReadBytes();
        own = own[(own.LastIndexOf((byte)')') + 1)..];
        long ours = 0;
        for (int i = 0; i < 13 && own.Length > 0; i++)
        {
            long value = ParseNext(ref own);
            ours += i >= 11 ? value : 0;
        }

        return new ProcessorTimes(all, idle, steal, ours);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SensorFile?[] files =
        [
            .. _temperatures, .. _frequencies, .. _throttles, .. _trips.Select(t => t.Temperature),
            _cpuInfo, _stat, _ownStat, _status, _boardThrottles,
        ];
        foreach (var file in files)
        {
            file?.Dispose();
        }

        foreach (var meter in Energy)
        {
            meter.Dispose();
        }
    }

    private static IEnumerable<SensorFile> Monitors(string folder, string pattern) => SensorFile.GetFolders(folder, "hwmon*")
        .SelectMany(f => Directory.GetFiles(f, pattern).Order(StringComparer.Ordinal))
        .Select(f => SensorFile.TryOpen(f))
        .OfType<SensorFile>();

    // The lowest trip point that throttles or stops the system; "active" only starts a fan.
    private static (SensorFile, double)? OpenTripPoint(string zone)
    {
        double[] trips = [.. Directory.GetFiles(zone, "trip_point_*_temp")
            .Where(f => SensorFile.ReadFirstLine(f[..^"temp".Length] + "type") is "passive" or "hot" or "critical")
            .Select(f => long.TryParse(SensorFile.ReadFirstLine(f), out long t) ? t * 1e-3 : 0).Where(t => t > 0)];
        return trips.Length > 0 && SensorFile.TryOpen(Path.Combine(zone, "temp")) is { } file ? (file, trips.Min()) : null;
    }

    private static long ParseNext(ref ReadOnlySpan<byte> text)
    {
        while (text is [(byte)' ', ..])
        {
            text = text[1..];
        }

        int end = text.IndexOf((byte)' ');
        long value = SensorFile.ReadNumber(text) ?? 0;
        text = end < 0 ? default : text[end..];
        return value;
    }

    private double? CpuInfoMhz()
    {
        var text = _cpuInfo is null ? default : _cpuInfo.ReadBytes();
        double sum = 0;
        int count = 0;
        for (int at; (at = text.IndexOf("cpu MHz"u8)) >= 0;)
        {
            text = text[at..];
            text = text[(text.IndexOf((byte)':') + 1)..];
            if (System.Buffers.Text.Utf8Parser.TryParse(text.TrimStart((byte)' '), out double mhz, out _))
            {
                sum += mhz;
                count++;
            }
        }

        return count > 0 ? sum / count : null;
    }

    private long? ReadStatus(ReadOnlySpan<byte> key)
    {
        var text = _status is null ? default : _status.ReadBytes();
        int at = text.IndexOf(key);
        return at < 0 ? null : SensorFile.ReadNumber(text[(at + key.Length)..]);
    }
}

/// <summary>Ticks of all processors: in total, idle, taken by the host (steal), and those of this process.</summary>
internal readonly record struct ProcessorTimes(long All, long Idle, long Steal, long Own);
