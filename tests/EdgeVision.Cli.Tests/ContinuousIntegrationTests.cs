using System.Diagnostics;
using System.Runtime.InteropServices;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>What .ci/run says in its last line, from what its two steps wrote and how they ended.</summary>
public sealed class ContinuousIntegrationTests : IDisposable
{
    private const string Tests = "Test run summary: Passed!\n  total: 12\n  failed: 0\n  succeeded: 10\n  skipped: 2\n";
    private const string Arm64 = "arm64 max: 3 passed, 0 failed, 0 skipped, 30 s\narm64: 7 passed, 0 failed, 1 skipped\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-count-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Tests, 0, Arm64, 0, "17 passed, 0 failed, 3 skipped", 0)]
    [InlineData("  failed: 1\n  succeeded: 3\n" + Tests, 0, Arm64, 0, "17 passed, 0 failed, 3 skipped", 0)] // the last block is the whole run's
    [InlineData("  \u001b[32msucceeded: 10\u001b[0m\n  failed: 0\n  skipped: 2\r\n", 0, "\u001b[32marm64: 7 passed, 0 failed, 1 skipped\u001b[0m\n", 0, "17 passed, 0 failed, 3 skipped", 0)] // in colours
    [InlineData("  failed: 4\n  succeeded: 6\n  skipped: 2\n", 1, Arm64, 0, "13 passed, 4 failed, 3 skipped", 1)]
    [InlineData("error CS1002: ; expected\n", 1, Arm64, 0, "7 passed, 1 failed, 1 skipped", 1)] // the build failed
    [InlineData("", 0, Arm64, 0, "7 passed, 1 failed, 1 skipped", 1)] // no test ran, and nothing said so
    [InlineData(Tests, 1, Arm64, 0, "17 passed, 1 failed, 3 skipped", 1)] // a test program ended without naming its failure
    [InlineData(Tests, 0, "arm64: 5 passed, 2 failed, 0 skipped\n", 1, "15 passed, 2 failed, 2 skipped", 1)]
    [InlineData(Tests, 0, "error : the linker failed\n", 1, "10 passed, 1 failed, 2 skipped", 1)] // it could not run at all
    [InlineData(Tests, 0, "", 0, "10 passed, 1 failed, 2 skipped", 1)] // nor does silence pass
    [InlineData(Tests, 0, "arm64: 0 passed, 0 failed, 0 skipped\n", 0, "10 passed, 1 failed, 2 skipped", 1)]
    [InlineData(Tests, 0, Arm64, 1, "17 passed, 1 failed, 3 skipped", 1)]
    [InlineData(Tests, 0, "arm64: 0 passed, 0 failed, 1 skipped (qemu-user-static cannot be installed here)\n", 0, "10 passed, 0 failed, 3 skipped", 0)]
    public void Steps_are_added_up(string tests, int testsStatus, string arm64, int arm64Status, string expected, int status)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it is a script for Linux");
        string testLog = Path.Combine(_folder, "test"), arm64Log = Path.Combine(_folder, "arm64");
        File.WriteAllText(testLog, tests);
        File.WriteAllText(arm64Log, arm64);
        var outcome = Script(".ci/count", [testLog, $"{testsStatus}", arm64Log, $"{arm64Status}"], path: null);
        Assert.Equal(expected, outcome.Output.TrimEnd('\n').Split('\n')[^1]);
        Assert.Equal(status, outcome.ExitCode);
    }

    private static CommandLine.Outcome Script(string script, string[] arguments, string? path)
    {
        var start = new ProcessStartInfo("bash", [script, .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = CommandLine.Repository,
        };
        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        return CommandLine.Finish(Process.Start(start)!);
    }

    [Fact]
    public void Without_an_emulator_and_a_package_of_it_the_arm64_step_is_one_skip_with_its_reason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64, "it is a script for Linux, and emulates from x64");
        string bin = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
        foreach (string program in (string[])["bash", "dirname", "uname", "id", "sed"])
        {
            File.CreateSymbolicLink(Path.Combine(bin, program), Found(program));
        }

        // There, and never to be asked for more: what they would do is the step that is left out.
        foreach (string program in (string[])["dotnet", "sudo"])
        {
            Executable(Path.Combine(bin, program), program == "sudo" ? "exec \"$@\"" : "echo 'dotnet was asked' ; exit 1");
        }

        Executable(Path.Combine(bin, "apt-get"), "echo \"E: Unable to locate package\" >&2; exit 100");
        var outcome = Script("build.sh", ["arm64"], bin);
        Assert.Equal(0, outcome.ExitCode);
        string line = outcome.Output.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("arm64: 0 passed, 0 failed, 1 skipped (", line);
        Assert.Contains("qemu-user-static", line);
        Assert.DoesNotContain("dotnet was asked", outcome.Output);
    }

    private static string Found(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, program)).First(File.Exists);

    private static void Executable(string path, string body)
    {
        File.WriteAllText(path, $"#!/bin/bash\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
