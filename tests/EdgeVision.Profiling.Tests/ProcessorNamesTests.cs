using EdgeVision.Profiling.Sensors;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProcessorNamesTests
{
    [Theory]
    [InlineData("AMD EPYC", "processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n")]
    [InlineData("2 x Cortex-A72", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nprocessor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n")]
    [InlineData("1 x Cortex-A76 + 1 x Cortex-A55", "CPU implementer : 0x41\nCPU part : 0xd05\nCPU implementer : 0x41\nCPU part : 0xd0b\n")] // big and little
    [InlineData("1 x Cortex-A7", "model name : ARMv7 Processor rev 5 (v7l)\nCPU implementer : 0x41\nCPU part : 0xc07\n")] // the model's name says less
    [InlineData("1 x ARM 7f:123", "CPU implementer : 0x7f\nCPU part : 0x123\n")] // nobody knows it
    [InlineData("1 x NVIDIA Carmel", "CPU implementer : 0x4e\nCPU part : 0x004\n")]
    [InlineData(null, "")]
    [InlineData(null, "model name :\nCPU part : nonsense\nno colon")]
    public void A_name_out_of_cpuinfo(string? name, string text) => Assert.Equal(name, CpuInfoParser.ParseName(text));
}
