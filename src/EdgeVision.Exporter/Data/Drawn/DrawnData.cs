using EdgeVision.Exporter.Data.Drawn;

namespace EdgeVision.Exporter.Data;

/// <summary>Drawn data sets by name. Picture i of a seed is always the same; sets of different seeds share no picture.</summary>
public static class DrawnData
{
    /// <summary>Names and what they show.</summary>
    public static IReadOnlyList<(string Name, string Description)> Kinds { get; } =
    [
        ("shapes", "Circles, squares, triangles, stars, crosses and rings over clutter: boxes"),
        ("shelves", "Shelves of bottles, cans, boxes, jars and cartons: boxes, outlines, pixel classes"),
        ("figures", "One articulated figure in any pose: 13 keypoints"),
        ("motion", "One figure that walks, squats and waves, frame by frame: 13 keypoints"),
        ("families", "Emblems, each seen eight times in other light, place and turn: identities"),
        ("scenes", "Five kinds of places with things standing in them: class, boxes, foreground, distances"),
    ];

    /// <summary>A set.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="width">Width of the pictures in pixels.</param>
    /// <param name="height">Height of the pictures in pixels.</param>
    /// <exception cref="EdgeVisionException">There is no such kind, or the size is too small to draw on.</exception>
    public static PictureSource Create(string kind, int count, int seed, int width, int height)
    {
        if (width < 32 || height < 32 || width > 4096 || height > 4096)
        {
            throw new EdgeVisionException($"drawn pictures are 32 to 4096 pixels wide and high; {width}x{height} is not");
        }

        return kind switch
        {
            "shapes" => new ShapesSource(count, seed, width, height),
            "shelves" => new ShelvesSource(count, seed, width, height),
            "figures" => new FiguresSource(count, seed, width, height, motion: false),
            "motion" => new FiguresSource(count, seed, width, height, motion: true),
            "families" => new FamiliesSource(count, seed, width, height),
            "scenes" => new ScenesSource(count, seed, width, height),
            _ => throw new EdgeVisionException($"there is no drawn data '{kind}'; there is {string.Join(", ", Kinds.Select(k => k.Name))}, and 'folder' for your own"),
        };
    }
}

/// <summary>A set that is drawn picture by picture.</summary>
internal abstract class DrawnSource(string what, int count, int seed, int width, int height) : PictureSource
{
    public override string Description => $"{Count} drawn {what} (seed {seed}, {Width}x{Height})";

    public override int Count { get; } = count;

    protected int Width { get; } = width;

    protected int Height { get; } = height;

    public override LabelledPicture Load(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Draw(index) with { Name = $"{what} {index}" };
    }

    /// <summary>The generator of an item: the same item of another set has another.</summary>
    protected Random Source(int item) => DrawnScenes.Source(seed, item);

    protected abstract LabelledPicture Draw(int index);
}

/// <summary><see cref="DrawnScenes"/> as a source.</summary>
internal sealed class ShapesSource(int count, int seed, int width, int height) : DrawnSource("shapes", count, seed, width, height)
{
    private readonly int _seed = seed;

    public override DataLabels Labels { get; } = new() { Objects = DrawnScenes.Labels };

    protected override LabelledPicture Draw(int index)
    {
        var scene = DrawnScenes.Draw(_seed, index, Width, Height);
        return new LabelledPicture(scene.Rgb, scene.Width, scene.Height) { Objects = [.. scene.Objects.Select(o => new LabelledObject(o.ClassId, o.Box))] };
    }
}
