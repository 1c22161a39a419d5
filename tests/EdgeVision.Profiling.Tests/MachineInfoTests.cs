using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.Profiling.Sensors;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class MachineInfoTests : IDisposable
{
    private readonly SystemTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void This_machine()
    {
        var machine = MachineInfo.Read();
        Assert.Equal(machine, MachineInfo.Read());
        Assert.Matches("^[0-9a-f]{16}$", machine.Fingerprint);
        Assert.Equal(OrtLibrary.Version, machine.OnnxRuntime);
        Assert.True(machine.MemoryMb > 100);
        Assert.NotEmpty(machine.Cpu);
        Assert.Contains(".NET", machine.Dotnet);
    }

    [Fact]
    public void A_board_that_says_what_it_is()
    {
        _tree.Set("proc/cpuinfo", "CPU implementer : 0x41\nCPU part : 0xd08\n").Set("proc/meminfo", "MemTotal:        3884196 kB\nMemFree: 1 kB\n")
            .Set("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0").Set("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n");
        var machine = MachineInfo.Read(_tree.Root, Architecture.Arm64, Architecture.Arm64, "1.2.3");
        Assert.Equal(("1 x Cortex-A72", "Raspberry Pi 4 Model B Rev 1.4", "ondemand", "arm64", "1.2.3", 3977.4),
            (machine.Cpu, machine.Board, machine.Governor, machine.Architecture, machine.OnnxRuntime, machine.MemoryMb));
    }

    [Fact]
    public void A_computer_with_a_maker()
    {
        _tree.Set("sys/class/dmi/id/sys_vendor", "LENOVO\n").Set("sys/class/dmi/id/product_name", "20XW\n");
        Assert.Equal("LENOVO 20XW", MachineInfo.Read(_tree.Root, Architecture.X64, Architecture.X64, "1").Board);
    }

    [Fact]
    public void The_fingerprint_follows_what_stays() // and is the same on every machine and day
    {
        var machine = new ProfileMachine
        {
            Cpu = "4 x Cortex-A72", Cores = 4, Architecture = "arm64", Kernels = "NEON", Board = "Raspberry Pi 4", MemoryMb = 3977.4, System = "Debian", Governor = "ondemand",
            EdgeVision = "0.1.0", OnnxRuntime = "1.31.1", Dotnet = ".NET 10.0.0",
        };
        string fingerprint = MachineInfo.ComputeFingerprint(machine);
        Assert.Equal("1e2a30bf4179dd1c", fingerprint);
        Assert.Equal(fingerprint, MachineInfo.ComputeFingerprint(machine with { Governor = "performance", MemoryMb = 3976.1, Fingerprint = "x" }));
        foreach (var other in (ProfileMachine[])[machine with { Cpu = "4 x Cortex-A76" }, machine with { Cores = 3 }, machine with { MemoryMb = 7954 }, machine with { System = "Ubuntu" },
            machine with { OnnxRuntime = "1.31.2" }, machine with { Dotnet = ".NET 10.0.1" }, machine with { Emulated = true }, machine with { Board = null }, machine with { Kernels = "NEON, dot product" }])
        {
            Assert.NotEqual(fingerprint, MachineInfo.ComputeFingerprint(other));
        }
    }

    [Theory]
    [InlineData(Architecture.X64, Architecture.X64, 62, null, false)]
    [InlineData(Architecture.Arm64, Architecture.Arm64, 183, null, false)]
    [InlineData(Architecture.Arm64, Architecture.Arm64, 62, null, true)] // qemu-user: the system plays along, the host's shell does not
    [InlineData(Architecture.X64, Architecture.Arm64, 183, null, true)] // Windows and macOS on ARM run x64 so
    [InlineData(Architecture.X86, Architecture.X64, 62, null, false)] // the processor runs these itself
    [InlineData(Architecture.Arm, Architecture.Arm64, 183, null, false)]
    [InlineData(Architecture.X64, Architecture.X64, 62, "1", true)]
    [InlineData(Architecture.X64, Architecture.X64, 62, "0", false)]
    [InlineData(Architecture.Arm64, Architecture.Arm64, 0, null, false)] // no shell that could tell
    public void Emulation(Architecture process, Architecture system, int shell, string? variable, bool emulated)
    {
        string path = Path.Combine(_tree.Root, "sh");
        if (shell != 0)
        {
            byte[] elf = new byte[64];
            "\u007fELF"u8.CopyTo(elf);
            (elf[5], elf[18]) = (1, (byte)shell);
            File.WriteAllBytes(path, elf);
        }

        Assert.Equal(emulated, MachineInfo.IsEmulated(process, system, path, variable));
    }
}
