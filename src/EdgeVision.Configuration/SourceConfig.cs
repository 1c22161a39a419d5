namespace EdgeVision.Configuration;

/// <summary>Who reads a video, a stream or a camera.</summary>
public enum SourceBackend
{
    /// <summary>OpenCV where its native library is there and reads such a source, else the installed ffmpeg.</summary>
    Auto,
    /// <summary>OpenCV.</summary>
    OpenCv,
    /// <summary>The installed ffmpeg, as a process.</summary>
    Ffmpeg,
    /// <summary>EdgeVision itself: JPEGs over HTTP.</summary>
    Mjpeg,
}

/// <summary>What the installed ffmpeg is told beyond the input.</summary>
public sealed record FfmpegConfig
{
    /// <summary>The program; null for the one that is found.</summary>
    public string? Program { get; init; }

    /// <summary>Arguments before the input, such as <c>-hwaccel_output_format nv12</c>.</summary>
    public IReadOnlyList<string> InputArguments { get; init; } = [];

    /// <summary>Decoder in hardware: vaapi, cuda, qsv, drm, v4l2m2m, auto.</summary>
    public string? HardwareAcceleration { get; init; }

    /// <summary>Device of the decoder, such as /dev/dri/renderD128.</summary>
    public string? HardwareDevice { get; init; }

    /// <summary>Transport of RTSP: tcp or udp.</summary>
    public string? RtspTransport { get; init; }

    /// <summary>Least buffering, for live streams.</summary>
    public bool? LowLatency { get; init; }
}

/// <summary>A source as the configuration has it.</summary>
public sealed record SourceConfig
{
    /// <summary>Unique name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is.</summary>
    public required SourceUri Uri { get; init; }

    /// <summary>How the pipeline treats it.</summary>
    public SourceOptions Options { get; init; } = new();

    /// <summary>Who reads it.</summary>
    public SourceBackend Backend { get; init; }

    /// <summary>Layout of raw frames, or what ffmpeg is asked for.</summary>
    public PixelFormat? Format { get; init; }

    /// <summary>Encoding a camera is asked for: mjpg or yuyv.</summary>
    public string? FourCc { get; init; }

    /// <summary>Size of raw frames, or asked of a camera or of ffmpeg.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Frames a second: of raw frames and pictures, or asked of a camera or of ffmpeg.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Whether it begins again at its end.</summary>
    public bool Loop { get; init; }

    /// <summary>Frames after which it ends; null for none.</summary>
    public int? MaxFrames { get; init; }

    /// <summary>Which of a recording's sources; null for its only one.</summary>
    public string? Recorded { get; init; }

    /// <summary>What ffmpeg is told.</summary>
    public FfmpegConfig Ffmpeg { get; init; } = new();
}
