using System.Globalization;
using EdgeVision.Imaging;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Configuration;

/// <summary>Kind of a source's address.</summary>
public enum SourceKind
{
    /// <summary>An image, a folder of images, or a pattern.</summary>
    Pictures,
    /// <summary>A video file, or a stream that a video library reads: RTSP, HTTP, RTMP, SRT, UDP.</summary>
    Video,
    /// <summary>A camera of this machine.</summary>
    Camera,
    /// <summary>JPEGs over HTTP (multipart), as network cameras serve them.</summary>
    Mjpeg,
    /// <summary>Raw frames from standard input.</summary>
    Raw,
    /// <summary>A generated test pattern.</summary>
    Test,
    /// <summary>Any input of the installed ffmpeg.</summary>
    Ffmpeg,
    /// <summary>A recording created by the record sink.</summary>
    Recording,
}

/// <summary>Address of a source, as in configurations and <c>run --source</c>.</summary>
/// <remarks>
/// One of: an image, folder, pattern or video file; a camera's number or <c>/dev/videoN</c>; <c>rtsp://</c>;
/// <c>http(s)://</c> (MJPEG, or a video by its extension); <c>-</c> for raw frames from standard input;
/// <c>test:640x480@30?objects=5</c>; <c>ffmpeg:INPUT</c>, <c>lavfi:GRAPH</c>; the folder of a recording.
/// </remarks>
/// <param name="Kind">Kind of the address.</param>
/// <param name="Address">Path, number or URL; may contain credentials.</param>
public sealed record SourceUri(SourceKind Kind, string Address)
{
    private static readonly string[] VideoSchemes = ["rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp", "tcp", "hls"];

    private static readonly string[] VideoExtensions =
    [
        ".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".ts", ".m3u8", ".mpd", ".flv", ".mpg", ".mpeg", ".wmv", ".ogv",
        ".h264", ".h265", ".hevc", ".3gp",
    ];

    /// <summary>Gets the address without credentials.</summary>
    public string Display => SourceAddress.Redact(Address);

    /// <summary>Gets the name of a source that has none, without credentials.</summary>
    public string DefaultName => Kind switch
    {
        SourceKind.Pictures or SourceKind.Recording => Path.GetFileName(Address.TrimEnd('/')),
        SourceKind.Video when !IsNetwork => Path.GetFileName(Address),
        SourceKind.Test => "test",
        SourceKind.Raw => "stdin",
        SourceKind.Camera => $"camera {Path.GetFileName(Address)}",
        _ => Display,
    };

    /// <summary>Gets whether the source is on a network, so that frames arrive in real time.</summary>
    public bool IsNetwork => Kind == SourceKind.Mjpeg || Kind == SourceKind.Video && Address.Contains("://", StringComparison.Ordinal);

    /// <summary>Returns kind and address, without credentials.</summary>
    public override string ToString() => $"{Kind} {Display}";

    /// <summary>Parses an address.</summary>
    /// <param name="text">Text as written.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <exception cref="PipelineConfigException">
    /// The address is invalid, or the file is missing; the message contains no credentials.
    /// </exception>
    public static SourceUri Parse(string text, string folder)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(folder);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new PipelineConfigException(
                "the address of a source must be a file, folder, camera number, rtsp:// or http:// URL, test:, ffmpeg: or -; " +
                "got an empty text");
        }

        if (text == "-")
        {
            return new SourceUri(SourceKind.Raw, text);
        }

        if (text.StartsWith("test:", StringComparison.Ordinal) || text == "test")
        {
            return new SourceUri(SourceKind.Test, text == "test" ? "test:" : text);
        }

        if (text.StartsWith("lavfi:", StringComparison.Ordinal) || text.StartsWith("ffmpeg:", StringComparison.Ordinal))
        {
            return text.Length > text.IndexOf(':') + 1 ? new SourceUri(SourceKind.Ffmpeg, text)
                : throw new PipelineConfigException(
                    $"'{text}' must be followed by an input; write ffmpeg:video.mp4 or lavfi:testsrc2=size=640x480:rate=30");
        }

        if (text.All(char.IsAsciiDigit) && !File.Exists(Path.Combine(folder, text)))
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < 1000
                ? new SourceUri(SourceKind.Camera, text)
                : throw new PipelineConfigException($"the number of a camera must be 0 to 999; got {text}");
        }

        if (text.StartsWith("/dev/video", StringComparison.Ordinal))
        {
            return new SourceUri(SourceKind.Camera, text);
        }

        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        return scheme > 0 ? Url(text, text[..scheme].ToLowerInvariant()) : Files(text, Path.GetFullPath(Path.Combine(folder, text)));
    }

    private static SourceUri Url(string text, string scheme)
    {
        string shown = SourceAddress.Redact(text);
        if (scheme == "file")
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var file)
                ? Files(shown, file.LocalPath)
                : throw new PipelineConfigException($"'{shown}' is not a valid URL");
        }

        if (Array.IndexOf(VideoSchemes, scheme) >= 0)
        {
            return new SourceUri(SourceKind.Video, text);
        }

        if (scheme is not ("http" or "https"))
        {
            throw new PipelineConfigException(
                "the scheme of a source must be rtsp, rtsps, http, https, rtmp, srt, udp or rtp; " +
                $"got {scheme}:// in '{shown}'; use ffmpeg:{scheme}://… for anything ffmpeg reads");
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            ? new SourceUri(IsVideo(url.AbsolutePath) ? SourceKind.Video : SourceKind.Mjpeg, text)
            : throw new PipelineConfigException($"'{shown}' is not a valid URL");
    }

    private static SourceUri Files(string shown, string path)
    {
        if (IsRecording(path))
        {
            return new SourceUri(SourceKind.Recording, path);
        }

        if (Directory.Exists(path))
        {
            return new SourceUri(SourceKind.Pictures, path);
        }

        if (path.AsSpan().ContainsAny('*', '?') && !File.Exists(path))
        {
            return new SourceUri(SourceKind.Pictures, path);
        }

        if (!File.Exists(path))
        {
            throw new PipelineConfigException(
                $"'{shown}' does not exist; a source must be a file, folder, pattern, camera number, rtsp:// or http:// URL, " +
                "test:, ffmpeg: or -");
        }

        return new SourceUri(
            ImageFile.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()) ? SourceKind.Pictures : SourceKind.Video, path);
    }

    private static bool IsVideo(string path) => Array.IndexOf(VideoExtensions, Path.GetExtension(path).ToLowerInvariant()) >= 0;

    private static bool IsRecording(string path) => File.Exists(Path.Combine(path, RecordingManifest.FileName));
}
