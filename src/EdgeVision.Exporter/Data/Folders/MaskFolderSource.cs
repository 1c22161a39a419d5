using SkiaSharp;

namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Data set of images with a PNG mask of the same name, whose gray levels are class ids.</summary>
/// <remarks>Ids that are not kept become the background.</remarks>
public sealed class MaskFolderSource : LabelledImageSource
{
    private readonly (string Picture, string Mask)[] _items;
    private readonly ClassMap _classes;

    /// <summary>Lists the images that have a mask.</summary>
    public MaskFolderSource(string images, string masks, IReadOnlyDictionary<int, string> names, DataFolderOptions options)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(images) || !Directory.Exists(masks))
        {
            throw new EdgeVisionException($"Folder '{(Directory.Exists(images) ? masks : images)}' does not exist");
        }

        _items = [.. DataFolder.EnumerateImages(images).Select(p => (p, Path.Combine(masks, Path.GetFileNameWithoutExtension(p) + ".png")))
            .Where(i => File.Exists(i.Item2))];
        if (_items.Length == 0)
        {
            throw new EdgeVisionException($"No image in '{images}' has a mask in '{masks}'");
        }

        // Id 0 is the background or unlabelled; it is always kept, as class 0.
        _classes = new ClassMap(names.Where(n => n.Key != 0).ToDictionary(), Counts, options, first: 1);
        Labels = new DataLabels { Pixels = ["background", .. _classes.Names] };
        if (Labels.Pixels.Count >= LabelledImage.IgnoredPixel)
        {
            throw new EdgeVisionException($"A mask can have at most {LabelledImage.IgnoredPixel - 1} classes; got {Labels.Pixels.Count}");
        }
    }

    /// <inheritdoc/>
    public override string Description => $"{Count} photos with masks of {Labels.Pixels.Count} classes";

    /// <inheritdoc/>
    public override int Count => _items.Length;

    /// <inheritdoc/>
    public override DataLabels Labels { get; }

    /// <inheritdoc/>
    public override LabelledImage Load(int index)
    {
        var (path, maskPath) = _items[index];
        var picture = DataFolder.ReadImage(path);
        var (mask, width, height) = ReadMask(maskPath);
        if (width != picture.Width || height != picture.Height)
        {
            throw new EdgeVisionException(
                $"Mask '{maskPath}' must have the size of its image, {picture.Width}x{picture.Height}; got {width}x{height}");
        }

        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = (byte)(mask[i] == LabelledImage.IgnoredPixel ? LabelledImage.IgnoredPixel : Math.Max(0, _classes.GetDenseId(mask[i])));
        }

        return picture with { Mask = mask };
    }

    private Dictionary<int, long> Counts()
    {
        var counts = new long[256];
        foreach (var (_, mask) in _items)
        {
            foreach (byte id in ReadMask(mask).Ids)
            {
                counts[id]++;
            }
        }

        return Enumerable.Range(1, 254).Where(i => counts[i] > 0).ToDictionary(i => i, i => counts[i]);
    }

    private static (byte[] Ids, int Width, int Height) ReadMask(string path)
    {
        using var codec = SKCodec.Create(path) ?? throw new EdgeVisionException($"Mask '{path}' is not an image");
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Gray8, SKAlphaType.Opaque);
        using var bitmap = new SKBitmap(info);
        if (codec.GetPixels(info, bitmap.GetPixels()) != SKCodecResult.Success)
        {
            throw new EdgeVisionException($"Cannot read mask '{path}' as gray levels");
        }

        var ids = new byte[info.Width * info.Height];
        for (int y = 0; y < info.Height; y++)
        {
            bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, info.Width).CopyTo(ids.AsSpan(y * info.Width));
        }

        return (ids, info.Width, info.Height);
    }
}
