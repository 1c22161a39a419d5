using EdgeVision.Models;
using EdgeVision.Specs;
using Xunit;

namespace EdgeVision.Tests.Models;

/// <summary>Where a spec is looked for, and in which order.</summary>
public sealed class BundleReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-bundle-").FullName;

    private string Model => Path.Combine(_folder, "foo.onnx");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_nearest_to_the_caller_wins()
    {
        var metadata = new Dictionary<string, string> { ["task"] = "detect", ["names"] = "{0: 'a'}", ["imgsz"] = "[5, 5]" };
        Assert.Equal(5, Width(metadata));
        File.WriteAllText(Path.Combine(_folder, "foo.spec.json"), Spec(4));
        Assert.Equal(4, Width(metadata));
        File.WriteAllText(Path.Combine(_folder, "foo.onnx.spec.json"), Spec(3));
        Assert.Equal(3, Width(metadata));
        metadata[ModelSpec.MetadataKey] = Spec(2);
        Assert.Equal(2, Width(metadata));
        string given = Path.Combine(_folder, "given.json");
        File.WriteAllText(given, Spec(1));
        Assert.Equal(1, Width(metadata, given));
    }

    [Fact]
    public void Nothing_there_shows_a_spec_to_start_from()
    {
        var e = Assert.Throws<ModelFormatException>(() => Width([]));
        Assert.Contains("foo.spec.json", e.Message);
        Assert.Contains("--spec", e.Message);
        Assert.Contains("\"decoder\"", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_spec_file_that_is_not_there() =>
        Assert.Contains("none.json", Assert.Throws<SpecException>(() => Width([], Path.Combine(_folder, "none.json"))).Message);

    [Fact]
    public void A_broken_sidecar_is_named_and_not_passed_over()
    {
        File.WriteAllText(Path.Combine(_folder, "foo.spec.json"), "{");
        Assert.Contains("foo.spec.json", Assert.Throws<SpecException>(() => Width([])).Message);
    }

    private static string Spec(int width) =>
        $$"""{ "task": "detect", "input": { "width": {{width}}, "height": 1 }, "outputs": [ { "decoder": "yolo-dfl" } ] }""";

    private int Width(Dictionary<string, string> metadata, string? spec = null) => BundleReader.ReadSpec(Model, metadata, [], [], spec).Spec.Input.Width;
}
