using EdgeVision.Pipeline;

namespace EdgeVision.Configuration;

/// <summary>Selects the library that reads a video, stream or camera.</summary>
public enum SourceBackend
{
    /// <summary>OpenCV if its native library is available and reads the source, else the installed ffmpeg.</summary>
    Auto,
    /// <summary>OpenCV.</summary>
    OpenCv,
    /// <summary>The installed ffmpeg, as a process.</summary>
    Ffmpeg,
    /// <summary>EdgeVision's own reader: JPEGs over HTTP.</summary>
    Mjpeg,
}

/// <summary>Options of ffmpeg besides the input.</summary>
public sealed record FfmpegConfig
{
    /// <summary>Gets the path of ffmpeg; null to search for it.</summary>
    public string? Program { get; init; }

    /// <summary>Gets arguments before the input, such as <c>-hwaccel_output_format nv12</c>.</summary>
    public IReadOnlyList<string> InputArguments { get; init; } = [];

    /// <summary>Gets the hardware decoder: vaapi, cuda, qsv, drm, v4l2m2m, auto.</summary>
    public string? HardwareAcceleration { get; init; }

    /// <summary>Gets the device of the decoder, such as /dev/dri/renderD128.</summary>
    public string? HardwareDevice { get; init; }

    /// <summary>Gets the transport of RTSP: tcp or udp.</summary>
    public string? RtspTransport { get; init; }

    /// <summary>Gets whether buffering is minimized, for live streams.</summary>
    public bool? LowLatency { get; init; }
}

/// <summary>Source of a configuration.</summary>
public sealed record SourceConfig
{
    /// <summary>Gets the unique name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the address.</summary>
    public required SourceUri Uri { get; init; }

    /// <summary>Gets the options of the source in the pipeline.</summary>
    public SourceOptions Options { get; init; } = new();

    /// <summary>Gets the library that reads the source.</summary>
    public SourceBackend Backend { get; init; }

    /// <summary>Gets the pixel format of raw frames, or the one requested from ffmpeg.</summary>
    public PixelFormat? Format { get; init; }

    /// <summary>Gets the encoding requested from a camera: mjpg or yuyv.</summary>
    public string? FourCc { get; init; }

    /// <summary>Gets the size of raw frames, or the one requested from a camera or ffmpeg.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Gets the frames per second of raw frames and images, or those requested from a camera or ffmpeg.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Gets whether the source starts again at its end.</summary>
    public bool Loop { get; init; }

    /// <summary>Gets the maximum number of frames; null for no limit.</summary>
    public int? MaxFrames { get; init; }

    /// <summary>Gets the name of a recording's source; null if it has only one.</summary>
    public string? RecordedSource { get; init; }

    /// <summary>Gets the options of ffmpeg.</summary>
    public FfmpegConfig Ffmpeg { get; init; } = new();
}
