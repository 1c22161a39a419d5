using System.Diagnostics;
using Xunit;

namespace EdgeVision.TestSupport.Pipeline;

/// <summary>A folder of its own for a test, deleted behind it.</summary>
internal class TestFolder : IDisposable
{
    public TestFolder() => Path = Directory.CreateTempSubdirectory("edgevision-test-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string[] Names => [.. Directory.GetFiles(Path).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public virtual void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        GC.SuppressFinalize(this);
    }
}

/// <summary>A disk of a few kilobytes, which can be filled; skips the test where this process may not mount one.</summary>
internal sealed class SmallDisk : TestFolder
{
    private const string Filler = "filler";

    public SmallDisk(int kilobytes)
    {
        bool mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", FormattableString.Invariant($"size={kilobytes}k"), "tmpfs", Path);
        if (!mounted)
        {
            base.Dispose();
        }

        Assert.SkipUnless(mounted, "a small disk to fill cannot be mounted here (it needs Linux and root)");
    }

    /// <summary>Takes all room that is left but for <paramref name="bytes"/> (in whole pages).</summary>
    public void FillBut(int bytes)
    {
        using var file = new FileStream(this[Filler], FileMode.Create);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
                file.Flush();
            }
        }
        catch (IOException)
        {
            file.SetLength(Math.Max(0, file.Length - bytes));
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => File.Delete(this[Filler]);

    public override void Dispose()
    {
        Run("umount", "-l", Path);
        base.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
