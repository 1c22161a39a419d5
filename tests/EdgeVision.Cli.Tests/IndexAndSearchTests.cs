using System.Text.Json;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>index</c> and <c>search</c> with a network whose embedding is a picture's mean colour, so that one knows what is near.</summary>
public sealed class IndexAndSearchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-search-").FullName;
    private readonly string _model;
    private readonly string _photos;
    private readonly string _index;

    public IndexAndSearchTests()
    {
        _model = DrawnData.MeanColour(Path.Combine(_folder, "colour.onnx"));
        _photos = Path.Combine(_folder, "photos");
        _index = Path.Combine(_folder, "photos.index");
        DrawnData.Picture(Path.Combine(_photos, "red", "anna_01.png"), red: 200, green: 10, blue: 10);
        DrawnData.Picture(Path.Combine(_photos, "red", "anna_02.png"), red: 200, green: 60, blue: 10);
        DrawnData.Picture(Path.Combine(_photos, "green", "7.png"), red: 10, green: 200, blue: 10);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Finds_the_nearest_with_their_scores()
    {
        Done("index", "--model", _model, "--source", _photos, "--out", _index, "--label-from", "folder");
        string query = DrawnData.Picture(Path.Combine(_folder, "query.png"), red: 200, green: 0, blue: 0);
        var outcome = CommandLine.Run("search", "--model", _model, "--index", _index, "--source", query, "--json", "-", "-k", "2");
        var matches = outcome.Json()[0].GetProperty("matches").EnumerateArray().ToArray();
        Assert.Equal(["red/anna_01.png", "red/anna_02.png"], matches.Select(m => m.GetProperty("id").GetString()));
        Assert.All(matches, m => Assert.Equal("red", m.GetProperty("label").GetString()));
        Assert.Equal(200 / Math.Sqrt(200 * 200 + 10 * 10 + 10 * 10), matches[0].GetProperty("score").GetDouble(), 1e-5);
        Assert.Equal(200 / Math.Sqrt(200 * 200 + 60 * 60 + 10 * 10), matches[1].GetProperty("score").GetDouble(), 1e-5);

        string[] lines = Done("search", "--model", _model, "--index", _index, "--source", query, "--threshold", "0.97").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length); // the picture, and the one that is that near
        Assert.Contains("0.9975", lines[1]);
        Assert.Contains("no match", Done("search", "--model", _model, "--index", _index, "--source", query, "--threshold", "0.9999"));
    }

    [Theory]
    [InlineData(null, "7.png|anna_01.png|anna_02.png", "")]
    [InlineData("file", "7.png\t7|anna_01.png\tanna|anna_02.png\tanna", "anna")]
    [InlineData("folder", "7.png\tgreen|anna_01.png\tred|anna_02.png\tred", "red")]
    public void Labels_come_from_where_one_says(string? from, string listed, string label)
    {
        Done(["index", "--model", _model, "--source", _photos, "--out", _index, .. from is null ? Array.Empty<string>() : ["--label-from", from]]);
        string[] lines = Done("index", "list", _index).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(listed.Split('|'), lines.Select(l => l.Trim()[(l.IndexOf('/') + 1)..]));
        var json = JsonDocument.Parse(Done("index", "list", _index, "--json", "-")).RootElement;
        Assert.Equal(label, json[2].TryGetProperty("label", out var given) ? given.GetString() : "");
        string info = Done("index", "info", _index);
        Assert.Contains("3 with 3 dimensions", info);
        Assert.Contains("colour, SHA-256", info);
    }

    [Fact]
    public void Adds_replaces_and_removes()
    {
        Done("index", "--model", _model, "--source", _photos, "--out", _index, "--label-from", "folder");
        Fails(2, "--add", "index", "--model", _model, "--source", _photos, "--out", _index); // it is there
        string more = Path.Combine(_folder, "more");
        DrawnData.Picture(Path.Combine(more, "blue", "1.png"), red: 10, green: 10, blue: 200);
        DrawnData.Picture(Path.Combine(more, "red", "anna_02.png"), red: 220, green: 0, blue: 0); // another picture under the same name
        Assert.Contains("1 added, 1 replaced, 4 entries", Done("index", "--model", _model, "--source", more, "--out", _index, "--add"));
        string query = DrawnData.Picture(Path.Combine(_folder, "query.png"), red: 200, green: 0, blue: 0);
        var best = CommandLine.Run("search", "--model", _model, "--index", _index, "--source", query, "--json", "-").Json()[0].GetProperty("matches")[0];
        Assert.Equal("red/anna_02.png", best.GetProperty("id").GetString());
        Assert.Equal("red", best.GetProperty("label").GetString()); // stays where nothing says another
        Assert.Equal(1, best.GetProperty("score").GetDouble(), 1e-5);

        Fails(1, "nowhere.png", "index", "remove", _index, "blue/1.png", "nowhere.png");
        Assert.Contains("blue/1.png", Done("index", "list", _index)); // all or none
        Assert.Contains("1 removed, 3 entries", Done("index", "remove", _index, "blue/1.png"));
        Assert.Contains("2 removed, 1 entries", Done("index", "remove", _index, "--label", "red"));
        Assert.Equal("green/7.png\tgreen", Done("index", "list", _index).Trim());
        Fails(2, "give ids or --label", "index", "remove", _index);
        Assert.Contains("3 entries", Done("index", "--model", _model, "--source", _photos, "--out", _index, "--overwrite"));
        Fails(2, "--metric", "index", "--model", _model, "--source", _photos, "--out", _index, "--add", "--metric", "angle");
        Fails(2, "cosine", "index", "--model", _model, "--source", _photos, "--out", _index, "--add", "--metric", "l2");
    }

    [Fact]
    public void Embeddings_of_two_models_do_not_mix()
    {
        Done("index", "--model", _model, "--source", _photos, "--out", _index);
        string other = Path.Combine(_folder, "other.onnx");
        File.Copy(_model, other);
        File.Copy(Path.ChangeExtension(_model, ".spec.json"), Path.ChangeExtension(other, ".spec.json"));
        Fails(2, "another model", "index", "--model", other, "--source", _photos, "--out", _index, "--add");
        string picture = Path.Combine(_photos, "green", "7.png");
        var outcome = CommandLine.Run("search", "--model", other, "--index", _index, "--source", picture);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("another model", outcome.Error); // a different file may be the same network: said, not refused
        Fails(2, "64 dimensions", "search", "--model", Path.Combine(CommandLine.Repository, "models", "families-triplet.onnx"), "--index", _index, "--source", picture);
    }

    [Fact]
    public void Broken_pictures_are_skipped_and_counted()
    {
        File.WriteAllBytes(Path.Combine(_photos, "green", "broken.png"), [1, 2, 3]);
        var outcome = CommandLine.Run("index", "--model", _model, "--source", _photos, "--out", _index);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("broken.png", outcome.Error);
        Assert.Contains("1 of 4 images", outcome.Error);
        Assert.Contains("3 entries", outcome.Output);
        outcome = CommandLine.Run("search", "--model", _model, "--index", _index, "--source", Path.Combine(_photos, "green"), "--json", Path.Combine(_folder, "out.jsonl"));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Single(File.ReadAllLines(Path.Combine(_folder, "out.jsonl")));

        string none = Directory.CreateDirectory(Path.Combine(_folder, "none")).FullName;
        File.WriteAllBytes(Path.Combine(none, "broken.png"), [1, 2, 3]);
        string to = Path.Combine(_folder, "none.index");
        Assert.Equal(1, CommandLine.Run("index", "--model", _model, "--source", none, "--out", to).ExitCode);
        Assert.False(File.Exists(to));
    }

    [Fact]
    public void Wrong_calls_say_what_to_do()
    {
        string picture = Path.Combine(_photos, "green", "7.png"), shapes = Path.Combine(CommandLine.Repository, "models", "shapes-fpn.onnx");
        Fails(2, "no embedding", "index", "--model", shapes, "--source", _photos, "--out", _index);
        Fails(2, "no image found", "index", "--model", _model, "--source", Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName, "--out", _index);
        Fails(2, "does not exist", "search", "--model", _model, "--index", _index, "--source", picture);
        File.WriteAllText(_index, "no index");
        Fails(1, "cannot be read as an index", "search", "--model", _model, "--index", _index, "--source", picture);
        Fails(1, "cannot be read as an index", "index", "info", _index);
        Fails(2, "-k", "search", "--model", _model, "--index", _index, "--source", picture, "-k", "0");
        Fails(2, "--threshold", "search", "--model", _model, "--index", _index, "--source", picture, "--threshold", "near");
        Fails(2, "--model", "index", "--source", _photos, "--out", _index);
        Fails(2, "does not exist", "index", "list", Path.Combine(_folder, "nowhere"));
    }

    private static string Done(params string[] arguments)
    {
        var outcome = CommandLine.Run(arguments);
        Assert.True(outcome.ExitCode == 0, $"exit code {outcome.ExitCode}: {outcome.Error}");
        Assert.Equal("", outcome.Error);
        return outcome.Output;
    }

    private static void Fails(int exitCode, string says, params string[] arguments)
    {
        var outcome = CommandLine.Run(arguments);
        Assert.True(outcome.ExitCode == exitCode, $"exit code {outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(says, outcome.Error);
        Assert.True(outcome.Error.Trim().Split('\n').Length <= (exitCode == 2 ? 2 : 1), outcome.Error);
    }
}
