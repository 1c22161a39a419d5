using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Configuration;
using EdgeVision.Imaging;
using EdgeVision.Inference.Cache;
using EdgeVision.Results;

namespace EdgeVision.Cli;

/// <summary>Arguments of <c>run</c>.</summary>
internal sealed record RunArguments(
    string Model,
    string Source,
    RuntimeOptions Device,
    float? Confidence,
    float? Iou,
    int? MaxDetections,
    bool ClassAgnostic,
    string? Spec,
    string? Json,
    string? Save,
    bool Stats,
    int? Threads,
    int Repeat,
    MaskPlane Masks,
    Box? Crop,
    TileOptions? Tiles,
    TrackSettings? Track,
    string? Cache,
    StreamSettings? Stream)
{
    /// <summary>Gets the options that the model is loaded with.</summary>
    public RuntimeOptions Runtime => Device with
    {
        Confidence = Confidence ?? (Track is null ? null : TrackingConfig.DefaultConfidence),
        Iou = Iou,
        MaxDetections = MaxDetections,
        ClassAgnostic = ClassAgnostic ? true : null,
        SpecPath = Spec,
        CacheFolder = Cache,
        Threads = Threads is { } n ? ThreadBudget.FromCores(n) : null,
    };
}

/// <summary><c>edgevision run</c>: runs a model on images, videos, cameras or streams.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var model = CommandHelpers.ModelOption();
        var source = new Option<string>("--source", "-s")
        {
            Description = "Image, folder of images or pattern such as 'photos/*.jpg'; video; camera number or /dev/videoN; rtsp:// or "
                + "http:// URL; - for raw frames on standard input; test: for a test pattern; ffmpeg: or lavfi: for an input of ffmpeg; "
                + "folder of a recording.",
            Required = true,
            HelpName = "ADDRESS",
        };
        var providers = new ProviderArguments();
        var confidence = CommandHelpers.RatioOption("--conf", "Minimum score of a detection, 0 to 1. [default: the model's; 0.1 with --track]");
        var iou = CommandHelpers.RatioOption("--iou", "IoU above which NMS removes the lower-scored of two boxes, 0 to 1. [default: the model's]");
        var max = CommandHelpers.CountOption("--max-detections", "Maximum number of detections per image. [default: the model's]");
        var agnostic = new Option<bool>("--class-agnostic") { Description = "Let boxes of different classes suppress each other in NMS." };
        var spec = CommandHelpers.SpecOption();
        var json = new Option<string?>("--json")
        {
            Description = "Write one JSON object per image or frame to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var save = new Option<string?>("--save")
        {
            Description = "Write the annotated image to this file; for several images, a folder; for a stream, a video file or a folder.",
            HelpName = "PATH",
        };
        var stats = new Option<bool>("--stats") { Description = "Print latencies and rates at the end." };
        var threads = CommandHelpers.ThreadsOption();
        var repeat = new Option<int>("--repeat")
        {
            Description = "Number of runs on each image, for --stats; at least 1.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        repeat.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() is var runs and < 1)
            {
                r.AddError(FormattableString.Invariant($"--repeat must be at least 1; got {runs}"));
            }
        });
        var masks = new Option<MaskPlane>("--masks")
        {
            Description = "Plane of the masks and areas in JSON: the network's input (input), the image (frame), or no masks (none).",
            HelpName = "input|frame|none",
            DefaultValueFactory = _ => MaskPlane.Input,
        };
        var crop = new Option<string?>("--crop")
        {
            Description = "Run only on this part of the image: x1,y1,x2,y2 in pixels. Results are in pixels of the whole image.",
            HelpName = "BOX",
        };
        var cache = new Option<string?>("--cache")
        {
            Description = "Folder that caches the model as optimized by ONNX Runtime, for faster loading the next time (CPU only).",
            HelpName = "FOLDER",
        };
        var tiles = new TileArguments();
        var track = new TrackArguments();
        var stream = new StreamArguments();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("run",
            """
            Runs a model on images, or on the frames of a video, camera or stream; prints the results, and writes annotated images or JSON.

            Examples:
              edgevision run --model models/shapes-fpn.onnx --source samples/scene.png --save out.png
              edgevision run --model yolov8n.onnx --source 'photos/*.jpg' --json found.jsonl --conf 0.4
              edgevision run --model scrfd.onnx --spec samples/specs/scrfd_500m_bnkps.spec.json --source people.jpg --save faces.png
              edgevision run --model yolov8n.onnx --source aerial.jpg --tiles 640 --save found.png
              edgevision run --model yolov8n.onnx --source frames/ --track bytetrack --save followed/
              edgevision run --model yolov8n.onnx --source street.mp4 --track bytetrack --save followed.mp4 --json followed.jsonl
              edgevision run --model yolov8n.onnx --source rtsp://camera/stream --stats
            """)
        {
            model, source, confidence, iou, max, agnostic, spec, json, save, stats, threads, repeat, masks, crop,
        };
        providers.AddTo(command);
        tiles.AddTo(command);
        track.AddTo(command);
        stream.AddTo(command);
        command.Options.Add(cache);
        command.Options.Add(verbose);
        command.SetAction((parse, cancel) => CommandHelpers.Guard(parse.GetValue(verbose), () => Run(new RunArguments(
            parse.GetValue(model)!, parse.GetValue(source)!, providers.Read(parse),
            parse.GetValue(confidence), parse.GetValue(iou), parse.GetValue(max), parse.GetValue(agnostic), parse.GetValue(spec),
            parse.GetValue(json), parse.GetValue(save), parse.GetValue(stats), parse.GetValue(threads), parse.GetValue(repeat),
            parse.GetValue(masks), ParseCrop(parse.GetValue(crop)), tiles.Read(parse), track.Read(parse), parse.GetValue(cache),
            stream.Read(parse)), cancel)));
        return command;
    }

    private static async Task<int> Run(RunArguments call, CancellationToken cancel)
    {
        CommandHelpers.RequireFile(call.Model, "model");
        if (call.Spec is not null)
        {
            CommandHelpers.RequireFile(call.Spec, "spec");
        }

        if (call.Crop is not null && call.Tiles is not null)
        {
            throw new UsageException("--crop and --tiles cannot be combined; crop the image first");
        }

        if (StreamRunner.ParseStream(call.Source) is { } stream)
        {
            return await StreamRunner.RunAsync(call, stream, cancel);
        }

        return call.Stream is null
            ? RunOnImages(call, cancel)
            : throw new UsageException(
                "--backend, --realtime, --max-frames, --format and --size apply only to videos, cameras and streams");
    }

    private static int RunOnImages(RunArguments call, CancellationToken cancel)
    {
        var sources = ImageFinder.Find(call.Source, out bool several);
        string? folder = several || call.Save is not null && (Directory.Exists(call.Save) || call.Save.EndsWith('/')) ? call.Save : null;
        if (call.Save is not null && folder is null && !ImageFile.CanSave(call.Save))
        {
            throw new UsageException($"--save '{call.Save}' must end in .png, .jpg, .jpeg or .webp");
        }

        long start = Stopwatch.GetTimestamp();
        using var model = VisionModel.Load(call.Model, call.Runtime);
        double loadMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (model.Engine.ModelCache == ModelCacheStatus.Unavailable)
        {
            Console.Error.WriteLine(
                $"edgevision: the cache '{call.Cache}' is not used: it is not writable, the model has external weights, "
                + "or the model does not run on the CPU");
        }

        var tiled = call.Tiles is null ? null : new TiledRunner(model, call.Tiles);
        using var follower = call.Track is null ? null : new SequenceTracker(call.Track, model);
        using var annotator = call.Save is null ? null : new Annotator(model.Spec.Skeleton);
        using var json = call.Json is null ? null : new JsonLinesWriter(call.Json);
        using var progress = new ProgressBar(sources.Count);
        var result = new VisionResult();
        var times = new List<StageTiming>();
        int failed = 0;
        for (int i = 0; i < sources.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            string path = sources[i];
            try
            {
                using var image = ImageFile.Load(path);
                for (int r = 0; r < call.Repeat; r++)
                {
                    cancel.ThrowIfCancellationRequested();
                    if (tiled is null)
                    {
                        model.Run(image.Frame, result, call.Crop);
                    }
                    else
                    {
                        tiled.Run(image.Frame, result);
                    }

                    times.Add(result.Timing);
                }

                follower?.Update(result, image.Frame, i);
                json?.Write(result, several ? path : Path.GetFileName(path), i, model.Name, call.Masks);
                if (json is null && !call.Stats || json is { IsStandardOutput: false })
                {
                    ResultText.Print(Console.Out, result, path, several);
                }

                if (annotator is not null)
                {
                    string to = folder is null ? call.Save! : Path.Combine(folder, Path.GetFileNameWithoutExtension(path) + ".png");
                    annotator.Save(image, result, to);
                    if (json is not { IsStandardOutput: true } && !several)
                    {
                        Console.WriteLine($"annotated image: {to}");
                    }
                }
            }
            catch (FrameFormatException e) when (several)
            {
                failed++;
                Console.Error.WriteLine($"edgevision: skipped: {e.Message}");
            }

            progress.Step();
        }

        json?.Complete();
        follower?.Complete();
        if (follower is not null)
        {
            (json is { IsStandardOutput: true } ? Console.Error : Console.Out).WriteLine(follower.Summary);
        }

        if (call.Stats)
        {
            var to = json is { IsStandardOutput: true } ? Console.Error : Console.Out;
            Stats(times, loadMs, Stopwatch.GetElapsedTime(start).TotalMilliseconds, to);
        }

        if (failed > 0)
        {
            Console.Error.WriteLine($"edgevision: {failed} of {sources.Count} images were skipped");
        }

        return failed > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    private static void Stats(List<StageTiming> times, double loadMs, double totalMs, TextWriter to)
    {
        if (times.Count == 0)
        {
            return;
        }

        to.WriteLine(FormattableString.Invariant($"{times.Count} runs in {totalMs:F0} ms, of which loading {loadMs:F1} ms"));
        Row("preprocess", t => t.PreprocessMs);
        Row("inference", t => t.InferenceMs);
        Row("postprocess", t => t.PostprocessMs);
        Row("all", t => t.PreprocessMs + t.InferenceMs + t.PostprocessMs);

        void Row(string name, Func<StageTiming, double> stage)
        {
            double[] sorted = [.. times.Select(stage).Order()];
            double p50 = At(sorted, 0.5), p90 = At(sorted, 0.9), p99 = At(sorted, 0.99);
            to.WriteLine(FormattableString.Invariant(
                $"  {name,-12} p50 {p50,8:F3} ms   p90 {p90,8:F3} ms   p99 {p99,8:F3} ms   max {sorted[^1],8:F3} ms"));
        }

        static double At(double[] sorted, double share) =>
            sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }

    private static Box? ParseCrop(string? text)
    {
        if (text is null)
        {
            return null;
        }

        string[] parts = text.Split(',');
        float[] v = new float[4];
        for (int i = 0; i < 4; i++)
        {
            if (parts.Length != 4
                || !float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out v[i])
                || !float.IsFinite(v[i]))
            {
                throw new UsageException($"--crop must be x1,y1,x2,y2 in pixels; got '{text}'");
            }
        }

        return v[2] > v[0] && v[3] > v[1]
            ? new Box(v[0], v[1], v[2], v[3])
            : throw new UsageException($"--crop must have x2 above x1 and y2 above y1; got '{text}'");
    }
}
