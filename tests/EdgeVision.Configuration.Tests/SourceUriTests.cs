using EdgeVision.Pipeline.Recording;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>What an address stands for.</summary>
public sealed class SourceUriTests
{
    [Theory]
    [InlineData("samples/scene.png", SourceKind.Pictures, "scene.png")]
    [InlineData("samples", SourceKind.Pictures, "samples")]
    [InlineData("samples/*.png", SourceKind.Pictures, "*.png")]
    [InlineData("README.md", SourceKind.Video, "README.md")] // no picture by its name; whoever opens it says what it is
    [InlineData("0", SourceKind.Camera, "camera 0")]
    [InlineData("/dev/video2", SourceKind.Camera, "camera video2")]
    [InlineData("rtsp://me:secret@camera/stream", SourceKind.Video, "rtsp://***@camera/stream")]
    [InlineData("RTSPS://camera/stream", SourceKind.Video, "RTSPS://camera/stream")]
    [InlineData("http://camera/video.mjpg", SourceKind.Mjpeg, "http://camera/video.mjpg")]
    [InlineData("http://camera/axis-cgi/mjpg/video.cgi?token=abc", SourceKind.Mjpeg, "http://camera/axis-cgi/mjpg/video.cgi?token=***")]
    [InlineData("https://example.org/film.mp4?x=1", SourceKind.Video, "https://example.org/film.mp4?x=1")]
    [InlineData("srt://host:9000", SourceKind.Video, "srt://host:9000")]
    [InlineData("-", SourceKind.Raw, "stdin")]
    [InlineData("test:", SourceKind.Test, "test")]
    [InlineData("test:640x480@30?objects=5", SourceKind.Test, "test")]
    [InlineData("lavfi:testsrc2=size=640x480:rate=30", SourceKind.Ffmpeg, "lavfi:testsrc2=size=640x480:rate=30")]
    [InlineData("ffmpeg:film.mp4", SourceKind.Ffmpeg, "ffmpeg:film.mp4")]
    public void Each_kind_is_known_by_its_address(string address, SourceKind kind, string name)
    {
        var uri = SourceUri.Parse(address, Repository.Root);
        Assert.Equal((kind, name), (uri.Kind, uri.DefaultName));
    }

    [Fact]
    public void A_folder_with_a_manifest_is_a_recording()
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-uri-").FullName;
        try
        {
            Assert.Equal(SourceKind.Pictures, SourceUri.Parse(folder, "/").Kind);
            File.WriteAllText(Path.Combine(folder, RecordingManifest.FileName), "{}");
            Assert.Equal(SourceKind.Recording, SourceUri.Parse(folder, "/").Kind);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("99999")]
    [InlineData("no/such.mp4")]
    [InlineData("gopher://me:secret@host")]
    [InlineData("ffmpeg:")]
    public void What_means_nothing_is_refused_without_secrets(string address) =>
        Assert.DoesNotContain("secret", Assert.Throws<PipelineConfigException>(() => SourceUri.Parse(address, Repository.Root)).Message);
}
