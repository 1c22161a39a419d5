namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Data set with one subfolder of images per class, named as the class, in the order of folders and files.</summary>
public sealed class ImageFolderSource : LabelledImageSource
{
    private readonly (string Path, int ClassId)[] _items;
    private readonly string _folder;

    /// <summary>Lists the images of a folder.</summary>
    public ImageFolderSource(string folder)
    {
        _folder = folder;
        string[] classes = [.. Directory.EnumerateDirectories(folder).Where(d => DataFolder.EnumerateImages(d).Any())
            .Order(StringComparer.Ordinal)];
        Labels = new DataLabels { Pictures = [.. classes.Select(c => Path.GetFileName(c))] };
        _items = [.. classes.SelectMany((c, i) => DataFolder.EnumerateImages(c).Select(p => (p, i)))];
    }

    /// <inheritdoc/>
    public override string Description =>
        $"{Count} pictures of {Labels.Pictures.Count} classes in {Path.GetFileName(Path.GetFullPath(_folder))}";

    /// <inheritdoc/>
    public override int Count => _items.Length;

    /// <inheritdoc/>
    public override DataLabels Labels { get; }

    /// <summary>Loads an image; its class is its identity too, since images of one folder belong together.</summary>
    public override LabelledImage Load(int index)
    {
        var (path, classId) = _items[index];
        return DataFolder.ReadImage(path) with { ClassId = classId, Identity = classId };
    }
}
