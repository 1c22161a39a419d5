namespace EdgeVision.Configuration;

/// <summary>Creates sinks that write text files.</summary>
internal static class FileSinks
{
    /// <summary>Path that selects standard output.</summary>
    public const string StandardOutput = "-";

    public static Func<SinkContext, FrameSink>? JsonLines(ConfigMap map)
    {
        if (Target(map) is not { } path)
        {
            return null;
        }

        var options = new JsonLinesOptions
        {
            Path = path,
            Name = map.Text("name") ?? map.Written("path"),
            Rotation = Rotation(map),
            EventsOnly = map.Flag("events_only") ?? false,
            Masks = Masks(map),
        };
        return _ => new JsonLinesSink(options);
    }

    public static Func<SinkContext, FrameSink>? Csv(ConfigMap map)
    {
        if (Target(map) is not { } path)
        {
            return null;
        }

        var options = new TrackCsvOptions
        {
            Path = path,
            Name = map.Text("name") ?? map.Written("path"),
            Rotation = Rotation(map),
            Untracked = map.Flag("untracked") ?? false,
        };
        return _ => new TrackCsvSink(options);
    }

    public static Func<SinkContext, FrameSink>? Recording(ConfigMap map)
    {
        map.Needed("path", "path: recordings/monday");
        var (path, name) = (map.OutputPath("path"), map.Text("name") ?? map.Written("path"));
        var (compress, references, segment) =
            (map.Flag("compress") ?? true, map.Flag("references") ?? false, map.Size("segment"));
        return path is null ? null : context => new RecordingSink(new RecordingOptions
        {
            Folder = path,
            Name = name,
            Compress = compress,
            SegmentBytes = segment ?? new RecordingOptions { Folder = path }.SegmentBytes,
            Config = context.Config.Text.Length > 0 ? RecordedText.Of(context.Config.Text, context.Config.Folder) : null,
            Models = [.. context.Config.Models.Select(m => KeyValuePair.Create(m.Name, m.Path))],
            References = references ? References(context.Config) : new Dictionary<string, string>(),
        });
    }

    /// <summary>Reads the plane of masks in JSON.</summary>
    public static MaskPlane Masks(ConfigMap map) =>
        map.Choice<MaskPlane>("masks", ("input", MaskPlane.Input), ("frame", MaskPlane.Frame), ("none", MaskPlane.None)) ?? MaskPlane.Input;

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
        map.Needed("path", "path: found.jsonl") is StandardOutput ? StandardOutput : map.OutputPath("path");

    private static FileRotation? Rotation(ConfigMap map)
    {
        if (map.Map("rotate", "'rotate'") is not { } of)
        {
            return null;
        }

        var rotation = new FileRotation
        {
            MaxBytes = of.Size("size"),
            Every = of.Duration("every", zero: false),
            Keep = of.Whole("keep"),
            Compress = of.Flag("gzip") ?? false,
            Naming = of.Choice<FileNaming>("names", ("time", FileNaming.Time), ("number", FileNaming.Number)) ?? FileNaming.Time,
        };
        of.Close();
        return rotation;
    }
}
