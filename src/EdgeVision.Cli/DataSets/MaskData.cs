namespace EdgeVision.Cli;

/// <summary>Pictures with a PNG of the same name that holds the class of each pixel; 255 is nobody's and does not count.</summary>
internal sealed class MaskData : LabelledData
{
    private readonly string _images;
    private readonly string[] _masks;

    private MaskData(string images, string masks, IReadOnlyDictionary<int, string> classes)
    {
        if (!Directory.Exists(masks))
        {
            throw new WrongCallException($"there is no folder of masks '{masks}'");
        }

        _images = images;
        Classes = classes;
        var pairs = PictureFiles.Below(images)
            .Select(p => (Picture: p, Mask: Path.Combine(masks, Path.GetRelativePath(images, Path.ChangeExtension(p, ".png")))))
            .Where(p => File.Exists(p.Mask)).ToList();
        if (pairs.Count == 0)
        {
            throw new WrongCallException($"no picture in '{images}' has a mask in '{masks}'");
        }

        Pictures = [.. pairs.Select(p => new LabelledPicture(p.Picture))];
        _masks = [.. pairs.Select(p => p.Mask)];
    }

    /// <inheritdoc/>
    public override string Description => $"{Pictures.Count} pictures with masks in {_images}";

    /// <inheritdoc/>
    public override LabelKind Kind => LabelKind.Pixels;

    /// <inheritdoc/>
    public override IReadOnlyList<LabelledPicture> Pictures { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<int, string> Classes { get; }

    /// <summary>Reads <c>val: {images: …, masks: …}</c> and <c>classes</c>.</summary>
    public static MaskData FromYaml(DataYaml yaml, string? images, string? split, IReadOnlyDictionary<int, string>? names)
    {
        foreach (string part in split is null ? DataYaml.Splits : [split])
        {
            if (yaml.Masks(part) is { } folders)
            {
                string pictures = images ?? Path.GetFullPath(Path.Combine(yaml.Folder, folders.Images)), masks = Path.GetFullPath(Path.Combine(yaml.Folder, folders.Masks));
                if (split is not null || Directory.Exists(pictures) && Directory.Exists(masks))
                {
                    return new MaskData(Directory.Exists(pictures) ? pictures : throw new WrongCallException($"there is no folder of pictures '{pictures}'; --images names another"), masks, names ?? yaml.Names());
                }
            }
        }

        throw new WrongCallException($"'{yaml.Path}' names no part {(split is null ? "whose pictures and masks are there" : $"'{split}' with images and masks")}");
    }

    /// <summary>Reads a folder with <c>images</c> and <c>masks</c>, both with a subfolder for the part or without.</summary>
    public static MaskData FromFolder(string folder, string? images, string? split, IReadOnlyDictionary<int, string> names)
    {
        string masks = Path.Combine(folder, "masks");
        string part = split ?? DataYaml.Splits.FirstOrDefault(s => Directory.Exists(Path.Combine(masks, s))) ?? "";
        string[] places = [Path.Combine(folder, "images", part), Path.Combine(folder, "..", "images", part)];
        string pictures = Path.GetFullPath(images ?? places.FirstOrDefault(Directory.Exists) ?? places[0]);
        return new MaskData(Directory.Exists(pictures) ? pictures : throw new WrongCallException($"there is no folder of pictures '{pictures}'; --images names another"), Path.Combine(masks, part), names);
    }

    /// <inheritdoc/>
    public override byte[] Pixels(int picture, int width, int height)
    {
        var (ids, w, h) = MaskFile.Read(_masks[picture]);
        return (w, h) == (width, height) ? ids : throw new EdgeVisionException($"mask '{_masks[picture]}' is {w}x{h}; its picture is {width}x{height}");
    }
}
