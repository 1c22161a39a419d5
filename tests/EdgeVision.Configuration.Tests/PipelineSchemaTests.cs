using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EdgeVision.TestSupport;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration.Tests;

/// <summary>The schema has exactly the keys that the reader accepts, and accepts the files of the repository.</summary>
public sealed class PipelineSchemaTests
{
    private const string Head = "version: 1\nsources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx}]\n";

    private static readonly JsonObject Json = JsonNode.Parse(PipelineSchema.Create().ToJsonString())!.AsObject();
    private static readonly JsonSchemaValidator Schema = new(Json);

    /// <summary>Pipelines of the samples.</summary>
    public static TheoryData<string> Files() =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples", "pipelines"), "*.yaml").Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void AcceptsSamples(string file) =>
        Assert.Empty(Validate(File.ReadAllText(Path.Combine(Repository.Root, "samples", "pipelines", file))));

    [Fact]
    public void AcceptsAWholeFile() => Assert.Empty(Validate(PipelineConfigTests.Whole));

    [Theory]
    [InlineData("sinks: [{live: }]")]
    [InlineData("sinks: [{jsonl: '-', retry: never, suspend_after: never}]")]
    [InlineData("sinks: [{mqtt: {url: 'mqtt://b', qos: 2, protocol: 3.1.1, password: 1234}}]")]
    [InlineData("threads: ${THREADS}")]
    [InlineData("threads: ")]
    [InlineData("tracking: ")]
    [InlineData("x-defaults: {anything: [1]}")]
    public void AcceptsWhatTheReaderAccepts(string text)
    {
        Assert.Empty(Validate(Head + text));
        Assert.DoesNotContain(Read(Head + text), p => !p.Message.Contains("does not exist", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("version: 2\nsources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:', ever: 2}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:', policy: oldest}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:', weight: 0}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:', max_age: 5}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:', max_age: 0s}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 0, size: 640}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:', reconnect: {first: 1s, last: 2s}}]\nmodels: [{path: m.onnx}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx, conf: 2}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx, labels: [x]}]")]
    [InlineData("version: 1\nsources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx}, {path: n.onnx, on: detections, batch: 2}]")]
    [InlineData(Head + "threads: 0")]
    [InlineData(Head + "thread: 1")]
    [InlineData(Head + "tracking: {tracker: sort}")]
    [InlineData(Head + "tracking: {tracker: bytetrack}\nrules: [{name: r, zone: }]")]
    [InlineData(Head + "rules: [{name: r}]")]
    [InlineData(Head + "rules: [{count: }]")]
    [InlineData(Head + "rules: [{name: r, repetitions: {joints: [a, b, c], low: 1}}]")]
    [InlineData(Head + "sinks: [{file: a}]")]
    [InlineData(Head + "sinks: [{jsonl: }]")]
    [InlineData(Head + "sinks: [{jsonl: a, csv: b}]")]
    [InlineData(Head + "sinks: [{csv: {path: a, rotate: {size: 5}}}]")]
    [InlineData(Head + "sinks: [{mqtt: {url: 'mqtt://b', qos: 3}}]")]
    public void RefusesWhatTheReaderRefuses(string text)
    {
        Assert.NotEmpty(Validate(text));
        Assert.Contains(Read(text), p => !p.Message.Contains("does not exist", StringComparison.Ordinal));
    }

    // An unknown key makes the reader list the keys that it has read from that map.
    [Theory]
    [InlineData("qqqqqqqqqqqq: 1", "")]
    [InlineData("tracking: {qqqqqqqqqqqq: 1}", "tracking")]
    [InlineData("rules: [{name: r, zone: [[0, 0], [1, 0], [1, 1]], qqqqqqqqqqqq: 1}]", "rules:zone")]
    [InlineData("rules: [{name: r, line: [[0, 0], [1, 0]], qqqqqqqqqqqq: 1}]", "rules:line")]
    [InlineData("rules: [{name: r, count: {qqqqqqqqqqqq: 1}}]", "rules:count/count")]
    [InlineData("rules: [{name: r, count: {}, qqqqqqqqqqqq: 1}]", "rules:count")]
    [InlineData("rules: [{name: r, repetitions: {joints: [a, b, c], low: 1, high: 2}, qqqqqqqqqqqq: 1}]", "rules:repetitions")]
    [InlineData("rules: [{name: r, repetitions: {joints: [a, b, c], low: 1, high: 2, qqqqqqqqqqqq: 1}}]", "rules:repetitions/repetitions")]
    [InlineData("sinks: [{jsonl: {path: a, qqqqqqqqqqqq: 1}}]", "sinks:jsonl/jsonl")]
    [InlineData("sinks: [{jsonl: a, qqqqqqqqqqqq: 1}]", "sinks:jsonl")]
    [InlineData("sinks: [{jsonl: a, retry: {qqqqqqqqqqqq: 1}}]", "sinks:jsonl/retry")]
    [InlineData("sinks: [{jsonl: {path: a, rotate: {qqqqqqqqqqqq: 1}}}]", "sinks:jsonl/jsonl/rotate")]
    [InlineData("sinks: [{csv: {path: a, qqqqqqqqqqqq: 1}}]", "sinks:csv/csv")]
    [InlineData("sinks: [{record: {path: a, qqqqqqqqqqqq: 1}}]", "sinks:record/record")]
    [InlineData("sinks: [{video: {path: a.mp4, qqqqqqqqqqqq: 1}}]", "sinks:video/video")]
    [InlineData("sinks: [{video: {path: a.mp4, ffmpeg: {qqqqqqqqqqqq: 1}}}]", "sinks:video/video/ffmpeg")]
    [InlineData("sinks: [{pictures: {path: 'a-{frame}.png', qqqqqqqqqqqq: 1}}]", "sinks:pictures/pictures")]
    [InlineData("sinks: [{clips: {path: a, qqqqqqqqqqqq: 1}}]", "sinks:clips/clips")]
    [InlineData("sinks: [{mqtt: {url: 'mqtt://b', qqqqqqqqqqqq: 1}}]", "sinks:mqtt/mqtt")]
    [InlineData("sinks: [{mqtt: {url: 'mqtt://b', tls: {qqqqqqqqqqqq: 1}}}]", "sinks:mqtt/mqtt/tls")]
    [InlineData("sinks: [{mqtt: {url: 'mqtt://b', reconnect: {qqqqqqqqqqqq: 1}}}]", "sinks:mqtt/mqtt/reconnect")]
    [InlineData("sinks: [{nats: {url: 'nats://b', qqqqqqqqqqqq: 1}}]", "sinks:nats/nats")]
    [InlineData("sinks: [{nats: {url: 'nats://b', jetstream: {qqqqqqqqqqqq: 1}}}]", "sinks:nats/nats/jetstream")]
    [InlineData("sinks: [{webhook: {url: 'http://b', qqqqqqqqqqqq: 1}}]", "sinks:webhook/webhook")]
    [InlineData("sinks: [{live: {qqqqqqqqqqqq: 1}}]", "sinks:live/live")]
    public void HasTheKeysThatTheReaderReads(string text, string place) => AssertSameKeys(Head + text, place);

    [Theory]
    [InlineData("sources: [{name: a, uri: 'test:', qqqqqqqqqqqq: 1}]\nmodels: [{path: m.onnx}]", "sources")]
    [InlineData("sources: [{name: a, uri: 0, backend: ffmpeg, ffmpeg: {qqqqqqqqqqqq: 1}}]\nmodels: [{path: m.onnx}]", "sources/ffmpeg")]
    [InlineData("sources: [{name: a, uri: 0, reconnect: {qqqqqqqqqqqq: 1}}]\nmodels: [{path: m.onnx}]", "sources/reconnect")]
    [InlineData(
        "sources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx}, {path: n.onnx, on: detections, qqqqqqqqqqqq: 1}]", "models:1")]
    [InlineData(
        "sources: [{name: a, uri: 'test:'}]\nmodels: [{path: m.onnx, qqqqqqqqqqqq: 1}]", "models:0",
        "labels", "margin", "min_side", "most", "every")] // read to be refused
    public void HasTheKeysOfSourcesAndModels(string text, string place, params string[] refused) =>
        AssertSameKeys("version: 1\n" + text, place, refused);

    private static void AssertSameKeys(string text, string place, params string[] refused)
    {
        string message = Assert.Single(Read(text), p => p.Message.Contains("'qqqqqqqqqqqq'", StringComparison.Ordinal)).Message;
        string[] read = Regex.Match(message, "; known: (.+)$").Groups[1].Value.Split(", ");
        JsonNode schema = Json;
        foreach (string step in place.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = step.Split(':');
            schema = schema["properties"]![parts[0]]!;
            schema = schema["anyOf"]?.AsArray().First(f => f!["properties"] is not null || f["items"] is not null)! ?? schema;
            schema = schema["items"] ?? schema;
            schema = parts.Length == 1 ? schema
                : int.TryParse(parts[1], out int index) ? schema["anyOf"]![index]!
                : schema["anyOf"]!.AsArray().First(f => f!["properties"]![parts[1]] is not null)!;
        }

        Assert.Equal(read.Except(refused).Order(), schema["properties"]!.AsObject().Select(p => p.Key).Order());
    }

    private static List<string> Validate(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return Schema.Validate(JsonNode.Parse(ToJson(stream.Documents[0].RootNode)?.ToJsonString() ?? "null"));
    }

    private static IReadOnlyList<ConfigProblem> Read(string text)
    {
        PipelineConfig.Read(text, "test.yaml", Path.GetTempPath(), out var problems, _ => "1");
        return problems;
    }

    // Scalars as YAML's core schema resolves them, and merge keys as editors do.
    private static JsonNode? ToJson(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode map:
                var result = new JsonObject();
                foreach (var (key, value) in map.Children.OrderBy(c => ((YamlScalarNode)c.Key).Value == "<<"))
                {
                    string name = ((YamlScalarNode)key).Value!;
                    if (name != "<<")
                    {
                        result[name] = ToJson(value);
                        continue;
                    }

                    foreach (var (k, v) in ((YamlMappingNode)value).Children)
                    {
                        if (!result.ContainsKey(((YamlScalarNode)k).Value!))
                        {
                            result[((YamlScalarNode)k).Value!] = ToJson(v);
                        }
                    }
                }

                return result;
            case YamlSequenceNode list:
                return new JsonArray([.. list.Children.Select(ToJson)]);
            case YamlScalarNode { Style: ScalarStyle.Plain } scalar:
                return scalar.Value switch
                {
                    null or "" or "~" or "null" => null,
                    "true" => true,
                    "false" => false,
                    var s when double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
                    var s => s,
                };
            default:
                return ((YamlScalarNode)node).Value;
        }
    }
}
