using EdgeVision.OpenCv;

namespace EdgeVision.Configuration;

/// <summary>Makes writers of videos.</summary>
public static class VideoWriterFactory
{
    /// <summary>A writer by the installed ffmpeg, or by OpenCV where there is none.</summary>
    /// <exception cref="SinkException">Neither is there, or the file cannot be made.</exception>
    public static IVideoWriter Create(VideoTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool ffmpeg = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg")));
        return ffmpeg || !OpenCvLibrary.Available(out _) ? new FfmpegVideoWriter(target) : new OpenCvVideoWriter(target);
    }
}
