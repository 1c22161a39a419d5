using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>Files without mistakes: what they are taken to mean, secrets, anchors, and that a pipeline comes of them.</summary>
public sealed class PipelineConfigTests
{
    internal const string Whole = """
        version: 1
        threads: 2
        x-camera: &camera {policy: drop_oldest, capacity: 8, max_age: 1.5s, stall_timeout: 5s}
        sources:
          - <<: *camera
            name: door
            uri: rtsp://viewer:${CAMERA_PASSWORD}@camera.example/stream
            backend: ffmpeg
            size: 640x360
            fps: 15
            reconnect: {first: 200ms, longest: 10s, attempts: 5}
            ffmpeg: {hwaccel: vaapi, input_args: [-hwaccel_output_format, nv12], rtsp_transport: udp}
          - <<: *camera
            name: hall
            uri: "test:320x240@10?objects=3"
            capacity: 2
            weight: 2.5
            every: 3
          - {name: yard, uri: 1, encoding: mjpg, size: 1280x720, realtime: false, reconnect: never}
        models:
          - {name: shapes, path: models/shapes-fpn.onnx, conf: 0.3, iou: 0.5, provider: [cpu], require_provider: true, sources: [door, hall]}
          - {name: others, path: models/shelves-yolo.onnx, sources: yard, batch: 1, max_wait: 5ms}
          - {name: kind, path: models/scenes-resnet18.onnx, on: detections, labels: [disc], margin: 0.1, most: 4, every: 5}
        tracking:
          - {tracker: ocsort, by_class: true, sources: [door, hall]}
          - {tracker: botsort, reid: models/families-triplet.onnx, smooth: true, keep_untracked: true, sources: yard}
        rules:
          - {name: entrance, zone: [[0, 0], [0.5, 0], [0.5, 1]], unit: relative, anchor: center, labels: disc, dwell: 5s, sources: door}
          - {name: gate, line: [[0, 10], [100, 10]], to_right: in, to_left: out}
          - {name: crowd, count: {in: [[0, 0], [10, 0], [10, 10]], limit: 3, release: 1, for: 2s}}
          - {name: all, count: }
          - {name: squats, repetitions: {joints: [hip, knee, ankle], low: 100, high: 160, from: high}}
        sinks:
          - jsonl: found.jsonl
            policy: wait
            capacity: 64
            retry: {attempts: 3}
            suspend_after: never
            sources: door
          - csv: {path: "-", untracked: true}
          - pictures: {path: "out/{source}-{frame}.jpg", every: 10, trail: 5}
          - clips: {path: clips, before: 3s, after: 2s, events: [entered], most_size: 1GB}
          - mqtt: {url: "mqtt://broker", user: me, password: "${MQTT_PASSWORD:-none}", qos: 2, tls: {allow_untrusted: true}}
          - nats: {url: "nats://server", jetstream: {stream: vision, max_size: 100MB}}
          - webhook: {url: "https://example.org/hook", bearer: "${HOOK_TOKEN}", frames: events, batch: 10}
          - live: {address: "127.0.0.1:0", fps: 5}
          - record: {path: recording, references: true}
        """;

    private static readonly Dictionary<string, string> Secrets = new() { ["CAMERA_PASSWORD"] = "hunter2@home", ["HOOK_TOKEN"] = "s3cret-token" };

    [Fact]
    public void A_whole_file_means_what_it_says()
    {
        var config = Read(Whole);
        var door = config.Sources[0];
        Assert.Equal(("door", SourceKind.Video, SourceBackend.Ffmpeg, (640, 360), 15.0), (door.Name, door.Uri.Kind, door.Backend, door.Size!.Value, door.FrameRate!.Value));
        Assert.Equal("rtsp://viewer:hunter2@home@camera.example/stream", door.Uri.Address);
        Assert.Equal("rtsp://***@camera.example/stream", door.Uri.Display);
        Assert.Equal((QueuePolicy.DropOldest, 8, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(5)), (door.Options.Policy!.Value, door.Options.Capacity, door.Options.MaxAge!.Value, door.Options.StallTimeout));
        Assert.Equal((5, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10)), (door.Options.Reconnect!.MaxAttempts!.Value, door.Options.Reconnect.InitialDelay, door.Options.Reconnect.MaxDelay));
        Assert.Equal(("vaapi", "udp", 2), (door.Ffmpeg.HardwareAcceleration, door.Ffmpeg.RtspTransport, door.Ffmpeg.InputArguments.Count));
        var hall = config.Sources[1];
        Assert.Equal((2, 2.5, 3, SourceKind.Test), (hall.Options.Capacity, hall.Options.Weight, hall.Options.FrameInterval, hall.Uri.Kind)); // its own capacity wins over the anchor's
        Assert.Equal((SourceKind.Camera, "MJPG", 1), (config.Sources[2].Uri.Kind, config.Sources[2].FourCc, config.Sources[2].Options.Reconnect!.MaxAttempts!.Value));

        Assert.Equal(Path.Combine(Repository.Root, "models", "shapes-fpn.onnx"), config.Models[0].Path);
        Assert.Equal((0.3f, 0.5f, true), (config.Models[0].Runtime.Confidence!.Value, config.Models[0].Runtime.Iou!.Value, config.Models[0].Runtime.Providers.IsRequired));
        Assert.Equal(TimeSpan.FromMilliseconds(5), config.Models[1].Frames.MaxWait);
        var crops = config.Models[2].Crops!;
        Assert.Equal((0.1f, 4, 5, "disc"), (crops.Margin, crops.MaxPerFrame, crops.FrameInterval, crops.Labels!.Single()));

        Assert.Equal([TrackerKind.OcSort, TrackerKind.BotSort], config.Tracking.Select(t => t.Tracker));
        Assert.Equal(["zone", "line", "count", "count", "repetitions"], config.Rules.Select(r => r.Kind));
        Assert.All(config.Rules, r => Assert.Equal(r.Name, r.Create().Name));
        Assert.Equal(["jsonl", "csv", "pictures", "clips", "mqtt", "nats", "webhook", "live", "record"], config.Sinks.Select(s => s.Kind));
        Assert.Equal((QueuePolicy.Wait, 64, 3, null, "door"), (config.Sinks[0].Options.Policy!.Value, config.Sinks[0].Options.Capacity, config.Sinks[0].Options.Retry.MaxAttempts!.Value, config.Sinks[0].Options.SuspendAfter, config.Sinks[0].Options.Sources!.Single()));
        Assert.Equal([false, true], config.Sinks.Take(2).Select(s => s.UsesStandardOutput));
    }

    [Fact]
    public void What_is_shown_of_it_holds_no_secret()
    {
        string shown = string.Join('\n', ConfigSummary.GetLines(Read(Whole)));
        Assert.Contains("rtsp://***@camera.example/stream", shown);
        Assert.All(Secrets.Values, s => Assert.DoesNotContain(s, shown));
        Assert.Equal(3 + 3 + 2 + 5 + 9, shown.Split('\n').Length);
    }

    [Theory]
    [InlineData("hunter2", "uri: 'nowhere://me:${CAMERA_PASSWORD}@host'")] // an address that is refused
    [InlineData("hunter2", "uri: '${CAMERA_PASSWORD}.mp4'")] // a file that is not there
    [InlineData("hunter2", "uri: 'test:', policy: '${CAMERA_PASSWORD}'")] // a word that is none
    [InlineData("hunter2", "uri: 'test:', sources: [], capacity: '${CAMERA_PASSWORD}'")]
    [InlineData("s3cret", "uri: 'test:?token=s3cret&objects=x'")] // written into the file itself
    public void Problems_hold_no_secret(string secret, string source)
    {
        Assert.Null(PipelineConfig.Read($"version: 1\nsources: [{{name: a, {source}}}]\nmodels: [{{path: models/shapes-fpn.onnx}}]", "a.yaml", Repository.Root, out var problems, Secrets.GetValueOrDefault));
        Assert.NotEmpty(problems);
        Assert.All(problems, p => Assert.DoesNotContain(secret, p.Message));
    }

    [Theory]
    [InlineData("${NOBODY}", "NOBODY is not set")]
    [InlineData("${NOBODY", "closed by '}'")]
    [InlineData("${1X}", "not a valid name of an environment variable")]
    [InlineData("${}", "not a valid name")]
    public void A_variable_that_is_missing_is_a_problem_on_its_line(string text, string message)
    {
        Assert.Null(PipelineConfig.Read($"version: 1\nsources: [{{name: a, uri: '{text}'}}]\nmodels: [{{path: models/shapes-fpn.onnx}}]", "a.yaml", Repository.Root, out var problems, _ => null));
        Assert.Contains(problems, p => p.Line == 2 && p.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a${X}b", "a1b")]
    [InlineData("${X}${Y:-2}", "12")]
    [InlineData("${Y:-}", "")]
    [InlineData("$${X}", "${X}")]
    [InlineData("$X {X}", "$X {X}")]
    [InlineData("${X:-9}", "1")]
    public void Variables_stand_for_their_values(string text, string expected)
    {
        Assert.Equal(expected, EnvironmentExpander.Expand(text, n => n == "X" ? "1" : null, out string? problem));
        Assert.Null(problem);
    }

    [Fact]
    public async Task A_pipeline_comes_of_a_file_and_runs()
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-config-").FullName;
        try
        {
            var config = PipelineConfig.Parse(
                $$"""
                version: 1
                sources:
                  - {name: door, uri: "test:320x240@30?objects=3&frames=12"}
                  - {name: hall, uri: "test:320x240@30?objects=3&frames=8&seed=2", every: 2}
                models: [{name: shapes, path: {{Path.Combine(Repository.Root, "models", "shapes-fpn.onnx")}}}]
                tracking: {tracker: bytetrack, keep_untracked: true}
                rules: [{name: everything, count: }]
                sinks:
                  - jsonl: all.jsonl
                  - {jsonl: hall.jsonl, sources: hall}
                """,
                "two.yaml", folder);
            await using var pipeline = config.Build();
            var ledger = await pipeline.RunAsync(TestContext.Current.CancellationToken);
            Assert.True(ledger.IsBalanced);
            Assert.Equal([12, 8], ledger.Sources.Select(s => s.Delivered));
            string[] lines = File.ReadAllLines(Path.Combine(folder, "all.jsonl"));
            Assert.Equal(20, lines.Length);
            Assert.All(lines, l => Assert.Contains("\"everything\":{\"inside\":", l));
            Assert.Equal(8, File.ReadAllLines(Path.Combine(folder, "hall.jsonl")).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("no model has the label 'circel'; did you mean 'circle'?", 6, "rules: [{name: a, count: , labels: [circel]}]")]
    [InlineData("outputs no boxes", 5, "x-nothing: {}", "scenes-resnet18")]
    [InlineData("no model outputs keypoints; use a pose model", 6, "rules: [{name: a, repetitions: {joints: [hip, knee, ankle], low: 90, high: 160}}]")]
    [InlineData("no keypoint '20'", 6, "  - {name: pose, path: models/figures-heatmap.onnx, on: detections}\nrules: [{name: a, repetitions: {joints: [5, 20, 6], low: 90, high: 160}}]")]
    [InlineData("no model has the label 'Circle'", 6, "  - {name: kind, path: models/scenes-resnet18.onnx, on: detections, labels: [Circle]}")] // there letters count
    public void Loaded_models_tell_what_does_not_fit(string message, int line, string rest, string model = "shapes-fpn")
    {
        string yaml = $"version: 1\nsources: [{{name: a, uri: 'test:'}}]\ntracking: {{tracker: bytetrack}}\nmodels:\n  - path: models/{model}.onnx\n{rest}";
        Assert.NotNull(PipelineConfig.Read(yaml, "a.yaml", Repository.Root, out _));
        Assert.Null(PipelineConfig.Read(yaml, "a.yaml", Repository.Root, out var problems, loadModels: true));
        Assert.True(problems.Any(p => p.Message.Contains(message, StringComparison.Ordinal) && p.Line >= line), string.Join('\n', problems));
    }

    public static TheoryData<string> Samples => [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples", "pipelines"), "*.yaml").Select(p => Path.GetFileName(p))];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_sample_is_right(string file)
    {
        string path = Path.Combine(Repository.Root, "samples", "pipelines", file);
        var config = PipelineConfig.Read(File.ReadAllText(path), file, Path.GetDirectoryName(path)!, out var problems, _ => "value-of-a-variable", loadModels: true);
        Assert.True(config is not null, string.Join('\n', problems));
    }

    private static PipelineConfig Read(string yaml)
    {
        var config = PipelineConfig.Read(yaml, "whole.yaml", Repository.Root, out var problems, Secrets.GetValueOrDefault);
        Assert.True(config is not null, string.Join('\n', problems));
        return config;
    }
}
