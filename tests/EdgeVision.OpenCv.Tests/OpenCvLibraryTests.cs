using Xunit;

namespace EdgeVision.OpenCv.Tests;

/// <summary>Whether the native library loads, and that a reason comes with a no.</summary>
public sealed class OpenCvLibraryTests
{
    [Fact]
    public void The_answer_is_yes_or_has_a_reason()
    {
        bool there = OpenCvLibrary.IsAvailable(out string? reason);
        Assert.Equal(there, reason is null);
        Assert.Equal(there, OpenCvLibrary.IsAvailable(out _));
        Assert.True(there || reason!.Contains("OpenCV's native library", StringComparison.Ordinal));
    }

    [Theory]
    // what the loader says where GTK is missing, where the library is, and where it is for another processor
    [InlineData("Unable to load shared library 'OpenCvSharpExtern' or one of its dependencies.\nlibgtk-3.so.0: cannot open shared object file: No such file or directory\n/app/libOpenCvSharpExtern.so: cannot open shared object file\n", "libgtk-3.so.0", "libgtk-3-0")]
    [InlineData("Unable to load shared library 'OpenCvSharpExtern' or one of its dependencies.\n/app/libOpenCvSharpExtern.so: cannot open shared object file: No such file or directory\n", "is missing", "use ffmpeg")]
    public void The_loaders_words_are_explained(string words, string what, string remedy)
    {
        string reason = OpenCvLibrary.ExplainLoadError(words);
        Assert.Contains(what, reason);
        Assert.Contains(remedy, reason);
        Assert.DoesNotContain('\n', reason);
    }
}
