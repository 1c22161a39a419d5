namespace EdgeVision;

/// <summary>How a large picture is cut into tiles and put together again.</summary>
public sealed record TileOptions
{
    /// <summary>Width of a tile in pixels of the frame, at least 1; best the network's input.</summary>
    public required int Width { get; init; }

    /// <summary>Height of a tile in pixels of the frame, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>Part of a tile's side that it shares with the next one, 0 to below 1: as much as the things sought measure.</summary>
    public double Overlap { get; init; } = 0.2;

    /// <summary>Whether the whole picture is looked at too, for what is larger than a tile.</summary>
    public bool Full { get; init; } = true;

    /// <summary>What becomes of boxes of different tiles that show the same thing.</summary>
    public TileMerge Merge { get; init; } = TileMerge.Union;

    /// <summary>By what measure boxes show the same thing.</summary>
    public TileMatch Match { get; init; } = TileMatch.Ios;

    /// <summary>Measure from which on they do, above 0 and at most 1.</summary>
    public float Threshold { get; init; } = 0.5f;
}
