using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace EdgeVision.Tests.Hardware;

/// <summary>Proves in the child process that the switch took effect; else the other tests there would show nothing.</summary>
public sealed class FeatureTests
{
    [Fact]
    public void The_switched_feature_is_off()
    {
        string? feature = Environment.GetEnvironmentVariable("EDGEVISION_HARDWARE_CHILD");
        Assert.SkipWhen(feature is null, "only in the child process");
        bool on = feature switch
        {
            "EnableAVX512" => Avx512F.IsSupported,
            "EnableAVX2" => Avx2.IsSupported,
            "EnableAVX" => Avx.IsSupported,
            "EnableHWIntrinsic" => Vector128.IsHardwareAccelerated,
            _ => throw new InvalidOperationException(feature),
        };
        Assert.False(on);
    }
}
