using System.Globalization;
using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>Which camera a <see cref="CameraSource"/> reads and how.</summary>
public sealed record CameraOptions
{
    /// <summary>The camera's number, or on Linux its device: <c>0</c>, <c>/dev/video0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Width in pixels to ask for; null the camera's own.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels to ask for; null the camera's own.</summary>
    public int? Height { get; init; }

    /// <summary>Frames a second to ask for; null the camera's own.</summary>
    public double? Rate { get; init; }

    /// <summary>Code of the format in which the camera sends: MJPG (large pictures over USB 2), YUYV (no loss); null the camera's own.</summary>
    public string? FourCc { get; init; } = "MJPG";

    /// <summary>Frames that the driver holds; 1 is the least delay.</summary>
    public int Buffers { get; init; } = 1;

    /// <summary>Name for results and messages; null the device.</summary>
    public string? Name { get; init; }

    /// <summary>Clock that dates the frames.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// A camera through OpenCV (V4L2 on Linux), as BGR24 in the pool's memory, dated when a frame is there. What the camera cannot do as asked it
/// does as it can: size and rate are those it says it gives.
/// </summary>
public sealed class CameraSource : BlockingFrameSource
{
    private readonly CameraOptions _options;
    private VideoCapture? _capture;
    private Size _size;
    private double? _rate;
    private long _sequence, _first;

    /// <summary>Takes note of the camera.</summary>
    /// <exception cref="PipelineConfigException">A value is out of its range.</exception>
    public CameraSource(CameraOptions options)
        : base(NameFor(options))
    {
        if (options is { FourCc.Length: not 4 } or { Width: < 1 or > Frame.MaxSide } or { Height: < 1 or > Frame.MaxSide } or { Rate: not (null or (> 0 and <= 1000)) } or { Buffers: < 1 })
        {
            throw new PipelineConfigException($"camera '{Name}': width and height are 1 to {Frame.MaxSide}, the rate is above 0 and at most 1000, there is at least 1 buffer, and a format has a code of four letters (MJPG, YUYV)");
        }

        _options = options;
    }

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <inheritdoc/>
    public override double? FrameRate => _rate;

    /// <summary>Whether a text names a camera: a number, or a device of Linux.</summary>
    public static bool IsCamera(string device) => IndexOf(device) is not null || device.StartsWith("/dev/video", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override void OpenBlocking()
    {
        string path = IndexOf(_options.Device) is { } number && OperatingSystem.IsLinux() ? $"/dev/video{number}" : _options.Device;
        if (OperatingSystem.IsLinux() && !File.Exists(path))
        {
            throw new SourceException($"there is no camera '{path}'; plug it in, or list cameras with v4l2-ctl --list-devices");
        }

        OpenCvLibrary.MustBeThere(Name);
        var driver = OperatingSystem.IsLinux() ? VideoCaptureAPIs.V4L2 : OperatingSystem.IsWindows() ? VideoCaptureAPIs.DSHOW : VideoCaptureAPIs.ANY;
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
            throw new SourceException($"camera '{Name}' cannot be opened; another program may have it, or the user is not in the group 'video'");
        }

        // The format first: it decides which sizes and rates there are.
        Ask(VideoCaptureProperties.FourCC, _options.FourCc is { } code ? FourCC.FromString(code) : null);
        Ask(VideoCaptureProperties.FrameWidth, _options.Width);
        Ask(VideoCaptureProperties.FrameHeight, _options.Height);
        Ask(VideoCaptureProperties.Fps, _options.Rate);
        Ask(VideoCaptureProperties.BufferSize, _options.Buffers);
        _size = new Size(Math.Max(1, _capture.FrameWidth), Math.Max(1, _capture.FrameHeight));
        _rate = _capture.Fps is > 0 and <= 1000 ? _capture.Fps : null;
    }

    /// <inheritdoc/>
    protected override Frame? ReadBlocking(FramePool pool)
    {
        var capture = _capture ?? throw new InvalidOperationException($"'{Name}' is not open");
        if (!capture.Grab())
        {
            throw new SourceException($"camera '{Name}' gives nothing any more; it was unplugged or has stopped");
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
            ? throw new PipelineConfigException("no camera is named; write its number or /dev/videoN")
            : IsCamera(device) ? device : throw new PipelineConfigException($"'{device}' is no camera; write its number or /dev/videoN");
    }

    private static int? IndexOf(string device) => int.TryParse(device, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < 256 ? index : null;

    private void Ask(VideoCaptureProperties property, double? value)
    {
        if (value is { } wanted)
        {
            _capture!.Set(property, wanted);
        }
    }
}
