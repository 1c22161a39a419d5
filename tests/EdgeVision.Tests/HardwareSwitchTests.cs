using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests;

/// <summary>Runs the kernel tests again in child processes with hardware features switched off.</summary>
public sealed class HardwareSwitchTests
{
    public static TheoryData<string> Features() => HardwareSwitch.Features();

    [Theory]
    [MemberData(nameof(Features))]
    public void Kernels_agree_without(string feature) =>
        HardwareSwitch.Run(typeof(HardwareSwitchTests).Assembly, feature, "EdgeVision.Tests.Preprocessing", "EdgeVision.Tests.Decoding",
            "EdgeVision.Tests.Suppression", "EdgeVision.Tests.Hardware");
}
