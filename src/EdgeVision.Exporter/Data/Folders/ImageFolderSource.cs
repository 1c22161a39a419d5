namespace EdgeVision.Exporter.Data.Folders;

/// <summary>One subfolder a class, the class named as the folder; pictures in the order of folders and files.</summary>
public sealed class ImageFolderSource : PictureSource
{
    private readonly (string Path, int ClassId)[] _items;
    private readonly string _folder;

    /// <summary>Lists a folder.</summary>
    public ImageFolderSource(string folder)
    {
        _folder = folder;
        string[] classes = [.. Directory.EnumerateDirectories(folder).Where(d => DataFolder.Pictures(d).Any()).Order(StringComparer.Ordinal)];
        Labels = new DataLabels { Pictures = [.. classes.Select(c => Path.GetFileName(c))] };
        _items = [.. classes.SelectMany((c, i) => DataFolder.Pictures(c).Select(p => (p, i)))];
    }

    /// <inheritdoc/>
    public override string Description => $"{Count} pictures of {Labels.Pictures.Count} classes in {Path.GetFileName(Path.GetFullPath(_folder))}";

    /// <inheritdoc/>
    public override int Count => _items.Length;

    /// <inheritdoc/>
    public override DataLabels Labels { get; }

    /// <summary>The class of a picture is its identity too: pictures of one folder belong together.</summary>
    public override LabelledPicture Load(int index)
    {
        var (path, classId) = _items[index];
        return DataFolder.ReadPicture(path) with { ClassId = classId, Identity = classId };
    }
}
