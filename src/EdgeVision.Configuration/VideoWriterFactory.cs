using EdgeVision.OpenCv;
using EdgeVision.Pipeline.Ffmpeg;

namespace EdgeVision.Configuration;

/// <summary>Creates video writers.</summary>
public static class VideoWriterFactory
{
    /// <summary>Creates a writer that uses the installed ffmpeg, or OpenCV if there is none.</summary>
    /// <exception cref="SinkException">Neither is available, or the file cannot be created.</exception>
    public static IVideoWriter Create(VideoTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        string executable = OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg";
        bool ffmpeg = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, executable)));
        return ffmpeg || !OpenCvLibrary.IsAvailable(out _) ? new FfmpegVideoWriter(target) : new OpenCvVideoWriter(target);
    }
}
