using EdgeVision.Profiling.Sensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class SensorSamplerTests : IDisposable
{
    private readonly SystemTree _tree = new();
    private readonly HandClock _clock = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Ranges_run_from_the_first_look_to_the_last()
    {
        Temperature(50).Set("proc/stat", "cpu 100 0 0 800 0 0 0 0\n").Set("proc/self/stat", "1 (x) R 1 1 1 0 0 0 0 0 0 0 20 10 0 0\n");
        using var sensors = new SystemSensors(_tree.Root);
        using var sampler = new SensorSampler(sensors, null, _clock);
        sampler.TakeFirstSample();
        foreach (double degrees in (double[])[55, 47, 60, 58])
        {
            Temperature(degrees);
            sampler.TakeSample();
        }

        // 200 ticks: 40 idle, 10 stolen, 110 of this process, 40 of others.
        _tree.Set("proc/stat", "cpu 250 0 0 840 0 0 0 10\n").Set("proc/self/stat", "1 (x) R 1 1 1 0 0 0 0 0 0 0 120 20 0 0\n");
        _clock.Seconds = 2;
        var summary = sampler.TakeLastSample();
        Assert.Equal(new ProfileRange(50, 58, 47, 60), summary.TemperatureC);
        Assert.Equal((null, 2, false, null), (summary.FrequencyMhz, summary.Seconds, summary.Throttled, summary.GetEnergy(10)));
        Assert.Equal(5, summary.StealPercent!.Value, 1e-9);
        Assert.Equal(20, summary.OtherCpuPercent!.Value, 1e-9);
        Assert.True(summary.CpuPercent >= 0);
    }

    [Fact]
    public void The_board_is_believed_before_the_processor_and_the_input_before_its_rails()
    {
        _tree.Set("sys/class/powercap/intel-rapl:0/name", "package-0").Set("sys/class/powercap/intel-rapl:0/energy_uj", "0")
            .Set("sys/class/hwmon/hwmon0/name", "ina3221").Set("sys/class/hwmon/hwmon0/in1_label", "VDD_CPU").Set("sys/class/hwmon/hwmon0/power1_input", "2000000")
            .Set("sys/class/hwmon/hwmon0/in2_label", "VDD_IN").Set("sys/class/hwmon/hwmon0/power2_input", "5000000");
        var summary = Measure(seconds: 4, "sys/class/powercap/intel-rapl:0/energy_uj", "90000000");
        Assert.Equal(new ProfileEnergy("ina3221 VDD_IN", 2, 5), summary.GetEnergy(10));
    }

    [Fact]
    public void Packages_add_up()
    {
        foreach (int i in (int[])[0, 1])
        {
            _tree.Set($"sys/class/powercap/intel-rapl:{i}/name", $"package-{i}").Set($"sys/class/powercap/intel-rapl:{i}/energy_uj", "0");
        }

        using var sensors = new SystemSensors(_tree.Root);
        using var sampler = new SensorSampler(sensors, null, _clock);
        sampler.TakeFirstSample();
        _tree.Set("sys/class/powercap/intel-rapl:0/energy_uj", "6000000").Set("sys/class/powercap/intel-rapl:1/energy_uj", "4000000");
        _clock.Seconds = 2;
        Assert.Equal(new ProfileEnergy("rapl package-0 + rapl package-1", 1, 5), sampler.TakeLastSample().GetEnergy(10));
    }

    [Theory]
    [InlineData("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3", "3", false)]
    [InlineData("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3", "4", true)]
    [InlineData("sys/devices/platform/soc/soc:firmware/get_throttled", "0", "80008", true)]
    [InlineData("sys/devices/platform/soc/soc:firmware/get_throttled", "80000", "80000", false)]
    public void Throttling_counts_where_it_happened_meanwhile(string path, string before, string after, bool throttled)
    {
        _tree.Set(path, before);
        Assert.Equal(throttled, Measure(1, path, after).Throttled);
    }

    [Fact]
    public void A_look_allocates_nothing()
    {
        Temperature(50).Set("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1800000").Set("sys/class/hwmon/hwmon0/name", "ina226").Set("sys/class/hwmon/hwmon0/power1_input", "4000000")
            .Set("sys/class/powercap/intel-rapl:0/name", "package-0").Set("sys/class/powercap/intel-rapl:0/energy_uj", "0")
            .Set("sys/devices/platform/soc/soc:firmware/get_throttled", "0")
            .Set("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive").Set("sys/class/thermal/thermal_zone0/trip_point_0_temp", "80000");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(2, sensors.Energy.Count);
        using var sampler = new SensorSampler(sensors);
        sampler.TakeFirstSample();
        Assert.Equal(0, Allocations.Of(sampler.TakeSample));
        Assert.Equal(30, sampler.TakeLastSample().HeadroomC);
    }

    [Fact]
    public void The_thread_looks_until_it_is_stopped_and_starts_again()
    {
        Temperature(50);
        using var sensors = new SystemSensors(_tree.Root);
        using var sampler = new SensorSampler(sensors);
        Assert.Throws<InvalidOperationException>(() => { sampler.Stop(); });
        sampler.Start();
        Assert.Throws<InvalidOperationException>(sampler.Start);
        Temperature(70);
        Thread.Sleep(500); // several looks, however slow the machine
        Temperature(60);
        var first = sampler.Stop();
        Assert.Equal(new ProfileRange(50, 60, 50, 70), first.TemperatureC);
        Assert.True(first.Seconds > 0.4);
        sampler.Start();
        Assert.Equal(new ProfileRange(60, 60, 60, 60), sampler.Stop().TemperatureC);
    }

    private SystemTree Temperature(double degrees) =>
        _tree.Set("sys/class/thermal/thermal_zone0/temp", (degrees * 1000).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private SensorSummary Measure(double seconds, string path, string after)
    {
        using var sensors = new SystemSensors(_tree.Root);
        using var sampler = new SensorSampler(sensors, null, _clock);
        sampler.TakeFirstSample();
        _tree.Set(path, after);
        _clock.Seconds = seconds;
        return sampler.TakeLastSample();
    }

    private sealed class HandClock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => (long)(Seconds * 1e6);
    }
}
