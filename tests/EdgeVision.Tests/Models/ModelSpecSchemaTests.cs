using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVision.Decoding;
using EdgeVision.Models;
using EdgeVision.Onnx;
using EdgeVision.Specs;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Models;

/// <summary>The schema accepts every spec of the repository and refuses what the validator refuses.</summary>
public sealed class ModelSpecSchemaTests
{
    private static readonly JsonSchemaValidator Schema = new(JsonNode.Parse(ModelSpecSchema.Create().ToJsonString())!.AsObject());

    private static readonly JsonDocumentOptions Reading = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Specs of samples, and those inside the models.</summary>
    public static TheoryData<string> Files() => [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples", "specs"), "*.spec.json")
        .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "models"), "*.onnx"))
        .Select(f => Path.GetRelativePath(Repository.Root, f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void AcceptsSpecsOfTheRepository(string file)
    {
        string path = Path.Combine(Repository.Root, file);
        string? spec = file.EndsWith(".json", StringComparison.Ordinal)
            ? File.ReadAllText(path)
            : OnnxModel.Load(path).GetMetadata(ModelSpec.MetadataKey);
        if (spec is not null)
        {
            Assert.Empty(Schema.Validate(JsonNode.Parse(spec, documentOptions: Reading)));
        }
    }

    [Fact]
    public void AcceptsWhatTheSerializerWritesWithEveryField()
    {
        var spec = ModelSpecValidator.Parse(ModelSpecJson.Example, "example") with
        {
            Name = "n",
            Skeleton = [[0, 1]],
            Provenance = new ProvenanceSpec { Architecture = "a", Metrics = new() { ["mAP"] = 0.5 } },
            Goldens = [new GoldenSpec { Outputs = [new GoldenTensor { Shape = [1], Indices = [0], Values = [1] }] }],
        };
        Assert.Empty(Schema.Validate(JsonNode.Parse(ModelSpecJson.Serialize(spec))));
        Assert.All(DecoderRegistry.Names, name => Assert.Empty(Schema.Validate(Edited("outputs.0.decoder", $"\"{name}\""))));
    }

    [Theory]
    [InlineData("version", "2")]
    [InlineData("task", "\"detects\"")]
    [InlineData("task", "\"detect+\"")]
    [InlineData("task", null)]
    [InlineData("colour", "1")]
    [InlineData("input", null)]
    [InlineData("input.width", null)]
    [InlineData("input.width", "0")]
    [InlineData("input.height", "16385")]
    [InlineData("input.element", "\"int64\"")]
    [InlineData("input.layout", "\"chw\"")]
    [InlineData("input.resize", "{\"padValue\":256}")]
    [InlineData("input.resize", "{\"mode\":\"fill\"}")]
    [InlineData("outputs", "[]")]
    [InlineData("outputs", null)]
    [InlineData("outputs.0.decoder", null)]
    [InlineData("outputs.0.decoder", "\"yolo\"")]
    [InlineData("outputs.0.labels", "[null]")]
    [InlineData("labels", "[null]")]
    [InlineData("labels", "null")]
    [InlineData("skeleton", "[[0,1,2]]")]
    [InlineData("skeleton", "[[0,-1]]")]
    [InlineData("thresholds", "{\"confidence\":1.5}")]
    [InlineData("thresholds", "{\"iou\":-0.1}")]
    [InlineData("thresholds", "{\"maxDetections\":0}")]
    [InlineData("thresholds", "{\"classAgnostic\":1}")]
    public void RefusesWhatTheReaderRefuses(string path, string? value)
    {
        var document = Edited(path, value);
        Assert.NotEmpty(Schema.Validate(document));
        Assert.ThrowsAny<EdgeVisionException>(() => ModelSpecValidator.Parse(document.ToJsonString(), "test"));
    }

    [Theory]
    [InlineData("task", "\"detect+pose\"")]
    [InlineData("input.width", "16384")]
    [InlineData("thresholds", "{\"confidence\":1,\"iou\":0,\"maxDetections\":1}")]
    [InlineData("skeleton", "null")]
    [InlineData("version", null)]
    public void AcceptsWhatTheReaderAccepts(string path, string? value)
    {
        var document = Edited(path, value);
        Assert.Empty(Schema.Validate(document));
        ModelSpecValidator.Parse(document.ToJsonString(), "test");
    }

    // The example with one field replaced; null removes it.
    private static JsonNode Edited(string path, string? value)
    {
        var document = JsonNode.Parse(ModelSpecJson.Example)!;
        string[] parts = path.Split('.');
        var parent = parts[..^1].Aggregate(document, (node, part) => node is JsonArray list ? list[int.Parse(part)]! : node[part]!);
        if (value is null)
        {
            parent.AsObject().Remove(parts[^1]);
        }
        else
        {
            parent[parts[^1]] = JsonNode.Parse(value);
        }

        return JsonNode.Parse(document.ToJsonString())!;
    }
}
