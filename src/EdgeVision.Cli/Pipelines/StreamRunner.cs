using System.CommandLine;
using EdgeVision.Configuration;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sinks;
using EdgeVision.Pipeline.Skia;
using EdgeVision.Pipeline.Sources;
using EdgeVision.Tracking;

namespace EdgeVision.Cli.Pipelines;

/// <summary>Arguments of <c>run</c> for sources other than images.</summary>
internal sealed record StreamSettings(SourceBackend Backend, bool RealTime, int? MaxFrames, PixelFormat? Format, (int Width, int Height)? Size);

/// <summary>Options of <c>run</c> for videos, cameras, streams, raw frames and test patterns.</summary>
internal sealed class StreamArguments
{
    private readonly Option<SourceBackend?> _backend = new("--backend")
    {
        Description = "Library that reads videos, cameras and streams: OpenCV, or the installed ffmpeg. auto uses OpenCV for files and "
            + "cameras if it is available, and ffmpeg for streams. [default: auto]",
        HelpName = "auto|opencv|ffmpeg",
    };
    private readonly Option<bool> _realTime = new("--realtime")
    {
        Description = "Play a file at its own speed, dropping frames as for a camera.",
    };
    private readonly Option<int?> _frames = CommandHelpers.CountOption("--max-frames", "Stop after N frames. [default: no limit]");
    private readonly Option<PixelFormat?> _format = new("--format")
    {
        Description = "Pixel format of raw frames on standard input.",
        HelpName = string.Join('|', ConfigValues.PixelFormatNames.Select(f => f.Word)),
        CustomParser = r =>
        {
            foreach (var (word, format) in ConfigValues.PixelFormatNames)
            {
                if (string.Equals(word, r.Tokens[0].Value, StringComparison.OrdinalIgnoreCase))
                {
                    return format;
                }
            }

            r.AddError($"--format must be one of {string.Join(", ", ConfigValues.PixelFormatNames.Select(f => f.Word))}; got '{r.Tokens[0].Value}'");
            return null;
        },
    };

    private readonly Option<string?> _size = new("--size")
    {
        Description = "Size of raw frames, or requested from a camera, in pixels, such as 640x480.",
        HelpName = "WxH",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_backend, _realTime, _frames, _format, _size])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Returns the arguments; null if none of the options is given.</summary>
    public StreamSettings? Read(ParseResult parse)
    {
        (int, int)? size = null;
        if (parse.GetValue(_size) is { } text)
        {
            size = ConfigValues.ParseSize(text) ?? throw new UsageException($"--size must be a size in pixels such as 640x480; got '{text}'");
        }

        var backend = parse.GetValue(_backend) ?? SourceBackend.Auto;
        var call = new StreamSettings(backend, parse.GetValue(_realTime), parse.GetValue(_frames), parse.GetValue(_format), size);
        return call == new StreamSettings(SourceBackend.Auto, false, null, null, null) ? null : call;
    }
}

/// <summary>Runs <c>edgevision run</c> on a video, camera or stream, as a pipeline with one source.</summary>
internal static class StreamRunner
{
    private static readonly string[] Videos = [".mp4", ".m4v", ".mov", ".mkv", ".avi"];

    /// <summary>Returns the address of a stream; null for images, which <c>run</c> processes one by one.</summary>
    public static SourceUri? ParseStream(string source)
    {
        try
        {
            var uri = SourceUri.Parse(source, Environment.CurrentDirectory);
            return uri.Kind == SourceKind.Pictures ? null : uri;
        }
        catch (PipelineConfigException e)
        {
            throw new UsageException(e.Message);
        }
    }

    public static async Task<int> RunAsync(RunArguments call, SourceUri uri, CancellationToken cancel)
    {
        RejectImageOptions(call);
        bool outputTaken = call.Json == "-";
        using var observer = new TrackObserver(call.Track?.MotPath);
        var config = Config(call, uri);
        await using var pipeline = Build(config, told =>
        {
            var builder = told.ToBuilder();
            return call.Track is { } track
                ? builder.AddTracker(() => observer.Wrap(SequenceTracker.Create(track)), track.Smooth ? () => new KeypointSmoother() : null)
                : builder;
        });
        bool still = Console.IsErrorRedirected && !call.Stats;
        int code = await PipelineRunner.RunAsync(pipeline, new PipelineRunOptions(null, call.Stats, still, null, outputTaken), cancel);
        if (code == ExitCode.Success && !cancel.IsCancellationRequested)
        {
            observer.Complete(); // otherwise the tracks are incomplete, and the file keeps its temporary name
        }

        var to = outputTaken ? Console.Error : Console.Out;
        foreach (var source in pipeline.GetStatistics().Sources)
        {
            string tracks = call.Track is null ? "" : $", {observer.Summary}";
            to.WriteLine($"{source.Name}: {source.Delivered} of {source.Captured} frames{tracks}");
            if (source is { State: SourceState.Failed, LastError: { } error })
            {
                throw new EdgeVisionException(error);
            }
        }

        if (call.Save is not null)
        {
            to.WriteLine($"annotated {(IsVideo(call.Save) ? "video" : "images")}: {call.Save}");
        }

        return cancel.IsCancellationRequested ? ExitCode.Cancelled : code;
    }

    // Errors in the parts of the pipeline come from the arguments.
    private static VisionPipeline Build(PipelineConfig config, Func<PipelineConfig, VisionPipelineBuilder> builder)
    {
        try
        {
            return LoadWarnings.BuildPipeline(config, builder);
        }
        catch (PipelineConfigException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static void RejectImageOptions(RunArguments call)
    {
        string? option = call.Crop is not null ? "--crop" : call.Tiles is not null ? "--tiles" : call.Repeat > 1 ? "--repeat" : null;
        if (option is not null)
        {
            throw new UsageException($"{option} applies only to images; '{SourceAddress.Redact(call.Source)}' is a stream");
        }
    }

    private static PipelineConfig Config(RunArguments call, SourceUri uri) => new()
    {
        Sources = [.. Sources(call, uri)],
        Models = [new ModelConfig { Name = Path.GetFileNameWithoutExtension(call.Model), Path = call.Model, Runtime = call.Runtime }],
        Sinks = [.. Sinks(call)],
    };

    private static IEnumerable<SourceConfig> Sources(RunArguments call, SourceUri uri)
    {
        var stream = call.Stream;
        var source = new SourceConfig
        {
            Name = uri.DefaultName,
            Uri = uri,
            Backend = stream?.Backend ?? SourceBackend.Auto,
            Format = stream?.Format,
            Size = stream?.Size,
            MaxFrames = stream?.MaxFrames,
            Options = new SourceOptions { RealTime = stream?.RealTime ?? false },
        };
        if (uri.Kind == SourceKind.Raw && (source.Size is null || source.Format is null))
        {
            throw new UsageException("raw frames from standard input need --format and --size, such as --format nv12 --size 640x480");
        }

        try
        {
            return uri.Kind == SourceKind.Recording
                ? RecordingReader.Open(uri.Address).Sources.Select(s => source with { Name = s.Name, RecordedSource = s.Name })
                : [SourceFactory.Validate(source)];
        }
        catch (PipelineConfigException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static IEnumerable<SinkConfig> Sinks(RunArguments call)
    {
        if (call.Json is { } json)
        {
            var options = new JsonLinesOptions { Path = json, Masks = call.Masks };
            yield return new SinkConfig("jsonl", _ => new JsonLinesSink(options), new SinkOptions());
        }

        if (call.Save is not { } save)
        {
            yield break;
        }

        if (IsVideo(save))
        {
            yield return new SinkConfig(
                "video",
                c => new AnnotatedVideoSink(new AnnotatedVideoOptions
                {
                    Path = save,
                    CreateWriter = VideoWriterFactory.Create,
                    AnnotatorOptions = CreateAnnotatorOptions(c),
                }),
                new SinkOptions());
        }
        else if (Directory.Exists(save) || save.EndsWith('/'))
        {
            string path = Path.Combine(save, "{source}-{frame}.jpg");
            yield return new SinkConfig(
                "pictures",
                c => new AnnotatedImageSink(new AnnotatedImageOptions { Path = path, AnnotatorOptions = CreateAnnotatorOptions(c) }),
                new SinkOptions());
        }
        else
        {
            throw new UsageException(
                $"--save must end in {string.Join(", ", Videos)} for a video, or in / for a folder of images; got '{save}'");
        }
    }

    private static PipelineAnnotatorOptions CreateAnnotatorOptions(SinkContext context) => new() { Rules = context.RulesOf };

    private static bool IsVideo(string path) => Videos.Contains(Path.GetExtension(path).ToLowerInvariant());
}
