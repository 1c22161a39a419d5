namespace EdgeVision.Configuration;

/// <summary>Sinks that write files of text.</summary>
internal static class FileSinks
{
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

        var options = new TrackCsvOptions { Path = path, Name = map.Text("name") ?? map.Written("path"), Rotation = Rotation(map), Untracked = map.Flag("untracked") ?? false };
        return _ => new TrackCsvSink(options);
    }

    /// <summary>Plane of masks in JSON.</summary>
    public static MaskPlane Masks(ConfigMap map) =>
        map.Choice<MaskPlane>("masks", ("input", MaskPlane.Input), ("frame", MaskPlane.Frame), ("none", MaskPlane.None)) ?? MaskPlane.Input;

    private static string? Target(ConfigMap map) => map.Needed("path", "path: found.jsonl") is "-" ? "-" : map.OutputPath("path");

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
