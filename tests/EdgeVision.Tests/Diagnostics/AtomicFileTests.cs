using EdgeVision.Diagnostics;
using Xunit;

namespace EdgeVision.Tests.Diagnostics;

/// <summary>A file is there completely, or as before; nothing else is left in the folder.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string File1 => Path.Combine(_folder, "a.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReplacesTheFile()
    {
        AtomicFile.WriteAllText(File1, "one");
        AtomicFile.WriteAllText(File1, "zwei ü");
        Assert.Equal("zwei ü", File.ReadAllText(File1));
        Assert.Equal([File1], Directory.GetFiles(_folder));
    }

    [Fact]
    public void KeepsTheOldFileWhenWritingFails()
    {
        AtomicFile.WriteAllText(File1, "one");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(File1, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("one", File.ReadAllText(File1));
        Assert.Equal([File1], Directory.GetFiles(_folder));
    }

    [Fact]
    public void LeavesNothingWhenTheTargetIsAFolder()
    {
        Directory.CreateDirectory(File1);
        Assert.ThrowsAny<Exception>(() => AtomicFile.WriteAllText(File1, "one"));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void UsesANewNameEachTime()
    {
        var names = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            AtomicFile.Write(File1, _ => names.Add(Assert.Single(Directory.GetFiles(_folder, "a.txt.*.part"))));
        }

        Assert.NotEqual(names[0], names[1]);
    }
}
