using System.Globalization;
using EdgeVision.Exporter.Data.Folders;
using EdgeVision.Imaging;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Exporter.Data;

/// <summary>How a folder of labelled pictures is read.</summary>
public sealed record DataFolderOptions
{
    /// <summary>Classes to keep, by name; all when empty.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Keeps the classes that occur most often, as many as this; all when 0.</summary>
    public int MostFrequent { get; init; }

    /// <summary>Broken labels are left out and reported instead of being an error.</summary>
    public bool Lenient { get; init; }

    /// <summary>Folder of the pictures, where the labels do not say it.</summary>
    public string Images { get; init; } = "";

    /// <summary>A YAML file with <c>names</c>, where the folder has none.</summary>
    public string Names { get; init; } = "";
}

/// <summary>Opens a folder of labelled pictures after finding out what it is.</summary>
public static class DataFolder
{
    /// <summary>
    /// Opens <paramref name="path"/>: a COCO annotation file (.json); a YOLO data set (a .yaml with <c>names</c>, or a folder with
    /// one, or with <c>labels</c>); a mask data set (a .yaml with <c>classes</c> and <c>masks</c>); or a folder with one subfolder a class.
    /// </summary>
    /// <exception cref="EdgeVisionException">There is nothing, or nothing tells what it is.</exception>
    public static PictureSource Open(string path, DataFolderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new DataFolderOptions();
        if (File.Exists(path))
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".json" => new CocoSource(path, options),
                ".yaml" or ".yml" => FromYaml(path, options),
                _ => throw new EdgeVisionException($"'{path}' is no .json of COCO and no .yaml of a data set"),
            };
        }

        if (!Directory.Exists(path))
        {
            throw new EdgeVisionException($"there is no data folder '{path}'");
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

        if (Directory.EnumerateDirectories(path).Any(d => Pictures(d).Any()))
        {
            return new ImageFolderSource(path);
        }

        throw new EdgeVisionException($"nothing tells how '{path}' is labelled: a data set has a config.yaml, a folder 'labels', a COCO .json, or one subfolder of pictures for each class");
    }

    /// <summary>Pictures of a folder, subfolders included, by name.</summary>
    internal static IEnumerable<string> Pictures(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(f => ImageFile.Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal);

    /// <summary>A picture's pixels as RGB.</summary>
    internal static LabelledPicture ReadPicture(string path)
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

        return new LabelledPicture(rgb, frame.Width, frame.Height) { Name = Path.GetFileName(path) };
    }

    private static PictureSource FromYaml(string path, DataFolderOptions options)
    {
        var root = ReadYaml(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (root.Children.ContainsKey("classes"))
        {
            var train = root.Children.TryGetValue("train", out var node) && node is YamlMappingNode m ? m
                : throw new EdgeVisionException($"'{path}' has no 'train' with 'images' and 'masks'");
            return new MaskFolderSource(Path.Combine(folder, Text(train, "images", path)), Path.Combine(folder, Text(train, "masks", path)), Names(root, "classes", path), options);
        }

        if (!root.Children.ContainsKey("names"))
        {
            throw new EdgeVisionException($"'{path}' has neither 'names' (boxes and outlines) nor 'classes' (masks)");
        }

        string part = root.Children.TryGetValue("train", out var trainPath) && trainPath is YamlScalarNode scalar ? scalar.Value ?? "" : "";
        string inner = root.Children.TryGetValue("path", out var inside) && inside is YamlScalarNode s ? s.Value ?? "." : ".";
        return Yolo(Path.Combine(folder, inner), part, Names(root, "names", path), options);
    }

    // Pictures lie in images/PART and labels in labels/PART; where the pictures are shared by several label sets, one folder up.
    private static YoloSource Yolo(string folder, string part, IReadOnlyDictionary<int, string>? names, DataFolderOptions options)
    {
        string below = part.Replace("images", "", StringComparison.Ordinal).Trim('/');
        string labels = Path.Combine(folder, "labels", below);
        string[] tries = options.Images.Length > 0 ? [options.Images] : [Path.Combine(folder, part.Length > 0 ? part : "images"), Path.Combine(folder, "..", part.Length > 0 ? part : "images")];
        string images = tries.FirstOrDefault(Directory.Exists) ?? throw new EdgeVisionException($"there is no folder of pictures for the labels in '{folder}'; looked for {string.Join(" and ", tries)}");
        return Directory.Exists(labels) ? new YoloSource(images, labels, names, options) : throw new EdgeVisionException($"there is no folder of labels '{labels}'");
    }

    private static Dictionary<int, string> Names(string path)
    {
        var root = ReadYaml(path);
        return Names(root, root.Children.ContainsKey("names") ? "names" : "classes", path);
    }

    private static Dictionary<int, string> Names(YamlMappingNode root, string key, string path) => root.Children[key] switch
    {
        YamlMappingNode map => map.Children.ToDictionary(
            c => int.TryParse(((YamlScalarNode)c.Key).Value, CultureInfo.InvariantCulture, out int id) ? id : throw new EdgeVisionException($"'{path}': '{key}' has a class id that is no number: {c.Key}"),
            c => ((YamlScalarNode)c.Value).Value ?? ""),
        YamlSequenceNode list => list.Children.Select((c, i) => (i, ((YamlScalarNode)c).Value ?? "")).ToDictionary(),
        _ => throw new EdgeVisionException($"'{path}': '{key}' is neither a list nor a map of class names"),
    };

    private static string Text(YamlMappingNode map, string key, string path) =>
        map.Children.TryGetValue(key, out var node) && node is YamlScalarNode { Value: { } text } ? text : throw new EdgeVisionException($"'{path}' lacks '{key}'");

    private static YamlMappingNode ReadYaml(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root ? root : throw new EdgeVisionException($"'{path}' is no map of keys");
        }
        catch (YamlException e)
        {
            throw new EdgeVisionException(string.Create(CultureInfo.InvariantCulture, $"'{path}', line {e.Start.Line}: {e.Message}"), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read: {e.Message}", e);
        }
    }
}
