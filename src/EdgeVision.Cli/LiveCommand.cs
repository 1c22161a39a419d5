using System.CommandLine;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Configuration;
using EdgeVision.Live;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Cli;

/// <summary><c>edgevision live</c>: runs a pipeline and serves a web page that shows it.</summary>
internal static class LiveCommand
{
    private sealed record Arguments(
        string? Config, string? Model, string[] Sources, TrackerKind? Track, RuntimeOptions Runtime, LiveOptions Live);

    public static Command Create()
    {
        var defaults = new LiveOptions();
        var model = new Option<string?>("--model", "-m") { Description = "ONNX model file to run on the frames.", HelpName = "FILE" };
        var source = new Option<string[]>("--source", "-s")
        {
            Description = "Camera number, rtsp:// or http:// URL, video, image, or test: for a test pattern; repeatable. Files are "
                + "played at their own speed.",
            HelpName = "ADDRESS",
        };
        var config = new Option<string?>("--config")
        {
            Description = "Pipeline file (YAML), instead of --model and --source.",
            HelpName = "FILE",
        };
        var track = new Option<TrackerKind?>("--track")
        {
            Description = "Track objects across frames with this tracker.",
            HelpName = "bytetrack|ocsort|botsort",
        };
        var address = new Option<string>("--address")
        {
            Description = "Address that the page is served on. Viewers on other machines (0.0.0.0:8090) need a token.",
            HelpName = "IP:PORT",
            DefaultValueFactory = _ => defaults.Address,
        };
        var token = new Option<string?>("--token")
        {
            Description = $"Token that viewers must present, at least {LiveOptions.MinTokenLength} characters. Use the variable "
                + "EDGEVISION_LIVE_TOKEN instead where other users can see the command line. [default: generated if one is needed]",
            HelpName = "TEXT",
        };
        var hosts = new Option<string[]>("--host")
        {
            Description = "Further host name of the page, as behind a reverse proxy; repeatable.",
            HelpName = "NAME[:PORT]",
        };
        var viewers = CommandHelpers.CountOption("--max-viewers", $"Maximum number of viewers at a time. [default: {defaults.MaxViewers}]");
        var rate = new Option<double?>("--max-fps")
        {
            Description = $"Maximum images per second and source on the page. [default: {defaults.MaxFramesPerSecond}]",
            HelpName = "N",
        };
        var width = CommandHelpers.CountOption(
            "--max-width", $"Maximum image width on the page in pixels; wider images are scaled down. [default: {defaults.MaxWidth}]");
        var quality = CommandHelpers.CountOption("--quality", $"JPEG quality of the images on the page, 1 to 100. [default: {defaults.Quality}]");
        var providers = new ProviderArguments();
        var confidence = CommandHelpers.RatioOption(
            "--conf", "Minimum score of a detection, 0 to 1; low scores keep tracks alive. [default: the model's; 0.1 with --track]");
        var spec = CommandHelpers.SpecOption();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("live",
            """
            Runs a pipeline and serves a web page with its annotated images and the statistics of every stage. Stop it with Ctrl-C.

            Examples:
              edgevision live --model models/shapes-fpn.onnx --source test: --track bytetrack
              edgevision live --model yolov8n.onnx --source rtsp://camera/stream --address 0.0.0.0:8090
              edgevision live --config pipeline.yaml
            """)
        {
            model, source, config, track, address, token, hosts, viewers, rate, width, quality, confidence, spec, verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => CommandHelpers.Guard(parse.GetValue(verbose), () => CheckedAsync(new Arguments(
            parse.GetValue(config), parse.GetValue(model), parse.GetValue(source) ?? [], parse.GetValue(track),
            providers.Read(parse) with
            {
                Confidence = parse.GetValue(confidence),
                SpecPath = parse.GetValue(spec),
            },
            new LiveOptions
            {
                Address = parse.GetValue(address)!,
                Token = parse.GetValue(token)
                    ?? (Environment.GetEnvironmentVariable("EDGEVISION_LIVE_TOKEN") is { Length: > 0 } given ? given : null),
                Hosts = parse.GetValue(hosts) ?? [],
                MaxViewers = parse.GetValue(viewers) ?? defaults.MaxViewers,
                MaxFramesPerSecond = parse.GetValue(rate) ?? defaults.MaxFramesPerSecond,
                MaxWidth = parse.GetValue(width) ?? defaults.MaxWidth,
                Quality = parse.GetValue(quality) ?? defaults.Quality,
            }), cancel)));
        return command;
    }

    // Errors in the options or in the file are usage errors.
    private static async Task<int> CheckedAsync(Arguments call, CancellationToken cancel)
    {
        try
        {
            return await RunAsync(call, cancel);
        }
        catch (PipelineConfigException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static async Task<int> RunAsync(Arguments call, CancellationToken cancel)
    {
        var config = Pipeline(call);
        var words = config.Sinks.Any(s => s.UsesStandardOutput) ? Console.Error : Console.Out;
        await using var server = new LiveServer(call.Live);
        await server.StartAsync(cancel);
        // The page shows the newest frame and never blocks the pipeline, not even one that plays files.
        await using var pipeline = LoadWarnings.BuildPipeline(
            config, told => told.ToBuilder().AddSink(new LiveSink(server), new SinkOptions { Policy = QueuePolicy.DropOldest }));
        pipeline.MessageReported += n => Console.Error.WriteLine($"edgevision: {n.Component}: {SourceAddress.Redact(n.Text)}");
        server.Watch(pipeline);
        words.WriteLine($"live page: {server.Address}{(server.Token is null ? "" : $"?token={Uri.EscapeDataString(server.Token)}")}");
        var ledger = await pipeline.RunAsync(cancel);
        if (!cancel.IsCancellationRequested)
        {
            if (ledger.Sources.All(s => s.State == SourceState.Failed))
            {
                throw new EdgeVisionException($"all sources have failed: {ledger.Sources[0].LastError}");
            }

            words.WriteLine("all sources have ended; the page stays up until Ctrl-C");
            await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        LedgerReport.Write(words, ledger);
        return PipelineRunner.GetExitCode(ledger);
    }

    private static PipelineConfig Pipeline(Arguments call)
    {
        if (call.Config is not null)
        {
            if (call.Model is not null || call.Sources.Length > 0 || call.Track is not null)
            {
                throw new UsageException("--config cannot be combined with --model, --source or --track");
            }

            var config = PipelineConfig.Load(call.Config);
            return config.Sinks.All(s => s.Kind != "live") ? config
                : throw new UsageException(
                    $"'{call.Config}' already has a sink with a live page; run it with 'edgevision pipeline run {call.Config}'");
        }

        if (call.Model is null || call.Sources.Length == 0)
        {
            throw new UsageException("nothing to run; give --model and --source, or --config");
        }

        CommandHelpers.RequireFile(call.Model, "model");
        if (call.Runtime.SpecPath is { } spec)
        {
            CommandHelpers.RequireFile(spec, "spec");
        }

        return new PipelineConfig
        {
            Sources =
            [
                .. call.Sources.Select((s, i) => Source(s, call.Sources.Length == 1 ? "" : FormattableString.Invariant($" {i + 1}"))),
            ],
            Models = [new ModelConfig { Name = Path.GetFileNameWithoutExtension(call.Model), Path = call.Model, Runtime = call.Runtime }],
            Tracking = call.Track is { } tracker ? [new TrackingConfig { Tracker = tracker }] : [],
        };
    }

    private static SourceConfig Source(string text, string number)
    {
        var uri = SourceUri.Parse(text, Environment.CurrentDirectory);
        return new SourceConfig { Name = uri.DefaultName + number, Uri = uri, Options = new SourceOptions { RealTime = true } };
    }
}
