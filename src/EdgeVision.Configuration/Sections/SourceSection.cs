namespace EdgeVision.Configuration;

/// <summary>Reads <c>sources</c>.</summary>
internal static class SourceSection
{
    public static IReadOnlyList<SourceConfig> Read(ConfigMap root)
    {
        var maps = root.Maps("sources", "a source");
        if (maps.Count == 0 && !root.Has("sources"))
        {
            root.Reading.Problem(root.Node, "'sources' is required: a list of - {name: door, uri: …}");
        }

        // Names first, so that other sections may refer to a source that has another mistake.
        foreach (var map in maps)
        {
            Names.Unique(map, root.Reading.SourceNames, map.Needed("name", "name: door"));
        }

        return [.. maps.Select(Source).OfType<SourceConfig>()];
    }

    private static SourceConfig? Source(ConfigMap map)
    {
        string? name = map.Text("name"), address = map.Needed("uri", "uri: rtsp://camera/stream, or 0 for the first camera");
        var uri = address is null ? null : map.Reading.Try(map.At("uri"), () => SourceUri.Parse(address, map.Reading.Folder));
        var options = new SourceOptions
        {
            Policy = Policies.Read(map),
            Capacity = map.Whole("capacity", 1, 4096) ?? new SourceOptions().Capacity,
            MaxAge = map.Duration("max_age", zero: false),
            RealTime = map.Flag("realtime") ?? false,
            Reconnect = Policies.Retry(map, "reconnect", RetryPolicy.Source),
            StallTimeout = map.Duration("stall_timeout", zero: false) ?? new SourceOptions().StallTimeout,
            Weight = map.Number("weight", 0, 1000, above: true) ?? 1,
            Every = map.Whole("every", 1, 100_000) ?? 1,
        };
        var source = new SourceConfig
        {
            Name = name ?? "",
            Uri = uri ?? new SourceUri(SourceKind.Test, "test:"),
            Options = options,
            Backend = map.Choice<SourceBackend>(
                "backend", ("auto", SourceBackend.Auto), ("opencv", SourceBackend.OpenCv),
                ("ffmpeg", SourceBackend.Ffmpeg), ("mjpeg", SourceBackend.Mjpeg)) ?? SourceBackend.Auto,
            Format = map.Choice<PixelFormat>("format", [.. Words.Formats]),
            FourCc = map.Choice<int>("encoding", ("mjpg", 0), ("yuyv", 1)) is { } code ? code == 0 ? "MJPG" : "YUYV" : null,
            Size = map.Extent("size"),
            FrameRate = map.Number("fps", 0, 1000, above: true),
            Loop = map.Flag("loop") ?? false,
            MaxFrames = map.Whole("max_frames"),
            Recorded = map.Text("recorded"),
            Ffmpeg = Ffmpeg(map.Map("ffmpeg", "'ffmpeg'")),
        };
        map.Close();
        if (uri is null)
        {
            return null;
        }

        if (uri.Kind is SourceKind.Pictures or SourceKind.Recording || uri is { Kind: SourceKind.Video, IsNetwork: false })
        {
            map.Reading.Refer(ConfigFileKind.Source, map.At("uri"), uri.Address);
        }

        if (map.Has("ffmpeg") && source.Backend == SourceBackend.Auto)
        {
            source = source with { Backend = SourceBackend.Ffmpeg };
        }

        Check(map, source);
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        return map.Reading.Try(map.At("uri"), () => SourceFactory.Checked(source));
    }

    private static FfmpegConfig Ffmpeg(ConfigMap? map)
    {
        if (map is null)
        {
            return new FfmpegConfig();
        }

        var ffmpeg = new FfmpegConfig
        {
            Program = map.Text("path"),
            InputArguments = map.Texts("input_args") ?? [],
            HardwareAcceleration = map.Text("hwaccel"),
            HardwareDevice = map.Text("hwaccel_device"),
            RtspTransport = map.Choice<int>("rtsp_transport", ("tcp", 0), ("udp", 1)) is { } t ? t == 0 ? "tcp" : "udp" : null,
            LowLatency = map.Flag("low_latency"),
        };
        map.Close();
        return ffmpeg;
    }

    // Keys that have no effect for this kind of source are mistakes, so they are reported.
    private static void Check(ConfigMap map, SourceConfig source)
    {
        var kind = source.Uri.Kind;
        bool byFfmpeg = kind == SourceKind.Ffmpeg || source.Backend == SourceBackend.Ffmpeg;
        if (kind == SourceKind.Raw && (source.Size is null || source.Format is null))
        {
            map.Reading.Problem(map.Node, "raw frames from standard input require format and size, such as format: nv12, size: 640x480");
        }

        Only("backend", kind is SourceKind.Video or SourceKind.Camera or SourceKind.Mjpeg, "videos, streams and cameras");
        Only("format", kind is SourceKind.Raw || byFfmpeg, "raw frames and ffmpeg");
        Only("encoding", kind == SourceKind.Camera, "cameras");
        Only("size", kind is SourceKind.Raw or SourceKind.Camera || byFfmpeg, "raw frames, cameras and ffmpeg");
        Only("fps", kind is SourceKind.Raw or SourceKind.Camera or SourceKind.Pictures || byFfmpeg,
            "raw frames, cameras, images and ffmpeg");
        Only("ffmpeg", byFfmpeg, "sources that ffmpeg reads");
        Only("recorded", kind == SourceKind.Recording, "recordings");
        Only("loop", kind is SourceKind.Pictures || byFfmpeg && !source.Uri.IsNetwork, "images, and files that ffmpeg reads");

        void Only(string key, bool fits, string what)
        {
            if (map.Has(key) && !fits)
            {
                map.Problem(key, $"'{key}' is only for {what}; remove it");
            }
        }
    }
}
