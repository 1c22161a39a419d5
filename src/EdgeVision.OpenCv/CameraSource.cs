using System.Globalization;
using EdgeVision.Pipeline.Sources;
using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>Options of a <see cref="CameraSource"/>.</summary>
public sealed record CameraOptions
{
    /// <summary>Gets the camera's number, or its device on Linux: <c>0</c>, <c>/dev/video0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Gets the requested width in pixels; null for the camera's default.</summary>
    public int? Width { get; init; }

    /// <summary>Gets the requested height in pixels; null for the camera's default.</summary>
    public int? Height { get; init; }

    /// <summary>Gets the requested frames per second; null for the camera's default.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Gets the code of the camera's pixel format; null for the camera's default.</summary>
    /// <remarks>MJPG allows large images over USB 2; YUYV is lossless.</remarks>
    public string? FourCc { get; init; } = "MJPG";

    /// <summary>Gets the number of frames that the driver buffers; 1 has the lowest latency.</summary>
    public int BufferCount { get; init; } = 1;

    /// <summary>Gets the name in results and messages; null for the device.</summary>
    public string? Name { get; init; }

    /// <summary>Gets the clock that timestamps the frames.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Reads a camera through OpenCV (V4L2 on Linux), as BGR24 in the pool's memory, timestamped on arrival.</summary>
/// <remarks>
/// A camera that does not support a requested setting uses another one: size and rate are those that it reports.
/// </remarks>
public sealed class CameraSource : BlockingFrameSource
{
    private readonly CameraOptions _options;
    private VideoCapture? _capture;
    private Size _size;
    private double? _rate;
    private long _sequence, _first;

    /// <summary>Initializes the source; nothing is opened yet.</summary>
    /// <exception cref="PipelineConfigException">A value is out of range.</exception>
    public CameraSource(CameraOptions options)
        : base(NameFor(options))
    {
        if (options is { FourCc.Length: not 4 }
            or { Width: < 1 or > Frame.MaxSide }
            or { Height: < 1 or > Frame.MaxSide }
            or { FrameRate: not (null or (> 0 and <= 1000)) }
            or { BufferCount: < 1 })
        {
            throw new PipelineConfigException(
                $"camera '{Name}': width and height must be 1 to {Frame.MaxSide}, the rate above 0 and at most 1000, " +
                "buffers at least 1, and the format a code of four letters (MJPG, YUYV)");
        }

        _options = options;
    }

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <inheritdoc/>
    public override double? FrameRate => _rate;

    /// <summary>Returns whether a text is a camera: a number, or a video device of Linux.</summary>
    public static bool IsCamera(string device) => IndexOf(device) is not null || device.StartsWith("/dev/video", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override void OpenBlocking()
    {
        string path = IndexOf(_options.Device) is { } number && OperatingSystem.IsLinux() ? $"/dev/video{number}" : _options.Device;
        if (OperatingSystem.IsLinux() && !File.Exists(path))
        {
            throw new SourceException($"there is no camera '{path}'; plug it in, or list cameras with v4l2-ctl --list-devices");
        }

        OpenCvLibrary.EnsureAvailable(Name);
        var driver = OperatingSystem.IsLinux() ? VideoCaptureAPIs.V4L2
            : OperatingSystem.IsWindows() ? VideoCaptureAPIs.DSHOW
            : VideoCaptureAPIs.ANY;
        try
        {
            _capture = IndexOf(_options.Device) is { } index ? new VideoCapture(index, driver) : new VideoCapture(path, driver);
        }
        catch (OpenCVException e)
        {
            throw new SourceException($"camera '{Name}' cannot be opened: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        if (!_capture.IsOpened())
        {
            throw new SourceException(
                $"camera '{Name}' cannot be opened; another program may be using it, or the user is not in the group 'video'");
        }

        // The format first: it determines the available sizes and rates.
        SetProperty(VideoCaptureProperties.FourCC, _options.FourCc is { } code ? FourCC.FromString(code) : null);
        SetProperty(VideoCaptureProperties.FrameWidth, _options.Width);
        SetProperty(VideoCaptureProperties.FrameHeight, _options.Height);
        SetProperty(VideoCaptureProperties.Fps, _options.FrameRate);
        SetProperty(VideoCaptureProperties.BufferSize, _options.BufferCount);
        _size = new Size(Math.Max(1, _capture.FrameWidth), Math.Max(1, _capture.FrameHeight));
        _rate = _capture.Fps is > 0 and <= 1000 ? _capture.Fps : null;
    }

    /// <inheritdoc/>
    protected override Frame? ReadBlocking(FramePool pool)
    {
        var capture = _capture ?? throw new InvalidOperationException($"'{Name}' is not open");
        if (!capture.Grab())
        {
            throw new SourceException($"camera '{Name}' delivers no more frames; it was unplugged or has stopped");
        }

        long sequence = _sequence++, now = _options.Clock.GetTimestamp();
        _first = sequence == 0 ? now : _first;
        return CaptureReader.Retrieve(capture, ref _size, pool, Name, sequence, _options.Clock.GetElapsedTime(_first, now));
    }

    /// <inheritdoc/>
    protected override void Close() => _capture?.Dispose();

    private static string NameFor(CameraOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Name is { Length: > 0 } name ? name : options.Device is not { Length: > 0 } device
            ? throw new PipelineConfigException("a camera must be given by its number or /dev/videoN")
            : IsCamera(device) ? device : throw new PipelineConfigException(
                $"a camera must be given by its number or /dev/videoN; got '{device}'");
    }

    private static int? IndexOf(string device) =>
        int.TryParse(device, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < 256 ? index : null;

    private void SetProperty(VideoCaptureProperties property, double? value)
    {
        if (value is { } wanted)
        {
            _capture!.Set(property, wanted);
        }
    }
}
