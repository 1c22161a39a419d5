using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sinks;
using EdgeVision.Results;

namespace EdgeVision.Configuration.Sections.Sinks;

/// <summary>Creates sinks that write text files.</summary>
internal static class FileSinks
{
    /// <summary>Path that selects standard output.</summary>
    public const string StandardOutput = "-";

    public static Func<SinkContext, FrameSink>? JsonLines(ConfigMap map)
    {
        string? path = Target(map);
        var options = new JsonLinesOptions
        {
            Path = path ?? "",
            Name = map.GetString("name") ?? map.GetRawText("path"),
            Rotation = Rotation(map),
            EventsOnly = map.GetBool("events_only") ?? false,
            Masks = ReadMaskPlane(map),
        };
        return path is null ? null : _ => new JsonLinesSink(options);
    }

    public static Func<SinkContext, FrameSink>? Csv(ConfigMap map)
    {
        string? path = Target(map);
        var options = new TrackCsvOptions
        {
            Path = path ?? "",
            Name = map.GetString("name") ?? map.GetRawText("path"),
            Rotation = Rotation(map),
            IncludeUntracked = map.GetBool("untracked") ?? false,
        };
        return path is null ? null : _ => new TrackCsvSink(options);
    }

    public static Func<SinkContext, FrameSink>? Recording(ConfigMap map)
    {
        map.GetRequired("path", "path: recordings/monday");
        var (path, name) = (map.GetOutputPath("path"), map.GetString("name") ?? map.GetRawText("path"));
        var (compress, references, segment) =
            (map.GetBool("compress") ?? true, map.GetBool("references") ?? false, map.GetByteSize("segment"));
        return path is null ? null : context => new RecordingSink(new RecordingOptions
        {
            Folder = path,
            Name = name,
            Compress = compress,
            MaxSegmentBytes = segment ?? new RecordingOptions { Folder = path }.MaxSegmentBytes,
            Config = context.Config.Text.Length > 0 ? RecordedText.Create(context.Config.Text, context.Config.Folder) : null,
            Models = [.. context.Config.Models.Select(m => KeyValuePair.Create(m.Name, m.Path))],
            References = references ? References(context.Config) : new Dictionary<string, string>(),
        });
    }

    /// <summary>Reads the plane of masks in JSON.</summary>
    public static MaskPlane ReadMaskPlane(ConfigMap map) =>
        map.GetEnum<MaskPlane>("masks", ("input", MaskPlane.Input), ("frame", MaskPlane.Frame), ("none", MaskPlane.None)) ?? MaskPlane.Input;

    // A frame number identifies a frame of a video file only if a replay reads the file the same way: for sources with
    // reading options, the pixels are recorded.
    private static Dictionary<string, string> References(PipelineConfig config) =>
        config.Sources
            .Where(s => s is
            {
                Uri: { Kind: SourceKind.Video, IsNetwork: false },
                Backend: SourceBackend.Auto, Format: null, Size: null, FrameRate: null, Loop: false,
            })
            .ToDictionary(s => s.Name, s => s.Uri.Address);

    private static string? Target(ConfigMap map) =>
        map.GetRequired("path", "path: found.jsonl") is StandardOutput ? StandardOutput : map.GetOutputPath("path");

    private static FileRotation? Rotation(ConfigMap map)
    {
        if (map.GetMap("rotate", "'rotate'") is not { } of)
        {
            return null;
        }

        var rotation = new FileRotation
        {
            MaxBytes = of.GetByteSize("size"),
            Interval = of.GetDuration("every", allowZero: false),
            MaxFiles = of.GetInt("keep"),
            Compress = of.GetBool("gzip") ?? false,
            Naming = of.GetEnum<FileNaming>("names", ("time", FileNaming.Time), ("number", FileNaming.Number)) ?? FileNaming.Time,
        };
        of.ReportUnknownKeys();
        return rotation;
    }
}
