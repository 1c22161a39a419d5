using EdgeVision.Pipeline.Sources;
using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>Options of a <see cref="VideoSource"/>.</summary>
public sealed record VideoOptions
{
    /// <summary>Gets the video file, or the URL of a stream (rtsp, http …) if OpenCV has network support.</summary>
    /// <remarks>See <see cref="OpenCvLibrary.HasNetwork"/>.</remarks>
    public required string Input { get; init; }

    /// <summary>Gets the timeout for connecting to a stream.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the timeout for a stream's next frame, after which it counts as lost.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets whether frames arrive in real time; null: not for files and http, else yes.</summary>
    public bool? IsLive { get; init; }

    /// <summary>Gets the name in results and messages; null for the input without credentials.</summary>
    public string? Name { get; init; }

    /// <summary>Gets the clock that timestamps the frames of live streams.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Returns the input, without credentials.</summary>
    public override string ToString() => $"VideoOptions {{ Input = {SourceAddress.Redact(Input)} }}";
}

/// <summary>Reads a video file or stream through OpenCV's FFmpeg, as BGR24 in the pool's memory.</summary>
/// <remarks>Frames of a file have the video's own timestamps; frames of a stream are timestamped on arrival.</remarks>
public sealed class VideoSource : BlockingFrameSource
{
    private readonly VideoOptions _options;
    private readonly bool _isFile;
    private VideoCapture? _capture;
    private Size _size;
    private double? _rate;
    private long? _count;
    private long _sequence, _first;
    private bool _ended;

    /// <summary>Initializes the source; nothing is opened yet.</summary>
    public VideoSource(VideoOptions options)
        : base(NameFor(options))
    {
        _options = options;
        _isFile = !options.Input.Contains("://", StringComparison.Ordinal);
        IsLive = options.IsLive
            ?? !(_isFile
                || options.Input.StartsWith("http", StringComparison.OrdinalIgnoreCase)
                || options.Input.StartsWith("file:", StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public override bool IsLive { get; }

    /// <inheritdoc/>
    public override double? FrameRate => _rate;

    /// <inheritdoc/>
    public override long? FrameCount => _count;

    /// <inheritdoc/>
    protected override void OpenBlocking()
    {
        if (_isFile && !File.Exists(_options.Input))
        {
            throw new SourceException($"there is no file '{Name}'", canRetry: false);
        }

        OpenCvLibrary.EnsureAvailable(Name);
        int[] timeouts =
        [
            CaptureProperty.OpenTimeout, Milliseconds(_options.OpenTimeout),
            CaptureProperty.ReadTimeout, Milliseconds(_options.ReadTimeout),
        ];
        try
        {
            _capture = new VideoCapture(_options.Input, VideoCaptureAPIs.FFMPEG, timeouts);
        }
        catch (OpenCVException e)
        {
            throw new SourceException($"'{Name}' cannot be opened: {SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}", e, IsLive);
        }

        _size = new Size(_capture.FrameWidth, _capture.FrameHeight);
        if (!_capture.IsOpened() || _size.Width < 1 || _size.Height < 1)
        {
            throw _isFile
                ? new SourceException($"'{Name}' is not a readable video, or it is truncated", canRetry: false)
                : OpenCvLibrary.HasNetwork
                    ? new SourceException($"'{Name}' cannot be reached or is not a video stream; check address, user and password")
                    : new SourceException(
                        $"'{Name}' cannot be opened: this OpenCV is built without network support; use ffmpeg for streams",
                        canRetry: false);
        }

        _rate = _capture.Fps is > 0 and <= 1000 ? _capture.Fps : null;
        _count = _isFile && _capture.FrameCount > 0 ? _capture.FrameCount : null;
    }

    /// <inheritdoc/>
    protected override Frame? ReadBlocking(FramePool pool)
    {
        if (_ended)
        {
            return null;
        }

        var capture = _capture ?? throw new InvalidOperationException($"'{Name}' is not open");
        if (!capture.Grab())
        {
            _ended = true;
            End();
            return null;
        }

        long sequence = _sequence++;
        return CaptureReader.Retrieve(capture, ref _size, pool, Name, sequence, TimestampOf(capture, sequence));
    }

    /// <inheritdoc/>
    protected override void Close() => _capture?.Dispose();

    private static string NameFor(VideoOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Name is { Length: > 0 } name ? name : SourceAddress.Redact(options.Input);
    }

    private static int Milliseconds(TimeSpan time) => (int)Math.Clamp(time.TotalMilliseconds, 1, int.MaxValue);

    private TimeSpan TimestampOf(VideoCapture capture, long sequence)
    {
        if (IsLive)
        {
            long now = _options.Clock.GetTimestamp();
            _first = sequence == 0 ? now : _first;
            return _options.Clock.GetElapsedTime(_first, now);
        }

        double milliseconds = capture.PosMsec;
        return double.IsFinite(milliseconds) && (milliseconds > 0 || sequence == 0)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : GetDueTime(sequence, _rate ?? 25);
    }

    // OpenCV does not distinguish the end from an error; a file with many more frames in its header is truncated. The
    // header's count may be an estimate.
    private void End()
    {
        if (IsLive || !_isFile)
        {
            throw new SourceException($"'{Name}' ended or sent nothing for {_options.ReadTimeout.TotalSeconds:0.#} s");
        }

        if (_count is { } count && _sequence < count - Math.Max(2, count / 50))
        {
            throw new SourceException($"'{Name}' is truncated or damaged: {_sequence} of {count} frames could be read", canRetry: false);
        }
    }
}
