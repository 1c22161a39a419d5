using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Description of a video to write.</summary>
/// <param name="Path">Path of the file; its extension selects the container.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="FrameRate">Frames per second, above 0.</param>
public sealed record VideoTarget(string Path, int Width, int Height, double FrameRate)
{
    /// <summary>Pixel format of the frames.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.Bgra32;

    /// <summary>
    /// Path of the file until it is complete: <c>.part</c> before the extension, so that players still recognize the format.
    /// </summary>
    public string PartPath => FileNames.InsertSuffix(Path, ".part");
}

/// <summary>Encodes frames into a video file, which is <see cref="VideoTarget.PartPath"/> until it is complete. Not thread-safe.</summary>
public interface IVideoWriter : IDisposable
{
    /// <summary>The video to write.</summary>
    VideoTarget Target { get; }

    /// <summary>Adds a frame with a duration of one frame interval (<see cref="VideoTarget.FrameRate"/>).</summary>
    /// <param name="frame">Frame of the format and size of the target.</param>
    /// <exception cref="FrameFormatException">The frame has another format or size.</exception>
    /// <exception cref="SinkException">The file cannot be written.</exception>
    void Write(Frame frame);

    /// <summary>Completes the file and gives it its final name.</summary>
    /// <param name="cancel">Cancels and leaves the incomplete file under its temporary name.</param>
    /// <exception cref="SinkException">The file cannot be completed.</exception>
    void Complete(CancellationToken cancel);
}
