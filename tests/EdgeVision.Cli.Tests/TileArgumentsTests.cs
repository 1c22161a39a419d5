using System.Text.Json;
using EdgeVision.Imaging;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>run --tiles</c> on a wall of scenes that is far too large for the network's input.</summary>
public sealed class TileArgumentsTests : IDisposable
{
    private const int Side = 4;
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-wall-").FullName;

    private static string Model => Path.Combine(CommandLine.Repository, "models", "shapes-fpn.onnx");

    private static string Scene => Path.Combine(CommandLine.Repository, "samples", "scene.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_tile_finds_what_its_scene_holds()
    {
        string wall = Wall(out int width, out int height);
        var scene = Boxes(CommandLine.Run("run", "--model", Model, "--source", Scene, "--json", "-"));
        var whole = Boxes(CommandLine.Run("run", "--model", Model, "--source", wall, "--json", "-"));
        string save = Path.Combine(_folder, "found.png");
        var outcome = CommandLine.Run("run", "--model", Model, "--source", wall, "--json", "-", "--tiles", $"{width}x{height}", "--tile-overlap", "0", "--no-full", "--max-detections", "1000", "--save", save);
        var tiled = Boxes(outcome);
        Assert.True(scene.Count >= 4, $"only {scene.Count} in the scene");
        Assert.True(whole.Count < scene.Count * Side, $"the whole wall shows {whole.Count} already");
        Assert.Equal(scene.Count * Side * Side, tiled.Count);
        foreach (var (label, x, y) in scene)
        {
            for (int k = 0; k < Side * Side; k++)
            {
                // Far from the corner float32 has fewer digits for the rest.
                Assert.Single(tiled, b => b.Label == label && Math.Abs(b.X - x - k % Side * width) < 0.05 && Math.Abs(b.Y - y - k / Side * height) < 0.05);
            }
        }

        Assert.True(new FileInfo(save).Length > 0);
        var first = outcome.Json()[0];
        Assert.Equal((width * Side, height * Side), (first.GetProperty("width").GetInt32(), first.GetProperty("height").GetInt32()));
    }

    [Fact]
    public void Overlapping_tiles_find_each_thing_once()
    {
        string wall = Wall(out int width, out int height);
        int scene = Boxes(CommandLine.Run("run", "--model", Model, "--source", Scene, "--json", "-")).Count;
        var found = Boxes(CommandLine.Run("run", "--model", Model, "--source", wall, "--json", "-", "--tiles", $"{width}x{height}", "--tile-merge", "nmm", "--tile-match", "ios", "--tile-threshold", "0.5", "--max-detections", "1000"));

        // Edges of tiles cut through shapes, and a cut shape may be taken for another; still about one for each.
        Assert.InRange(found.Count, scene * Side * Side * 9 / 10, scene * Side * Side * 5 / 4);
    }

    [Theory]
    [InlineData("--tiles must be a size", "--tiles", "large")]
    [InlineData("--tiles must be a size", "--tiles", "640x")]
    [InlineData("--tiles must be a size", "--tiles", "0")]
    [InlineData("--tiles must be a size", "--tiles", "1x2x3")]
    [InlineData("--tile-overlap must be below 1", "--tiles", "64", "--tile-overlap", "1")]
    [InlineData("--tile-threshold must be above 0", "--tiles", "64", "--tile-threshold", "0")]
    [InlineData("need --tiles", "--tile-merge", "nms")]
    [InlineData("need --tiles", "--no-full")]
    [InlineData("--crop and --tiles", "--tiles", "64", "--crop", "0,0,9,9")]
    [InlineData("'best'", "--tiles", "64", "--tile-merge", "best")]
    public void Wrong_calls_say_what_is_wrong(string says, params string[] arguments)
    {
        var outcome = CommandLine.Run(["run", "--model", Model, "--source", Scene, .. arguments]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(says, outcome.Error);
    }

    [Fact]
    public void A_model_that_finds_no_boxes_is_an_error_in_one_line()
    {
        var outcome = CommandLine.Run("run", "--model", Path.Combine(CommandLine.Repository, "models", "scenes-unet.onnx"), "--source", Scene, "--tiles", "64");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("segmentation", outcome.Error);
        Assert.Single(outcome.Error.Trim().Split('\n'));
    }

    private string Wall(out int width, out int height)
    {
        using var scene = ImageFile.Load(Scene);
        (width, height) = (scene.Frame.Width, scene.Frame.Height);
        using var wall = Frame.Rent(scene.Frame.Format, width * Side, height * Side);
        int row = width * (scene.Frame.Format is PixelFormat.Bgra32 or PixelFormat.Rgba32 ? 4 : 3);
        for (int y = 0; y < wall.Height; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                scene.Frame.Data.Slice(y % height * scene.Frame.Stride, row).CopyTo(wall.MutableData[(y * wall.Stride + x * row)..]);
            }
        }

        string path = Path.Combine(_folder, "wall.png");
        ImageFile.Save(wall, path);
        return path;
    }

    // Classes and middles.
    private static List<(string Label, double X, double Y)> Boxes(CommandLine.Outcome outcome) =>
        [.. outcome.Json()[0].GetProperty("detections").EnumerateArray().Select(d => (d.GetProperty("label").GetString()!, Middle(d, 0), Middle(d, 1)))];

    private static double Middle(JsonElement detection, int axis) => (detection.GetProperty("box")[axis].GetDouble() + detection.GetProperty("box")[axis + 2].GetDouble()) / 2;
}
