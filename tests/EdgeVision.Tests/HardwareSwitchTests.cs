using System.Diagnostics;
using Xunit;

namespace EdgeVision.Tests;

/// <summary>Runs the kernel tests again in child processes with hardware features switched off.</summary>
public sealed class HardwareSwitchTests
{
    private const string ChildMark = "EDGEVISION_HARDWARE_CHILD";

    public static TheoryData<string> Switches() =>
        ["EnableAVX512", "EnableAVX2", "EnableAVX", "EnableHWIntrinsic"];

    [Theory]
    [MemberData(nameof(Switches))]
    public void Kernels_agree_without(string feature)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(ChildMark) is not null, "this is the child process");
        string host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, RedirectStandardError = true };
        string assembly = typeof(HardwareSwitchTests).Assembly.Location;
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(assembly);
        }

        foreach (string name in new[] { "Preprocessing", "Decoding", "Suppression", "Retrieval", "Hardware" })
        {
            start.ArgumentList.Add("-namespace");
            start.ArgumentList.Add($"EdgeVision.Tests.{name}");
        }

        start.Environment[ChildMark] = feature;
        start.Environment["DOTNET_" + feature] = "0";
        using var child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, $"with DOTNET_{feature}=0:\n{output}");
        Assert.Contains("Failed: 0", output);
        Assert.DoesNotContain("Total: 0", output);
    }
}
