using EdgeVision.Diagnostics;
using SkiaSharp;

namespace EdgeVision.Imaging;

/// <summary>Decoded image with a frame over its pixels (BGRA32). Disposing frees both.</summary>
public sealed class LoadedImage : IDisposable
{
    private readonly SKBitmap _bitmap;

    internal LoadedImage(SKBitmap bitmap, string source)
    {
        _bitmap = bitmap;
        Frame = Frame.Borrow(
            bitmap.GetPixels(), (long)bitmap.RowBytes * bitmap.Height, PixelFormat.Bgra32,
            bitmap.Width, bitmap.Height, bitmap.RowBytes, source);
    }

    /// <summary>Gets the frame over the image's pixels; valid until this is disposed.</summary>
    public Frame Frame { get; }

    /// <summary>Gets the decoded image; valid until this is disposed.</summary>
    public SKBitmap Bitmap => _bitmap;

    /// <inheritdoc/>
    public void Dispose()
    {
        Frame.Dispose();
        _bitmap.Dispose();
    }
}

/// <summary>Reads and writes images: JPEG, PNG, WebP, BMP, GIF (first frame).</summary>
public static class ImageFile
{
    /// <summary>Default maximum number of pixels to decode: 64 million.</summary>
    public const long DefaultMaxPixels = 64_000_000;

    /// <summary>Gets the file name extensions of images, lower case, with their dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

    /// <summary>Decodes an image file.</summary>
    /// <remarks>Applies the EXIF orientation and ignores alpha and colour profile, as OpenCV's imread does.</remarks>
    /// <param name="path">File to read.</param>
    /// <param name="maxPixels">An image with more pixels in its header is rejected before anything is allocated.</param>
    /// <exception cref="FrameFormatException">
    /// The file is missing, empty, not an image, truncated, damaged or too large.
    /// </exception>
    public static LoadedImage Load(string path, long maxPixels = DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Decode(ReadFile(path), path, maxPixels);
    }

    /// <summary>Decodes an image in memory; <paramref name="name"/> identifies it in messages and results.</summary>
    /// <exception cref="FrameFormatException">The data is empty, not an image, truncated, damaged or too large.</exception>
    public static unsafe LoadedImage Decode(ReadOnlySpan<byte> bytes, string name, long maxPixels = DefaultMaxPixels)
    {
        fixed (byte* start = bytes)
        {
            using var codec = CodecOver((nint)start, bytes.Length, name, maxPixels);
            var bitmap = new SKBitmap(PlainInfo(codec));
            try
            {
                Decode(codec, bitmap.Info, bitmap.GetPixels(), bitmap.RowBytes, name);
                if (codec.EncodedOrigin != SKEncodedOrigin.TopLeft)
                {
                    var stored = bitmap;
                    bitmap = new SKBitmap(UprightInfo(codec));
                    Orient(stored, bitmap.GetPixels(), bitmap.RowBytes, bitmap.Width, bitmap.Height, codec.EncodedOrigin);
                    stored.Dispose();
                }

                return new LoadedImage(bitmap, name);
            }
            catch
            {
                bitmap.Dispose();
                throw;
            }
        }
    }

    /// <summary>Decodes an image in memory directly into a frame (BGRA32) of a pool.</summary>
    /// <param name="bytes">The encoded image.</param>
    /// <param name="name">Name of the image in messages, and the frame's source.</param>
    /// <param name="pool">Pool that provides the frame's memory.</param>
    /// <param name="sequence">Number of the frame in its source.</param>
    /// <param name="timestamp">Capture time on the source's clock.</param>
    /// <param name="maxPixels">An image with more pixels in its header is rejected before anything is allocated.</param>
    /// <exception cref="FrameFormatException">The data is empty, not an image, truncated, damaged or too large.</exception>
    public static unsafe Frame Decode(
        ReadOnlySpan<byte> bytes, string name, FramePool pool, long sequence, TimeSpan timestamp, long maxPixels = DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(pool);
        fixed (byte* start = bytes)
        {
            using var codec = CodecOver((nint)start, bytes.Length, name, maxPixels);
            var info = UprightInfo(codec);
            var frame = pool.Rent(PixelFormat.Bgra32, info.Width, info.Height, name, sequence, timestamp);
            try
            {
                fixed (byte* pixels = frame.MutableData)
                {
                    if (codec.EncodedOrigin == SKEncodedOrigin.TopLeft)
                    {
                        Decode(codec, info, (nint)pixels, frame.Stride, name);
                    }
                    else
                    {
                        using var stored = new SKBitmap(PlainInfo(codec));
                        Decode(codec, stored.Info, stored.GetPixels(), stored.RowBytes, name);
                        Orient(stored, (nint)pixels, frame.Stride, frame.Width, frame.Height, codec.EncodedOrigin);
                    }
                }

                return frame;
            }
            catch
            {
                frame.Dispose();
                throw;
            }
        }
    }

    /// <summary>Encodes a BGRA32 frame in the format of the path's extension (.png, .jpg, .jpeg, .webp).</summary>
    /// <remarks>An existing file is replaced only once the new one is complete.</remarks>
    /// <exception cref="EdgeVisionException">The extension is unknown, or the file cannot be written.</exception>
    public static void Save(Frame frame, string path)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Format != PixelFormat.Bgra32)
        {
            throw new FrameFormatException($"the frame to save must be {PixelFormat.Bgra32}; got {frame.Format}");
        }

        var info = new SKImageInfo(frame.Width, frame.Height, SKColorType.Bgra8888, SKAlphaType.Opaque);
        unsafe
        {
            fixed (byte* pixels = frame.Data)
            {
                using var pixmap = new SKPixmap(info, (nint)pixels, frame.Stride);
                Write(pixmap, path);
            }
        }
    }

    /// <summary>Returns whether <see cref="Save"/> can write a file of that name.</summary>
    public static bool CanSave(string path) => FormatOf(path) is not null;

    /// <summary>Encodes pixels into a file; the extension decides the format.</summary>
    public static void Write(SKPixmap pixmap, string path)
    {
        var format = FormatOf(path) ?? throw new EdgeVisionException($"'{path}' must end in .png, .jpg, .jpeg or .webp");
        using var data = pixmap.Encode(format, 92) ?? throw new EdgeVisionException($"'{path}' cannot be encoded as {format}");
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            AtomicFile.Write(path, data.SaveTo);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static SKEncodedImageFormat? FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".png" => SKEncodedImageFormat.Png,
        ".jpg" or ".jpeg" => SKEncodedImageFormat.Jpeg,
        ".webp" => SKEncodedImageFormat.Webp,
        _ => null,
    };

    /// <summary>Reads the bytes of an image file.</summary>
    /// <exception cref="FrameFormatException">The file cannot be read.</exception>
    public static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FrameFormatException($"image '{path}' cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    // The bytes are not copied: the caller keeps them pinned until the codec is disposed.
    private static SKCodec CodecOver(nint bytes, int length, string name, long maxPixels)
    {
        if (length == 0)
        {
            throw new FrameFormatException($"image '{name}' is empty");
        }

        using var data = SKData.Create(bytes, length);
        var codec = SKCodec.Create(data) ?? throw new FrameFormatException(
            $"'{name}' must be a JPEG, PNG, WebP, BMP or GIF image; it is of another format or its header is truncated");
        var size = codec.Info;
        if (size.Width < 1 || size.Height < 1 || size.Width > Frame.MaxSide || size.Height > Frame.MaxSide
            || (long)size.Width * size.Height > maxPixels)
        {
            codec.Dispose();
            throw new FrameFormatException(
                $"image '{name}' must have at most {maxPixels} pixels and sides of at most {Frame.MaxSide}; its header says " +
                $"{size.Width}x{size.Height}");
        }

        return codec;
    }

    // No colour space: pixel values are taken from the file without applying a profile. Unpremultiplied: alpha is dropped,
    // not blended.
    private static SKImageInfo PlainInfo(SKCodec codec) =>
        new(codec.Info.Width, codec.Info.Height, SKColorType.Bgra8888,
            codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);

    private static SKImageInfo UprightInfo(SKCodec codec)
    {
        var info = PlainInfo(codec);
        bool turned = codec.EncodedOrigin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop
            or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        return turned ? info.WithSize(info.Height, info.Width) : info;
    }

    private static void Decode(SKCodec codec, SKImageInfo info, nint pixels, int stride, string name)
    {
        var outcome = codec.GetPixels(info, pixels, stride, SKCodecOptions.Default);
        if (outcome != SKCodecResult.Success)
        {
            throw new FrameFormatException(outcome is SKCodecResult.IncompleteInput
                ? $"image '{name}' is truncated"
                : $"image '{name}' is damaged or truncated ({outcome})");
        }
    }

    // Pixel by pixel, so that nothing is filtered or blended.
    private static unsafe void Orient(SKBitmap stored, nint upright, int stride, int width, int height, SKEncodedOrigin origin)
    {
        int w = stored.Width, h = stored.Height;
        uint* from = (uint*)stored.GetPixels(), to = (uint*)upright;
        int fromStride = stored.RowBytes / 4, toStride = stride / 4;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var (sx, sy) = origin switch
                {
                    SKEncodedOrigin.TopRight => (w - 1 - x, y),
                    SKEncodedOrigin.BottomRight => (w - 1 - x, h - 1 - y),
                    SKEncodedOrigin.BottomLeft => (x, h - 1 - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, h - 1 - x),
                    SKEncodedOrigin.RightBottom => (w - 1 - y, h - 1 - x),
                    SKEncodedOrigin.LeftBottom => (w - 1 - y, x),
                    _ => (x, y),
                };
                to[y * toStride + x] = from[sy * fromStride + sx];
            }
        }
    }
}
