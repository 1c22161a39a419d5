namespace EdgeVision.Pipeline.Sources;

/// <summary>Reads raw frames without row padding from a stream: standard input from another program, a file.</summary>
/// <remarks>
/// Frames are read straight into the memory of the pool. A truncated last frame is a <see cref="FrameFormatException"/>; after it the
/// stream has ended.
/// </remarks>
public sealed class RawSource : BlockingFrameSource
{
    private readonly Stream _stream;
    private readonly PixelFormat _format;
    private readonly int _width, _height;
    private readonly double _rate;
    private readonly TimeProvider _clock;
    private long _sequence, _first;
    private bool _ended;

    /// <summary>Creates a source of frames of one size and format.</summary>
    /// <param name="stream">Stream of raw frames; disposed with the source.</param>
    /// <param name="format">Pixel format of the frames.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="framesPerSecond">Rate, above 0, from which timestamps are computed if the stream is not live.</param>
    /// <param name="name">Name in results and messages.</param>
    /// <param name="live">True if frames are written as they arise: they get the time of arrival and may be dropped.</param>
    /// <param name="clock">Clock of a live stream.</param>
    /// <exception cref="FrameFormatException">The size is invalid for the format.</exception>
    public RawSource(
        Stream stream,
        PixelFormat format,
        int width,
        int height,
        double framesPerSecond = 25,
        string name = "raw",
        bool live = false,
        TimeProvider? clock = null)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(framesPerSecond);
        using (Frame.Rent(format, width, height))
        {
            // Throws here instead of on every frame if the size is invalid.
        }

        (_stream, _format, _width, _height, _rate, IsLive) = (stream, format, width, height, framesPerSecond, live);
        _clock = clock ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public override bool IsLive { get; }

    /// <inheritdoc/>
    public override double? FrameRate => _rate;

    /// <inheritdoc/>
    protected override void OpenBlocking()
    {
    }

    /// <inheritdoc/>
    protected override Frame? ReadBlocking(FramePool pool)
    {
        if (_ended)
        {
            return null;
        }

        var frame = pool.Rent(_format, _width, _height, Name, _sequence, GetDueTime(_sequence, _rate));
        try
        {
            int read = _stream.ReadAtLeast(frame.MutableData, frame.Data.Length, throwOnEndOfStream: false);
            if (read == frame.Data.Length)
            {
                if (IsLive)
                {
                    long now = _clock.GetTimestamp();
                    _first = _sequence == 0 ? now : _first;
                    frame.SetTimestamp(_clock.GetElapsedTime(_first, now));
                }

                _sequence++;
                return frame;
            }

            _ended = true;
            int needed = frame.Data.Length;
            frame.Dispose();
            return read == 0 ? null : throw new FrameFormatException(
                $"'{Name}' ended after {read} of {needed} bytes of frame {_sequence}; the writer stopped early, "
                    + $"or the size {_width}x{_height} or format {_format} is wrong");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            frame.Dispose();
            string reason = SourceAddress.Redact(e.Message.ReplaceLineEndings(" "));
            throw new SourceException($"'{Name}' cannot be read: {reason}", e, IsLive);
        }
    }

    /// <inheritdoc/>
    protected override void Close() => _stream.Dispose();
}
