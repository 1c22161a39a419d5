namespace EdgeVision;

/// <summary>A video that is to be written.</summary>
/// <param name="Path">File; the extension says the container.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="FrameRate">Frames a second, above 0.</param>
public sealed record VideoTarget(string Path, int Width, int Height, double FrameRate)
{
    /// <summary>Layout of the frames that will come.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.Bgra32;

    /// <summary>Name of the file until it is complete: <c>.part</c> before the extension, so that players still know what it is.</summary>
    public string PartPath => FileNames.WithMark(Path, ".part");
}

/// <summary>Encodes frames into a video file, which has its name once it is complete and <see cref="VideoTarget.PartPath"/> before. Serves one thread.</summary>
public interface IVideoWriter : IDisposable
{
    /// <summary>The video that is written.</summary>
    VideoTarget Target { get; }

    /// <summary>Adds a frame, shown for one <see cref="VideoTarget.FrameRate"/>th of a second.</summary>
    /// <param name="frame">Of the target's format and size.</param>
    /// <exception cref="FrameFormatException">The frame is of another format or size.</exception>
    /// <exception cref="SinkException">The file cannot be written on.</exception>
    void Write(Frame frame);

    /// <summary>Ends the file and gives it its name.</summary>
    /// <param name="cancel">Leaves the file under its first name, with what the encoder has written of it.</param>
    /// <exception cref="SinkException">The file cannot be ended.</exception>
    void Complete(CancellationToken cancel);
}
