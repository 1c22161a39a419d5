using EdgeVision.Onnx;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>What <c>run</c> says of each kind of result, on a network that hands its grey input through.</summary>
public sealed class RunResultsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-run-").FullName;

    private static string Scene => Path.Combine(CommandLine.Repository, "samples", "scene.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_task_of_a_model_has_its_lines()
    {
        string model = Model("pose+segment+depth",
            """{ "decoder": "heatmap", "labels": ["figure"] }""",
            """{ "decoder": "segmentation", "labels": ["background", "thing"] }""",
            """{ "decoder": "depth", "labels": [], "parameters": { "scale": 1e-6, "offset": 4 } }""");
        var outcome = CommandLine.Run("run", "--model", model, "--source", Scene);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        string[] lines = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("1 found", lines[0]);
        Assert.Single(lines, l => l.Contains("figure") && l.Contains("1 keypoints"));
        Assert.Contains(lines, l => l.Contains("% of the image"));
        Assert.Single(lines, l => l.Contains("depth 4.00 to 4.00 m, median 4.00 m"));

        // And on the one line of JSON.
        var json = CommandLine.Run("run", "--model", model, "--source", Scene, "--json", "-").Json()[0];
        Assert.Equal(1, json.GetProperty("detections")[0].GetProperty("keypoints").GetArrayLength());
        Assert.Equal(32 * 24, json.GetProperty("segmentation").GetProperty("class_areas").EnumerateObject().Sum(p => p.Value.GetInt64()));
        Assert.Equal(4, json.GetProperty("depth").GetProperty("median").GetDouble(), 1e-3);
        var frame = CommandLine.Run("run", "--model", model, "--source", Scene, "--json", "-", "--masks", "frame").Json()[0];
        Assert.Equal((long)frame.GetProperty("width").GetInt32() * frame.GetProperty("height").GetInt32(),
            frame.GetProperty("segmentation").GetProperty("class_areas").EnumerateObject().Sum(p => p.Value.GetInt64()));
    }

    [Fact]
    public void A_picture_without_boxes_to_find_counts_none()
    {
        string save = Path.Combine(_folder, "out.png");
        var outcome = CommandLine.Run("run", "--model", Model("depth", """{ "decoder": "depth" }"""), "--source", Scene, "--save", save);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.DoesNotContain("found", outcome.Output);
        Assert.Contains("  depth ", outcome.Output);
        Assert.NotEqual(File.ReadAllBytes(Scene), File.ReadAllBytes(save));
    }

    [Fact]
    public void Heads_for_the_same_part_are_an_error_in_one_line()
    {
        var outcome = CommandLine.Run("run", "--model", Model("depth", """{ "decoder": "depth" }""", """{ "decoder": "depth" }"""), "--source", Scene);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("outputs[1]", outcome.Error);
        Assert.Single(outcome.Error.Trim().Split('\n'));
    }

    private string Model(string task, params string[] heads)
    {
        var graph = new OnnxGraphBuilder("through");
        graph.AddOutput("y", graph.AddNode("Relu", "relu", [graph.AddInput("x", [1, 1, 24, 32])], [1, 1, 24, 32]));
        string path = Path.Combine(_folder, task.Length + "-" + heads.Length + ".onnx");
        graph.Build().Save(path);
        File.WriteAllText(Path.ChangeExtension(path, ".spec.json"),
            $$"""{ "task": "{{task}}", "input": { "width": 32, "height": 24, "colorOrder": "gray", "resize": { "mode": "stretch" } }, "outputs": [ {{string.Join(", ", heads)}} ] }""");
        return path;
    }
}
