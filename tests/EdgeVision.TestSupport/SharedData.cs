using Xunit;

namespace EdgeVision.TestSupport;

/// <summary>Real models, photos and reference results: the folder that EDGEVISION_SHARED names, or <c>shared</c> beside the repository.</summary>
internal static class SharedData
{
    /// <summary>The folder, or null where there is none.</summary>
    public static string? TryFolder()
    {
        if (Environment.GetEnvironmentVariable("EDGEVISION_SHARED") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "EdgeVision.sln")))
            {
                string beside = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder.FullName, "..", "shared"));
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }

    /// <summary>The folder; skips the test where there is none.</summary>
    public static string Folder()
    {
        string? folder = TryFolder();
        Assert.SkipWhen(folder is null, "the folder 'shared' with real models and photos is not beside the repository (or where EDGEVISION_SHARED says)");
        return folder!;
    }

    /// <summary>A file or folder in it; skips the test where the whole folder is absent, fails where only this is.</summary>
    public static string Path(params string[] parts)
    {
        string path = System.IO.Path.Combine([Folder(), .. parts]);
        Assert.True(File.Exists(path) || Directory.Exists(path), $"{path} is missing");
        return path;
    }
}
