using SkiaSharp;

namespace EdgeVision.Imaging;

/// <summary>Image buffered as JPEG, reference counted by the lists that contain it.</summary>
internal sealed class HeldPicture
{
    private readonly SKData _jpeg;
    private int _owners = 1;

    private HeldPicture(SKData jpeg, Frame picture)
    {
        _jpeg = jpeg;
        (Width, Height, Sequence, Timestamp) = (picture.Width, picture.Height, picture.Sequence, picture.Timestamp);
    }

    public int Width { get; }

    public int Height { get; }

    public long Sequence { get; }

    public TimeSpan Timestamp { get; }

    public long Bytes => _jpeg.Size;

    /// <summary>Encodes a BGRA32 image.</summary>
    public static unsafe HeldPicture Of(Frame picture, int quality)
    {
        fixed (byte* pixels = picture.Data)
        {
            var info = new SKImageInfo(picture.Width, picture.Height, SKColorType.Bgra8888, SKAlphaType.Opaque);
            using var pixmap = new SKPixmap(info, (nint)pixels, picture.Stride);
            var jpeg = pixmap.Encode(SKEncodedImageFormat.Jpeg, quality)
                ?? throw new SinkException("an image cannot be encoded as JPEG", canRetry: false);
            return new HeldPicture(jpeg, picture);
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

    public HeldPicture Share()
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
internal sealed class HeldPictures(TimeSpan time, long mostBytes) : IDisposable
{
    private readonly Queue<HeldPicture> _pictures = new();

    public IEnumerable<HeldPicture> Pictures => _pictures;

    public long Bytes { get; private set; }

    /// <summary>Adds an image; takes ownership of one reference.</summary>
    public void Add(HeldPicture picture)
    {
        _pictures.Enqueue(picture);
        Bytes += picture.Bytes;
        while (_pictures.Count > 1 && (Bytes > mostBytes || picture.Timestamp - _pictures.Peek().Timestamp > time))
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
        Bytes -= oldest.Bytes;
        oldest.Release();
    }
}
