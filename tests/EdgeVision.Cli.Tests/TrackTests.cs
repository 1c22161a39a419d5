using System.Text.Json;
using EdgeVision.Imaging;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>run --track</c> and <c>mot</c>, on a film made by moving a window over the sample picture.</summary>
public sealed class TrackTests
{
    [Theory]
    [InlineData("bytetrack")]
    [InlineData("ocsort")]
    [InlineData("botsort")]
    public void Objects_keep_their_ids_through_a_film(string tracker)
    {
        using var folder = new Film();
        string tracks = Path.Combine(folder.Path, "tracks.txt"), save = Path.Combine(folder.Path, "save");
        var lines = CommandLine.Run("run", "--model", "models/shapes-fpn.onnx", "--source", folder.Path, "--track", tracker, "--json", "-", "--mot", tracks, "--save", save).Json();
        Assert.Equal(Film.Frames, lines.Count);
        int[][] ids = [.. lines.Select(l => l.GetProperty("detections").EnumerateArray().Select(d => d.GetProperty("track_id").GetInt32()).Order().ToArray())];
        // Things in the middle of the picture are in sight all the time, under one id; at its borders some come and go.
        int[] always = [.. ids.Skip(3).Aggregate((a, b) => [.. a.Intersect(b)])];
        Assert.True(always.Length >= 4, $"{always.Length} ids last");
        Assert.Equal(Film.Frames, Directory.GetFiles(save).Length);

        var judged = CommandLine.Run("mot", "--truth", tracks, "--tracks", tracks, "--json", "-");
        Assert.Equal(0, judged.ExitCode);
        var figures = JsonDocument.Parse(judged.Output).RootElement.GetProperty("sequences")[0];
        Assert.Equal(1, figures.GetProperty("mota").GetDouble());
        Assert.Equal(1, figures.GetProperty("hota").GetDouble(), 1e-9);
        Assert.Contains("HOTA", CommandLine.Run("mot", "--truth", tracks, "--tracks", tracks).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Looks_and_smoothing_can_be_had()
    {
        using var folder = new Film();
        var looks = CommandLine.Run("run", "--model", "models/shapes-fpn.onnx", "--source", folder.Path, "--track", "botsort", "--reid", "models/families-triplet.onnx", "--smooth", "--fps", "10");
        Assert.True(looks.ExitCode == 0, looks.Error);
        Assert.Contains("tracked", looks.Output, StringComparison.Ordinal);
        Assert.Contains("track 1", looks.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("need --track", "--mot", "x.txt")]
    [InlineData("--fps must be above 0", "--track", "bytetrack", "--fps", "0")]
    [InlineData("--reid works only with --track botsort", "--track", "bytetrack", "--reid", "models/families-triplet.onnx")]
    [InlineData("produces no embedding", "--track", "botsort", "--reid", "models/shapes-fpn.onnx")]
    [InlineData("sort", "--track", "sort")]
    public void A_wrong_call_is_one_line(string message, params string[] arguments)
    {
        var outcome = CommandLine.Run(["run", "--model", "models/shapes-fpn.onnx", "--source", "samples/scene.png", .. arguments]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_boxes_cannot_be_followed()
    {
        var outcome = CommandLine.Run("run", "--model", "models/scenes-resnet18.onnx", "--source", "samples/scene.png", "--track", "bytetrack");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("needs a model that detects boxes", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_file_of_tracks_is_named_with_its_line()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "1,1,0,0,5,5\nbroken\n");
            var outcome = CommandLine.Run("mot", "--truth", file, "--tracks", file);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("line 2", outcome.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private sealed class Film : IDisposable
    {
        public const int Frames = 8;

        public Film()
        {
            Path = Directory.CreateTempSubdirectory("film").FullName;
            using var scene = ImageFile.Load(System.IO.Path.Combine(CommandLine.Repository, "samples", "scene.png"));
            int bytes = Frame.GetBytesPerPixel(scene.Frame.Format), width = scene.Frame.Width - 4 * Frames;
            for (int i = 0; i < Frames; i++)
            {
                using var window = Frame.Rent(scene.Frame.Format, width, scene.Frame.Height);
                for (int y = 0; y < window.Height; y++)
                {
                    scene.Frame.Data.Slice(y * scene.Frame.Stride + 4 * i * bytes, width * bytes).CopyTo(window.MutableData[(y * window.Stride)..]);
                }

                ImageFile.Save(window, System.IO.Path.Combine(Path, $"{i:D3}.png"));
            }
        }

        public string Path { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
