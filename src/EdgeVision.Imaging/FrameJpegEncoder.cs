using EdgeVision.Preprocessing;
using SkiaSharp;

namespace EdgeVision.Imaging;

/// <summary>Encodes frames of any format as JPEG, optionally downscaled.</summary>
/// <remarks>Reuses its buffers from frame to frame. Not thread-safe.</remarks>
public sealed class FrameJpegEncoder : IDisposable
{
    private static readonly SKSamplingOptions Smaller = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    private readonly int _maxWidth;
    private readonly SKJpegEncoderOptions _options;
    private Frame? _pixels;
    private SKBitmap? _small;

    /// <summary>Initializes an encoder.</summary>
    /// <param name="quality">Quality from 1 to 100.</param>
    /// <param name="maxWidth">
    /// Frames that are wider are scaled to this width, keeping their proportions; 0 keeps every size.
    /// </param>
    public FrameJpegEncoder(int quality = 80, int maxWidth = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        ArgumentOutOfRangeException.ThrowIfNegative(maxWidth);
        _maxWidth = maxWidth;
        _options = new SKJpegEncoderOptions(quality, SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore);
    }

    /// <summary>Encodes a frame as JPEG.</summary>
    /// <param name="frame">Frame of any format; it is not changed.</param>
    /// <exception cref="EdgeVisionException">The frame cannot be encoded.</exception>
    public unsafe byte[] Encode(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var pixels = frame.Format == PixelFormat.Bgra32 ? frame : Copy(frame);
        fixed (byte* first = pixels.Data)
        {
            var info = new SKImageInfo(frame.Width, frame.Height, SKColorType.Bgra8888, SKAlphaType.Opaque);
            using var whole = new SKPixmap(info, (nint)first, pixels.Stride);
            if (_maxWidth == 0 || frame.Width <= _maxWidth)
            {
                return Encode(whole);
            }

            info = info.WithSize(_maxWidth, Math.Max(1, (int)Math.Round((double)frame.Height * _maxWidth / frame.Width)));
            if (_small is null || _small.Info.Size != info.Size)
            {
                _small?.Dispose();
                _small = new SKBitmap(info);
            }

            using var small = _small.PeekPixels();
            return whole.ScalePixels(small, Smaller)
                ? Encode(small)
                : throw new EdgeVisionException($"a frame of {frame.Width}x{frame.Height} cannot be scaled to a width of {info.Width}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pixels?.Dispose();
        _small?.Dispose();
        (_pixels, _small) = (null, null);
    }

    private Frame Copy(Frame frame)
    {
        if (_pixels is null || _pixels.Width != frame.Width || _pixels.Height != frame.Height)
        {
            _pixels?.Dispose();
            _pixels = Frame.Rent(PixelFormat.Bgra32, frame.Width, frame.Height);
        }

        FrameConverter.ToBgra(frame, _pixels);
        return _pixels;
    }

    private byte[] Encode(SKPixmap pixmap)
    {
        using var stream = new SKDynamicMemoryWStream();
        if (!pixmap.Encode(stream, _options))
        {
            throw new EdgeVisionException($"a frame of {pixmap.Width}x{pixmap.Height} cannot be encoded as JPEG");
        }

        using var data = stream.DetachAsData();
        return data.ToArray();
    }
}
