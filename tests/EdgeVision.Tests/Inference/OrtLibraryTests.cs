using System.Diagnostics;
using System.Runtime.InteropServices;
using EdgeVision.Inference;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>
/// EDGEVISION_ORT_PATH. The library is loaded once a process, so each case runs <see cref="OrtLibraryChild"/> in a child.
/// </summary>
public sealed class OrtLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-ort-").FullName;

    private static string FileName => OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_library_of_one_s_own_is_used(bool byFolder)
    {
        string? own = Directory.EnumerateFiles(AppContext.BaseDirectory, FileName, SearchOption.AllDirectories)
            .OrderByDescending(p => p.Contains(RuntimeInformation.RuntimeIdentifier, StringComparison.Ordinal)).FirstOrDefault();
        Assert.SkipWhen(own is null, "built without a native ONNX Runtime");
        string copy = Path.Combine(_folder, FileName);
        File.Copy(own!, copy);
        Child(byFolder ? _folder : copy, "loaded from " + copy);
    }

    [Fact]
    public void A_path_to_nothing() => Child(Path.Combine(_folder, "none.so"), "none.so");

    [Fact]
    public void A_file_that_is_no_library()
    {
        string path = Path.Combine(_folder, FileName);
        File.WriteAllText(path, "not a library");
        Child(path, "cannot be loaded");
    }

    [Fact]
    public void A_library_of_something_else()
    {
        string other = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), OperatingSystem.IsWindows() ? "System.IO.Compression.Native.dll" : OperatingSystem.IsMacOS() ? "libSystem.Native.dylib" : "libSystem.Native.so");
        Assert.SkipUnless(File.Exists(other), $"{other} is not there");
        Child(other, "OrtGetApiBase");
    }

    private static void Child(string path, string expected)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(OrtLibraryTests).Assembly.Location);
        }

        foreach (string argument in (string[])["-class", typeof(OrtLibraryChild).FullName!, "-noColor"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[OrtLibrary.PathVariable] = path;
        start.Environment[OrtLibraryChild.Expected] = expected;
        using var child = Process.Start(start)!;
        var error = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && output.Contains("Total: 1", StringComparison.Ordinal) && output.Contains("Skipped: 0", StringComparison.Ordinal), output + error.Result);
    }
}

/// <summary>What the child process checks: the message, or that the library named is the one that is mapped.</summary>
public sealed class OrtLibraryChild
{
    internal const string Expected = "EDGEVISION_TEST_EXPECTED";

    [Fact]
    public void The_library_named_is_the_library_used()
    {
        string? expected = Environment.GetEnvironmentVariable(Expected);
        Assert.SkipWhen(expected is null, "only in the child process");
        const string loaded = "loaded from ";
        if (expected!.StartsWith(loaded, StringComparison.Ordinal))
        {
            Assert.NotEmpty(OrtLibrary.Version);
            string[] mapped = [.. Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(m => m.FileName).Where(f => Path.GetFileName(f).Contains("onnxruntime.", StringComparison.Ordinal) && !f.EndsWith("OnnxRuntime.dll", StringComparison.Ordinal)).Distinct()];
            Assert.Equal([expected[loaded.Length..]], mapped);
            return;
        }

        var e = Assert.Throws<EdgeVisionException>(OrtLibrary.EnsureLoaded);
        Assert.Contains(OrtLibrary.PathVariable, e.Message);
        Assert.Contains(expected, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
