using EdgeVision.Configuration.Yaml;
using EdgeVision.OpenCv;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Skia;

namespace EdgeVision.Configuration.Sections.Sinks;

/// <summary>Creates sinks that draw.</summary>
internal static class ImageSinks
{
    public static Func<SinkContext, FrameSink>? Video(ConfigMap map)
    {
        map.GetRequired("path", "path: found.mp4");
        var (path, name) = (map.GetOutputPath("path"), map.GetString("name") ?? map.GetRawText("path"));
        var (rate, gap, writer, annotate) =
            (map.GetDouble("fps", 0, 1000, exclusiveMin: true), map.GetDuration("longest_gap"), Writer(map), Annotate(map));
        return path is null ? null : context => new AnnotatedVideoSink(new AnnotatedVideoOptions
        {
            Path = path,
            Name = name,
            FrameRate = rate,
            MaxGap = gap ?? new AnnotatedVideoOptions { Path = path }.MaxGap,
            CreateWriter = writer,
            AnnotatorOptions = annotate(context),
        });
    }

    public static Func<SinkContext, FrameSink>? Images(ConfigMap map)
    {
        map.GetRequired("path", "path: pictures/{source}-{frame}.jpg");
        var (path, name) = (map.GetOutputPath("path"), map.GetString("name") ?? map.GetRawText("path"));
        var (every, events, annotate) = (map.GetInt("every") ?? 1, map.GetBool("events_only") ?? false, Annotate(map));
        return path is null ? null : context => new AnnotatedImageSink(new AnnotatedImageOptions
        {
            Path = path,
            Name = name,
            FrameInterval = every,
            EventsOnly = events,
            AnnotatorOptions = annotate(context),
        });
    }

    public static Func<SinkContext, FrameSink>? Clips(ConfigMap map)
    {
        map.GetRequired("path", "path: clips");
        var folder = map.GetOutputPath("path");
        var defaults = new ClipRecorderOptions { Folder = folder ?? "" };
        var options = defaults with
        {
            Name = map.GetString("name") ?? map.GetRawText("path"),
            Before = map.GetDuration("before") ?? defaults.Before,
            After = map.GetDuration("after") ?? defaults.After,
            MaxDuration = map.GetDuration("longest", allowZero: false) ?? defaults.MaxDuration,
            Rules = map.GetStrings("rules"),
            EventKinds = map.GetStrings("events"),
            MaxBufferedBytes = map.GetByteSize("held") ?? defaults.MaxBufferedBytes,
            BufferQuality = map.GetInt("held_quality", 1, 100) ?? defaults.BufferQuality,
            MaxClips = map.GetInt("most_clips"),
            MaxBytes = map.GetByteSize("most_size"),
            Extension = map.GetEnum<int>("container", ("mp4", 0), ("mkv", 1), ("avi", 2)) switch { 1 => ".mkv", 2 => ".avi", _ => ".mp4" },
            FrameRate = map.GetDouble("fps", 0, 1000, exclusiveMin: true),
            CreateWriter = Writer(map),
        };
        var annotate = Annotate(map);
        return folder is null ? null : context => new ClipRecorderSink(options with { AnnotatorOptions = annotate(context) });
    }

    private static Func<VideoTarget, IVideoWriter> Writer(ConfigMap map)
    {
        int? by = map.GetEnum<int>("by", ("auto", 0), ("ffmpeg", 1), ("opencv", 2));
        var ffmpeg = new FfmpegVideoOptions();
        if (map.GetMap("ffmpeg", "'ffmpeg'") is { } of)
        {
            ffmpeg = ffmpeg with
            {
                Executable = of.GetString("path") ?? ffmpeg.Executable,
                Codec = of.GetString("codec"),
                BitRate = of.GetInt("bitrate"),
                Quality = of.GetInt("crf", 0, 51) ?? ffmpeg.Quality,
                Preset = of.GetString("preset") ?? ffmpeg.Preset,
                Arguments = of.GetStrings("args") ?? [],
            };
            of.ReportUnknownKeys();
            if (by == 2)
            {
                map.AddProblem("ffmpeg", "'ffmpeg' is not for 'by: opencv'; remove it");
            }

            by ??= 1;
        }

        return by switch
        {
            1 => target => new FfmpegVideoWriter(target, ffmpeg),
            2 => target => new OpenCvVideoWriter(target),
            _ => VideoWriterFactory.Create,
        };
    }

    // "draw: false" leaves the pixels unchanged.
    private static Func<SinkContext, PipelineAnnotatorOptions?> Annotate(ConfigMap map)
    {
        bool draw = map.GetBool("draw") ?? true;
        int? trail = map.GetInt("trail", 0, 10_000);
        bool? caption = map.GetBool("caption");
        return context => !draw ? null : new PipelineAnnotatorOptions
        {
            Trail = trail ?? new PipelineAnnotatorOptions().Trail,
            Caption = caption ?? true,
            Rules = context.RulesOf,
        };
    }
}
