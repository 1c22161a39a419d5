using System.CommandLine;
using EdgeVision.Configuration;
using EdgeVision.Live;

namespace EdgeVision.Cli;

/// <summary><c>edgevision live</c>: a pipeline with a page that shows it.</summary>
internal static class LiveCommand
{
    private sealed record Call(string? Config, string? Model, string[] Sources, TrackerKind? Track, RuntimeOptions Runtime, LiveOptions Live);

    public static Command Create()
    {
        var defaults = new LiveOptions();
        var model = new Option<string?>("--model", "-m") { Description = "ONNX model that looks at the frames.", HelpName = "FILE" };
        var source = new Option<string[]>("--source", "-s") { Description = "Camera number, rtsp:// or http:// URL, video, picture, or test: for a drawn pattern; several by repeating it. Files are played at their speed.", HelpName = "ADDRESS" };
        var config = new Option<string?>("--config") { Description = "Pipeline as YAML, instead of --model and --source.", HelpName = "FILE" };
        var track = new Option<TrackerKind?>("--track") { Description = "Follow objects from frame to frame.", HelpName = "bytetrack|ocsort|botsort" };
        var address = new Option<string>("--address") { Description = "Where the page is served. Beyond this machine (0.0.0.0:8090) viewers need a token.", HelpName = "IP:PORT", DefaultValueFactory = _ => defaults.Address };
        var token = new Option<string?>("--token") { Description = $"What viewers must show, at least {LiveOptions.ShortestToken} characters; EDGEVISION_LIVE_TOKEN says it where other users see the command line. Made up where one is needed and none is given.", HelpName = "TEXT" };
        var hosts = new Option<string[]>("--host") { Description = "Further name of the page, as behind a reverse proxy.", HelpName = "NAME[:PORT]" };
        var viewers = Shell.Count("--max-viewers", $"Most viewers at a time ({defaults.MaxViewers}).");
        var rate = new Option<double?>("--max-fps") { Description = $"Pictures a second and source on the page ({defaults.MaxFramesPerSecond}).", HelpName = "N" };
        var width = Shell.Count("--max-width", $"Wider pictures are made that wide for the page ({defaults.MaxWidth}).");
        var quality = Shell.Count("--quality", $"JPEG quality of the page, 1 to 100 ({defaults.Quality}).");
        var providers = new ProviderArguments();
        var confidence = Shell.Ratio("--conf", "Lowest score reported, 0 to 1; 0.1 with --track, for low scores keep tracks alive.");
        var spec = Shell.Spec();
        var verbose = Shell.Verbose();
        var command = new Command("live",
            """
            Runs a pipeline and serves a page that shows it: pictures with what was found, and the numbers of every stage. Ends with Ctrl-C.

            Examples:
              edgevision live --model models/shapes-fpn.onnx --source test: --track bytetrack
              edgevision live --model yolov8n.onnx --source rtsp://camera/stream --address 0.0.0.0:8090
              edgevision live --config pipeline.yaml
            """)
        {
            model, source, config, track, address, token, hosts, viewers, rate, width, quality, confidence, spec, verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => Shell.Guard(parse.GetValue(verbose), () => CheckedAsync(new Call(
            parse.GetValue(config), parse.GetValue(model), parse.GetValue(source) ?? [], parse.GetValue(track),
            providers.Read(parse) with
            {
                Confidence = parse.GetValue(confidence),
                SpecPath = parse.GetValue(spec),
            },
            new LiveOptions
            {
                Address = parse.GetValue(address)!,
                Token = parse.GetValue(token) ?? (Environment.GetEnvironmentVariable("EDGEVISION_LIVE_TOKEN") is { Length: > 0 } given ? given : null),
                Hosts = parse.GetValue(hosts) ?? [],
                MaxViewers = parse.GetValue(viewers) ?? defaults.MaxViewers,
                MaxFramesPerSecond = parse.GetValue(rate) ?? defaults.MaxFramesPerSecond,
                MaxWidth = parse.GetValue(width) ?? defaults.MaxWidth,
                Quality = parse.GetValue(quality) ?? defaults.Quality,
            }), cancel)));
        return command;
    }

    // What the options or the file got wrong is the call's fault.
    private static async Task<int> CheckedAsync(Call call, CancellationToken cancel)
    {
        try
        {
            return await RunAsync(call, cancel);
        }
        catch (PipelineConfigException e)
        {
            throw new WrongCallException(e.Message);
        }
    }

    private static async Task<int> RunAsync(Call call, CancellationToken cancel)
    {
        var config = Pipeline(call);
        var words = config.Sinks.Any(s => s.UsesStandardOutput) ? Console.Error : Console.Out;
        await using var server = new LiveServer(call.Live);
        await server.StartAsync(cancel);
        // A page shows the newest; it never holds the pipeline up, not even one that plays files.
        await using var pipeline = LoadNotices.Build(config, told => told.ToBuilder().AddSink(new LiveSink(server), new SinkOptions { Policy = QueuePolicy.DropOldest }));
        pipeline.Notice += n => Console.Error.WriteLine($"edgevision: {n.Component}: {SourceAddress.Redact(n.Message)}");
        server.Watch(pipeline);
        words.WriteLine($"live page: {server.Address}{(server.Token is null ? "" : $"?token={Uri.EscapeDataString(server.Token)}")}");
        var ledger = await pipeline.RunAsync(cancel);
        if (!cancel.IsCancellationRequested)
        {
            if (ledger.Sources.All(s => s.State == SourceState.Failed))
            {
                throw new EdgeVisionException($"every source has failed: {ledger.Sources[0].LastError}");
            }

            words.WriteLine("every source has ended; the page stays until Ctrl-C");
            await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        LedgerReport.Write(words, ledger);
        return PipelineRunner.CodeOf(ledger);
    }

    private static PipelineConfig Pipeline(Call call)
    {
        if (call.Config is not null)
        {
            if (call.Model is not null || call.Sources.Length > 0 || call.Track is not null)
            {
                throw new WrongCallException("--config says what is to run; leave --model, --source and --track out");
            }

            var config = PipelineConfig.Load(call.Config);
            return config.Sinks.All(s => s.Kind != "live") ? config
                : throw new WrongCallException($"'{call.Config}' has a live page among its sinks; run it with 'edgevision pipeline run {call.Config}'");
        }

        if (call.Model is null || call.Sources.Length == 0)
        {
            throw new WrongCallException("give --model and --source, or --config");
        }

        Shell.MustExist(call.Model, "model");
        if (call.Runtime.SpecPath is { } spec)
        {
            Shell.MustExist(spec, "spec");
        }

        return new PipelineConfig
        {
            Sources = [.. call.Sources.Select((s, i) => Source(s, call.Sources.Length == 1 ? "" : FormattableString.Invariant($" {i + 1}")))],
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
