using EdgeVision.Profiling.Sensors;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class EnergyMeterTests : IDisposable
{
    private readonly SystemTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Rapl_counts_packages_and_turns_over()
    {
        _tree.Set("sys/class/powercap/intel-rapl:0/name", "package-0\n").Set("sys/class/powercap/intel-rapl:0/energy_uj", "900000\n").Set("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "1000000\n")
            .Set("sys/class/powercap/intel-rapl:0:0/name", "core\n").Set("sys/class/powercap/intel-rapl:0:0/energy_uj", "1\n"); // a part of it
        using var meter = Assert.Single(EnergyMeter.OpenAll(Path.Combine(_tree.Root, "sys")));
        Assert.Equal("rapl package-0", meter.Source);
        meter.Start(0);
        _tree.Set("sys/class/powercap/intel-rapl:0/energy_uj", "950000");
        meter.Sample(0.1);
        Assert.Equal(0.05, meter.Joules, 1e-12);
        _tree.Set("sys/class/powercap/intel-rapl:0/energy_uj", "20000"); // 50 mJ to the top and 20 from zero
        meter.Sample(0.2);
        Assert.Equal(0.12, meter.Joules, 1e-12);
        meter.Start(1);
        Assert.Equal(0, meter.Joules);
    }

    [Fact]
    public void What_may_not_be_read_is_not_there() // root alone reads RAPL since 2020; a folder in the file's place is refused to root too
    {
        _tree.Set("sys/class/powercap/intel-rapl:0/name", "package-0\n").Set("sys/class/powercap/intel-rapl:0/energy_uj/x", "1\n");
        Assert.Empty(EnergyMeter.OpenAll(Path.Combine(_tree.Root, "sys")));
    }

    [Fact]
    public void Power_is_integrated_between_looks()
    {
        _tree.Set("sys/class/hwmon/hwmon0/name", "ina226\n").Set("sys/class/hwmon/hwmon0/power1_input", "4000000\n")
            .Set("sys/class/hwmon/hwmon1/name", "coretemp\n").Set("sys/class/hwmon/hwmon1/power1_input", "9\n"); // no shunt
        using var meter = Assert.Single(EnergyMeter.OpenAll(Path.Combine(_tree.Root, "sys")));
        Assert.Equal("ina226 channel 1", meter.Source);
        meter.Start(10);
        meter.Sample(10.5);
        _tree.Set("sys/class/hwmon/hwmon0/power1_input", "6000000");
        meter.Sample(11.5); // half a second of 4 W, then a second from 4 to 6 W
        Assert.Equal(2 + 5, meter.Joules, 1e-9);
        _tree.Set("sys/class/hwmon/hwmon0/power1_input", "");
        meter.Sample(12); // a look that fails
        _tree.Set("sys/class/hwmon/hwmon0/power1_input", "6000000");
        meter.Sample(12.5);
        Assert.Equal(7 + 6, meter.Joules, 1e-9); // is bridged
    }

    [Fact]
    public void Current_times_voltage_where_there_is_no_power()
    {
        _tree.Set("sys/class/hwmon/hwmon3/name", "ina3221\n").Set("sys/class/hwmon/hwmon3/in1_label", "VDD_IN\n").Set("sys/class/hwmon/hwmon3/in1_input", "5000\n").Set("sys/class/hwmon/hwmon3/curr1_input", "-800\n")
            .Set("sys/class/hwmon/hwmon3/curr2_input", "100\n"); // a channel without a voltage
        using var meter = Assert.Single(EnergyMeter.OpenAll(Path.Combine(_tree.Root, "sys")));
        Assert.Equal("ina3221 VDD_IN", meter.Source);
        meter.Start(0);
        meter.Sample(1);
        Assert.Equal(4, meter.Joules, 1e-9);
    }

    [Theory]
    [InlineData("Discharging", 1)]
    [InlineData("Charging", 0)] // the mains feed the device, and the battery
    public void A_battery_tells_only_while_it_feeds(string status, int meters)
    {
        _tree.Set("sys/class/power_supply/BAT0/status", status + "\n").Set("sys/class/power_supply/BAT0/current_now", "500000\n").Set("sys/class/power_supply/BAT0/voltage_now", "12000000\n")
            .Set("sys/class/power_supply/AC/online", "0\n");
        var found = EnergyMeter.OpenAll(Path.Combine(_tree.Root, "sys"));
        Assert.Equal(meters, found.Length);
        foreach (var meter in found)
        {
            using (meter)
            {
                meter.Start(0);
                meter.Sample(2);
                Assert.Equal(("battery BAT0", 12), (meter.Source, meter.Joules));
            }
        }
    }
}
