using EdgeVision.Profiling.Sensors;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class SystemSensorsTests : IDisposable
{
    private readonly SystemTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_system_that_tells_nothing()
    {
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal((null, null, null, null, null, null), (sensors.TemperatureC, sensors.FrequencyMhz, sensors.HeadroomC, sensors.ThrottleCount, sensors.BoardThrottled, sensors.Governor));
        Assert.Null(sensors.ReadProcessorTimes());
        Assert.Empty(sensors.Energy);
        Assert.True(sensors.ResidentMb > 1); // .NET knows that much
        Assert.True(sensors.PeakResidentMb > 1);
    }

    [Fact]
    public void This_machine_has_processes_and_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is Linux'");
        using var sensors = new SystemSensors();
        var times = Assert.NotNull(sensors.ReadProcessorTimes());
        Assert.True(times.All > times.Idle && times.All > times.Own && times.Own >= 0);
        Assert.InRange(sensors.ResidentMb!.Value, 1, sensors.PeakResidentMb!.Value * 1.001);
    }

    [Fact]
    public void The_hottest_sensor_wins_and_impossible_ones_do_not_count()
    {
        _tree.Set("sys/class/thermal/thermal_zone0/temp", "48500\n").Set("sys/class/thermal/thermal_zone1/temp", "-273200\n")
            .Set("sys/class/hwmon/hwmon0/temp1_input", "61250\n").Set("sys/class/hwmon/hwmon0/temp2_input", "nonsense\n").Set("sys/class/hwmon/hwmon1/temp1_input", "255000\n");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(61.25, sensors.TemperatureC);
        _tree.Set("sys/class/hwmon/hwmon0/temp1_input", "30000");
        Assert.Equal(48.5, sensors.TemperatureC); // read anew
    }

    [Fact]
    public void Headroom_is_to_the_nearest_trip_that_slows_down()
    {
        _tree.Set("sys/class/thermal/thermal_zone0/temp", "50000")
            .Set("sys/class/thermal/thermal_zone0/trip_point_0_type", "active\n").Set("sys/class/thermal/thermal_zone0/trip_point_0_temp", "45000\n") // a fan
            .Set("sys/class/thermal/thermal_zone0/trip_point_1_type", "passive\n").Set("sys/class/thermal/thermal_zone0/trip_point_1_temp", "85000\n")
            .Set("sys/class/thermal/thermal_zone0/trip_point_2_type", "critical\n").Set("sys/class/thermal/thermal_zone0/trip_point_2_temp", "105000\n")
            .Set("sys/class/thermal/thermal_zone1/temp", "70000")
            .Set("sys/class/thermal/thermal_zone1/trip_point_0_type", "hot").Set("sys/class/thermal/thermal_zone1/trip_point_0_temp", "90000");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(20, sensors.HeadroomC);
    }

    [Fact]
    public void Frequencies_are_the_cores_mean()
    {
        _tree.Set("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1800000\n").Set("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "600000\n")
            .Set("sys/devices/system/cpu/cpufreq/scaling_cur_freq", "1\n") // no core
            .Set("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n")
            .Set("proc/cpuinfo", "cpu MHz\t\t: 99\n");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal((1200, "schedutil"), (sensors.FrequencyMhz, sensors.Governor));
    }

    [Fact]
    public void Without_cpufreq_the_frequency_is_cpuinfo_s()
    {
        _tree.Set("proc/cpuinfo", "processor\t: 0\ncpu MHz\t\t: 2445.400\n\nprocessor\t: 1\ncpu MHz\t\t: 2545.600\n");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(2495.5, sensors.FrequencyMhz!.Value, 1e-9);
    }

    [Theory]
    [InlineData("0x0\n", false)]
    [InlineData("50000\n", false)] // it was, since the start
    [InlineData("0x50005\n", true)]
    [InlineData("4", true)]
    [InlineData("none", null)]
    public void A_Raspberry_Pi_says_whether_it_is_slowed_down(string text, bool? throttled)
    {
        _tree.Set("sys/devices/platform/soc/soc:firmware/get_throttled", text);
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(throttled, sensors.BoardThrottled);
    }

    [Fact]
    public void Throttling_is_counted_over_cores_and_packages()
    {
        _tree.Set("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "2\n").Set("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "3\n")
            .Set("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "5\n");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(10, sensors.ThrottleCount);
    }

    [Fact]
    public void Times_of_the_processors_and_of_this_process()
    {
        // The name of a process may hold blanks and brackets.
        _tree.Set("proc/stat", "cpu  100 5 50 1000 20 3 2 8 7 0\ncpu0 1 2 3\n").Set("proc/self/stat", "42 (a) b (c) R 1 42 42 0 -1 4194304 98 0 0 0 31 12 9 9 20 0 1 0\n");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal(new ProcessorTimes(1188, 1020, 8, 43), sensors.ReadProcessorTimes());
    }

    [Fact]
    public void Memory_of_this_process()
    {
        _tree.Set("proc/self/status", "Name:\tx\nVmPeak:\t  999999 kB\nVmHWM:\t   20000 kB\nVmRSS:\t   10000 kB\n");
        using var sensors = new SystemSensors(_tree.Root);
        Assert.Equal((10.24, 20.48), (sensors.ResidentMb!.Value, sensors.PeakResidentMb!.Value), (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-9);
    }
}
