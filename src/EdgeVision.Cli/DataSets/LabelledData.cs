using EdgeVision.Evaluation.Coco;

namespace EdgeVision.Cli.DataSets;

/// <summary>What the labels of a data set say.</summary>
internal enum LabelKind
{
    /// <summary>Objects with boxes and, where there are any, outlines and keypoints.</summary>
    Objects,

    /// <summary>A class, or an identity, of the whole picture.</summary>
    Classes,

    /// <summary>A class of each pixel.</summary>
    Pixels,
}

/// <summary>A picture of a data set.</summary>
/// <param name="Path">File.</param>
/// <param name="ClassId">Class or identity of the whole; -1 where the labels say something else.</param>
/// <param name="IsQuery">Whether it is looked for in the others and is not one of them (folders <c>query</c> and <c>gallery</c>).</param>
internal sealed record LabelledImage(string Path, int ClassId = -1, bool IsQuery = false);

/// <summary>Pictures with what people say of them. Class ids are the data set's own and may have gaps.</summary>
internal abstract class LabelledData
{
    /// <summary>What it is and where, for people.</summary>
    public abstract string Description { get; }

    /// <summary>What the labels say.</summary>
    public abstract LabelKind Kind { get; }

    /// <summary>Pictures in the order in which they are evaluated.</summary>
    public abstract IReadOnlyList<LabelledImage> Images { get; }

    /// <summary>Class names by id; empty where nothing names them.</summary>
    public abstract IReadOnlyDictionary<int, string> Classes { get; }

    /// <summary>Whether objects have outlines.</summary>
    public virtual bool HasMasks => false;

    /// <summary>Keypoints an object; 0 where there are none.</summary>
    public virtual int KeypointCount => 0;

    /// <summary>The objects of a picture in pixels; what is broken is reported and left out.</summary>
    /// <param name="picture">Index of the picture.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="masks">Whether outlines are to be filled; objects without one are reported and left out then.</param>
    /// <exception cref="EdgeVisionException">The labels do not fit the picture or cannot be read.</exception>
    public virtual IReadOnlyList<CocoAnnotation> Objects(int picture, int width, int height, bool masks) => [];

    /// <summary>The class of each pixel, row-major, [height * width]; empty where the labels say something else.</summary>
    /// <exception cref="EdgeVisionException">The mask does not fit the picture or cannot be read.</exception>
    public virtual byte[] Pixels(int picture, int width, int height) => [];

    /// <summary>Opens what lies at <paramref name="path"/> after finding out what it is.</summary>
    /// <param name="path">COCO's .json, a .yaml of a data set, or a folder.</param>
    /// <param name="images">Folder of the pictures, where it is not the one that the labels name.</param>
    /// <param name="split">Part such as val or train; the first there is of val, test and train when null.</param>
    /// <param name="names">A .yaml whose <c>names</c> or <c>classes</c> call the classes, where the data set does not; null
    /// without.</param>
    /// <param name="problems">Takes what is broken in the labels.</param>
    /// <exception cref="UsageException">There is nothing, or nothing tells what it is.</exception>
    /// <exception cref="EdgeVisionException">It cannot be read.</exception>
    public static LabelledData Open(string path, string? images, string? split, string? names, LabelProblems problems)
    {
        IReadOnlyDictionary<int, string>? given = null;
        if (names is not null)
        {
            CommandHelpers.RequireFile(names, "names file");
            given = new DataYaml(names).Names();
            if (given.Count == 0)
            {
                throw new EdgeVisionException($"'{names}' has neither 'names' nor 'classes'");
            }
        }

        if (images is not null && !Directory.Exists(images))
        {
            throw new UsageException($"image folder '{images}' does not exist");
        }

        if (File.Exists(path))
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".json" => CocoData.Read(path, images, problems),
                ".yaml" or ".yml" => FromYaml(path, images, split, given, problems),
                _ => throw new UsageException($"a data set file must be a COCO .json or a data set .yaml; got '{path}'"),
            };
        }

        if (!Directory.Exists(path))
        {
            throw new UsageException($"data set '{path}' does not exist");
        }

        foreach (string name in (string[])["data.yaml", "config.yaml", "dataset.yaml"])
        {
            if (File.Exists(Path.Combine(path, name)))
            {
                return FromYaml(Path.Combine(path, name), images, split, given, problems);
            }
        }

        if (Directory.Exists(Path.Combine(path, "masks")))
        {
            return MaskData.FromFolder(path, images, split, given ?? new Dictionary<int, string>());
        }

        if (Directory.Exists(Path.Combine(path, "labels")))
        {
            return YoloData.FromFolder(path, images, split, given ?? new Dictionary<int, string>(), problems);
        }

        return ClassFolderData.Read(path, split)
            ?? throw new UsageException(
                $"unknown kind of data set '{path}': it must be a COCO .json, a folder with data.yaml, with 'labels' or with 'masks', "
                + "or a folder with one subfolder of images per class");
    }

    private static LabelledData FromYaml(
        string path, string? images, string? split, IReadOnlyDictionary<int, string>? names, LabelProblems problems)
    {
        var yaml = new DataYaml(path);
        return yaml.HasMasks ? MaskData.FromYaml(yaml, images, split, names) : YoloData.FromYaml(yaml, images, split, names, problems);
    }
}
