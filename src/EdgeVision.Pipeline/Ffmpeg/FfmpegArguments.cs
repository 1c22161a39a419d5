using System.Buffers;
using System.Globalization;
using System.Text;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Arguments with which ffmpeg writes raw frames to its output.</summary>
/// <remarks>
/// No shell is involved, and no input can become an option. An address with credentials is passed on ffmpeg's standard input as a list of
/// one entry, because arguments are visible to every user of the machine.
/// </remarks>
internal sealed class FfmpegArguments
{
    // Protocols allowed in the list on standard input; by default ffmpeg allows none for a list from a pipe.
    private const string Protocols =
        "pipe,rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,hls,rtmp,rtmps,rtmpt,srt,ftp,sftp,crypto,data";

    private static readonly string[] LiveSchemes = ["rtsp", "rtsps", "rtmp", "rtmps", "rtp", "srtp", "udp", "srt", "mms", "mmsh"];
    private static readonly string[] Devices = ["v4l2", "video4linux2", "dshow", "avfoundation", "x11grab", "kmsgrab", "decklink", "alsa"];

    private static readonly SearchValues<char> SchemeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    private FfmpegArguments(List<string> list, string script) => (Values, StandardInput) = (list, script);

    /// <summary>Arguments, one per entry.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>Text to write to standard input; empty for none.</summary>
    public string StandardInput { get; }

    /// <summary>Returns whether frames arrive on their own.</summary>
    public static bool IsLive(FfmpegOptions options) =>
        options.IsLive ?? (LiveSchemes.Contains(GetScheme(options.Input)) || Devices.Contains(options.InputFormat) || IsDevice(options.Input));

    /// <summary>Returns whether the input is a local file.</summary>
    public static bool IsFile(FfmpegOptions options) =>
        options.InputFormat is null && GetScheme(options.Input) is null && !IsDevice(options.Input);

    /// <exception cref="SourceException">The address contains a line break, or its credentials would be exposed.</exception>
    public static FfmpegArguments Create(FfmpegOptions options, Version version)
    {
        if (options.Input.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new SourceException("the address of the input must not contain a line break or a zero character", canRetry: false);
        }

        string? scheme = GetScheme(options.Input);
        bool secret = scheme is not null && SourceAddress.Redact(options.Input) != options.Input;
        bool live = IsLive(options);
        List<(string Name, string Value)> input = [];
        if (options.LowLatency)
        {
            input.AddRange([("fflags", "nobuffer"), ("probesize", "500000"), ("analyzeduration", "500000")]);
        }

        string microseconds = ((long)options.ReadTimeout.TotalMicroseconds).ToString(CultureInfo.InvariantCulture);
        if (scheme is "rtsp" or "rtsps")
        {
            // Before version 5 the option "timeout" made ffmpeg listen for a connection.
            input.AddRange([("rtsp_transport", options.RtspTransport), (version.Major >= 5 ? "timeout" : "stimeout", microseconds)]);
        }
        else if (scheme is "http" or "https" or "rtmp" or "rtmps" or "tcp")
        {
            input.Add(("rw_timeout", microseconds));
        }

        input.AddRange(options.InputOptions);
        List<string> list = ["-hide_banner", "-nostats", "-loglevel", "level+info"];
        if (options.LowLatency)
        {
            list.AddRange(["-flags", "low_delay"]);
        }

        Add(list, "-hwaccel", options.HardwareAcceleration);
        Add(list, "-hwaccel_device", options.HardwareDevice);
        if (options.Start > TimeSpan.Zero)
        {
            Add(list, "-ss", options.Start.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture));
        }

        Add(list, "-stream_loop", options.Loop ? "-1" : null);
        list.AddRange(options.InputArguments);
        string script = "";
        if (secret)
        {
            if (version.Major < 5)
            {
                throw new SourceException(
                    $"'{SourceAddress.Redact(options.Input)}': ffmpeg {version} would expose the credentials to every user of the machine; "
                        + "install version 5 or later",
                    canRetry: false);
            }

            script = CreateConcatScript(options.Input, input);
            list.AddRange(["-f", "concat", "-safe", "0", "-protocol_whitelist", Protocols, "-i", "pipe:0"]);
        }
        else
        {
            input.ForEach(option => list.AddRange(["-" + option.Name, option.Value]));
            Add(list, "-f", options.InputFormat);
            bool isFile = IsFile(options) || scheme is null && !IsDevice(options.Input) && File.Exists(options.Input);
            list.AddRange(["-i", isFile ? "file:" + options.Input : options.Input]);
        }

        list.AddRange(["-map", "0:v:0", "-an", "-sn", "-dn", "-vf", CreateFilters(options)]);
        // Live frames are passed through as they arrive; files get a constant rate, so that the index of a frame gives its time.
        list.AddRange([version >= new Version(5, 1) ? "-fps_mode" : "-vsync", live ? "passthrough" : "cfr"]);
        list.AddRange(["-f", "rawvideo", "-pix_fmt", GetFormatName(options.Format), "pipe:1"]);
        return new FfmpegArguments(list, script);
    }

    /// <summary>Returns ffmpeg's name of a pixel format.</summary>
    public static string GetFormatName(PixelFormat format) => format switch
    {
        PixelFormat.Gray8 => "gray",
        PixelFormat.Bgr24 => "bgr24",
        PixelFormat.Rgb24 => "rgb24",
        PixelFormat.Bgra32 => "bgra",
        PixelFormat.Rgba32 => "rgba",
        PixelFormat.Nv12 => "nv12",
        PixelFormat.I420 => "yuv420p",
        PixelFormat.Yuy2 => "yuyv422",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static string CreateFilters(FfmpegOptions options)
    {
        bool yuv = options.Format is PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2;
        var filters = new StringBuilder();
        if (!string.IsNullOrEmpty(options.Filter))
        {
            filters.Append(options.Filter).Append(',');
        }

        if (options.FrameRate is { } rate)
        {
            filters.Append(CultureInfo.InvariantCulture, $"fps={rate},");
        }

        if (yuv && options is { Width: null, Height: null })
        {
            filters.Append("crop=floor(iw/2)*2:floor(ih/2)*2:0:0,");
        }

        filters.Append("scale=");
        if (options.Width is not null || options.Height is not null)
        {
            filters.Append(CultureInfo.InvariantCulture, $"w={options.Width ?? -2}:h={options.Height ?? -2}");
        }

        if (yuv)
        {
            filters.Append(filters[^1] == '=' ? "" : ":").Append("out_color_matrix=bt601:out_range=tv");
        }

        return filters.Append(filters[^1] == '=' ? "w=iw:h=ih" : "").Append(",format=").Append(GetFormatName(options.Format)).ToString();
    }

    private static string CreateConcatScript(string address, List<(string Name, string Value)> options)
    {
        var script = new StringBuilder("ffconcat version 1.0\nfile ").Append(Quote(address)).Append('\n');
        foreach (var (name, value) in options)
        {
            script.Append("option ").Append(Quote(name)).Append(' ').Append(Quote(value)).Append('\n');
        }

        return script.ToString();
    }

    private static string Quote(string text) => "'" + text.ReplaceLineEndings("").Replace("'", @"'\''") + "'";

    private static bool IsDevice(string input) => input.StartsWith("/dev/", StringComparison.Ordinal);

    private static string? GetScheme(string input)
    {
        int end = input.IndexOf("://", StringComparison.Ordinal);
        return end > 1 && input.AsSpan(0, end).IndexOfAnyExcept(SchemeCharacters) < 0 ? input[..end].ToLowerInvariant() : null;
    }

    private static void Add(List<string> list, string option, string? value)
    {
        if (value is not null)
        {
            list.AddRange([option, value]);
        }
    }
}
