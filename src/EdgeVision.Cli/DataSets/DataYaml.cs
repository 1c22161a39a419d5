using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Cli.DataSets;

/// <summary>YAML file of a data set, with the folders of its splits and its class names.</summary>
/// <remarks>Read as plain nodes, without reflection.</remarks>
internal sealed class DataYaml
{
    /// <summary>Parts in the order in which they are looked for when none is asked for.</summary>
    public static readonly string[] Splits = ["val", "valid", "test", "train"];

    private readonly YamlMappingNode _root;

    /// <summary>Reads a file.</summary>
    /// <exception cref="EdgeVisionException">It cannot be read or is no YAML map; with its line.</exception>
    public DataYaml(string path)
    {
        Path = path;
        try
        {
            using var reader = new StreamReader(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            _root = yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root
                ? root
                : throw new EdgeVisionException($"'{path}' must be a map of keys");
        }
        catch (YamlException e)
        {
            throw new EdgeVisionException(string.Create(CultureInfo.InvariantCulture, $"'{path}', line {e.Start.Line}: {e.Message}"), e);
        }

        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        Folder = Text(_root, "path") is { } inner && Directory.Exists(System.IO.Path.Combine(folder, inner))
            ? System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, inner))
            : folder;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Folder that its paths start from.</summary>
    public string Folder { get; }

    /// <summary>Whether a part has masks, not labels.</summary>
    public bool HasMasks => Splits.Any(s => Node(_root, s) is YamlMappingNode part && Text(part, "masks") is not null);

    /// <summary>Class names by id, of <c>names</c> or <c>classes</c>; empty without them.</summary>
    /// <exception cref="EdgeVisionException">They are neither a list nor a map from numbers.</exception>
    public IReadOnlyDictionary<int, string> Names()
    {
        var names = new Dictionary<int, string>();
        switch (Node(_root, "names") ?? Node(_root, "classes"))
        {
            case null:
                break;
            case YamlSequenceNode list:
                foreach (var item in list.Children)
                {
                    names.Add(names.Count, Scalar(item));
                }

                break;
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children)
                {
                    int classId = int.TryParse(Scalar(key), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                        ? id
                        : throw new EdgeVisionException($"'{Path}': a class id must be a number; got {key}");
                    names[classId] = Scalar(value);
                }

                break;
            default:
                throw new EdgeVisionException($"'{Path}': class names must be a list or a map");
        }

        return names;
    }

    /// <summary>Keypoints an object and numbers a keypoint (<c>kpt_shape</c>); (0, 0) without.</summary>
    /// <exception cref="EdgeVisionException">It is no pair of a number and 2 or 3.</exception>
    public (int Count, int Numbers) KeypointShape()
    {
        if (Node(_root, "kpt_shape") is not { } node)
        {
            return (0, 0);
        }

        return node is YamlSequenceNode { Children.Count: 2 } pair
            && int.TryParse(Scalar(pair.Children[0]), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is > 0 and < 10_000
            && int.TryParse(Scalar(pair.Children[1]), NumberStyles.None, CultureInfo.InvariantCulture, out int numbers)
            && numbers is 2 or 3
            ? (count, numbers)
            : throw new EdgeVisionException($"'{Path}': kpt_shape must be [keypoints, 2 or 3]; got {node}");
    }

    /// <summary>Paths of pictures that part <paramref name="split"/> names, as they are written; empty without it.</summary>
    public IReadOnlyList<string> ImagePaths(string split) => Node(_root, split) switch
    {
        YamlScalarNode { Value.Length: > 0 } one => [one.Value!],
        YamlSequenceNode several => [.. several.Children.Select(Scalar)],
        _ => [],
    };

    /// <summary>Folders of images and masks of part <paramref name="split"/>, as they are written; null without them.</summary>
    public (string Images, string Masks)? Masks(string split) =>
        Node(_root, split) is YamlMappingNode part && Text(part, "images") is { } images && Text(part, "masks") is { } masks
            ? (images, masks)
            : null;

    private string Scalar(YamlNode node) => node is YamlScalarNode { Value: { } value }
        ? value
        : throw new EdgeVisionException(
            FormattableString.Invariant($"'{Path}', line {node.Start.Line}: expected a single value; got {node}"));

    private static YamlNode? Node(YamlMappingNode map, string key) => map.Children.TryGetValue(key, out var node) ? node : null;

    private static string? Text(YamlMappingNode map, string key) =>
        Node(map, key) is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value : null;
}
