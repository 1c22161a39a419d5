using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>What a <see cref="VideoSource"/> reads.</summary>
public sealed record VideoOptions
{
    /// <summary>A video file, or the address of a stream (rtsp, http …) where OpenCV is built for it (<see cref="OpenCvLibrary.HasNetwork"/>).</summary>
    public required string Input { get; init; }

    /// <summary>How long connecting to a stream may take.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stream may be silent before it counts as lost.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether frames come by themselves; null: those of a file and of http wait, those of other addresses do not.</summary>
    public bool? Live { get; init; }

    /// <summary>Name for results and messages; null the input without credentials.</summary>
    public string? Name { get; init; }

    /// <summary>Clock that dates the frames of live streams.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Says where, without credentials.</summary>
    public override string ToString() => $"VideoOptions {{ Input = {SourceAddress.Redact(Input)} }}";
}

/// <summary>
/// A video file or stream through OpenCV and the FFmpeg inside of it, as BGR24 in the pool's memory. A file's frames have the video's own
/// timestamps, a stream's are dated when they arrive.
/// </summary>
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

    /// <summary>Takes note of what is to be read.</summary>
    public VideoSource(VideoOptions options)
        : base(NameFor(options))
    {
        _options = options;
        _isFile = !options.Input.Contains("://", StringComparison.Ordinal);
        IsLive = options.Live ?? !(_isFile || options.Input.StartsWith("http", StringComparison.OrdinalIgnoreCase) || options.Input.StartsWith("file:", StringComparison.OrdinalIgnoreCase));
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

        OpenCvLibrary.MustBeThere(Name);
        int[] timeouts = [CaptureProperty.OpenTimeout, Milliseconds(_options.OpenTimeout), CaptureProperty.ReadTimeout, Milliseconds(_options.ReadTimeout)];
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
                ? new SourceException($"'{Name}' is no video that can be read, or it is cut short", canRetry: false)
                : OpenCvLibrary.HasNetwork
                    ? new SourceException($"'{Name}' cannot be reached or is no video stream; check address, user and password")
                    : new SourceException($"'{Name}' cannot be opened: this OpenCV is built without a network; read streams through ffmpeg", canRetry: false);
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
            : DueTime(sequence, _rate ?? 25);
    }

    // OpenCV tells no end from a loss; a file that says it has many more frames was cut short. Its count may be an estimate.
    private void End()
    {
        if (IsLive || !_isFile)
        {
            throw new SourceException($"'{Name}' ended or was silent for {_options.ReadTimeout.TotalSeconds:0.#} s");
        }

        if (_count is { } count && _sequence < count - Math.Max(2, count / 50))
        {
            throw new SourceException($"'{Name}' is cut short or damaged: {_sequence} of {count} frames could be read", canRetry: false);
        }
    }
}
