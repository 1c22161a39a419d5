namespace EdgeVision;

/// <summary>
/// Frames as bare bytes out of a stream, one after the other with tight rows: another program's output on standard input, a file. They are
/// read straight into the pool's memory. A last frame that is cut short is a <see cref="FrameFormatException"/>; then the stream has ended.
/// </summary>
public sealed class RawSource : BlockingFrameSource
{
    private readonly Stream _stream;
    private readonly PixelFormat _format;
    private readonly int _width, _height;
    private readonly double _rate;
    private readonly TimeProvider _clock;
    private long _sequence, _first;
    private bool _ended;

    /// <summary>Reads frames of one size and format.</summary>
    /// <param name="stream">Where the bytes come from; disposed with the source.</param>
    /// <param name="format">Layout of a frame's bytes.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="framesPerSecond">Rate, above 0, from which timestamps follow where the stream is not live.</param>
    /// <param name="name">For results and messages.</param>
    /// <param name="live">Whether the writer gives frames as they arise: they are then dated when they arrive, and may be dropped.</param>
    /// <param name="clock">Clock of a live stream.</param>
    /// <exception cref="FrameFormatException">The size is impossible for the format.</exception>
    public RawSource(Stream stream, PixelFormat format, int width, int height, double framesPerSecond = 25, string name = "raw", bool live = false, TimeProvider? clock = null)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(framesPerSecond);
        using (Frame.Rent(format, width, height))
        {
            // Throws here and not on every frame where the size is impossible.
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

        var frame = pool.Rent(_format, _width, _height, Name, _sequence, TimeSpan.FromSeconds(_sequence / _rate));
        try
        {
            int read = _stream.ReadAtLeast(frame.MutableData, frame.Data.Length, throwOnEndOfStream: false);
            if (read == frame.Data.Length)
            {
                if (IsLive)
                {
                    long now = _clock.GetTimestamp();
                    _first = _sequence == 0 ? now : _first;
                    frame.Stamp(_clock.GetElapsedTime(_first, now));
                }

                _sequence++;
                return frame;
            }

            _ended = true;
            int needed = frame.Data.Length;
            frame.Dispose();
            return read == 0 ? null : throw new FrameFormatException(
                $"'{Name}' ended after {read} of the {needed} bytes of frame {_sequence}; its writer was stopped, or size ({_width}x{_height}) and format ({_format}) are others");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            frame.Dispose();
            throw new SourceException($"'{Name}' cannot be read: {SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}", e, IsLive);
        }
    }

    /// <inheritdoc/>
    protected override void Close() => _stream.Dispose();
}
