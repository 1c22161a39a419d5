using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads <c>sources</c>.</summary>
internal static class SourceSection
{
    public static IReadOnlyList<SourceConfig> Read(ConfigMap root)
    {
        var maps = root.GetRequiredMaps("sources", "a source", "a list of - {name: door, uri: …}");

        // Names first, so that other sections may refer to a source that has another mistake.
        foreach (var map in maps)
        {
            UniqueNames.Check(map, root.Reading.SourceNames, map.GetRequired("name", "name: door"));
        }

        return [.. maps.Select(Source).OfType<SourceConfig>()];
    }

    private static SourceConfig? Source(ConfigMap map)
    {
        string? name = map.GetString("name"), address = map.GetRequired("uri", "uri: rtsp://camera/stream, or 0 for the first camera");
        var uri = address is null ? null : map.Reading.Try(map.GetNode("uri"), () => SourceUri.Parse(address, map.Reading.Folder));
        var options = new SourceOptions
        {
            Policy = PolicyReader.ReadQueuePolicy(map),
            Capacity = map.GetInt("capacity", 1, 4096) ?? new SourceOptions().Capacity,
            MaxAge = map.GetDuration("max_age", allowZero: false),
            RealTime = map.GetBool("realtime") ?? false,
            Reconnect = PolicyReader.ReadRetry(map, "reconnect", RetryPolicy.ForSources),
            StallTimeout = map.GetDuration("stall_timeout", allowZero: false) ?? new SourceOptions().StallTimeout,
            Weight = map.GetDouble("weight", 0, 1000, exclusiveMin: true) ?? 1,
            FrameInterval = map.GetInt("every", 1, 100_000) ?? 1,
        };
        var source = new SourceConfig
        {
            Name = name ?? "",
            Uri = uri ?? new SourceUri(SourceKind.Test, "test:"),
            Options = options,
            Backend = map.GetEnum<SourceBackend>(
                "backend", ("auto", SourceBackend.Auto), ("opencv", SourceBackend.OpenCv),
                ("ffmpeg", SourceBackend.Ffmpeg), ("mjpeg", SourceBackend.Mjpeg)) ?? SourceBackend.Auto,
            Format = map.GetEnum<PixelFormat>("format", [.. ConfigValues.PixelFormatNames]),
            FourCc = map.GetEnum<int>("encoding", ("mjpg", 0), ("yuyv", 1)) is { } code ? code == 0 ? "MJPG" : "YUYV" : null,
            Size = map.GetSize("size"),
            FrameRate = map.GetDouble("fps", 0, 1000, exclusiveMin: true),
            Loop = map.GetBool("loop") ?? false,
            MaxFrames = map.GetInt("max_frames"),
            RecordedSource = map.GetString("recorded"),
            Ffmpeg = Ffmpeg(map.GetMap("ffmpeg", "'ffmpeg'")),
        };
        map.ReportUnknownKeys();
        if (uri is null)
        {
            return null;
        }

        if (uri.Kind is SourceKind.Pictures or SourceKind.Recording || uri is { Kind: SourceKind.Video, IsNetwork: false })
        {
            map.Reading.AddFile(ConfigFileKind.Source, map.GetNode("uri"), uri.Address);
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

        return map.Reading.Try(map.GetNode("uri"), () => SourceFactory.Validate(source));
    }

    private static FfmpegConfig Ffmpeg(ConfigMap? map)
    {
        if (map is null)
        {
            return new FfmpegConfig();
        }

        var ffmpeg = new FfmpegConfig
        {
            Program = map.GetString("path"),
            InputArguments = map.GetStrings("input_args") ?? [],
            HardwareAcceleration = map.GetString("hwaccel"),
            HardwareDevice = map.GetString("hwaccel_device"),
            RtspTransport = map.GetEnum<int>("rtsp_transport", ("tcp", 0), ("udp", 1)) is { } t ? t == 0 ? "tcp" : "udp" : null,
            LowLatency = map.GetBool("low_latency"),
        };
        map.ReportUnknownKeys();
        return ffmpeg;
    }

    // Keys that have no effect for this kind of source are mistakes, so they are reported.
    private static void Check(ConfigMap map, SourceConfig source)
    {
        var kind = source.Uri.Kind;
        bool byFfmpeg = kind == SourceKind.Ffmpeg || source.Backend == SourceBackend.Ffmpeg;
        if (kind == SourceKind.Raw && (source.Size is null || source.Format is null))
        {
            map.Reading.AddProblem(map.Node, "raw frames from standard input require format and size, such as format: nv12, size: 640x480");
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
                map.AddProblem(key, $"'{key}' is only for {what}; remove it");
            }
        }
    }
}
