namespace EdgeVision.Cli.DataSets;

/// <summary>Images with a PNG mask of the same name that contains the class of each pixel; 255 is ignored.</summary>
internal sealed class MaskData : LabelledData
{
    private readonly string _images;
    private readonly string[] _masks;

    private MaskData(string images, string masks, IReadOnlyDictionary<int, string> classes)
    {
        if (!Directory.Exists(masks))
        {
            throw new UsageException($"mask folder '{masks}' does not exist");
        }

        _images = images;
        Classes = classes;
        var pairs = ImageFinder.FindRecursively(images)
            .Select(p => (Picture: p, Mask: Path.Combine(masks, Path.GetRelativePath(images, Path.ChangeExtension(p, ".png")))))
            .Where(p => File.Exists(p.Mask)).ToList();
        if (pairs.Count == 0)
        {
            throw new UsageException($"no image in '{images}' has a mask in '{masks}'");
        }

        Images = [.. pairs.Select(p => new LabelledImage(p.Picture))];
        _masks = [.. pairs.Select(p => p.Mask)];
    }

    /// <inheritdoc/>
    public override string Description => $"{Images.Count} images with masks in {_images}";

    /// <inheritdoc/>
    public override LabelKind Kind => LabelKind.Pixels;

    /// <inheritdoc/>
    public override IReadOnlyList<LabelledImage> Images { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<int, string> Classes { get; }

    /// <summary>Reads <c>val: {images: …, masks: …}</c> and <c>classes</c>.</summary>
    public static MaskData FromYaml(DataYaml yaml, string? images, string? split, IReadOnlyDictionary<int, string>? names)
    {
        foreach (string part in split is null ? DataYaml.Splits : [split])
        {
            if (yaml.Masks(part) is { } folders)
            {
                string pictures = images ?? Path.GetFullPath(Path.Combine(yaml.Folder, folders.Images));
                string masks = Path.GetFullPath(Path.Combine(yaml.Folder, folders.Masks));
                if (split is not null || Directory.Exists(pictures) && Directory.Exists(masks))
                {
                    return new MaskData(Existing(pictures), masks, names ?? yaml.Names());
                }
            }
        }

        throw new UsageException(split is null
            ? $"'{yaml.Path}' has no split whose image and mask folders exist"
            : $"'{yaml.Path}' has no split '{split}' with images and masks");
    }

    /// <summary>Reads a folder with <c>images</c> and <c>masks</c>, both with a subfolder for the part or without.</summary>
    public static MaskData FromFolder(string folder, string? images, string? split, IReadOnlyDictionary<int, string> names)
    {
        string masks = Path.Combine(folder, "masks");
        string part = split ?? DataYaml.Splits.FirstOrDefault(s => Directory.Exists(Path.Combine(masks, s))) ?? "";
        string[] places = [Path.Combine(folder, "images", part), Path.Combine(folder, "..", "images", part)];
        string pictures = Path.GetFullPath(images ?? places.FirstOrDefault(Directory.Exists) ?? places[0]);
        return new MaskData(Existing(pictures), Path.Combine(masks, part), names);
    }

    /// <inheritdoc/>
    public override byte[] Pixels(int picture, int width, int height)
    {
        var (ids, w, h) = MaskFile.Read(_masks[picture]);
        return (w, h) == (width, height)
            ? ids
            : throw new EdgeVisionException($"mask '{_masks[picture]}' is {w}x{h}; its image is {width}x{height}");
    }

    private static string Existing(string folder) => Directory.Exists(folder)
        ? folder
        : throw new UsageException($"image folder '{folder}' does not exist; give another with --images");
}
