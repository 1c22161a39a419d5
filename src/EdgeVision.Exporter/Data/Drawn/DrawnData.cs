namespace EdgeVision.Exporter.Data.Drawn;

/// <summary>Drawn data sets by name.</summary>
/// <remarks>Image i of a seed is always the same; sets of different seeds share no image.</remarks>
public static class DrawnData
{
    /// <summary>Gets the names of the data sets and their descriptions.</summary>
    public static IReadOnlyList<(string Name, string Description)> Kinds { get; } =
    [
        ("shapes", "Circles, squares, triangles, stars, crosses and rings over clutter: boxes"),
        ("shelves", "Shelves of bottles, cans, boxes, jars and cartons: boxes, outlines, pixel classes"),
        ("figures", "One articulated figure in any pose: 13 keypoints"),
        ("motion", "One figure that walks, squats and waves, frame by frame: 13 keypoints"),
        ("families", "Emblems, each in eight images with different light, position and rotation: identities"),
        ("scenes", "Five kinds of scenes with objects in them: class, boxes, foreground, distances"),
    ];

    /// <summary>Creates a data set.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="width">Width of the images in pixels.</param>
    /// <param name="height">Height of the images in pixels.</param>
    /// <exception cref="EdgeVisionException">The kind is unknown, or the size is out of range.</exception>
    public static LabelledImageSource Create(string kind, int count, int seed, int width, int height)
    {
        if (width < 32 || height < 32 || width > 4096 || height > 4096)
        {
            throw new EdgeVisionException($"Width and height of drawn images must be between 32 and 4096 pixels; got {width}x{height}");
        }

        return kind switch
        {
            "shapes" => new ShapesSource(count, seed, width, height),
            "shelves" => new ShelvesSource(count, seed, width, height),
            "figures" => new FiguresSource(count, seed, width, height, motion: false),
            "motion" => new FiguresSource(count, seed, width, height, motion: true),
            "families" => new FamiliesSource(count, seed, width, height),
            "scenes" => new ScenesSource(count, seed, width, height),
            _ => throw new EdgeVisionException($"Kind of drawn data must be one of {string.Join(", ", Kinds.Select(k => k.Name))} "
                + $"(or 'folder' for your own data); got '{kind}'"),
        };
    }
}

/// <summary>Data set that is drawn image by image.</summary>
internal abstract class DrawnSource(string what, int count, int seed, int width, int height) : LabelledImageSource
{
    public override string Description => $"{Count} drawn {what} (seed {seed}, {Width}x{Height})";

    public override int Count { get; } = count;

    protected int Width { get; } = width;

    protected int Height { get; } = height;

    public override LabelledImage Load(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Draw(index) with { Name = $"{what} {index}" };
    }

    /// <summary>Returns the generator of an item; the same item of a set with another seed has another one.</summary>
    protected Random CreateRandom(int item) => DrawnScenes.CreateRandom(seed, item);

    protected abstract LabelledImage Draw(int index);
}

/// <summary>Data set of the images of <see cref="DrawnScenes"/>.</summary>
internal sealed class ShapesSource(int count, int seed, int width, int height) : DrawnSource("shapes", count, seed, width, height)
{
    private readonly int _seed = seed;

    public override DataLabels Labels { get; } = new() { Objects = DrawnScenes.Labels };

    protected override LabelledImage Draw(int index)
    {
        var scene = DrawnScenes.Draw(_seed, index, Width, Height);
        return new LabelledImage(scene.Rgb, scene.Width, scene.Height)
        {
            Objects = [.. scene.Objects.Select(o => new LabelledObject(o.ClassId, o.Box))],
        };
    }
}
