using System.Globalization;
using EdgeVision.Imaging;

namespace EdgeVision.Configuration;

/// <summary>What an address stands for.</summary>
public enum SourceKind
{
    /// <summary>A picture, a folder of pictures, or a pattern.</summary>
    Pictures,
    /// <summary>A video file, or a stream that a video library reads: RTSP, HTTP, RTMP, SRT, UDP.</summary>
    Video,
    /// <summary>A camera of this machine.</summary>
    Camera,
    /// <summary>JPEGs over HTTP (multipart), as network cameras serve them.</summary>
    Mjpeg,
    /// <summary>Raw frames from standard input.</summary>
    Raw,
    /// <summary>A drawn test pattern.</summary>
    Test,
    /// <summary>Anything the installed ffmpeg reads.</summary>
    Ffmpeg,
    /// <summary>A recording made by the record sink.</summary>
    Recording,
}

/// <summary>
/// An address of a source, as configurations and <c>run --source</c> take it:
/// a picture, folder, pattern or video file; a camera's number or <c>/dev/videoN</c>; <c>rtsp://</c>; <c>http(s)://</c> (MJPEG, or a video by its
/// ending); <c>-</c> for raw frames from standard input; <c>test:640x480@30?objects=5</c>; <c>ffmpeg:INPUT</c>, <c>lavfi:GRAPH</c>; the folder of a recording.
/// </summary>
/// <param name="Kind">What it stands for.</param>
/// <param name="Address">Path, number or URL; may hold credentials.</param>
public sealed record SourceUri(SourceKind Kind, string Address)
{
    private static readonly string[] VideoSchemes = ["rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp", "tcp", "hls"];

    private static readonly string[] VideoEndings = [".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".ts", ".m3u8", ".mpd", ".flv", ".mpg", ".mpeg", ".wmv", ".ogv", ".h264", ".h265", ".hevc", ".3gp"];

    /// <summary>The address without credentials.</summary>
    public string Display => SourceAddress.Redact(Address);

    /// <summary>A name for a source that was given none, without credentials.</summary>
    public string DefaultName => Kind switch
    {
        SourceKind.Pictures or SourceKind.Recording => Path.GetFileName(Address.TrimEnd('/')),
        SourceKind.Video when !IsNetwork => Path.GetFileName(Address),
        SourceKind.Test => "test",
        SourceKind.Raw => "stdin",
        SourceKind.Camera => $"camera {Path.GetFileName(Address)}",
        _ => Display,
    };

    /// <summary>Whether it is on a network, and so comes by itself.</summary>
    public bool IsNetwork => Kind == SourceKind.Mjpeg || Kind == SourceKind.Video && Address.Contains("://", StringComparison.Ordinal);

    /// <summary>Kind and address, without credentials.</summary>
    public override string ToString() => $"{Kind} {Display}";

    /// <summary>Reads an address.</summary>
    /// <param name="text">As written.</param>
    /// <param name="folder">Folder from which relative paths start.</param>
    /// <exception cref="PipelineConfigException">It means nothing, or the file is not there; the message holds no credentials.</exception>
    public static SourceUri Parse(string text, string folder)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(folder);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new PipelineConfigException("an address is empty; give a file, folder, camera number, rtsp:// or http:// URL, test:, ffmpeg: or -");
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
                : throw new PipelineConfigException($"'{text}' has no input; write ffmpeg:video.mp4 or lavfi:testsrc2=size=640x480:rate=30");
        }

        if (text.All(char.IsAsciiDigit) && !File.Exists(Path.Combine(folder, text)))
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < 1000 ? new SourceUri(SourceKind.Camera, text)
                : throw new PipelineConfigException($"there is no camera of number {text}; cameras count from 0");
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
            return Uri.TryCreate(text, UriKind.Absolute, out var file) ? Files(shown, file.LocalPath) : throw new PipelineConfigException($"'{shown}' is no URL");
        }

        if (Array.IndexOf(VideoSchemes, scheme) >= 0)
        {
            return new SourceUri(SourceKind.Video, text);
        }

        if (scheme is not ("http" or "https"))
        {
            throw new PipelineConfigException($"'{shown}' begins with {scheme}://, which is no kind of source; use rtsp, rtsps, http, https, rtmp, srt, udp or rtp, or ffmpeg:{scheme}://… for whatever ffmpeg reads");
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            ? new SourceUri(IsVideo(url.AbsolutePath) ? SourceKind.Video : SourceKind.Mjpeg, text)
            : throw new PipelineConfigException($"'{shown}' is no URL");
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
            throw new PipelineConfigException($"'{shown}' does not exist; a source is a file, folder, pattern, camera number, rtsp:// or http:// URL, test:, ffmpeg: or -");
        }

        return new SourceUri(ImageFile.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()) ? SourceKind.Pictures : SourceKind.Video, path);
    }

    private static bool IsVideo(string path) => Array.IndexOf(VideoEndings, Path.GetExtension(path).ToLowerInvariant()) >= 0;

    private static bool IsRecording(string path) => File.Exists(Path.Combine(path, RecordingManifest.FileName));
}
