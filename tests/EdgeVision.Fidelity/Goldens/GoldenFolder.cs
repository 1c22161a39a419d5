using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Fidelity.Goldens;

/// <summary>
/// Where reference results lie: the folder that EDGEVISION_GOLDEN names, or <c>golden</c> in the shared data. Under it
/// <c>torchvision/CASE/case.json</c> with raw arrays, <c>reference/CASE.json</c> and <c>ultralytics/ultralytics.json</c>; every case found is run.
/// </summary>
internal static class GoldenFolder
{
    /// <summary>The folder, or null where there is none. A folder that was named and is absent is an error.</summary>
    public static string? TryPath()
    {
        if (Environment.GetEnvironmentVariable("EDGEVISION_GOLDEN") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? Path.GetFullPath(named) : throw new DirectoryNotFoundException($"EDGEVISION_GOLDEN names '{named}', which is no folder");
        }

        string? shared = SharedData.TryFolder();
        return shared is not null && Directory.Exists(Path.Combine(shared, "golden")) ? Path.Combine(shared, "golden") : null;
    }

    /// <summary>A file or folder in it; skips the test where there is no golden folder.</summary>
    public static string At(params string[] parts)
    {
        string? folder = TryPath();
        Assert.SkipWhen(folder is null, "there is no folder of reference results: neither shared/golden beside the repository nor one that EDGEVISION_GOLDEN names");
        string path = Path.Combine([folder!, .. parts]);
        Assert.True(File.Exists(path) || Directory.Exists(path), $"{path} is missing");
        return path;
    }

    /// <summary>Names of the folders or files in one part of it, in order; one that skips where there is none.</summary>
    public static TheoryData<string> Cases(string part, Func<string, IEnumerable<string>> list)
    {
        string? folder = TryPath() is { } path && Directory.Exists(Path.Combine(path, part)) ? Path.Combine(path, part) : null;
        return folder is null ? ["absent"] : [.. list(folder).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];
    }
}
