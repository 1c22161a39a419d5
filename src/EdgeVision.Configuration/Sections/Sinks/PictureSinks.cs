using EdgeVision.Imaging;
using EdgeVision.OpenCv;

namespace EdgeVision.Configuration;

/// <summary>Creates sinks that draw.</summary>
internal static class PictureSinks
{
    public static Func<SinkContext, FrameSink>? Video(ConfigMap map)
    {
        map.Needed("path", "path: found.mp4");
        var (path, name) = (map.OutputPath("path"), map.Text("name") ?? map.Written("path"));
        var (rate, gap, writer, annotate) =
            (map.Number("fps", 0, 1000, above: true), map.Duration("longest_gap"), Writer(map), Annotate(map));
        return path is null ? null : context => new AnnotatedVideoSink(new AnnotatedVideoOptions
        {
            Path = path,
            Name = name,
            FrameRate = rate,
            LongestGap = gap ?? new AnnotatedVideoOptions { Path = path }.LongestGap,
            Writer = writer,
            Annotate = annotate(context),
        });
    }

    public static Func<SinkContext, FrameSink>? Pictures(ConfigMap map)
    {
        map.Needed("path", "path: pictures/{source}-{frame}.jpg");
        var (path, name) = (map.OutputPath("path"), map.Text("name") ?? map.Written("path"));
        var (every, events, annotate) = (map.Whole("every") ?? 1, map.Flag("events_only") ?? false, Annotate(map));
        return path is null ? null : context => new AnnotatedPictureSink(new AnnotatedPictureOptions
        {
            Path = path,
            Name = name,
            Every = every,
            EventsOnly = events,
            Annotate = annotate(context),
        });
    }

    public static Func<SinkContext, FrameSink>? Clips(ConfigMap map)
    {
        map.Needed("path", "path: clips");
        var folder = map.OutputPath("path");
        var defaults = new ClipRecorderOptions { Folder = folder ?? "" };
        var options = defaults with
        {
            Name = map.Text("name") ?? map.Written("path"),
            Before = map.Duration("before") ?? defaults.Before,
            After = map.Duration("after") ?? defaults.After,
            Longest = map.Duration("longest", zero: false) ?? defaults.Longest,
            Rules = map.Texts("rules"),
            Kinds = map.Texts("events"),
            MostHeldBytes = map.Size("held") ?? defaults.MostHeldBytes,
            HeldQuality = map.Whole("held_quality", 1, 100) ?? defaults.HeldQuality,
            MostClips = map.Whole("most_clips"),
            MostBytes = map.Size("most_size"),
            Extension = map.Choice<int>("container", ("mp4", 0), ("mkv", 1), ("avi", 2)) switch { 1 => ".mkv", 2 => ".avi", _ => ".mp4" },
            FrameRate = map.Number("fps", 0, 1000, above: true),
            Writer = Writer(map),
        };
        var annotate = Annotate(map);
        return folder is null ? null : context => new ClipRecorderSink(options with { Annotate = annotate(context) });
    }

    private static Func<VideoTarget, IVideoWriter> Writer(ConfigMap map)
    {
        int? by = map.Choice<int>("by", ("auto", 0), ("ffmpeg", 1), ("opencv", 2));
        var ffmpeg = new FfmpegVideoOptions();
        if (map.Map("ffmpeg", "'ffmpeg'") is { } of)
        {
            ffmpeg = ffmpeg with
            {
                Executable = of.Text("path") ?? ffmpeg.Executable,
                Codec = of.Text("codec"),
                BitRate = of.Whole("bitrate"),
                Quality = of.Whole("crf", 0, 51) ?? ffmpeg.Quality,
                Preset = of.Text("preset") ?? ffmpeg.Preset,
                Arguments = of.Texts("args") ?? [],
            };
            of.Close();
            if (by == 2)
            {
                map.Problem("ffmpeg", "'ffmpeg' is not for 'by: opencv'; remove it");
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
        bool draw = map.Flag("draw") ?? true;
        int? trail = map.Whole("trail", 0, 10_000);
        bool? caption = map.Flag("caption");
        return context => !draw ? null : new PipelineAnnotatorOptions
        {
            Trail = trail ?? new PipelineAnnotatorOptions().Trail,
            Caption = caption ?? true,
            Rules = context.RulesOf,
        };
    }
}
