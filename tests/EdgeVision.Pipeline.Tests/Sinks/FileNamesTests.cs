using EdgeVision.Pipeline.Sinks;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sinks;

/// <summary>Names of sources become names of files that cannot leave their folder and stay apart.</summary>
public sealed class FileNamesTests
{
    [Theory]
    [InlineData("door", "door")]
    [InlineData("cam-1_a.b", "cam-1_a.b")]
    public void Plain_names_stay(string name, string safe) => Assert.Equal(safe, FileNames.MakeSafe(name));

    [Theory]
    [InlineData("../../etc/passwd")] // another folder
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("C:x")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("end.")] // Windows leaves the point out
    [InlineData("")]
    [InlineData("Tür 1\0\n")]
    public void Others_change_and_say_so(string name)
    {
        string safe = FileNames.MakeSafe(name);
        Assert.Matches("^[A-Za-z0-9_.-]*-[0-9a-f]{4}$", safe);
        Assert.False(safe.StartsWith('.'));
        Assert.Equal(safe, FileNames.MakeSafe(name));
        Assert.Equal(safe, FileNames.MakeSafe(safe)); // a name out of it is its own
    }

    [Fact]
    public void Names_that_would_be_one_stay_apart()
    {
        string[] names = ["a/b", "a:b", "a b", "a_b", "a\\b"];
        Assert.Equal(names.Length, names.Select(FileNames.MakeSafe).Distinct().Count());
        Assert.True(FileNames.MakeSafe(new string('x', 500)).Length < 100);
    }

    [Fact]
    public void A_mark_goes_before_the_extension() => Assert.Equal("some.folder/video.part.mp4", FileNames.InsertSuffix("some.folder/video.mp4", ".part"));
}
