using SkiaSharp;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Image buffered as JPEG, reference counted by the lists that contain it.</summary>
internal sealed class BufferedImage
{
    private readonly SKData _jpeg;
    private int _owners = 1;

    private BufferedImage(SKData jpeg, Frame picture)
    {
        _jpeg = jpeg;
        (Width, Height, Sequence, Timestamp) = (picture.Width, picture.Height, picture.Sequence, picture.Timestamp);
    }

    public int Width { get; }

    public int Height { get; }

    public long Sequence { get; }

    public TimeSpan Timestamp { get; }

    public long ByteCount => _jpeg.Size;

    /// <summary>Encodes a BGRA32 image.</summary>
    public static unsafe BufferedImage Encode(Frame picture, int quality)
    {
        fixed (byte* pixels = picture.Data)
        {
            var info = new SKImageInfo(picture.Width, picture.Height, SKColorType.Bgra8888, SKAlphaType.Opaque);
            using var pixmap = new SKPixmap(info, (nint)pixels, picture.Stride);
            var jpeg = pixmap.Encode(SKEncodedImageFormat.Jpeg, quality)
                ?? throw new SinkException("an image cannot be encoded as JPEG", canRetry: false);
            return new BufferedImage(jpeg, picture);
        }
    }

    /// <summary>Decodes into a BGRA32 image of the same size.</summary>
    public unsafe void Decode(Frame picture)
    {
        using var codec = SKCodec.Create(_jpeg);
        fixed (byte* pixels = picture.MutableData)
        {
            var info = new SKImageInfo(Width, Height, SKColorType.Bgra8888, SKAlphaType.Opaque);
            codec.GetPixels(info, (nint)pixels, picture.Stride, SKCodecOptions.Default);
        }
    }

    public BufferedImage AddReference()
    {
        _owners++;
        return this;
    }

    public void Release()
    {
        if (--_owners == 0)
        {
            _jpeg.Dispose();
        }
    }
}

/// <summary>
/// Buffers the images of the last seconds as JPEG in bounded memory, dropping those that are too old or too many.
/// </summary>
internal sealed class ImageBuffer(TimeSpan maxAge, long maxBytes) : IDisposable
{
    private readonly Queue<BufferedImage> _pictures = new();

    public IEnumerable<BufferedImage> Images => _pictures;

    public long ByteCount { get; private set; }

    /// <summary>Adds an image; takes ownership of one reference.</summary>
    public void Add(BufferedImage picture)
    {
        _pictures.Enqueue(picture);
        ByteCount += picture.ByteCount;
        while (_pictures.Count > 1 && (ByteCount > maxBytes || picture.Timestamp - _pictures.Peek().Timestamp > maxAge))
        {
            Drop();
        }
    }

    public void Clear()
    {
        while (_pictures.Count > 0)
        {
            Drop();
        }
    }

    public void Dispose() => Clear();

    private void Drop()
    {
        var oldest = _pictures.Dequeue();
        ByteCount -= oldest.ByteCount;
        oldest.Release();
    }
}
