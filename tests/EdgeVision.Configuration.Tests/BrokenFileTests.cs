using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>Files with a mistake each: the line it is on, and words of what is said about it.</summary>
public sealed class BrokenFileTests
{
    // Lines 1 to 6 of every file that does not bring sources and models of its own.
    private const string Good = """
        version: 1
        sources:
          - {name: door, uri: "test:"}
          - {name: hall, uri: "test:?seed=2"}
        models: [{name: shapes, path: models/shapes-fpn.onnx}]
        tracking: {tracker: bytetrack}

        """;

    [Theory]
    [InlineData(1, "'version' is required", "models: [{path: models/shapes-fpn.onnx}]\nsources: [{name: a, uri: 'test:'}]")]
    [InlineData(1, "'version' must be 1; got 7", "version: 7\nmodels: [{path: models/shapes-fpn.onnx}]\nsources: [{name: a, uri: 'test:'}]")]
    [InlineData(1, "'sources' is required", "version: 1\nmodels: [{path: models/shapes-fpn.onnx}]")]
    [InlineData(1, "'models' is required", "version: 1\nsources: [{name: a, uri: 'test:'}]")]
    [InlineData(1, "map of keys", "- a\n- b")]
    [InlineData(1, "map of keys", "")] // an empty file
    [InlineData(4, "not valid YAML", "version: 1\nsources:\n  - {name: a, uri: 'test:'")] // a brace that never ends
    [InlineData(2, "Duplicate key", "version: 1\nversion: 1")]
    [InlineData(3, "must have one configuration", "version: 1\n---\nversion: 1")]
    [InlineData(2, "'sources' must be a list", "version: 1\nsources: {name: a, uri: 'test:'}\nmodels: [{path: models/shapes-fpn.onnx}]")]
    [InlineData(2, "a source must be a map", "version: 1\nsources: ['test:']\nmodels: [{path: models/shapes-fpn.onnx}]")]
    public void The_whole_file(int line, string message, string yaml) => Says(line, message, yaml);

    [Theory]
    [InlineData(3, "requires 'uri'", "{name: door}")]
    [InlineData(3, "requires 'name'", "{uri: 'test:'}")]
    [InlineData(3, "1 to 100 visible characters", "{name: '', uri: 'test:'}")]
    [InlineData(4, "used twice", "{name: door, uri: 'test:'}\n  - {name: door, uri: 'test:?seed=2'}")]
    [InlineData(3, "did you mean 'policy'?", "{name: door, uri: 'test:', polcy: latest}")]
    [InlineData(3, "no key 'colour'; known: ", "{name: door, uri: 'test:', colour: red}")]
    [InlineData(3, "one of wait, drop_oldest, drop_newest, latest; got 'newest'", "{name: door, uri: 'test:', policy: newest}")]
    [InlineData(3, "integer from 1 to 4096; got '0'", "{name: door, uri: 'test:', capacity: 0}")]
    [InlineData(3, "must be an integer", "{name: door, uri: 'test:', every: 2.5}")]
    [InlineData(3, "duration above 0 such as 200ms", "{name: door, uri: 'test:', max_age: -1s}")]
    [InlineData(3, "duration above 0 such as 200ms, 5s or 1m; got '5'", "{name: door, uri: 'test:', stall_timeout: 5}")] // seconds or minutes?
    [InlineData(3, "number above 0 to 1000; got '0'", "{name: door, uri: 'test:', weight: 0}")]
    [InlineData(3, "true or false; got 'yes'", "{name: door, uri: 'test:', realtime: yes}")]
    [InlineData(3, "'reconnect' must be a map", "{name: door, uri: 'test:', reconnect: 5s}")]
    [InlineData(3, "at least as long as 'first'", "{name: door, uri: 'test:', reconnect: {first: 5s, longest: 1s}}")]
    [InlineData(3, "'policy' must be one of wait", "{name: door, uri: 'test:', policy: [wait]}")] // a list
    [InlineData(3, "'no-such.mp4' does not exist", "{name: door, uri: no-such.mp4}")]
    [InlineData(3, "gopher://", "{name: door, uri: 'gopher://example.org/'}")]
    [InlineData(3, "got an empty text", "{name: door, uri: ' '}")]
    [InlineData(3, "the number of a camera must be 0 to 999; got 5000", "{name: door, uri: 5000}")]
    [InlineData(3, "'lavfi:' must be followed by an input", "{name: door, uri: 'lavfi:'}")]
    [InlineData(3, "'size' is only for raw frames", "{name: door, uri: 'test:', size: 640x480}")]
    [InlineData(3, "a size such as 640x480 with sides from 1 to 32768; got '640'", "{name: door, uri: '-', format: nv12, size: 640}")]
    [InlineData(3, "require format and size", "{name: door, uri: '-', format: nv12}")]
    [InlineData(3, "'backend' is only for videos", "{name: door, uri: 'test:', backend: opencv}")]
    [InlineData(3, "'encoding' is only for cameras", "{name: door, uri: 'test:', encoding: mjpg}")]
    [InlineData(3, "objects must be a whole number; got 'many'", "{name: door, uri: 'test:?objects=many'}")]
    public void Sources(int line, string message, string sources) =>
        Says(line, message, $"version: 1\nsources:\n  - {sources}\nmodels: [{{path: models/shapes-fpn.onnx}}]");

    [Theory]
    [InlineData("'no-such.onnx' does not exist", "{path: no-such.onnx}")]
    [InlineData("requires 'path'", "{name: a}")]
    [InlineData("number from 0 to 1; got '1.5'", "{path: models/shapes-fpn.onnx, conf: 1.5}")]
    [InlineData("provider must be one of auto, cpu, cuda, tensorrt, directml, openvino, xnnpack, coreml, qnn, acl, plugin; got 'abacus'", "{path: models/shapes-fpn.onnx, provider: abacus}")]
    [InlineData("requires 'provider'", "{path: models/shapes-fpn.onnx, require_provider: true}")]
    [InlineData("no source 'dor'; did you mean 'door'?", "{path: models/shapes-fpn.onnx, sources: [dor, hall]}")]
    [InlineData("no model runs on source 'hall'", "{path: models/shapes-fpn.onnx, sources: door}")]
    [InlineData("both run on every source", "{path: models/shapes-fpn.onnx}, {name: b, path: models/shapes-fpn.onnx}")]
    [InlineData("got 'a' and 'b'", "{name: a, path: models/shapes-fpn.onnx, sources: [door, hall]}, {name: b, path: models/shapes-fpn.onnx, sources: door}")]
    [InlineData("used twice", "{path: models/shapes-fpn.onnx, sources: door}, {path: models/shapes-fpn.onnx, sources: hall}")] // both are shapes-fpn
    [InlineData("every model has on: detections", "{path: models/shapes-fpn.onnx, on: detections}")]
    [InlineData("'margin' is only for models with on: detections", "{path: models/shapes-fpn.onnx, margin: 0.1}")]
    [InlineData("belongs to the source", "{path: models/shapes-fpn.onnx, every: 3}")]
    [InlineData("'max_wait' must be a duration", "{path: models/shapes-fpn.onnx, max_wait: soon}")]
    [InlineData("no key 'batch'", "{path: models/shapes-fpn.onnx}, {name: b, path: models/scenes-resnet18.onnx, on: detections, batch: 4}")]
    public void Models(string message, string models) =>
        Says(5, message, $"version: 1\nsources:\n  - {{name: door, uri: 'test:'}}\n  - {{name: hall, uri: 'test:?seed=2'}}\nmodels: [{models}]");

    [Theory]
    [InlineData("one of bytetrack, ocsort, botsort; got 'sort'", "{tracker: sort}")]
    [InlineData("'reid' is only for tracker: botsort", "{reid: models/families-triplet.onnx}")]
    [InlineData("must have at most one tracker", "[{tracker: bytetrack}, {tracker: ocsort, sources: hall}]")]
    [InlineData("no source 'attic'", "{sources: attic}")]
    public void Tracking(string message, string tracking) =>
        Says(5, message, $"version: 1\nsources: [{{name: door, uri: 'test:'}}, {{name: hall, uri: 'test:?seed=2'}}]\nmodels:\n  - path: models/shapes-fpn.onnx\ntracking: {tracking}");

    [Theory]
    [InlineData("requires 'name'", "{zone: [[0, 0], [1, 0], [1, 1]]}")]
    [InlineData("a rule must have one of zone, line, count, repetitions", "{name: a}")]
    [InlineData("only one of zone and line", "{name: a, zone: [[0, 0], [1, 0], [1, 1]], line: [[0, 0], [1, 1]]}")]
    [InlineData("at least 3 corners; got 2", "{name: a, zone: [[0, 0], [1, 0]]}")]
    [InlineData("a point of 'zone' must be two numbers", "{name: a, zone: [[0, 0], [1, 0], [1]]}")]
    [InlineData("list of points", "{name: a, zone: middle}")]
    [InlineData("between 0 and 1", "{name: a, unit: relative, zone: [[0, 0], [100, 0], [100, 100]]}")]
    [InlineData("two ends; got 3", "{name: a, line: [[0, 0], [1, 0], [1, 1]]}")]
    [InlineData("end points of a line must differ", "{name: a, line: [[3, 3], [3, 3]]}")]
    [InlineData("different names", "{name: a, line: [[0, 0], [3, 3]], to_right: in, to_left: in}")]
    [InlineData("no key 'dwell'", "{name: a, line: [[0, 0], [3, 3]], dwell: 2s}")]
    [InlineData("a duration above 0", "{name: a, zone: [[0, 0], [1, 0], [1, 1]], dwell: -2s}")]
    [InlineData("one of bottom, center, top", "{name: a, zone: [[0, 0], [1, 0], [1, 1]], anchor: middle}")]
    [InlineData("below its limit", "{name: a, count: {limit: 3, release: 3}}")]
    [InlineData("requires 'high'", "{name: a, repetitions: {joints: [hip, knee, ankle], low: 90}}")]
    [InlineData("low threshold", "{name: a, repetitions: {joints: [hip, knee, ankle], low: 160, high: 90}}")]
    [InlineData("3 joints", "{name: a, repetitions: {joints: [knee], low: 90, high: 160}}")]
    [InlineData("used twice", "{name: a, count: }, {name: a, count: }")]
    [InlineData("no source 'attic'", "{name: a, count: , sources: attic}")]
    [InlineData("'labels' must not be empty", "{name: a, count: , labels: []}")]
    public void Rules(string message, string rules) => Says(7, message, $"{Good}rules: [{rules}]");

    [Theory]
    [InlineData("door' has no tracker", "rules: [{name: a, zone: [[0, 0], [1, 0], [1, 1]]}]")] // it would wait for tracks that never come
    [InlineData("hall' has no tracker", "rules: [{name: a, line: [[0, 0], [1, 0]]}]\ntracking: {sources: door}")]
    public void Rules_by_track_need_a_tracker(string message, string rest) =>
        Says(5, message, $"version: 1\nsources: [{{name: door, uri: 'test:'}}, {{name: hall, uri: 'test:?seed=2'}}]\nmodels:\n  - path: models/shapes-fpn.onnx\n{rest}");

    [Theory]
    [InlineData("no sink 'jsnl'; did you mean 'jsonl'?", "{jsnl: found.jsonl}")]
    [InlineData("a sink must have one of jsonl, csv", "{policy: wait}")]
    [InlineData("only one of jsonl and csv", "{jsonl: a.jsonl, csv: a.csv}")]
    [InlineData("requires 'path'", "{jsonl: {masks: none}}")]
    [InlineData("no key 'pth'; did you mean 'path'?", "{jsonl: {path: a.jsonl, pth: b}}")]
    [InlineData("no key 'rotate_mb'", "{jsonl: {path: a.jsonl, rotate_mb: 10}}")]
    [InlineData("a size such as 512KB", "{jsonl: {path: a.jsonl, rotate: {size: 10}}}")]
    [InlineData("'retry' must be a map", "{jsonl: a.jsonl, retry: often}")]
    [InlineData("integer of at least 1", "{jsonl: a.jsonl, suspend_after: 0}")]
    [InlineData("no source 'attic'", "{jsonl: a.jsonl, sources: attic}")]
    [InlineData("two sinks have the name 'a.jsonl'", "{jsonl: a.jsonl}, {jsonl: {path: a.jsonl}}")]
    [InlineData("must end in .png", "{pictures: 'out/{frame}.gif'}")]
    [InlineData("{frame} or {time}", "{pictures: out.png}")]
    [InlineData("must be an integer", "{clips: {path: clips, most_clips: many}}")]
    [InlineData("requires 'url'", "{mqtt: {topic: a}}")]
    [InlineData("one of 0, 1, 2; got '3'", "{mqtt: {url: 'mqtt://broker', qos: 3}}")]
    [InlineData("sink 'mqtt'", "{mqtt: {url: 'mqtt://broker', topic: 'a/#'}}")] // a wildcard is for who listens
    [InlineData("only one of 'password' and 'password_file'", "{mqtt: {url: 'mqtt://broker', user: me, password: x, password_file: EdgeVision.sln}}")]
    [InlineData("the certificate 'no-ca.pem' does not exist", "{mqtt: {url: 'mqtts://broker', tls: {ca: no-ca.pem}}}")]
    [InlineData("'jetstream' must have a value", "{nats: {url: 'nats://server', jetstream: }}")]
    [InlineData("not for 'by: opencv'", "{video: {path: a.mp4, by: opencv, ffmpeg: {crf: 20}}}")]
    [InlineData("of User, Token", "{nats: {url: 'nats://server', user: me, token: x}}")]
    [InlineData("Url must be http://HOST/PATH", "{webhook: 'ftp://example.org'}")]
    [InlineData("must not contain credentials", "{webhook: 'https://me:secret@example.org/'}")]
    [InlineData("live page's address must be", "{live: nowhere}")]
    [InlineData("requires a token", "{live: 0.0.0.0:8090}")]
    public void Sinks(string message, string sinks) => Says(7, message, $"{Good}sinks: [{sinks}]");

    [Fact]
    public void Every_problem_is_found_at_once_in_the_order_of_the_lines()
    {
        Assert.Null(PipelineConfig.Read(
            """
            version: 1
            sources:
              - {name: door, uri: "test:", capacity: none}
              - {name: door, uri: nowhere.mp4}
            models:
              - {path: nothing.onnx, conf: 2}
            rules:
              - {name: a, line: [[1, 1], [1, 1]], sources: attic}
            sinks:
              - {jsnl: x}
            colour: red
            """,
            "broken.yaml", Repository.Root, out var problems));
        Assert.Equal([3, 4, 4, 6, 6, 8, 8, 10, 11], problems.Select(p => p.Line));
        Assert.StartsWith("broken.yaml:3:42: 'capacity' must be an integer", problems[0].ToString());
    }

    [Fact]
    public void The_first_problem_is_the_message_of_the_error_and_the_number_of_others_is_said()
    {
        var error = Assert.Throws<PipelineConfigException>(() => PipelineConfig.Parse("version: 1\nsources: 5\nmodels: 6", "broken.yaml", Repository.Root));
        Assert.StartsWith("broken.yaml:2:10: 'sources' must be a list", error.Message);
        Assert.Contains("and 1 more", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(100)]
    public void Brackets_without_end_are_refused_not_followed(int depth) => Says(1, "deep", "a: " + new string('[', depth));

    [Fact]
    public void A_file_of_megabytes_is_refused() => Says(0, "million characters", "# " + new string('x', 1 << 20));

    [Fact]
    public void A_missing_file_says_how_to_begin() =>
        Assert.Contains("pipeline init", Assert.Throws<PipelineConfigException>(() => PipelineConfig.Load(Path.Combine(Repository.Root, "no-such.yaml"))).Message);

    private static void Says(int line, string message, string yaml)
    {
        var config = PipelineConfig.Read(yaml, "broken.yaml", Repository.Root, out var problems);
        Assert.Null(config);
        string all = string.Join('\n', problems);
        Assert.True(problems.Any(p => p.Line == line && p.Message.Contains(message, StringComparison.Ordinal)), $"expected on line {line}: {message}\ngot: {all}");
        Assert.All(problems, p => Assert.DoesNotContain("Parameter", p.Message));
    }
}
