using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Options of an <see cref="FfmpegSource"/>.</summary>
public sealed record FfmpegOptions
{
    /// <summary>File, address of a stream (rtsp, http, rtmp, udp, srt …), device, or any input of <see cref="InputFormat"/>.</summary>
    public required string Input { get; init; }

    /// <summary>
    /// ffmpeg's name of the input format if it cannot be detected: <c>v4l2</c> for a camera at /dev/videoN, <c>lavfi</c> for a graph.
    /// </summary>
    public string? InputFormat { get; init; }

    /// <summary>Options of the input's format and protocol, without the dash.</summary>
    /// <remarks>
    /// For example <c>("input_format", "mjpeg")</c> and <c>("video_size", "1280x720")</c> for a camera, <c>("headers", …)</c> for HTTP.
    /// </remarks>
    public IReadOnlyList<(string Name, string Value)> InputOptions { get; init; } = [];

    /// <summary>
    /// Arguments in front of the input, such as those of a hardware decoder: <c>-c:v h264_cuvid</c>. Visible to every user of the
    /// machine.
    /// </summary>
    public IReadOnlyList<string> InputArguments { get; init; } = [];

    /// <summary>Hardware decoder as named by ffmpeg's <c>-hwaccel</c>: vaapi, cuda, qsv, drm, auto. Null for the CPU.</summary>
    public string? HardwareAcceleration { get; init; }

    /// <summary>Device of the hardware decoder (<c>-hwaccel_device</c>), such as /dev/dri/renderD128.</summary>
    public string? HardwareDevice { get; init; }

    /// <summary>Filters before scaling, in ffmpeg's syntax: <c>hwdownload,format=nv12</c>, <c>yadif</c>.</summary>
    public string? Filter { get; init; }

    /// <summary>Pixel format of the frames. YUV is BT.601 with limited range, whatever the input is.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.Nv12;

    /// <summary>Width in pixels to scale to; null for the width of the input or the one that keeps its aspect ratio.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels to scale to; null for the height of the input or the one that keeps its aspect ratio.</summary>
    public int? Height { get; init; }

    /// <summary>Frames per second, reached by repeating or dropping frames; null for the rate of the input.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Start position in a file.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>Gets whether a file is repeated endlessly.</summary>
    public bool Loop { get; init; }

    /// <summary>
    /// Gets whether frames arrive on their own. Null: true for cameras and rtsp, rtmp, rtp, udp, srt and similar, false for files and
    /// http.
    /// </summary>
    public bool? IsLive { get; init; }

    /// <summary>Transport of RTSP: tcp (no loss on the way), udp, udp_multicast, http.</summary>
    public string RtspTransport { get; init; } = "tcp";

    /// <summary>Gets whether ffmpeg buffers and probes as little as possible: less delay, but the format may be detected wrongly.</summary>
    public bool LowLatency { get; init; }

    /// <summary>Timeout for the first frame.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time without data after which ffmpeg gives up a network stream.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Program to run; null for the value of the variable FFMPEG, or <c>ffmpeg</c> on the PATH.</summary>
    public string? Executable { get; init; }

    /// <summary>Name in results and messages; null for the input without credentials.</summary>
    public string? Name { get; init; }

    /// <summary>Clock for the timestamps of live streams.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Returns the input without credentials.</summary>
    public override string ToString() => $"FfmpegOptions {{ Input = {SourceAddress.Redact(Input)} }}";
}
