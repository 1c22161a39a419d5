using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace EdgeVision.TestSupport;

/// <summary>Runs tests of a program again in child processes with hardware features switched off.</summary>
internal static class HardwareSwitch
{
    private const string ChildMark = "EDGEVISION_HARDWARE_CHILD";

    /// <summary>Gets whether this is such a child process.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(ChildMark) is not null;

    /// <summary>Features of the runtime that are switched off, one after the other.</summary>
    public static TheoryData<string> Features() => ["EnableAVX512", "EnableAVX2", "EnableAVX", "EnableHWIntrinsic"];

    /// <summary>Runs the tests of some namespaces without a feature and fails where one of them fails, or none runs.</summary>
    public static void Run(Assembly tests, string feature, params string[] namespaces)
    {
        Assert.SkipWhen(IsChild, "this is the child process");
        string host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(tests.Location);
        }

        foreach (string name in namespaces)
        {
            start.ArgumentList.Add("-namespace");
            start.ArgumentList.Add(name);
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
