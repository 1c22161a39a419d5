namespace EdgeVision.Profiling.Tests;

/// <summary>A /sys and /proc in a temporary folder.</summary>
internal sealed class SystemTree : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("edgevision-system-").FullName;

    /// <summary>Writes a file in place, as a sensor that is open already sees it.</summary>
    public SystemTree Set(string path, string text)
    {
        string full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using var file = new FileStream(full, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.SetLength(0);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
