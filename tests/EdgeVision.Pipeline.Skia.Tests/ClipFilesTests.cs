using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>Limits delete clips with all of their files, and nothing of anybody else's.</summary>
public sealed class ClipFilesTests
{
    private const string Newest = """{"source":"door","files":["door-9.mp4"],"events":[]}""";

    [Theory]
    [InlineData("""{"source":"door","files":["door-1.mp4","door-1-2.mp4"],"events":[]}""", false, "a clip of two files")]
    [InlineData("""{"source":"door","files":["door-1.mp4"]}""", true, "no events: not a clip's line")]
    [InlineData("""{"title":"holidays"}""", true, "somebody's film with a note beside it")]
    [InlineData("""{"source":"door","files":["../door-1.mp4","door-1-2.mp4"],"events":[]}""", true, "a file elsewhere")]
    [InlineData("""{"source":"door","files":["film.mp4"],"events":[]}""", true, "a file of another name")]
    [InlineData("[1, 2", true, "no JSON")]
    public void Only_what_a_clips_line_names_is_deleted(string line, bool stays, string why)
    {
        Assert.NotEmpty(why);
        using var folder = new TestFolder();
        foreach (string name in (string[])["door-1.mp4", "door-1-2.mp4", "film.mp4", "door-9.mp4"])
        {
            File.WriteAllText(folder[name], "pictures");
        }

        File.WriteAllText(folder["door-1.json"], line);
        File.WriteAllText(folder["door-9.json"], Newest);
        File.SetLastWriteTimeUtc(folder["door-1.json"], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        ClipFiles.DeleteOldest(folder.Path, ".mp4", 1, null);
        string[] always = ["door-9.json", "door-9.mp4", "film.mp4"], old = ["door-1-2.mp4", "door-1.json", "door-1.mp4"];
        Assert.Equal(stays ? old.Concat(always).Order(StringComparer.Ordinal) : always, folder.Names.Order(StringComparer.Ordinal));
    }
}
