namespace EdgeVision;

/// <summary>What a <see cref="FfmpegSource"/> reads and how.</summary>
public sealed record FfmpegOptions
{
    /// <summary>A file, the address of a stream (rtsp, http, rtmp, udp, srt …), a device or, with <see cref="InputFormat"/>, what that format takes.</summary>
    public required string Input { get; init; }

    /// <summary>ffmpeg's name of the input's format where it cannot tell itself: <c>v4l2</c> for a camera at /dev/videoN, <c>lavfi</c> for a graph.</summary>
    public string? InputFormat { get; init; }

    /// <summary>
    /// Options of the input's format and protocol, without their dash: <c>("input_format", "mjpeg")</c>, <c>("video_size", "1280x720")</c> for a
    /// camera, <c>("headers", …)</c> for HTTP.
    /// </summary>
    public IReadOnlyList<(string Name, string Value)> InputOptions { get; init; } = [];

    /// <summary>Arguments in front of the input, such as those of a hardware decoder: <c>-c:v h264_cuvid</c>. Every user of the machine can read them.</summary>
    public IReadOnlyList<string> InputArguments { get; init; } = [];

    /// <summary>Hardware that decodes, as ffmpeg's <c>-hwaccel</c> names it: vaapi, cuda, qsv, drm, auto. Null: the processor.</summary>
    public string? HardwareAcceleration { get; init; }

    /// <summary>Which device decodes (<c>-hwaccel_device</c>), such as /dev/dri/renderD128.</summary>
    public string? HardwareDevice { get; init; }

    /// <summary>Filters in front of scaling, in ffmpeg's language: <c>hwdownload,format=nv12</c>, <c>yadif</c>.</summary>
    public string? Filter { get; init; }

    /// <summary>Layout of the frames' bytes. YUV comes as BT.601 with limited range, whatever the input's is.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.Nv12;

    /// <summary>Width in pixels to scale to; null the input's, or what keeps its shape.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels to scale to; null the input's, or what keeps its shape.</summary>
    public int? Height { get; init; }

    /// <summary>Frames a second to repeat or leave out frames to; null the input's.</summary>
    public double? Rate { get; init; }

    /// <summary>Where in a file to begin.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>Whether a file begins again at its end, for ever.</summary>
    public bool Loop { get; init; }

    /// <summary>Whether frames come by themselves; null: from cameras and from rtsp, rtmp, rtp, udp, srt and like addresses they do, from files and http they wait.</summary>
    public bool? Live { get; init; }

    /// <summary>How RTSP's pictures travel: tcp (nothing is lost on the way), udp, udp_multicast, http.</summary>
    public string RtspTransport { get; init; } = "tcp";

    /// <summary>Whether ffmpeg gives frames without looking ahead: less delay, and a start that may take bad guesses.</summary>
    public bool LowLatency { get; init; }

    /// <summary>How long the first picture may take.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a network stream may be silent before ffmpeg gives it up.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The program; null: what the variable FFMPEG names, or <c>ffmpeg</c> on the PATH.</summary>
    public string? Executable { get; init; }

    /// <summary>Name for results and messages; null the input without credentials.</summary>
    public string? Name { get; init; }

    /// <summary>Clock that dates the frames of live streams.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Says where, without credentials.</summary>
    public override string ToString() => $"FfmpegOptions {{ Input = {SourceAddress.Redact(Input)} }}";
}
