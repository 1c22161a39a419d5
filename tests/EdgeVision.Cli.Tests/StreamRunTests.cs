using System.Text.Json;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>run --source</c> on what is no picture.</summary>
public sealed class StreamRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-stream-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_pattern_is_followed_and_its_tracks_written()
    {
        string mot = Path.Combine(_folder, "tracks.txt");
        var lines = CommandLine.Run("run", "--model", "models/shapes-fpn.onnx", "--source", "test:640x480@30?objects=3&frames=30", "--track", "bytetrack", "--json", "-", "--mot", mot).Json();
        Assert.Equal(30, lines.Count);
        Assert.Equal(Enumerable.Range(0, 30), lines.Select(l => l.GetProperty("frame").GetInt32()));
        Assert.Equal("test", lines[0].GetProperty("source").GetString());
        Assert.Equal(1000, lines[29].GetProperty("timestamp_ms").GetDouble() - lines[0].GetProperty("timestamp_ms").GetDouble() + 1000.0 / 30, 1e-3);
        Assert.True(File.Exists(mot));
    }

    [Fact]
    public void It_stops_after_so_many_frames_and_says_so()
    {
        var outcome = CommandLine.Run("run", "--model", "models/shapes-fpn.onnx", "--source", "test:320x240", "--max-frames", "7", "--stats");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("captured 7 = delivered 7", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("test: 7 of 7 frames", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_frames_come_by_standard_input()
    {
        byte[] frames = new byte[3 * 64 * 48 * 3 / 2];
        var outcome = CommandLine.RunOn(frames, "run", "--model", "models/shapes-fpn.onnx", "--source", "-", "--format", "nv12", "--size", "64x48", "--json", "-");
        var lines = outcome.Json();
        Assert.Equal(3, lines.Count);
        Assert.Equal((64, 48), (lines[0].GetProperty("width").GetInt32(), lines[0].GetProperty("height").GetInt32()));
    }

    [Theory]
    [InlineData("--tiles applies only to images", "test:", "--tiles", "320")]
    [InlineData("--crop applies only to images", "test:", "--crop", "0,0,10,10")]
    [InlineData("--repeat applies only to images", "test:", "--repeat", "2")]
    [InlineData("need --format and --size", "-")]
    [InlineData("--size must be a size in pixels such as 640x480", "-", "--size", "640")]
    [InlineData("--format must be one of", "-", "--format", "jpeg")]
    [InlineData("apply only to videos", "samples/scene.png", "--realtime")]
    [InlineData("must end in", "test:", "--save", "out.gif")]
    [InlineData("gopher", "gopher://me:secret@host")]
    [InlineData("is not a size", "test:640")]
    public void A_wrong_call_is_one_line_without_secrets(string message, string source, params string[] arguments)
    {
        var outcome = CommandLine.Run(["run", "--model", "models/shapes-fpn.onnx", "--source", source, .. arguments]);
        Assert.True(outcome.ExitCode == 2, $"{outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", outcome.Error);
    }

    [Fact]
    public void A_model_without_boxes_cannot_be_followed()
    {
        var outcome = CommandLine.Run("run", "--model", "models/scenes-resnet18.onnx", "--source", "test:", "--track", "bytetrack");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("need boxes", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("opencv")]
    [InlineData("ffmpeg")]
    public void People_who_walk_by_keep_their_ids(string backend)
    {
        string video = SharedData.Path("video", "walking.mp4"), model = SharedData.Path("models", "fastestdet.onnx");
        Assert.SkipWhen(backend == "ffmpeg" && !Installed("ffmpeg"), "ffmpeg is not installed (Debian: apt-get install ffmpeg)");
        string json = Path.Combine(_folder, "out.jsonl"), save = Path.Combine(_folder, "out.mp4");
        var outcome = CommandLine.Run("run", "--model", model, "--spec", "samples/specs/fastestdet.spec.json", "--source", video, "--backend", backend, "--track", "bytetrack", "--fps", "25",
            "--json", json, "--save", save);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("walking.mp4: 341 of 341 frames", outcome.Output, StringComparison.Ordinal);
        JsonElement[] lines = [.. File.ReadLines(json).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(341, lines.Length);
        Assert.Equal(13_600, lines[^1].GetProperty("timestamp_ms").GetDouble(), 45.0);
        int[] people = [.. lines.SelectMany(l => l.GetProperty("detections").EnumerateArray()).Where(d => d.GetProperty("label").GetString() == "person").Select(d => d.GetProperty("track_id").GetInt32())];
        Assert.NotEmpty(people);
        // Somebody is in sight under one id for two seconds and more.
        Assert.True(people.GroupBy(id => id).Max(g => g.Count()) >= 50, "nobody keeps an id");
        Assert.True(new FileInfo(save).Length > 100_000, "the video is empty");
    }

    private static bool Installed(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
