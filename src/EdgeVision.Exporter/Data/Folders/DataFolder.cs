using System.Globalization;
using EdgeVision.Imaging;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Options for reading a folder of labelled images.</summary>
public sealed record DataFolderOptions
{
    /// <summary>Classes to keep, by name; all when empty.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Number of most frequent classes to keep; all when 0.</summary>
    public int MaxClasses { get; init; }

    /// <summary>Gets whether invalid labels are skipped and reported instead of being an error.</summary>
    public bool SkipInvalidLabels { get; init; }

    /// <summary>Folder of the images, if the labels do not specify it.</summary>
    public string Images { get; init; } = "";

    /// <summary>YAML file with <c>names</c>, if the folder has none.</summary>
    public string Names { get; init; } = "";
}

/// <summary>Opens a folder of labelled images and detects its format.</summary>
public static class DataFolder
{
    /// <summary>Opens the data set at <paramref name="path"/> and detects its format.</summary>
    /// <exception cref="EdgeVisionException">The path does not exist, or its format cannot be detected.</exception>
    /// <remarks>
    /// Formats: a COCO annotation file (.json); a YOLO data set (a .yaml with <c>names</c>, or a folder with one, or with
    /// <c>labels</c>); a mask data set (a .yaml with <c>classes</c> and <c>masks</c>); or a folder with one subfolder per
    /// class.
    /// </remarks>
    public static LabelledImageSource Open(string path, DataFolderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new DataFolderOptions();
        if (File.Exists(path))
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".json" => new CocoSource(path, options),
                ".yaml" or ".yml" => FromYaml(path, options),
                _ => throw new EdgeVisionException($"'{path}' must be a COCO annotation file (.json) or the .yaml file of a data set"),
            };
        }

        if (!Directory.Exists(path))
        {
            throw new EdgeVisionException($"Data folder '{path}' does not exist");
        }

        foreach (string name in (string[])["config.yaml", "data.yaml", "dataset.yaml"])
        {
            if (File.Exists(Path.Combine(path, name)))
            {
                return FromYaml(Path.Combine(path, name), options);
            }
        }

        if (Directory.Exists(Path.Combine(path, "labels")))
        {
            return Yolo(path, "", options.Names.Length > 0 ? Names(options.Names) : null, options);
        }

        if (Directory.EnumerateDirectories(path).Any(d => EnumerateImages(d).Any()))
        {
            return new ImageFolderSource(path);
        }

        throw new EdgeVisionException($"Format of data set '{path}' is unknown: expected a config.yaml, a folder 'labels', "
            + "a COCO .json or one subfolder of images per class");
    }

    /// <summary>Returns the images of a folder and its subfolders, sorted by name.</summary>
    internal static IEnumerable<string> EnumerateImages(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(f => ImageFile.Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal);

    /// <summary>Reads an image as RGB.</summary>
    internal static LabelledImage ReadImage(string path)
    {
        using var image = ImageFile.Load(path);
        var frame = image.Frame;
        var rgb = new byte[frame.Width * frame.Height * 3];
        for (int y = 0, o = 0; y < frame.Height; y++)
        {
            var bgra = frame.Data.Slice(y * frame.Stride, frame.Width * 4);
            for (int x = 0; x < frame.Width * 4; x += 4, o += 3)
            {
                (rgb[o], rgb[o + 1], rgb[o + 2]) = (bgra[x + 2], bgra[x + 1], bgra[x]);
            }
        }

        return new LabelledImage(rgb, frame.Width, frame.Height) { Name = Path.GetFileName(path) };
    }

    private static LabelledImageSource FromYaml(string path, DataFolderOptions options)
    {
        var root = ReadYaml(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (root.Children.ContainsKey("classes"))
        {
            var train = root.Children.TryGetValue("train", out var node) && node is YamlMappingNode m ? m
                : throw new EdgeVisionException($"'{path}' must have 'train' with 'images' and 'masks'");
            return new MaskFolderSource(Path.Combine(folder, Text(train, "images", path)), Path.Combine(folder, Text(train, "masks", path)),
                Names(root, "classes", path), options);
        }

        if (!root.Children.ContainsKey("names"))
        {
            throw new EdgeVisionException($"'{path}' must have 'names' (boxes and outlines) or 'classes' (masks)");
        }

        string part = root.Children.TryGetValue("train", out var trainPath) && trainPath is YamlScalarNode scalar ? scalar.Value ?? "" : "";
        string inner = root.Children.TryGetValue("path", out var inside) && inside is YamlScalarNode s ? s.Value ?? "." : ".";
        return Yolo(Path.Combine(folder, inner), part, Names(root, "names", path), options);
    }

    // Images are in images/PART and labels in labels/PART; images shared by several label sets are one folder up.
    private static YoloSource Yolo(string folder, string part, IReadOnlyDictionary<int, string>? names, DataFolderOptions options)
    {
        string below = part.Replace("images", "", StringComparison.Ordinal).Trim('/');
        string labels = Path.Combine(folder, "labels", below);
        string[] tries = options.Images.Length > 0
            ? [options.Images]
            : [Path.Combine(folder, part.Length > 0 ? part : "images"), Path.Combine(folder, "..", part.Length > 0 ? part : "images")];
        string images = tries.FirstOrDefault(Directory.Exists)
            ?? throw new EdgeVisionException(
                $"Folder of images for the labels in '{folder}' not found; tried {string.Join(" and ", tries)}");
        return Directory.Exists(labels)
            ? new YoloSource(images, labels, names, options)
            : throw new EdgeVisionException($"Folder of labels '{labels}' does not exist");
    }

    private static Dictionary<int, string> Names(string path)
    {
        var root = ReadYaml(path);
        return Names(root, root.Children.ContainsKey("names") ? "names" : "classes", path);
    }

    private static Dictionary<int, string> Names(YamlMappingNode root, string key, string path) => root.Children[key] switch
    {
        YamlMappingNode map => map.Children.ToDictionary(
            c => int.TryParse(((YamlScalarNode)c.Key).Value, CultureInfo.InvariantCulture, out int id)
                ? id
                : throw new EdgeVisionException($"'{path}': class ids in '{key}' must be integers; got '{c.Key}'"),
            c => ((YamlScalarNode)c.Value).Value ?? ""),
        YamlSequenceNode list => list.Children.Select((c, i) => (i, ((YamlScalarNode)c).Value ?? "")).ToDictionary(),
        _ => throw new EdgeVisionException($"'{path}': '{key}' must be a list or a map of class names"),
    };

    private static string Text(YamlMappingNode map, string key, string path) =>
        map.Children.TryGetValue(key, out var node) && node is YamlScalarNode { Value: { } text }
            ? text
            : throw new EdgeVisionException($"'{path}' must have '{key}'");

    private static YamlMappingNode ReadYaml(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root
                ? root
                : throw new EdgeVisionException($"'{path}' must be a YAML map");
        }
        catch (YamlException e)
        {
            throw new EdgeVisionException(string.Create(CultureInfo.InvariantCulture, $"'{path}', line {e.Start.Line}: {e.Message}"), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"Cannot read '{path}': {e.Message}", e);
        }
    }
}
