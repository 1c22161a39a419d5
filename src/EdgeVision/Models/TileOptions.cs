using EdgeVision.Suppression;

namespace EdgeVision;

/// <summary>Options of splitting a large image into tiles and merging the results.</summary>
public sealed record TileOptions
{
    /// <summary>Width of a tile in pixels of the frame, at least 1; ideally that of the network's input.</summary>
    public required int Width { get; init; }

    /// <summary>Height of a tile in pixels of the frame, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>Fraction of a tile's side that overlaps the next tile, from 0 to below 1; ideally as large as the objects.</summary>
    public double Overlap { get; init; } = 0.2;

    /// <summary>Gets whether the full image is run too, for objects larger than a tile.</summary>
    public bool IncludeFullImage { get; init; } = true;

    /// <summary>Way of merging boxes of different tiles that show the same object.</summary>
    public TileMergeMode Merge { get; init; } = TileMergeMode.Union;

    /// <summary>Metric by which boxes are matched.</summary>
    public TileMatchMetric Match { get; init; } = TileMatchMetric.Ios;

    /// <summary>Minimum value of the metric at which boxes match, above 0 and at most 1.</summary>
    public float Threshold { get; init; } = 0.5f;
}
