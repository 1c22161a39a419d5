using EdgeVision.Pipeline.Ffmpeg;
using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>Writes a video with OpenCV: MPEG-4 in .mp4, Motion JPEG in .avi, without an external program.</summary>
/// <remarks>An .mp4 is unreadable until it is complete; use <see cref="FfmpegVideoWriter"/> where that matters.</remarks>
public sealed class OpenCvVideoWriter : IVideoWriter
{
    private readonly VideoWriter _writer;
    private readonly Mat _bgr = new();
    private long _written;

    /// <summary>Starts the file.</summary>
    /// <param name="target">The video: BGRA32 or BGR24 into .mp4 or .avi.</param>
    /// <exception cref="SinkException">The file cannot be created.</exception>
    public OpenCvVideoWriter(VideoTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
        int code = Path.GetExtension(target.Path).ToLowerInvariant() switch
        {
            ".mp4" or ".m4v" => VideoWriter.FourCC('m', 'p', '4', 'v'),
            ".avi" => VideoWriter.FourCC('M', 'J', 'P', 'G'),
            string other => throw new SinkException($"'{target.Path}' must end in .mp4, .m4v or .avi; got '{other}'", canRetry: false),
        };
        if (target.Format is not (PixelFormat.Bgra32 or PixelFormat.Bgr24))
        {
            throw new SinkException(
                $"frames for OpenCV must be {PixelFormat.Bgra32} or {PixelFormat.Bgr24}; got {target.Format}", canRetry: false);
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target.Path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SinkException(
                $"the folder of '{target.Path}' cannot be created: {e.Message.ReplaceLineEndings(" ")}", e, canRetry: false);
        }

        _writer = new VideoWriter(target.PartPath, code, target.FrameRate, new Size(target.Width, target.Height));
        if (!_writer.IsOpened())
        {
            Dispose();
            throw new SinkException($"OpenCV cannot create '{target.Path}'; check the folder's permissions and free space, or use ffmpeg");
        }
    }

    /// <inheritdoc/>
    public VideoTarget Target { get; }

    /// <inheritdoc/>
    public void Write(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Format != Target.Format || frame.Width != Target.Width || frame.Height != Target.Height)
        {
            throw new FrameFormatException(
                $"frames of '{Target.Path}' must be {Target.Format} of {Target.Width}x{Target.Height}; " +
                $"got {frame.Format} of {frame.Width}x{frame.Height}");
        }

        unsafe
        {
            fixed (byte* pixels = frame.Data)
            {
                bool alpha = frame.Format == PixelFormat.Bgra32;
                using var view = Mat.FromPixelData(
                    frame.Height, frame.Width, alpha ? MatType.CV_8UC4 : MatType.CV_8UC3, (nint)pixels, frame.Stride);
                if (alpha)
                {
                    Cv2.CvtColor(view, _bgr, ColorConversionCodes.BGRA2BGR);
                }

                _writer.Write(alpha ? _bgr : view);
            }
        }

        _written++;
    }

    /// <inheritdoc/>
    public void Complete(CancellationToken cancel)
    {
        _writer.Release();

        // OpenCV does not report failed writes, as on a full disk, so count the frames that can be read back.
        using (var check = new VideoCapture(Target.PartPath))
        {
            if (!check.IsOpened() || check.FrameCount != _written)
            {
                throw new SinkException(
                    $"'{Target.Path}' has {(check.IsOpened() ? check.FrameCount : 0)} of {_written} frames; the disk may be full; " +
                    $"the incomplete video is in '{Target.PartPath}'", canRetry: false);
            }
        }

        try
        {
            File.Move(Target.PartPath, Target.Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SinkException($"'{Target.PartPath}' cannot be renamed: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _bgr.Dispose();
    }
}
